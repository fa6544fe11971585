"""Image files of every odd kind, written by the tests themselves."""

import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
from PIL import Image


def pixels(seed: int, height: int = 16, width: int = 16, channels: int = 3) -> np.ndarray:
    """Smooth uint8 pictures, different for each seed, so that resizing and JPEG keep them recognisable."""
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(0, 256, (4, 4, channels), dtype=np.uint8).squeeze())
    return np.asarray(coarse.resize((width, height), Image.Resampling.BILINEAR)).reshape(height, width, channels)


def save(path: Path, array: np.ndarray, **options) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array.squeeze()).save(path, **options)
    return path


def folder_of(root: Path, names: list[str], **shape) -> Path:
    """A folder with one PNG for each name, all different."""
    for seed, name in enumerate(names):
        save(root / name, pixels(seed, **shape))
    return root


def zipped(folder: Path, archive: Path, prefix: str = "") -> Path:
    """The folder's files in a zip, in an order that is not alphabetical."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as out:
        for path in sorted(folder.rglob("*"), reverse=True):
            if path.is_file():
                out.write(path, prefix + path.relative_to(folder).as_posix())
    return archive


def png_claiming(width: int, height: int) -> bytes:
    """A PNG of a few hundred bytes whose header announces any size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">L", len(data)) + kind + data + struct.pack(">L", zlib.crc32(kind + data))

    header = struct.pack(">LLBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(4096))) + chunk(b"IEND", b"")
    )
