"""Resampling of images by wavelet filters and affine maps, differentiable any number of times by the images.

Images are N x C x H x W and continue beyond their border mirrored, the edge repeated.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, conv1d, conv2d, conv_transpose1d, grid_sample

# Low-pass filters of Daubechies' least asymmetric wavelets with 2 and 6 vanishing moments (Daubechies 1992, table 6.3).
SYM2 = (0.482962913144690, 0.836516303737469, 0.224143868041857, -0.129409522550921)
SYM6 = (
    0.015404109327027373, 0.0034907120842174702, -0.11799011114819057, -0.048311742585633, 0.4910559419267466,
    0.787641141030194, 0.3379294217276218, -0.07263752278646252, -0.021060292512300564, 0.04472490177066578,
    0.0017677118642428036, -0.007800708325034148,
)  # fmt: skip
# Samples to cut off at the start of an image upsampled by SYM6, so that pixel k has its middle between 2k and 2k + 1.
LEAD = len(SYM6) // 2 - 1


def mirrored(x: Tensor, margin: int, dim: int) -> Tensor:
    """The image continued by `margin` pixels at both ends of a dimension, to and fro as often as they need."""
    size = x.shape[dim]
    place = torch.arange(-margin, size + margin, device=x.device) % (2 * size)
    return x.index_select(dim, torch.where(place < size, place, 2 * size - 1 - place))


def upsampled(x: Tensor) -> Tensor:
    """The image at twice the size; `downsampled` of it is x again, as the filter is orthogonal."""
    return _along_both(x, _upsampling)


def downsampled(x: Tensor) -> Tensor:
    """The image at half the size, without its margin of LEAD samples a side."""
    return _along_both(x, _downsampling)


def _along_both(x: Tensor, matrix: Callable[[int, torch.device], Tensor]) -> Tensor:
    # Products of matrices are several times as fast as strided convolutions of one channel, on a CPU and twice differentiated.
    down, right = (matrix(size, x.device).to(x.dtype) for size in x.shape[2:])
    return down @ x @ right.T


@cache
def _upsampling(size: int, device: torch.device) -> Tensor:
    """The matrix of a line's upsampling, 2 size x size."""
    rows = mirrored(torch.eye(size)[None, None], 3, 2)[0, 0].T[:, None]  # a line for each of its pixels
    wide = conv_transpose1d(rows, torch.tensor(SYM6).view(1, 1, -1) * 2**0.5, stride=2)
    return wide[:, 0, 6 + LEAD :][:, : 2 * size].T.contiguous().to(device)


@cache
def _downsampling(size: int, device: torch.device) -> Tensor:
    """The matrix of a line's downsampling, (size / 2 - LEAD) x size."""
    rows = conv1d(torch.eye(size)[:, None], torch.tensor(SYM6).view(1, 1, -1) * 0.5**0.5, stride=2)
    return rows[:, 0].T.contiguous().to(device)


def filtered(x: Tensor, kernels: Tensor) -> Tensor:
    """Convolves each image along both dimensions with its own symmetric kernel, `kernels` N x K with K odd."""
    for dim in (2, 3):
        wide = mirrored(x, kernels.shape[1] // 2, dim)
        weight = kernels.repeat_interleave(x.shape[1], 0)[:, None]
        weight = weight[..., None] if dim == 2 else weight[..., None, :]
        x = conv2d(wide.reshape(1, -1, *wide.shape[2:]), weight, groups=len(weight)).reshape(x.shape)
    return x


def warped(x: Tensor, theta: Tensor) -> Tensor:
    """Moves images by affine maps theta, N x 2 x 3: the output at y shows the image at theta [y, 1], places in [-1, 1].

    It samples bilinearly from an image of twice the size and halves the result, so that a map that changes little keeps
    the picture's detail (Karras et al. 2020b, appendix B).
    """
    n, c, h, w = x.shape
    high, wide = 2 * h + 2 * LEAD, 2 * w + 2 * LEAD
    stretch = torch.tensor([wide / (2 * w), high / (2 * h), 1.0], device=x.device)
    grid = affine_grid(theta * stretch, [n, c, high, wide], align_corners=False)
    return downsampled(_sampled(upsampled(x), grid))


BILINEAR, REFLECTION = 0, 2  # as aten numbers them


def _sampled(x: Tensor, grid: Tensor) -> Tensor:
    sampled: Tensor = _Sampled.apply(x, grid)  # type: ignore[no-untyped-call]  # untyped in torch
    return sampled


def _spread(y: Tensor, grid: Tensor, shape: torch.Size) -> Tensor:
    spread: Tensor = _Spread.apply(y, grid, shape)  # type: ignore[no-untyped-call]  # untyped in torch
    return spread


class _Sampled(torch.autograd.Function):
    """`grid_sample`, differentiable any number of times (torch's own: once): it and its adjoint are each other's gradient."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, grid: Tensor) -> Tensor:
        ctx.shape = x.shape
        ctx.save_for_backward(grid)
        return grid_sample(x, grid, mode="bilinear", padding_mode="reflection", align_corners=False)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        (grid,), (gradient,) = ctx.saved_tensors, gradients
        return _spread(gradient, grid, ctx.shape), None


class _Spread(torch.autograd.Function):
    """The adjoint of `_Sampled`: each value goes back to the four pixels it was taken from."""

    @staticmethod
    def forward(ctx: Any, y: Tensor, grid: Tensor, shape: torch.Size) -> Tensor:
        ctx.save_for_backward(grid)
        of_x_alone = (True, False)
        spread: Tensor = torch.ops.aten.grid_sampler_2d_backward(
            y.contiguous(), y.new_zeros(shape), grid, BILINEAR, REFLECTION, False, of_x_alone
        )[0]
        return spread

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        (grid,), (gradient,) = ctx.saved_tensors, gradients
        return _sampled(gradient, grid), None, None
