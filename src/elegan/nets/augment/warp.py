"""Resampling of images by wavelet filters and affine maps, differentiable any number of times by the images.

Images N x C x H x W; beyond their border they go on mirrored, the edge repeated.
"""

from collections.abc import Callable
from functools import cache

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
# Of an image upsampled by SYM6, pixel k has its middle between samples 2k and 2k + 1 once so many are cut off before.
LEAD = len(SYM6) // 2 - 1


def mirrored(x: Tensor, margin: int, dim: int) -> Tensor:
    """The image continued by `margin` pixels at both ends of a dimension, however often that goes to and fro."""
    size = x.shape[dim]
    place = torch.arange(-margin, size + margin, device=x.device) % (2 * size)
    return x.index_select(dim, torch.where(place < size, place, 2 * size - 1 - place))


def upsampled(x: Tensor) -> Tensor:
    """Twice the size; `downsampled` of it is x again, as the filter is orthogonal."""
    return _along_both(x, _upsampling)


def downsampled(x: Tensor) -> Tensor:
    """Half of the size without its margin of LEAD samples a side."""
    return _along_both(x, _downsampling)


def _along_both(x: Tensor, matrix: Callable[[int, torch.device], Tensor]) -> Tensor:
    # As products of matrices: several times as fast as strided convolutions of one channel, on a CPU and twice differentiated.
    down, right = (matrix(size, x.device).to(x.dtype) for size in x.shape[2:])
    return down @ x @ right.T


@cache
def _upsampling(size: int, device: torch.device) -> Tensor:
    """2 size x size."""
    rows = mirrored(torch.eye(size)[None, None], 3, 2)[0, 0].T[:, None]  # what pixel by pixel becomes of a line
    wide = conv_transpose1d(rows, torch.tensor(SYM6).view(1, 1, -1) * 2**0.5, stride=2)
    return wide[:, 0, 6 + LEAD :][:, : 2 * size].T.contiguous().to(device)


@cache
def _downsampling(size: int, device: torch.device) -> Tensor:
    """(size / 2 - LEAD) x size."""
    rows = conv1d(torch.eye(size)[:, None], torch.tensor(SYM6).view(1, 1, -1) * 0.5**0.5, stride=2)
    return rows[:, 0].T.contiguous().to(device)


def filtered(x: Tensor, kernels: Tensor) -> Tensor:
    """Each image convolved both ways with its own symmetric kernel of odd length, N x K."""
    for dim in (2, 3):
        wide = mirrored(x, kernels.shape[1] // 2, dim)
        weight = kernels.repeat_interleave(x.shape[1], 0)[:, None]
        weight = weight[..., None] if dim == 2 else weight[..., None, :]
        x = conv2d(wide.reshape(1, -1, *wide.shape[2:]), weight, groups=len(weight)).reshape(x.shape)
    return x


def warped(x: Tensor, theta: Tensor) -> Tensor:
    """Each output pixel at y shows the image at theta [y, 1], places in [-1, 1]; theta is N x 2 x 3.

    Sampled bilinearly from an image of twice the size and brought back, so that a map of little change keeps the
    picture's detail (Karras et al. 2020b, appendix B).
    """
    n, c, h, _ = x.shape
    size = 2 * h + 2 * LEAD
    stretch = torch.tensor([size / (2 * h), size / (2 * h), 1.0], device=x.device)
    grid = affine_grid(theta * stretch, [n, c, size, size], align_corners=False)
    return downsampled(_Sampled.apply(upsampled(x), grid))


BILINEAR, REFLECTION = 0, 2  # as aten numbers them


class _Sampled(torch.autograd.Function):
    """grid_sample. Torch's own is differentiable once; linear in the image, it and its adjoint are each other's gradient."""

    @staticmethod
    def forward(ctx, x: Tensor, grid: Tensor) -> Tensor:
        ctx.shape = x.shape
        ctx.save_for_backward(grid)
        return grid_sample(x, grid, mode="bilinear", padding_mode="reflection", align_corners=False)

    @staticmethod
    def backward(ctx, gradient: Tensor):
        return _Spread.apply(gradient, *ctx.saved_tensors, ctx.shape), None


class _Spread(torch.autograd.Function):
    """The adjoint: each value goes back to the four pixels it was taken from."""

    @staticmethod
    def forward(ctx, y: Tensor, grid: Tensor, shape: torch.Size) -> Tensor:
        ctx.save_for_backward(grid)
        of_x_alone = (True, False)
        return torch.ops.aten.grid_sampler_2d_backward(
            y.contiguous(), y.new_zeros(shape), grid, BILINEAR, REFLECTION, False, of_x_alone
        )[0]

    @staticmethod
    def backward(ctx, gradient: Tensor):
        return _Sampled.apply(gradient, *ctx.saved_tensors), None, None
