"""Photographs as a phone leaves them: of several sizes, upright or lying by the orientation in their EXIF."""

import io
import zipfile
from pathlib import Path

from PIL import Image

ORIENTATION = 0x0112
SIZES = ((1024, 768), (768, 1024), (800, 600), (960, 960), (1280, 720))
# What an upright picture has to suffer so that a reader who heeds the orientation gets it back (EXIF 2.3, table 6).
STORED = {1: None, 3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}


def write_photos(archive: Path, beginning: str, folder: Path, count: int) -> None:
    """Writes `count` pictures of a zip, of the names that begin so, into `folder` as JPEGs: each size and turn in its turn."""
    folder.mkdir(parents=True)
    with zipfile.ZipFile(archive) as pictures:
        names = sorted(name for name in pictures.namelist() if name.startswith(beginning) and name.endswith(".jpg"))
        for number, name in enumerate(names[:count]):
            picture = Image.open(io.BytesIO(pictures.read(name))).convert("RGB")
            write_photo(picture, folder / f"IMG_{number:04d}.jpg", SIZES[number % len(SIZES)], [*STORED][number % 4])


def write_photo(picture: Image.Image, path: Path, size: tuple[int, int], orientation: int) -> None:
    """Writes the picture, brought to `size` (width, height as one sees them), stored turned as `orientation` says."""
    width, height = size
    scale = min(picture.width / width, picture.height / height)
    left, top = (picture.width - width * scale) / 2, (picture.height - height * scale) / 2
    upright = picture.resize(size, Image.Resampling.BICUBIC, (left, top, left + width * scale, top + height * scale))
    turn = STORED[orientation]
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    (upright if turn is None else upright.transpose(turn)).save(path, quality=88, exif=exif)
