"""The R3GAN pair (Huang et al. 2024, section 3): residual blocks without normalisation, the same in both networks."""

import math
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu

from elegan.core.ranges import Depth, Width
from elegan.core.sizes import Resolution, size_of
from elegan.nets.blurpool import BlurPool, Upsample
from elegan.nets.latents import LatentInput, Prior
from elegan.nets.layers import Score, check_condition, crop, pyramid

SLOPE = 0.2
GAIN = math.sqrt(2 / (1 + SLOPE**2))  # keeps the variance through a leaky ReLU (He et al. 2015)
GROUP = 16  # channels that a 3x3 convolution mixes


class Block(nn.Module):
    """A residual block: x + 1x1, grouped 3x3 and 1x1 convolutions at twice the width.

    The branch starts at zero and its first two weights are scaled by depth^(-1/4), so that the network starts as its
    skips and a first update is as large at any depth (Fixup: Zhang et al. 2019, section 3). `depth` counts all blocks.
    """

    def __init__(self, width: int, depth: int):
        super().__init__()
        inner = 2 * width
        self.widen = nn.Conv2d(width, inner, 1)
        self.mix = nn.Conv2d(inner, inner, 3, 1, 1, groups=inner // GROUP)
        self.narrow = nn.Conv2d(inner, width, 1, bias=False)
        for layer in (self.widen, self.mix):
            _scaled(layer, GAIN * depth**-0.25)
        nn.init.zeros_(self.narrow.weight)

    def forward(self, x: Tensor) -> Tensor:
        h = leaky_relu(self.widen(x), SLOPE)
        change: Tensor = self.narrow(leaky_relu(self.mix(h), SLOPE))
        return x + change


class Resize(nn.Module):
    """Changes size and width, with the 1x1 convolution on the smaller of the two grids."""

    def __init__(self, inside: int, outside: int, up: bool):
        super().__init__()
        self.paint = _scaled(nn.Conv2d(inside, outside, 1, bias=False)) if inside != outside else nn.Identity()
        self.smooth = Upsample() if up else BlurPool(inside, padding=1, stride=2)
        self.up = up

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.smooth(self.paint(x)) if self.up else self.paint(self.smooth(x))
        return y


class R3GANGenerator(nn.Module):
    def __init__(
        self,
        resolution: Resolution,
        channels: int,
        embedded: int,
        latent: int,
        prior: Prior,
        width: int,
        blocks: int,
    ):
        super().__init__()
        self.latent, self.classes, self.resolution = latent, embedded, resolution
        self.start, doublings = pyramid(resolution)
        widths = _widths([self.start.short << level for level in range(doublings + 1)], width)
        self.input = LatentInput(latent, embedded, prior)
        self.basis = nn.Parameter(torch.randn(widths[0], *self.start))
        self.choose = _scaled(nn.Linear(self.input.features, widths[0], bias=False))
        stages: list[nn.Module] = _blocks(widths[0], blocks, len(widths))
        for inside, outside in pairwise(widths):
            stages += [Resize(inside, outside, up=True), *_blocks(outside, blocks, len(widths))]
        self.stages = nn.Sequential(*stages)
        self.paint = _scaled(nn.Conv2d(widths[-1], channels, 1, bias=False))

    def forward(self, z: Tensor, label: Tensor | None = None) -> Tensor:
        h = self.basis * self.choose(self.input(z, label))[:, :, None, None]
        return crop(self.paint(self.stages(h)), self.resolution).tanh()


class R3GANDiscriminator(nn.Module):
    def __init__(self, resolution: Resolution, channels: int, projected: int, width: int, blocks: int):
        super().__init__()
        _, halvings = pyramid(resolution)
        sizes = [size_of(resolution) >> level for level in range(halvings + 1)]
        widths = _widths([size.short for size in sizes], width)
        self.extract = _scaled(nn.Conv2d(channels, widths[0], 1, bias=False))
        stages: list[nn.Module] = _blocks(widths[0], blocks, len(widths))
        for inside, outside in pairwise(widths):
            stages += [Resize(inside, outside, up=False), *_blocks(outside, blocks, len(widths))]
        self.stages = nn.Sequential(*stages)
        self.basis = _scaled(nn.Conv2d(widths[-1], widths[-1], sizes[-1], groups=widths[-1], bias=False))
        self.score = Score(widths[-1], projected)

    def layers_in_order(self) -> list[list[nn.Module]]:
        return [[layer] for layer in (self.extract, *self.stages)]

    def forward(self, x: Tensor, label: Tensor | None = None) -> Tensor:
        score: Tensor = self.score(self.basis(self.stages(self.extract(x))).flatten(1), label)
        return score


def _widths(sizes: list[int], width: int) -> list[int]:
    """Widths at `sizes`: `width` up to 16 pixels, half at 32, a quarter at 64, in multiples that make whole groups."""
    whole = GROUP // 2
    return [max(1, width * 16 // max(16, 1 << (size - 1).bit_length()) // whole) * whole for size in sizes]


def _blocks(width: int, blocks: int, stages: int) -> list[nn.Module]:
    return [Block(width, blocks * stages) for _ in range(blocks)]


def _scaled(layer: nn.Conv2d | nn.Linear, gain: float = 1.0) -> nn.Module:
    """The layer with normal weights of deviation gain / sqrt(inputs) and zero biases."""
    nn.init.normal_(layer.weight, 0.0, gain / math.sqrt(layer.weight[0].numel()))
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer


def r3gan_generator(
    resolution: Resolution,
    channels: int,
    classes: int,
    *,
    latent: Width = 64,
    prior: Prior = "normal",
    width: Width = 128,
    blocks: Depth = 2,
    condition: str = "none",
) -> nn.Module:
    """A learnt picture of a few pixels weighted by the latent, then `blocks` residual blocks at each size.

    `width` is that up to 16 pixels, half at 32, a quarter at 64 (the paper has 768 and the same `blocks`). The output is tanh's,
    where the paper has nothing. `condition`: none, or embedding (beside the latent). `prior`: the latent's distribution.
    """
    check_condition(condition, ("none", "embedding"), classes)
    embedded = classes if condition == "embedding" else 0
    return R3GANGenerator(resolution, channels, embedded, latent, prior, width, blocks)


def r3gan_discriminator(
    resolution: Resolution,
    channels: int,
    classes: int,
    *,
    width: Width = 128,
    blocks: Depth = 2,
    condition: str = "none",
) -> nn.Module:
    """The generator's mirror image. `condition`: none or projection."""
    check_condition(condition, ("none", "projection"), classes)
    return R3GANDiscriminator(resolution, channels, classes if condition == "projection" else 0, width, blocks)
