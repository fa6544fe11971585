"""Doublings of height and width with the convolution that follows, as one layer."""

from typing import Literal

from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, conv_transpose2d, pad

from elegan.nets.blurpool import Upsample

Doubling = Literal["transposed", "nearest", "bilinear"]


class NearestConv(nn.ConvTranspose2d):
    """Nearest-neighbour doubling and a 3 x 3 convolution at once: N x C x H x W to N x outside x 2H x 2W.

    Doubling is a transposed convolution by ones, 2 x 2; with the 3 x 3 kernel that follows it makes one of 4 x 4, of which
    every output pixel sees 2 x 2. That is exact, costs what a transposed convolution of 4 x 4 costs, less than half of both in
    turn, and all four pixels that an input pixel becomes have weights of the same sum, so that no grid is there to begin with
    (Odena et al. 2016; the sums are what Sugawara et al. 2019 ask for).

    `repeated`: the border is repeated beyond it, where else zeros are.
    """

    def __init__(self, inside: int, outside: int, bias: bool = True, repeated: bool = False):
        super().__init__(inside, outside, 3, stride=2, padding=1, bias=bias)
        self.repeated = repeated

    def forward(self, x: Tensor, output_size: list[int] | None = None) -> Tensor:
        kernel = 4 * avg_pool2d(pad(self.weight, (1, 1, 1, 1)), 2, 1)
        if not self.repeated:
            return conv_transpose2d(x, kernel, self.bias, stride=2, padding=1)
        return conv_transpose2d(pad(x, (1, 1, 1, 1), mode="replicate"), kernel, self.bias, stride=2, padding=3)


def doubling(kind: Doubling, inside: int, outside: int, size: int, bias: bool = True) -> nn.Module:
    """The layer N x inside x H x W to N x outside x 2H x 2W; `size`: 3 or 4, the kernel's of the transposed convolution."""
    if kind == "nearest":
        return NearestConv(inside, outside, bias)
    if kind == "bilinear":
        return nn.Sequential(Upsample(), nn.Conv2d(inside, outside, 3, 1, 1, bias=bias))
    return nn.ConvTranspose2d(inside, outside, size, 2, 1, output_padding=4 - size, bias=bias)


def painting(kind: Doubling, inside: int, channels: int, size: int) -> nn.Module:
    """The `doubling` to pixels. Where there is a choice, the border is repeated beyond it: with zeros there every picture has a
    frame (docs/log.md)."""
    if kind == "transposed":
        return doubling(kind, inside, channels, size)
    if kind == "nearest":
        return NearestConv(inside, channels, repeated=True)
    return nn.Sequential(Upsample(), nn.Conv2d(inside, channels, 3, 1, 1, padding_mode="replicate"))
