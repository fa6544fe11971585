"""The residual pair of WGAN-GP, SNGAN and SAGAN (Gulrajani et al. 2017, appendix F; Miyato et al. 2018, table 4)."""

import math
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise

from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate

from elegan.core.ranges import Pixels, Width
from elegan.core.sizes import Resolution, size_of
from elegan.nets.activations import Activation, activation
from elegan.nets.attention import SelfAttention, level_of
from elegan.nets.latents import LatentInput, Prior
from elegan.nets.layers import Score, check_condition, crop, orthogonal_weights, pyramid, width_at
from elegan.nets.norms import ConditionalNorm, norm, spectral

LEAST = 16  # channels at any size


class UpBlock(nn.Module):
    """A residual block that doubles the size; `norm(channels)` makes a normalisation of (x, condition)."""

    def __init__(self, inside: int, outside: int, norm: Callable[[int], nn.Module], act: Activation):
        super().__init__()
        self.norm1, self.norm2 = norm(inside), norm(outside)
        self.conv1, self.conv2 = nn.Conv2d(inside, outside, 3, 1, 1), nn.Conv2d(outside, outside, 3, 1, 1)
        self.skip = nn.Conv2d(inside, outside, 1) if inside != outside else nn.Identity()
        self.act = activation(act)

    def forward(self, x: Tensor, condition: Tensor | None) -> Tensor:
        h = self.conv1(interpolate(self.act(self.norm1(x, condition)), scale_factor=2))
        h = self.conv2(self.act(self.norm2(h, condition)))
        # A 1x1 convolution commutes with nearest-neighbour resizing, so it works on a quarter of the pixels.
        y: Tensor = h + interpolate(self.skip(x), scale_factor=2)
        return y


class DownBlock(nn.Module):
    """A residual block that may halve the size; the `first` one sees pixels, so nothing stands before its convolution."""

    def __init__(self, inside: int, outside: int, norm_name: str, act: Activation, halve: bool, first: bool = False):
        super().__init__()
        self.norm1, self.norm2 = norm("none" if first else norm_name, inside), norm(norm_name, outside)
        self.conv1, self.conv2 = nn.Conv2d(inside, outside, 3, 1, 1), nn.Conv2d(outside, outside, 3, 1, 1)
        self.skip = nn.Conv2d(inside, outside, 1) if inside != outside else nn.Identity()
        self.halve, self.first, self.act = halve, first, activation(act)

    def forward(self, x: Tensor) -> Tensor:
        h = self.conv1(x if self.first else self.act(self.norm1(x)))
        h = self.conv2(self.act(self.norm2(h)))
        if self.halve:
            h, x = avg_pool2d(h, 2), avg_pool2d(x, 2)
        y: Tensor = h + self.skip(x)
        return y


class ResNetGenerator(nn.Module):
    """A generator of a linear layer, blocks that double, self-attention after one of them, and colours.

    Embeddings of `embedded` classes stand beside the latent; `norm` makes the normalisations of the blocks, `last` the one after them.
    """

    def __init__(
        self,
        resolution: Resolution,
        channels: int,
        latent: int,
        prior: Prior,
        embedded: int,
        width: int,
        attention: int,
        act: Activation,
        norm: Callable[[int], nn.Module],
        last: Callable[[int], nn.Module],
    ):
        super().__init__()
        self.latent, self.classes, self.resolution = latent, embedded, resolution
        self.start, doublings = pyramid(resolution)
        sizes = [self.start.short << level for level in range(doublings + 1)]
        widths = [width_at(size, width, LEAST) for size in sizes]
        self.input = LatentInput(latent, embedded, prior)
        self.project = nn.Linear(self.input.features, widths[0] * self.start.area)
        self.blocks = nn.ModuleList(UpBlock(inside, outside, norm, act) for inside, outside in pairwise(widths))
        self.attend = level_of(sizes[1:], attention)
        self.attention = nn.Identity() if self.attend is None else SelfAttention(widths[self.attend + 1])
        self.norm, self.act = last(widths[-1]), activation(act)
        self.paint = nn.Conv2d(widths[-1], channels, 3, 1, 1)
        orthogonal_weights(self)

    def forward(self, z: Tensor, label: Tensor | None = None) -> Tensor:
        return self.climb(self.input(z, label), [label] * len(self.blocks))

    def climb(self, h: Tensor, conditions: Sequence[Tensor | None]) -> Tensor:
        """Maps h, N x features, with a condition for each block, to images N x channels x H x W."""
        h = self.project(h).unflatten(1, (-1, *self.start))
        for level, (block, condition) in enumerate(zip(self.blocks, conditions, strict=True)):
            h = block(h, condition)
            h = self.attention(h) if level == self.attend else h
        return crop(self.paint(self.act(self.norm(h))), self.resolution).tanh()


