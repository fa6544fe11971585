"""The FastGAN pair for few pictures (Liu et al. 2021, section 3): gated skips across scales, a discriminator that reconstructs.

Noise, spectral norm in both networks and a second convolution at every other size are not in the paper but in its authors'
code.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d, avg_pool2d, glu, interpolate

from elegan.core import rng
from elegan.core.ranges import Width
from elegan.core.sizes import Resolution, Size, size_of
from elegan.nets.latents import Prior, as_drawn
from elegan.nets.layers import crop, normal_weights, pyramid
from elegan.nets.noise import Noise
from elegan.nets.norms import norm, spectral

SPAN = 4  # doublings that a gated skip reaches across: from 8 x 8 to 128 x 128


def _width_at(size: int, width: int) -> int:
    """Channels at `size` pixels: 16 times `width` at 4, twice at 32 and 64, once at 128."""
    power = 1 << (size - 1).bit_length()
    return max(8, int(width * (64 / power if power <= 32 else 128 / power)))


class GatedUp(nn.Module):
    """Doubles the size: nearest pixels, 3x3 convolution, normalisation, gated linear unit.

    With `size`, that of the result, the last three are there twice, with noise after each convolution.
    """

    def __init__(self, inside: int, outside: int, name: str, size: Size | None = None):
        super().__init__()
        widths = [inside, outside, outside] if size else [inside, outside]
        self.convs = nn.ModuleList(nn.Conv2d(a, 2 * b, 3, 1, 1, bias=False) for a, b in pairwise(widths))
        self.norms = nn.ModuleList(norm(name, 2 * outside) for _ in self.convs)
        self.noises = nn.ModuleList(Noise(size) for _ in self.convs if size)

    def draw(self, n: int) -> list[Tensor]:
        """The noises of n images."""
        return [noise.draw(n) for noise in self.noises]  # type: ignore[operator]  # each is a Noise

    def forward(self, x: Tensor, drawn: Sequence[Tensor] = ()) -> Tensor:
        x = interpolate(x, scale_factor=2)
        for place, (conv, normalise) in enumerate(zip(self.convs, self.norms, strict=True)):
            x = conv(x)
            x = self.noises[place](x, drawn[place]) if drawn else x
            x = glu(normalise(x), 1)
        return x


class SkipExcitation(nn.Module):
    """Weighs the channels of a large map by what a small one shows (equations 1 and 2)."""

    def __init__(self, low: int, high: int):
        super().__init__()
        self.see = nn.Sequential(
            nn.AdaptiveAvgPool2d(4),
            nn.Conv2d(low, high, 4),
            nn.LeakyReLU(0.1),
            nn.Conv2d(high, high, 1),
            nn.Sigmoid(),
        )

    def forward(self, low: Tensor, high: Tensor) -> Tensor:
        gates: Tensor = self.see(low)
        return high * gates


class FastGANGenerator(nn.Module):
    def __init__(self, resolution: Resolution, channels: int, latent: int, prior: Prior, width: int, name: str):
        super().__init__()
        self.prior: Prior = prior
        self.latent, self.resolution = latent, resolution
        self.start, doublings = pyramid(resolution)
        widths = [_width_at(self.start.short << level, width) for level in range(doublings + 1)]
        self.span = min(SPAN, doublings)
        self.project = nn.Linear(latent, 2 * widths[0] * self.start.area, bias=False)
        self.norm = norm(name, 2 * widths[0])
        # Two convolutions with noise at 8, 32, 128, ... pixels, one without between them.
        sizes = [self.start << level if level % 2 else None for level in range(1, doublings + 1)]
        self.ups = nn.ModuleList(
            GatedUp(a, b, name, size) for (a, b), size in zip(pairwise(widths), sizes, strict=True)
        )
        self.skips = nn.ModuleList(SkipExcitation(a, b) for a, b in zip(widths, widths[self.span :], strict=False))
        self.paint = nn.Conv2d(widths[-1], channels, 3, 1, 1)
        spectral(normal_weights(self))

    def forward(self, z: Tensor, label: Tensor | None = None) -> Tensor:
        # All noise is drawn before anything else, which leaves one graph to compile.
        noises = [up.draw(z.shape[0]) for up in self.ups]  # type: ignore[operator]  # each is a GatedUp
        h = self.project(as_drawn(z, self.prior)).unflatten(1, (-1, *self.start))
        maps = [glu(self.norm(h), 1)]
        for level, (up, drawn) in enumerate(zip(self.ups, noises, strict=True), 1):
            h, below = up(maps[-1], drawn), level - self.span
            maps.append(self.skips[below](maps[below], h) if below >= 0 else h)
        return crop(self.paint(maps[-1]), self.resolution).tanh()


class Down(nn.Module):
    """Halves the size: the mean of a branch of two convolutions and of one that pools."""

    def __init__(self, inside: int, outside: int, name: str):
        super().__init__()
        self.deep = nn.Sequential(
            nn.Conv2d(inside, outside, 4, 2, 1, bias=False), norm(name, outside), nn.LeakyReLU(0.2),
            nn.Conv2d(outside, outside, 3, 1, 1, bias=False), norm(name, outside), nn.LeakyReLU(0.2),
        )  # fmt: skip
        self.direct = nn.Sequential(nn.Conv2d(inside, outside, 1, bias=False), norm(name, outside), nn.LeakyReLU(0.2))

    def forward(self, x: Tensor) -> Tensor:
        deep: Tensor = self.deep(x)
        direct: Tensor = self.direct(avg_pool2d(x, 2))
        return (deep + direct) / 2


class FastGANDiscriminator(nn.Module):
    """Scores N x P of the patches that the 4 x 4 windows of its last features see.

    `reconstruct` decodes those features to the whole picture, and a quarter of the ones before them to that quarter.
    """

    def __init__(self, resolution: Resolution, channels: int, width: int, name: str, spectral_norm: bool):
        super().__init__()
        short = size_of(resolution).short
        halvings = max(1, round(math.log2(short / 8)))
        widths = [_width_at(short >> level, width) for level in range(halvings + 1)]
        self.extract = nn.Sequential(nn.Conv2d(channels, widths[0], 3, 1, 1), nn.LeakyReLU(0.2))
        self.downs = nn.ModuleList(Down(a, b, name) for a, b in pairwise(widths))
        self.judge = nn.Sequential(
            nn.Conv2d(widths[-1], widths[-1], 1), norm(name, widths[-1]), nn.LeakyReLU(0.2), nn.Conv2d(widths[-1], 1, 4)
        )
        ups = min(halvings, SPAN)
        self.decode = _decoder(widths[-1], channels, ups, name)
        self.decode_quarter = _decoder(widths[-2], channels, ups - 1, name) if halvings > 1 else None
        normal_weights(self)
        if spectral_norm:
            spectral(self)

    def layers_in_order(self) -> list[list[nn.Module]]:
        return [[layer] for layer in (self.extract, *self.downs)]

    def features(self, x: Tensor) -> list[Tensor]:
        """The features after every halving."""
        maps = [self.extract(x)]
        for down in self.downs:
            maps.append(down(maps[-1]))
        return maps[1:]

    def forward(self, x: Tensor, label: Tensor | None = None) -> Tensor:
        scores: Tensor = self.judge(self.features(x)[-1])
        return scores.flatten(1)

    def reconstruct(self, x: Tensor) -> list[tuple[Tensor, Tensor]]:
        """Pairs (decoded picture, the picture at that size)."""
        *above, last = self.features(x)
        pairs = [(self.decode(last), x)]
        if self.decode_quarter is not None:
            corner = rng.uniform(len(x), 2, device=x.device) < 0.5
            pairs.append((self.decode_quarter(_quarter(above[-1], corner)), _quarter(x, corner)))
        return [(decoded, adaptive_avg_pool2d(picture, decoded.shape[2:])) for decoded, picture in pairs]


def _quarter(x: Tensor, corner: Tensor) -> Tensor:
    """A quarter of each image, half of its rows and of its columns: the first where `corner`, N x 2, is true, else the last."""
    h, w = x.shape[2] // 2, x.shape[3] // 2
    rows, columns = corner[:, :1, None, None], corner[:, 1:, None, None]
    x = torch.where(rows, x[:, :, :h], x[:, :, -h:])
    return torch.where(columns, x[..., :w], x[..., -w:])


def _decoder(inside: int, channels: int, doublings: int, name: str) -> nn.Sequential:
    widths = [max(8, inside >> level) for level in range(doublings + 1)]
    ups = [GatedUp(a, b, name) for a, b in pairwise(widths)]
    return nn.Sequential(*ups, nn.Conv2d(widths[-1], channels, 3, 1, 1), nn.Tanh())


def fastgan_generator(
    resolution: Resolution,
    channels: int,
    classes: int,
    *,
    latent: Width = 256,
    prior: Prior = "normal",
    width: Width = 32,
    norm: str = "batch",
) -> nn.Module:
    """One or two convolutions a size, and gated skips. `width` is that at 128 pixels, 16 times as many at 4 (the paper: 64).

    `prior`: the latent's distribution.
    """
    return FastGANGenerator(resolution, channels, latent, prior, width, norm)


def fastgan_discriminator(
    resolution: Resolution,
    channels: int,
    classes: int,
    *,
    width: Width = 32,
    norm: str = "batch",
    spectral_norm: bool = True,
) -> nn.Module:
    """Halvings down to about 8 pixels, which it can also decode: see `FastGANDiscriminator`."""
    return FastGANDiscriminator(resolution, channels, width, norm, spectral_norm)
