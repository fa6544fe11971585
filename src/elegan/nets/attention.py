"""Self-attention over the places of a picture (SAGAN: Zhang et al. 2019, section 3)."""

import torch
from torch import Tensor, nn
from torch.nn.functional import max_pool2d


class SelfAttention(nn.Module):
    """x + gamma v(sum over places j of softmax_j(<f(x)_i, g(x)_j>) h(x)_j), N x C x H x W; gamma starts at 0.

    f and g have C / 8 channels and h C / 2. Keys and values are pooled 2 x 2, for a quarter of the memory, where there are
    two pixels to pool. It is written as two products, as penalties differentiate it twice.
    """

    def __init__(self, channels: int):
        super().__init__()
        narrow, half = max(1, channels // 8), max(1, channels // 2)
        self.f, self.g = nn.Conv2d(channels, narrow, 1), nn.Conv2d(channels, narrow, 1)
        self.h, self.v = nn.Conv2d(channels, half, 1), nn.Conv2d(half, channels, 1)
        self.gamma = nn.Parameter(torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        pool = 2 if min(x.shape[2:]) > 1 else 1
        queries = self.f(x).flatten(2).transpose(1, 2)
        keys, values = (max_pool2d(layer(x), pool).flatten(2) for layer in (self.g, self.h))
        weights = (queries @ keys).softmax(2)
        seen = (values @ weights.transpose(1, 2)).unflatten(2, x.shape[2:])
        change: Tensor = self.v(seen)
        return x + self.gamma * change


def level_of(sizes: list[int], attention: int) -> int | None:
    """The index in `sizes` of the largest one of at most `attention` pixels; None where there is none."""
    small = [size for size in sizes if size <= attention]
    return sizes.index(max(small)) if small else None