class ResNetDiscriminator(nn.Module):
    def __init__(
        self,
        resolution: Resolution,
        channels: int,
        projected: int,
        width: int,
        norm: str,
        attention: int,
        act: Activation,
    ):
        super().__init__()
        short = size_of(resolution).short
        halvings = max(1, math.ceil(math.log2(short / 8)))
        widths = [width_at(short >> level, width, LEAST) for level in range(halvings)] + [width, width]
        blocks: list[nn.Module] = [
            DownBlock(inside, outside, norm, act, halve=level < halvings, first=level == 0)
            for level, (inside, outside) in enumerate(zip([channels, *widths], widths, strict=False))
        ]
        if (level := level_of([short >> (level + 1) for level in range(halvings)], attention)) is not None:
            blocks.insert(level + 1, SelfAttention(widths[level]))
        self.blocks = nn.Sequential(*blocks)
        self.act, self.score = activation(act), Score(width, projected)
        orthogonal_weights(self)

    def layers_in_order(self) -> list[list[nn.Module]]:
        return [[block] for block in self.blocks]

    def features(self, x: Tensor, label: Tensor | None = None) -> Tensor:
        maps: Tensor = self.blocks(x)
        features: Tensor = self.act(maps).mean((2, 3))
        return features

    def forward(self, x: Tensor, label: Tensor | None = None) -> Tensor:
        score: Tensor = self.score(self.features(x, label), label)
        return score


def resnet_generator(
    resolution: Resolution,
    channels: int,
    classes: int,
    *,
    latent: Width = 128,
    prior: Prior = "normal",
    width: Width = 128,
    norm: str = "batch",
    spectral_norm: bool = False,
    attention: Pixels = 0,
    condition: str = "none",
    activation: Activation = "relu",
) -> nn.Module:
    """Residual blocks from a few pixels up. `condition`: none, embedding (beside the latent) or norm (by class).

    `attention`: self-attention on the largest features of at most this many pixels a side; 0: none. `prior`: the latent's
    distribution.
    """
    check_condition(condition, ("none", "embedding", "norm"), classes)
    embedded, by_norm = (classes if condition == kind else 0 for kind in ("embedding", "norm"))
    norms, last = (partial(ConditionalNorm, norm, classes=number) for number in (by_norm, 0))
    G = ResNetGenerator(resolution, channels, latent, prior, embedded, width, attention, activation, norms, last)
    G.classes = embedded or by_norm
    return spectral(G, embeddings=False) if spectral_norm else G


def resnet_discriminator(
    resolution: Resolution,
    channels: int,
    classes: int,
    *,
    width: Width = 128,
    norm: str = "none",
    spectral_norm: bool = False,
    attention: Pixels = 0,
    condition: str = "none",
    activation: Activation = "relu",
) -> nn.Module:
    """Residual blocks down to about 8 pixels, two more, mean, linear. `condition`: none or projection.

    `attention` as in the generator.
    """
    check_condition(condition, ("none", "projection"), classes)
    projected = classes if condition == "projection" else 0
    D = ResNetDiscriminator(resolution, channels, projected, width, norm, attention, activation)
    return spectral(D) if spectral_norm else D
