"""Fidelity of single images to their references: PSNR, SSIM, MS-SSIM, LPIPS.

Images are uint8 N x H x W x C, as written to files. Everything is float64 and the mean of per-image values: an error
pooled over the set gives another number (17 dB instead of 27 in one check).
"""

from collections.abc import Iterator
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from elegan.core.errors import UserError
from elegan.core.pixels import as_pictures, to_colour, to_floats

PEAK = 255.0
WINDOW, SIGMA = 11, 1.5  # Wang et al. 2004
SCALE_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # Wang et al. 2003
BATCH = 16


def psnr(images: Any, references: Any, luminance: bool = False, shave: int = 0) -> float:
    """Mean peak signal-to-noise ratio in dB, peak 255; infinite where an image equals its reference.

    `luminance` takes the Y channel alone and `shave` leaves out so many pixels of border, as super-resolution is compared.
    Raises UserError where the two differ in shape or nothing is left.
    """
    x, y = _pair(images, references, luminance, shave)
    errors = torch.cat([(a - b).square().mean((1, 2, 3)) for a, b in _batches(x, y)])
    return float((10 * torch.log10(PEAK**2 / errors)).mean())


def ssim(images: Any, references: Any, luminance: bool = False, shave: int = 0) -> float:
    """Mean structural similarity (Wang et al. 2004): Gaussian window 11 x 11, sigma 1.5, only where it fits whole.

    Population covariances, K1 = 0.01, K2 = 0.03, range 255, the mean over channels. `luminance` and `shave` as in
    `psnr`. Raises UserError for images below 11 pixels.
    """
    x, y = _pair(images, references, luminance, shave, least=WINDOW)
    values = [_ssim_terms(a, b)[0].mean(1) for a, b in _batches(x, y)]
    return float(torch.cat(values).mean())


def ms_ssim(images: Any, references: Any, luminance: bool = False, shave: int = 0) -> float:
    """Mean multi-scale structural similarity (Wang et al. 2003, eq. 7): five scales, halved by the mean of 2 x 2
    pixels.

    A negative contrast term, which has no real power, counts as zero. Raises UserError for images below 176 pixels.
    """
    least = WINDOW * 2 ** (len(SCALE_WEIGHTS) - 1)
    x, y = _pair(images, references, luminance, shave, least)
    values = [_ms_ssim(a, b).mean(1) for a, b in _batches(x, y)]
    return float(torch.cat(values).mean())


def lpips(images: Any, references: Any, net: str = "alex") -> float:
    """Mean learned perceptual distance (Zhang et al. 2018) through the optional library lpips, `net` alex, vgg or
    squeeze.

    Raises UserError where the library or its weights are not to be had.
    """
    return float(lpips_each(images, references, net).mean())


def lpips_each(images: Any, references: Any, net: str = "alex") -> Tensor:
    """`lpips` of each image, float64 N."""
    try:
        import lpips as library

        model = library.LPIPS(net=net, verbose=False).eval()
    except Exception as error:  # a torchvision that does not fit torch raises RuntimeError, a failed download URLError
        raise UserError(f"lpips with {net!r} cannot be used here: {str(error).splitlines()[0]}") from None
    x, y = as_pictures(images), as_pictures(references)
    _same_shape(x, y)
    with torch.inference_mode():
        parts = [model(to_floats(to_colour(a)), to_floats(to_colour(b))).flatten() for a, b in _batches(x, y)]
    return torch.cat(parts).double()


def luma(x: Tensor) -> Tensor:
    """Y of BT.601 in its limited range, 16 to 235, of N x 3 x H x W in 0..255 (N x 1 x H x W passes unchanged)."""
    if x.shape[1] == 1:
        return x
    weights = x.new_tensor([65.481, 128.553, 24.966])[None, :, None, None]
    return 16 + (x[:, :3] / PEAK * weights).sum(1, keepdim=True)


def _batches(x: Tensor, y: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    return zip(x.split(BATCH), y.split(BATCH), strict=True)


def _same_shape(x: Tensor, y: Tensor) -> None:
    if x.shape != y.shape or not len(x):
        raise UserError(f"images {tuple(x.shape)} and references {tuple(y.shape)} must have one shape and not be empty")


def _pair(images: Any, references: Any, luminance: bool, shave: int, least: int = 1) -> tuple[Tensor, Tensor]:
    x, y = (as_pictures(i).permute(0, 3, 1, 2) for i in (images, references))
    _same_shape(x, y)
    height, width = (side - 2 * shave for side in x.shape[2:])
    if min(height, width) < least:
        raise UserError(f"{width}x{height} pixels without the border are too few; at least {least} a side are needed")
    x, y = (i[:, :, shave : shave + height, shave : shave + width].double() for i in (x, y))
    return (luma(x), luma(y)) if luminance else (x, y)


def _blur(x: Tensor) -> Tensor:
    """Gaussian mean over each position where the window fits, for every channel alone."""
    t = torch.arange(WINDOW, dtype=x.dtype) - WINDOW // 2
    g = torch.exp(-t.square() / (2 * SIGMA**2))
    g = g / g.sum()
    n, c, h, w = x.shape
    flat = F.conv2d(F.conv2d(x.reshape(n * c, 1, h, w), g[None, None, :, None]), g[None, None, None])
    return flat.reshape(n, c, h - WINDOW + 1, w - WINDOW + 1)


def _ssim_terms(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Per image and channel: mean SSIM, and mean of its contrast-structure factor alone."""
    c1, c2 = (0.01 * PEAK) ** 2, (0.03 * PEAK) ** 2
    mx, my = _blur(x), _blur(y)
    xx, yy, xy = _blur(x * x) - mx * mx, _blur(y * y) - my * my, _blur(x * y) - mx * my
    contrast = (2 * xy + c2) / (xx + yy + c2)
    whole = contrast * (2 * mx * my + c1) / (mx * mx + my * my + c1)
    return whole.mean((2, 3)), contrast.mean((2, 3))


def _ms_ssim(x: Tensor, y: Tensor) -> Tensor:
    product = torch.ones(x.shape[:2], dtype=x.dtype)
    for scale, weight in enumerate(SCALE_WEIGHTS):
        whole, contrast = _ssim_terms(x, y)
        last = scale == len(SCALE_WEIGHTS) - 1
        product = product * (whole if last else contrast).clamp(min=0) ** weight
        x, y = F.avg_pool2d(x, 2), F.avg_pool2d(y, 2)
    return product
