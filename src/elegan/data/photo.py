"""Photographs in and out with all that belongs to them: rotation, colour profile, alpha, grey, 16 bits, file format.

Values are those of the file, in the space of its profile, which goes with the result.
"""

import io
import struct
import zlib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image

from elegan.core import files
from elegan.core.pixels import with_channels
from elegan.data.decode import open_image, orientation
from elegan.data.deep import Unreadable, bits_of, deep, upright
from elegan.data.sources import read_file

ORIENTATION = 0x0112
# Title, maker, model, orientation, software, date, artist, copyright, the camera's settings, the place.
DESCRIPTIVE = {0x010E, 0x010F, 0x0110, ORIENTATION, 0x0131, 0x0132, 0x013B, 0x8298, 0x8769, 0x8825}
OPAQUE, SHALLOW = ("JPEG", "MPO"), ("JPEG", "MPO", "WEBP")  # formats without alpha, and those of 8 bits a channel
SETTINGS = {"JPEG": {"quality": 95, "subsampling": 0}, "WEBP": {"quality": 95}, "AVIF": {"quality": 90}}


@dataclass(frozen=True)
class Photo:
    """A photograph. `pixels`: float32 H x W x C in [0, 1], upright, C 1 (grey) or 3; `alpha`: H x W as in the file, or None."""

    pixels: np.ndarray
    alpha: np.ndarray | None
    bits: int
    format: str
    profile: bytes | None
    exif: bytes | None

    def colours(self, channels: int) -> np.ndarray:
        """The pixels as H x W x `channels`, 1 or 3."""
        return with_channels(self.pixels, channels)

    def as_its_own(self, pixels: np.ndarray) -> np.ndarray:
        """Other pixels with the channels of this photograph."""
        return with_channels(pixels, self.pixels.shape[2])


def read_photo(path: Path) -> Photo:
    """The photograph in a file.

    Raises Unreadable for what is no image, is damaged, moves, or has more pixels than a picture should.
    """
    encoded = read_file(str(path))
    image = open_image(encoded)
    if getattr(image, "is_animated", False) and image.format != "MPO":
        raise Unreadable("an animation; take its frames apart first")
    try:
        turn = orientation(image)
        exif = _described(image)
        bits = bits_of(image, encoded)
        values = deep(encoded, image) if bits == 16 else _shallow(image)
    except Unreadable:
        raise
    except Exception as error:  # a damaged file makes decoders raise nearly anything
        raise Unreadable((str(error) or type(error).__name__).splitlines()[0][:120]) from None
    if turn > 1 and image.format != "TIFF":  # these are turned while they are loaded
        values = upright(values, turn)
    if ORIENTATION in exif:
        exif[ORIENTATION] = 1
    whole = values if values.ndim == 3 else values[:, :, None]
    colours = whole.shape[2] - (whole.shape[2] in (2, 4))
    alpha = whole[:, :, -1] if colours < whole.shape[2] else None
    pixels = whole[:, :, :colours].astype(np.float32) / (65535 if bits == 16 else 255)
    profile = None if image.mode in ("CMYK", "LAB", "YCbCr") else image.info.get("icc_profile")
    return Photo(pixels, alpha, bits, image.format or "PNG", profile, exif.tobytes() if len(exif) else None)


def write_photo(path: Path, pixels: np.ndarray, like: Photo) -> str:
    """Writes float H x W x C in [0, 1], of any size, with the bits, alpha (resized where need be), profile and format of `like`.

    Gives a remark, "" for none: a JPEG knows no transparency and is flattened on white. Raises Failure on a full disk.
    """
    if like.alpha is not None and like.format in OPAQUE:
        write_photo(path, _flattened(pixels, like), replace(like, alpha=None))
        return f"{like.format} knows no transparency; flattened on white"
    deep = like.bits == 16 and like.format not in SHALLOW
    full = 65535 if deep else 255
    kind = np.uint16 if deep else np.uint8
    values = np.rint(with_channels(pixels, like.pixels.shape[2]).clip(0, 1) * full).astype(kind)
    if like.alpha is not None:
        alpha = _alpha(like.alpha, values.shape[:2])
        alpha = alpha if deep or like.bits == 8 else np.rint(alpha / 257).astype(np.uint8)
        values = np.concatenate([values, alpha[:, :, None]], 2)
    files.write(path, _encode_deep(values, like) if deep else _encode(values, like))
    return ""


