"""Resizing by separable matrix products, with the kernels and antialiasing of MATLAB's imresize.

Borders repeat the edge pixel: this reproduces the low-resolution files that super-resolution is measured on; newer
versions of imresize mirror.
"""

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Literal

import numpy as np
import torch
from torch import Tensor

Kernel = Literal["bicubic", "bilinear", "lanczos", "area"]
# Output positions a product: each then reads a band of the input, and no matrix grows with the picture's square.
ROWS = 64


def resize(
    x: Tensor,
    size: tuple[int, int],
    kernel: Kernel = "bicubic",
    antialias: bool = True,
    scale: float | tuple[float, float] | None = None,
) -> Tensor:
    """Pictures, float N x C x H x W, at `size` (H', W').

    bicubic has a = -0.5 (Keys 1981), lanczos a = 3; area averages what an output pixel covers, and is bilinear where it
    enlarges. With `antialias` the kernel widens as the picture shrinks. `scale` is the size's ratio unless given: imresize(x,
    1/4) of 255 pixels gives 64 at a scale of 1/4. Values may overshoot the input's range.

    Raises ValueError for an unknown kernel or an empty size.
    """
    if kernel not in KERNELS:
        raise ValueError(f"kernel {kernel!r} is none of {', '.join(KERNELS)}")
    if min(*size, *x.shape[2:]) < 1:
        raise ValueError(f"cannot resize {tuple(x.shape[2:])} to {tuple(size)}")
    scales = scale if isinstance(scale, tuple) else (scale, scale)
    ratios = [
        to / length if ratio is None else ratio for to, length, ratio in zip(size, x.shape[2:], scales, strict=True)
    ]
    # The dimension that shrinks most goes first, as in imresize: less is left for the other.
    for axis in sorted((0, 1), key=lambda axis: ratios[axis]):
        bands = _bands(x.shape[axis + 2], size[axis], ratios[axis], kernel, antialias)
        x = _rows(x, bands) if axis == 0 else _columns(x, bands)
    return x


def _rows(x: Tensor, bands: list[tuple[slice, Tensor]]) -> Tensor:
    return torch.cat([matrix.to(x) @ x[:, :, band] for band, matrix in bands], 2)


def _columns(x: Tensor, bands: list[tuple[slice, Tensor]]) -> Tensor:
    return torch.cat([x[..., band] @ matrix.to(x).T for band, matrix in bands], 3)


@lru_cache(maxsize=128)
def _bands(length: int, to: int, scale: float, kernel: Kernel, antialias: bool) -> list[tuple[slice, Tensor]]:
    """The inputs that every ROWS output positions read, and their weights."""
    stretch = min(scale, 1.0) if antialias else 1.0
    function, width = KERNELS[kernel]
    centre = (np.arange(to) + 0.5) / scale - 0.5
    reach = math.ceil(width / stretch) + 1
    at = np.floor(centre).astype(int)[:, None] + np.arange(-reach, reach + 1)
    weight = function(np.abs(at - centre[:, None]), stretch)
    weight /= weight.sum(1, keepdims=True)
    at = at.clip(0, length - 1)
    return [_band(at[start : start + ROWS], weight[start : start + ROWS]) for start in range(0, to, ROWS)]


def _band(at: np.ndarray, weight: np.ndarray) -> tuple[slice, Tensor]:
    start, stop = int(at.min()), int(at.max()) + 1
    matrix = np.zeros((len(at), stop - start))
    np.add.at(matrix, (np.arange(len(at))[:, None], at - start), weight)
    return slice(start, stop), torch.from_numpy(matrix)


def _bicubic(distance: np.ndarray, stretch: float) -> np.ndarray:
    t = distance * stretch
    near = 1.5 * t**3 - 2.5 * t**2 + 1
    far = -0.5 * t**3 + 2.5 * t**2 - 4 * t + 2
    return np.where(t <= 1, near, np.where(t <= 2, far, 0.0))


def _bilinear(distance: np.ndarray, stretch: float) -> np.ndarray:
    return np.maximum(0.0, 1 - distance * stretch)


def _lanczos(distance: np.ndarray, stretch: float) -> np.ndarray:
    t = distance * stretch
    return np.where(t < 3, np.sinc(t) * np.sinc(t / 3), 0.0)


def _area(distance: np.ndarray, stretch: float) -> np.ndarray:
    """The part of an input pixel that lies within the output's 1 / stretch pixels."""
    return np.clip(0.5 / stretch + 0.5 - distance, 0.0, 1.0)


# Each with half its width in output pixels.
KERNELS: dict[str, tuple[Callable[[np.ndarray, float], np.ndarray], float]] = {
    "bicubic": (_bicubic, 2.0),
    "bilinear": (_bilinear, 1.0),
    "lanczos": (_lanczos, 3.0),
    "area": (_area, 1.0),
}
