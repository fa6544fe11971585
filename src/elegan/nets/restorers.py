"""Networks from a damaged picture to a whole one, fully convolutional and without norms, so that tiles equal the whole.

They take the picture's `channels` in [-1, 1] and behind them `hints` planes that describe the damage, give pictures `scale`
times as large, and carry `multiple` and `reach` as translators do.
"""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, elu, interpolate, pixel_shuffle, pixel_unshuffle

from elegan.core.errors import UserError
from elegan.core.pixels import LUMA
from elegan.core.ranges import Depth, Some, Width
from elegan.nets.activations import Activation, activation
from elegan.nets.layers import fill_up


def start_at_zero(layer: nn.Module) -> None:
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)


class Residual(nn.Module):
    """Two convolutions beside the identity, the second starting small (Lim et al. 2017, section 3.1)."""

    def __init__(self, width: int, act: Activation):
        super().__init__()
        self.first, self.second = (nn.Conv2d(width, width, 3, 1, 1) for _ in range(2))
        with torch.no_grad():
            self.second.weight.mul_(0.1)
        self.act = activation(act, inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        change: Tensor = self.second(self.act(self.first(x)))
        return x + change


class ResidualRestorer(nn.Module):
    """A restorer with all convolutions at the lowest resolution, pixels unfolded into channels before and folded back after
    them (Shi et al. 2016; Zhang et al. 2018 for denoising); it learns the difference from the enlarged input.
    """

    def __init__(
        self, channels: int, hints: int, scale: int, width: int, blocks: int, fold: int, keep: bool, act: Activation
    ):
        super().__init__()
        self.channels, self.hints, self.scale, self.keep = channels, hints, scale, keep
        self.fold = self.multiple = fold
        self.reach = fold * (2 * blocks + 3) + 2
        self.head = nn.Conv2d((channels + hints) * fold**2, width, 3, 1, 1)
        self.blocks = nn.ModuleList(Residual(width, act) for _ in range(blocks))
        self.last = nn.Conv2d(width, width, 3, 1, 1)
        self.tail = nn.Conv2d(width, channels * (scale * fold) ** 2, 3, 1, 1)
        start_at_zero(self.tail)  # at first the output is the enlarged input

    def features(self, x: Tensor) -> list[Tensor]:
        """The features of the head and of each third of the blocks."""
        maps = [self.head(pixel_unshuffle(x, self.fold))]
        for block in self.blocks:
            maps.append(block(maps[-1]))
        return maps[:: max(1, len(self.blocks) // 3)]

    def forward(self, x: Tensor) -> Tensor:
        h = first = self.head(pixel_unshuffle(x, self.fold))
        for block in self.blocks:
            h = block(h)
        change = pixel_shuffle(self.tail(first + self.last(h)), self.scale * self.fold)
        return change + self._enlarged(x[:, : self.channels]) if self.keep else change

    def _enlarged(self, x: Tensor) -> Tensor:
        if self.scale == 1:
            return x
        return interpolate(x, scale_factor=self.scale, mode="bicubic", align_corners=False)


def residual_restorer(
    channels: int,
    hints: int,
    scale: int,
    *,
    width: Width = 48,
    blocks: Depth = 8,
    fold: Some = 1,
    keep: bool = True,
    activation: Activation = "relu",
) -> nn.Module:
    """A restorer for enlarging and denoising. With `fold` 2 it works on pictures of half the side and four times the channels,
    which is far cheaper. Its output is added to the picture unless `keep` is false.
    """
    return ResidualRestorer(channels, hints, scale, width, blocks, fold, keep, activation)


def whole(net: nn.Module, x: Tensor) -> Tensor:
    """Restores pictures of any size: continued by mirroring at their lower right up to a size that `net` takes, and cut back."""
    h, w = (side * net.scale for side in x.shape[2:])  # type: ignore[operator]  # a number, as the module says
    restored: Tensor = net(fill_up(x, net.multiple))  # type: ignore[arg-type]  # a number too
    return restored[..., :h, :w]


class Gated(nn.Module):
    """A convolution times a gate that it learns for every pixel (Yu et al. 2019, equation 2)."""

    def __init__(self, inside: int, outside: int, kernel: int = 3, stride: int = 1, dilation: int = 1):
        super().__init__()
        border = dilation * (kernel - 1) // 2
        self.both = nn.Conv2d(inside, 2 * outside, kernel, stride, border, dilation)

    def forward(self, x: Tensor) -> Tensor:
        both: Tensor = self.both(x)
        value, gate = both.chunk(2, 1)
        return elu(value) * gate.sigmoid()


LEVELS = 5  # halvings of the pyramid that holes are filled from


def smooth_fill(x: Tensor, unknown: Tensor) -> Tensor:
    """Fills the pixels of x, N x C x H x W, where `unknown`, N x 1 x H x W, is 1 with means of the nearest known ones (push and
    pull: Gortler et al. 1996, section 3.3), or with 0 where none is within 2^LEVELS pixels, of which H and W are multiples.
    """
    known = 1 - unknown
    levels = [(x * known, known)]
    for _ in range(LEVELS):
        levels.append((avg_pool2d(levels[-1][0], 2), avg_pool2d(levels[-1][1], 2)))
    fill = torch.zeros_like(levels[-1][0])
    for total, weight in reversed(levels):
        if total.shape != fill.shape:
            fill = interpolate(fill, scale_factor=2, mode="bilinear", align_corners=False)
        trust = (4 * weight).clamp(max=1)
        fill = fill + trust * (total / weight.clamp(min=1e-6) - fill)
    return torch.where(unknown > 0, fill, x)


Keep = Literal["all", "known", "brightness"]
FOLD = 2


class HourglassRestorer(nn.Module):
    """A restorer of two halvings, gated convolutions of growing dilation that see across a hole, and two doublings with skips;
    pixels are unfolded once before them and folded back after them.
    """

    scale = 1

    def __init__(self, channels: int, hints: int, width: int, dilations: tuple[int, ...], keep: Keep):
        super().__init__()
        w, self.channels, self.hints, self.keep = width, channels, hints, keep
        self.multiple, self.reach = 4 * FOLD, FOLD * (4 * (sum(dilations) + 3) + 12)
        if keep == "known":
            self.multiple, self.reach = 2**LEVELS, self.reach + 3 * 2**LEVELS
        self.enter, self.halve1 = Gated((channels + hints) * FOLD**2, w, 5), Gated(w, 2 * w, stride=2)
        self.deep1, self.halve2 = Gated(2 * w, 2 * w), Gated(2 * w, 4 * w, stride=2)
        self.middle = nn.ModuleList(Gated(4 * w, 4 * w, dilation=d) for d in dilations)
        self.double1, self.double2 = Gated(4 * w + 2 * w, 2 * w), Gated(2 * w + w, w)
        self.leave = nn.Conv2d(w, channels * FOLD**2, 3, 1, 1)
        start_at_zero(self.leave)

    def forward(self, x: Tensor) -> Tensor:
        if self.keep == "known":
            x = torch.cat([smooth_fill(x[:, : self.channels], x[:, self.channels :][:, :1]), x[:, self.channels :]], 1)
        first = self.enter(pixel_unshuffle(x, FOLD))
        second = self.deep1(self.halve1(first))
        h = self.halve2(second)
        for layer in self.middle:
            h = h + layer(h)
        h = self.double1(torch.cat([interpolate(h, scale_factor=2), second], 1))
        h = self.leave(self.double2(torch.cat([interpolate(h, scale_factor=2), first], 1)))
        return self._kept(x, pixel_shuffle(h, FOLD))

    def _kept(self, x: Tensor, change: Tensor) -> Tensor:
        if self.keep == "known":
            change = change * x[:, self.channels : self.channels + 1]
        if self.keep == "brightness":
            change = change - (change * change.new_tensor(LUMA)[:, None, None]).sum(1, keepdim=True)
        return x[:, : self.channels] + change


def hourglass_restorer(
    channels: int,
    hints: int,
    scale: int,
    *,
    width: Width = 24,
    dilations: tuple[Width, ...] = (1, 2, 4, 8, 2, 1),
    keep: Keep = "all",
) -> nn.Module:
    """A restorer for damage that needs a wide view: holes, scratches, missing colours.

    Its output is added to the picture. `keep` says where: "all" everywhere; "known" only where the first plane behind the
    colours is 1, after `smooth_fill`; "brightness" only in hue and saturation. Raises UserError where there is no such
    plane or no colour, or where the picture is to grow.
    """
    if scale != 1:
        raise UserError("nets.restorer = 'hourglass_restorer' keeps the size; to enlarge, use residual_restorer")
    if keep == "known" and not hints:
        raise UserError("nets.restorer.keep = 'known' needs a damage that hints where it is, such as holes")
    if keep == "brightness" and channels != 3:
        raise UserError(f"nets.restorer.keep = 'brightness' needs data.channels = 3; it is {channels}")
    return HourglassRestorer(channels, hints, width, dilations, keep)