def _flattened(pixels: np.ndarray, like: Photo) -> np.ndarray:
    assert like.alpha is not None
    full = np.iinfo(like.alpha.dtype).max
    share = (_alpha(like.alpha, pixels.shape[:2]).astype(np.float32) / full)[:, :, None]
    on_white: np.ndarray = share * pixels + (1 - share)
    return on_white


def _described(image: Image.Image) -> Image.Exif:
    """The tags that describe the picture and not how it is stored: in a TIFF both stand in one list."""
    exif = image.getexif()
    if image.format != "TIFF":
        return exif
    kept = Image.Exif()
    for tag in exif.keys() & DESCRIPTIVE:
        kept[tag] = exif.get_ifd(tag) if tag in (0x8769, 0x8825) else exif[tag]
    return kept


def _shallow(image: Image.Image) -> np.ndarray:
    """The pixels at 8 bits a channel: L, LA, RGB or RGBA."""
    image.load()
    if image.mode in ("L", "LA", "RGB", "RGBA") and "transparency" not in image.info:
        return np.asarray(image)
    grey = image.mode in ("1", "F") and not image.has_transparency_data
    return np.asarray(image.convert("L" if grey else "RGBA" if image.has_transparency_data else "RGB"))


def _alpha(alpha: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    if alpha.shape == size:
        return alpha
    larger = Image.fromarray(alpha.astype(np.float32)).resize((size[1], size[0]), Image.Resampling.BICUBIC)
    resized: np.ndarray = np.rint(np.asarray(larger).clip(0, np.iinfo(alpha.dtype).max)).astype(alpha.dtype)
    return resized


def _encode(values: np.ndarray, like: Photo) -> bytes:
    buffer = io.BytesIO()
    image = Image.fromarray(values[:, :, 0] if values.shape[2] == 1 else values)
    extra = {"exif": like.exif} if like.exif else {}
    image.save(buffer, like.format, icc_profile=like.profile, **SETTINGS.get(like.format, {}), **extra)
    return buffer.getvalue()


def _encode_deep(values: np.ndarray, like: Photo) -> bytes:
    import cv2

    if like.format == "TIFF":
        return _encode_tiff(values, like)
    if values.shape[2] == 2:  # OpenCV has no grey with alpha
        values = values[:, :, [0, 0, 0, 1]]
    ordered = values[:, :, [2, 1, 0, 3][: values.shape[2]]] if values.shape[2] > 1 else values
    _, png = cv2.imencode(".png", np.ascontiguousarray(ordered))
    whole, head = png.tobytes(), 33  # the signature and IHDR, behind which colour and EXIF chunks belong
    profile = _chunk(b"iCCP", b"icc\0\0" + zlib.compress(like.profile)) if like.profile else b""
    exif = _chunk(b"eXIf", like.exif.removeprefix(b"Exif\0\0")) if like.exif else b""
    return whole[:head] + profile + exif + whole[head:]


def _chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a PNG file (PNG 1.2, section 3.2)."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _encode_tiff(values: np.ndarray, like: Photo) -> bytes:
    import tifffile

    buffer = io.BytesIO()
    colour = "rgb" if values.shape[2] >= 3 else "minisblack"
    tags = [(34675, 7, len(like.profile), like.profile, True)] if like.profile else []
    extra = ["unassalpha"] if values.shape[2] in (2, 4) else None
    flat = values[:, :, 0] if values.shape[2] == 1 else values
    tifffile.imwrite(
        buffer,
        flat,
        photometric=colour,
        extrasamples=extra,
        extratags=tags,
        metadata=None,
        planarconfig="contig" if flat.ndim == 3 else None,
    )
    return buffer.getvalue()
