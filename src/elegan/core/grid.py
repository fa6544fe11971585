"""Grids of pictures, and pictures as PNG."""

import io
import math
from pathlib import Path

import numpy as np
from PIL import Image

from elegan.core import files


def grid(images: np.ndarray, columns: int, least: int = 32) -> np.ndarray:
    """Pictures, uint8 N x H x W x C, side by side with a pixel between; small ones enlarged to `least` pixels a side or more."""
    n, h, w, c = images.shape
    scale = max(1, math.ceil(least / min(h, w)))
    images = images.repeat(scale, 1).repeat(scale, 2)
    high, wide, rows = h * scale, w * scale, math.ceil(n / columns)
    sheet = np.full((rows * (high + 1) + 1, columns * (wide + 1) + 1, c), 255, np.uint8)
    for index, image in enumerate(images):
        top, left = index // columns * (high + 1) + 1, index % columns * (wide + 1) + 1
        sheet[top : top + high, left : left + wide] = image
    return sheet


def png(image: np.ndarray) -> bytes:
    """The picture, uint8 H x W x C with 1, 3 or 4 channels, encoded."""
    buffer = io.BytesIO()
    Image.fromarray(image[..., 0] if image.shape[2] == 1 else image).save(buffer, "PNG")
    return buffer.getvalue()


def save_png(path: Path, image: np.ndarray) -> None:
    files.write(path, png(image))
