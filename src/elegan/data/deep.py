"""Pictures of more than 8 bits a channel, which Pillow knows of grey alone and cuts to their upper 8 bits otherwise."""

import io

import numpy as np
from PIL import Image
from PIL.TiffImagePlugin import TiffImageFile

# By EXIF orientation (EXIF 2.3, 4.6.4), what makes an array upright: rows and columns exchanged, mirrored, upside down.
TURNS = {1: (0, 0, 0), 2: (0, 1, 0), 3: (0, 1, 1), 4: (0, 0, 1), 5: (1, 0, 0), 6: (1, 1, 0), 7: (1, 1, 1), 8: (1, 0, 1)}
MAX_PIXELS = 89_478_485  # a quarter of a GB in RGB, where Pillow begins to warn of a decompression bomb


class Unreadable(Exception):
    """This one file cannot be used; the text says why in a few words."""


def too_large() -> Unreadable:
    """The error for a picture of more than MAX_PIXELS."""
    return Unreadable(f"more than {MAX_PIXELS / 1e6:.0f} million pixels")


def bits_of(image: Image.Image, encoded: bytes) -> int:
    """Bits a channel in the file: 8, or 16 for all that is more."""
    if image.mode.startswith("I;16") or image.mode == "I":
        return 16
    if image.format == "PNG":
        return 16 if encoded[24] == 16 else 8
    if image.format == "HEIF":
        return 16 if image.info["bit_depth"] > 8 else 8
    depth = image.tag_v2.get(258, (8,)) if isinstance(image, TiffImageFile) else (8,)
    return 16 if 16 in (depth if isinstance(depth, tuple) else (depth,)) else 8


def deep(encoded: bytes, image: Image.Image) -> np.ndarray:
    """uint16 H x W or H x W x C, 16 bits a channel; TIFF and HEIF are upright, others as they are stored. Raises `Unreadable`."""
    if image.format == "HEIF":
        return _deep_heif(encoded, image.info["bit_depth"])
    import cv2

    values = cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_UNCHANGED)
    if values is None or values.dtype != np.uint16:
        raise Unreadable("damaged, or 16 bits in a form that is not known")
    if values.ndim == 3:
        values = values[:, :, [2, 1, 0, 3][: values.shape[2]]]
        grey_with_alpha = image.format == "PNG" and encoded[25] == 4
        values = values[:, :, [0, 3]] if grey_with_alpha else values
    return values


def _deep_heif(encoded: bytes, bits: int) -> np.ndarray:
    """The values of 10 or 12 bits a channel, spread over the full range of 16."""
    import pillow_heif

    opened = pillow_heif.open_heif(io.BytesIO(encoded), convert_hdr_to_8bit=False)
    return np.rint(np.asarray(opened) * (65535 / (65536 - (65536 >> bits)))).astype(np.uint16)


def upright(values: np.ndarray, turn: int) -> np.ndarray:
    """A picture, H x W or H x W x C, of EXIF orientation `turn` as it is to be seen."""
    swapped, mirrored, upside_down = TURNS[turn]
    values = values.swapaxes(0, 1) if swapped else values
    values = values[:, ::-1] if mirrored else values
    return np.ascontiguousarray(values[::-1] if upside_down else values)


def rounded(values: np.ndarray) -> Image.Image:
    """A picture of 16 bits a channel rounded to 8, as L, RGB or RGBA."""
    values = np.rint(values * (255 / 65535)).astype(np.uint8)
    return Image.fromarray(values[:, :, [0, 0, 0, 1]] if values.shape[2:] == (2,) else values)
