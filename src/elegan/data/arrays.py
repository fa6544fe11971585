"""A picture as people hold it in Python, array, tensor or Pillow image, as a plain array and as an encoded file."""

import struct
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from elegan.core.errors import UserError
from elegan.data.decode import plain_colours

CHANNELS = (1, 3, 4)


def plain(picture: Any) -> np.ndarray:
    """An array H x W or H x W x C, a tensor H x W or C x H x W, or a Pillow image as H x W x C, uint8 or float32.

    Raises UserError for anything else, `Unreadable` for an image whose file is damaged.
    """
    if isinstance(picture, Image.Image):
        return _with_depth(np.asarray(plain_colours(picture)))
    if isinstance(picture, np.ndarray):
        return _with_depth(_numbers(picture))
    import torch

    if isinstance(picture, torch.Tensor):
        values = picture.detach().cpu()
        values = values.float() if values.is_floating_point() else values
        return _from_channels_first(_numbers(values.numpy()))
    raise UserError(f"a {type(picture).__name__} is no picture; arrays, tensors and Pillow images are")


def _numbers(values: np.ndarray) -> np.ndarray:
    if values.dtype == np.uint8:
        return values
    if values.dtype.kind == "f":
        return values.astype(np.float32, copy=False)
    kind = "objects: pictures of unlike sizes go into a list" if values.dtype == object else str(values.dtype)
    raise UserError(f"pictures are uint8 in 0..255, or floats in 0..1 or -1..1; these are of {kind}")


def _with_depth(values: np.ndarray) -> np.ndarray:
    """An array H x W or H x W x C as H x W x C. Raises UserError for any other shape."""
    if values.ndim == 2:
        values = values[:, :, None]
    if values.ndim != 3 or not all(values.shape) or values.shape[2] not in CHANNELS:
        channels_first = values.ndim == 3 and values.shape[0] in CHANNELS
        advice = "; channels come last in arrays: data.transpose(0, 2, 3, 1)" if channels_first else ""
        raise UserError(
            f"a picture of the shape {values.shape} is not H x W or H x W x C with 1, 3 or 4 channels{advice}"
        )
    return values


def _from_channels_first(values: np.ndarray) -> np.ndarray:
    """An array H x W or C x H x W as H x W x C. Raises UserError for any other shape."""
    if values.ndim == 2:
        return _with_depth(values)
    if values.ndim != 3 or not all(values.shape) or values.shape[0] not in CHANNELS:
        channels_last = values.ndim == 3 and values.shape[2] in CHANNELS
        advice = "; channels come first in tensors: data.permute(0, 3, 1, 2)" if channels_last else ""
        raise UserError(
            f"a picture of the shape {values.shape} is not H x W or C x H x W with 1, 3 or 4 channels{advice}"
        )
    return values.transpose(1, 2, 0)


class Range(NamedTuple):
    """The least and the greatest of all values of a set of floats."""

    low: float = np.inf
    high: float = -np.inf

    def with_values(self, values: np.ndarray) -> "Range":
        """The range over these values as well; NaN stays."""
        return Range(float(np.minimum(self.low, values.min())), float(np.maximum(self.high, values.max())))

    @property
    def lowest(self) -> float:
        """The value that stands for black: 0, or -1 where any value is negative. Raises UserError where values do not lie in
        0..1 or -1..1."""
        if not (self.low >= -1 and self.high <= 1):  # also true of NaN
            advice = "; as uint8, or divided by 255, they would be" if self.low >= 0 and self.high <= 255 else ""
            raise UserError(f"float pictures lie in 0..1 or -1..1; these in {self.low:g}..{self.high:g}{advice}")
        return -1.0 if self.low < 0 else 0.0


def to_bytes(values: np.ndarray, lowest: float) -> np.ndarray:
    """Values as uint8: floats in `lowest`..1 rounded, or bytes as they are."""
    if values.dtype == np.uint8:
        return values
    return np.rint((values - lowest) * (255 / (1 - lowest))).astype(np.uint8)


def encoded(pixels: np.ndarray) -> bytes:
    """Pixels uint8 H x W x C as an uncompressed file: PGM, PPM, or TGA where there is alpha."""
    height, width, channels = pixels.shape
    if channels == 4:  # a TGA of true colour, from the top, 8 bits of alpha, blue first
        header = struct.pack("<3B2HB4H2B", 0, 0, 2, 0, 0, 0, 0, 0, width, height, 32, 0x28)
        return header + pixels[:, :, [2, 1, 0, 3]].tobytes()
    return f"P{5 if channels == 1 else 6} {width} {height} 255\n".encode() + pixels.tobytes()
