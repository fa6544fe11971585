"""Halving and doubling with binomial filters (Zhang 2019; Karras et al. 2020), which leave no aliases to build on."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, interpolate, pad


def binomial(channels: int, taps: Sequence[float], gain: float) -> Tensor:
    """The filter `taps` along both dimensions for each channel, channels x 1 x k x k; its weights add up to `gain`."""
    row = torch.tensor(taps) / sum(taps)
    return gain * row.outer(row).repeat(channels, 1, 1, 1)


class BlurPool(nn.Module):
    """Keeps every `stride`-th pixel after a filter of k taps; H becomes (H + 2 padding - k) / stride + 1.

    The border is filled with zeros, or `mirrored`.
    """

    kernel: Tensor

    def __init__(
        self,
        channels: int,
        padding: int,
        stride: int = 1,
        gain: float = 1.0,
        taps: Sequence[float] = (1.0, 3.0, 3.0, 1.0),
        mirrored: bool = False,
    ):
        super().__init__()
        self.register_buffer("kernel", binomial(channels, taps, gain), persistent=False)
        self.stride, self.padding, self.mirrored = stride, padding, mirrored

    def forward(self, x: Tensor) -> Tensor:
        x = pad(x, [self.padding] * 4, mode="reflect") if self.mirrored else x
        return conv2d(x, self.kernel, None, self.stride, 0 if self.mirrored else self.padding, groups=x.shape[1])


def upsample(x: Tensor) -> Tensor:
    """Images N x C x H x W at twice the size: zeros between the pixels are filled by [1, 3, 3, 1], the edge repeated.

    Bilinear interpolation has the weights of that filter. As its length is even the image does not move to either side, and
    nothing dark comes in at the border.
    """
    return interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)


class Upsample(nn.Module):
    """`upsample` as a layer."""

    def forward(self, x: Tensor) -> Tensor:
        return upsample(x)
