"""ESRGAN's network (Wang et al. 2018, section 3.1): residual-in-residual dense blocks at low resolution, then doublings."""

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, leaky_relu

from elegan.core.errors import UserError
from elegan.core.ranges import Depth, Width
from elegan.nets.restorers import start_at_zero

SHARE = 0.2  # of each residual branch that is added (section 3.1: beta)
SMALLER = 0.1  # of torch's initial weights (section 3.1 asks for smaller ones)
CONVOLUTIONS, DENSE = 5, 3  # of a dense block; dense blocks of a block


def _activated(conv: nn.Module, x: Tensor) -> Tensor:
    return leaky_relu(conv(x), 0.2, inplace=True)


class DenseBlock(nn.Module):
    """Convolutions that each see all that came before them in the block, added in part to its input."""

    def __init__(self, width: int, growth: int):
        super().__init__()
        outputs = [growth] * (CONVOLUTIONS - 1) + [width]
        self.convs = nn.ModuleList(nn.Conv2d(width + i * growth, out, 3, 1, 1) for i, out in enumerate(outputs))
        with torch.no_grad():
            for conv in self.convs:
                conv.weight.mul_(SMALLER)  # type: ignore[operator]  # each is a convolution
                conv.bias.zero_()  # type: ignore[operator]

    def forward(self, x: Tensor) -> Tensor:
        h = x
        for conv in self.convs[:-1]:
            h = torch.cat([h, _activated(conv, h)], 1)
        change: Tensor = self.convs[-1](h)
        return x + SHARE * change


class RRDB(nn.Module):
    """A residual block of dense blocks."""

    def __init__(self, width: int, growth: int):
        super().__init__()
        self.dense = nn.Sequential(*(DenseBlock(width, growth) for _ in range(DENSE)))

    def forward(self, x: Tensor) -> Tensor:
        change: Tensor = self.dense(x)
        return x + SHARE * change


class RRDBRestorer(nn.Module):
    """A restorer (`elegan.nets.restorers`) that learns the difference from the enlarged input, which the paper's does not."""

    multiple = 1

    def __init__(self, channels: int, hints: int, scale: int, width: int, blocks: int, growth: int):
        super().__init__()
        self.channels, self.hints, self.scale = channels, hints, scale
        self.reach = CONVOLUTIONS * DENSE * blocks + 6
        self.head = nn.Conv2d(channels + hints, width, 3, 1, 1)
        self.blocks = nn.Sequential(*(RRDB(width, growth) for _ in range(blocks)))
        self.last = nn.Conv2d(width, width, 3, 1, 1)
        self.ups = nn.ModuleList(nn.Conv2d(width, width, 3, 1, 1) for _ in range(scale.bit_length() - 1))
        self.large = nn.Conv2d(width, width, 3, 1, 1)
        self.paint = nn.Conv2d(width, channels, 3, 1, 1)
        start_at_zero(self.paint)  # at first the output is the enlarged input

    def forward(self, x: Tensor) -> Tensor:
        first = self.head(x)
        h = first + self.last(self.blocks(first))
        for up in self.ups:
            h = _activated(up, interpolate(h, scale_factor=2))
        change: Tensor = self.paint(_activated(self.large, h))
        pictures = x[:, : self.channels]
        if self.scale > 1:
            pictures = interpolate(pictures, scale_factor=self.scale, mode="bicubic", align_corners=False)
        return pictures + change


def rrdb_restorer(
    channels: int, hints: int, scale: int, *, width: Width = 32, blocks: Depth = 3, growth: Width = 16
) -> nn.Module:
    """ESRGAN's residual-in-residual dense blocks, each convolution adding `growth` channels; the paper has `width` 64, `growth` 32
    and 23 `blocks`, of which one costs here what two of `residual_restorer` do at the same width. Raises UserError for a scale
    that is no power of two.
    """
    if scale & (scale - 1):
        raise UserError(
            f"nets.restorer = 'rrdb_restorer' doubles, and {scale} is no power of two; use residual_restorer"
        )
    return RRDBRestorer(channels, hints, scale, width, blocks, growth)
