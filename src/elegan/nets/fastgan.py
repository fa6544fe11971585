"""The FastGAN pair for few pictures (Liu et al. 2021, section 3): gated skips across scales, a discriminator that reconstructs."""

import math
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d, avg_pool2d, glu, interpolate

from elegan import chance
from elegan.nets.norms import norm, spectral
from elegan.nets.shape import crop, normal_weights, pyramid
from elegan.ranges import Width

SPAN = 4  # doublings that a gated skip reaches across: from 8 x 8 to 128 x 128


def _width_at(size: int, width: int) -> int:
    """16 times `width` at 4 pixels, twice at 32 and 64, once at 128."""
    power = 1 << (size - 1).bit_length()
    return max(8, int(width * (64 / power if power <= 32 else 128 / power)))


class GatedUp(nn.Module):
    """Twice the size: nearest pixels, 3x3 convolution, normalisation, gated linear unit."""

    def __init__(self, inside: int, outside: int, name: str):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(inside, 2 * outside, 3, 1, 1, bias=False), norm(name, 2 * outside)

    def forward(self, x: Tensor) -> Tensor:
        return glu(self.norm(self.conv(interpolate(x, scale_factor=2))), 1)


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
        return high * self.see(low)


class FastGANGenerator(nn.Module):
    def __init__(self, resolution: int, channels: int, latent: int, width: int, name: str):
        super().__init__()
        self.latent, self.resolution = latent, resolution
        self.start, doublings = pyramid(resolution)
        widths = [_width_at(self.start << level, width) for level in range(doublings + 1)]
        self.span = min(SPAN, doublings)
        self.project = nn.Linear(latent, 2 * widths[0] * self.start**2, bias=False)
        self.norm = norm(name, 2 * widths[0])
        self.ups = nn.ModuleList(GatedUp(a, b, name) for a, b in pairwise(widths))
        self.skips = nn.ModuleList(SkipExcitation(a, b) for a, b in zip(widths, widths[self.span :], strict=False))
        self.paint = nn.Conv2d(widths[-1], channels, 3, 1, 1)
        normal_weights(self)

    def forward(self, z: Tensor, label: Tensor | None = None) -> Tensor:
        h = self.project(z).unflatten(1, (-1, self.start, self.start))
        maps = [glu(self.norm(h), 1)]
        for level, up in enumerate(self.ups, 1):
            h, below = up(maps[-1]), level - self.span
            maps.append(self.skips[below](maps[below], h) if below >= 0 else h)
        return crop(self.paint(maps[-1]), self.resolution).tanh()


class Down(nn.Module):
    """Half the size, the mean of two convolutions deep and of pooling."""

    def __init__(self, inside: int, outside: int, name: str):
        super().__init__()
        self.deep = nn.Sequential(
            nn.Conv2d(inside, outside, 4, 2, 1, bias=False), norm(name, outside), nn.LeakyReLU(0.2),
            nn.Conv2d(outside, outside, 3, 1, 1, bias=False), norm(name, outside), nn.LeakyReLU(0.2),
        )  # fmt: skip
        self.direct = nn.Sequential(nn.Conv2d(inside, outside, 1, bias=False), norm(name, outside), nn.LeakyReLU(0.2))

    def forward(self, x: Tensor) -> Tensor:
        return (self.deep(x) + self.direct(avg_pool2d(x, 2))) / 2


class FastGANDiscriminator(nn.Module):
    """Scores N x P of the patches that the 4 x 4 windows of its last features see.

    `reconstruct` decodes those features to the whole picture, and a quarter of the ones before to that quarter.
    """

    def __init__(self, resolution: int, channels: int, width: int, name: str, spectral_norm: bool):
        super().__init__()
        halvings = max(1, round(math.log2(resolution / 8)))
        widths = [_width_at(resolution >> level, width) for level in range(halvings + 1)]
        self.extract = nn.Sequential(nn.Conv2d(channels, widths[0], 3, 1, 1), nn.LeakyReLU(0.2))
        self.downs = nn.ModuleList(Down(a, b, name) for a, b in pairwise(widths))
        self.judge = nn.Sequential(
            nn.Conv2d(widths[-1], widths[-1], 1), norm(name, widths[-1]), nn.LeakyReLU(0.2), nn.Conv2d(widths[-1], 1, 4)
        )
        normal_weights(self)
        if spectral_norm:
            spectral(self)
        ups = min(halvings, SPAN)
        self.decode = _decoder(widths[-1], channels, ups, name)
        self.decode_quarter = _decoder(widths[-2], channels, ups - 1, name) if halvings > 1 else None

    def features(self, x: Tensor) -> list[Tensor]:
        """After every halving."""
        maps = [self.extract(x)]
        for down in self.downs:
            maps.append(down(maps[-1]))
        return maps[1:]

    def forward(self, x: Tensor, label: Tensor | None = None) -> Tensor:
        return self.judge(self.features(x)[-1]).flatten(1)

    def reconstruct(self, x: Tensor) -> list[tuple[Tensor, Tensor]]:
        """Pairs (decoded, picture at that size)."""
        *above, last = self.features(x)
        pairs = [(self.decode(last), x)]
        if self.decode_quarter is not None:
            corner = chance.uniform(len(x), 2, device=x.device) < 0.5
            pairs.append((self.decode_quarter(_quarter(above[-1], corner)), _quarter(x, corner)))
        return [(made, adaptive_avg_pool2d(wanted, made.shape[2:])) for made, wanted in pairs]


def _quarter(x: Tensor, corner: Tensor) -> Tensor:
    """Half of the rows and half of the columns: of each image the first or the last, by `corner` N x 2."""
    h, w = x.shape[2] // 2, x.shape[3] // 2
    rows, columns = corner[:, :1, None, None], corner[:, 1:, None, None]
    x = torch.where(rows, x[:, :, :h], x[:, :, -h:])
    return torch.where(columns, x[..., :w], x[..., -w:])


def _decoder(inside: int, channels: int, doublings: int, name: str) -> nn.Sequential:
    widths = [max(8, inside >> level) for level in range(doublings + 1)]
    ups = [GatedUp(a, b, name) for a, b in pairwise(widths)]
    return nn.Sequential(*ups, nn.Conv2d(widths[-1], channels, 3, 1, 1), nn.Tanh())


def fastgan_generator(
    resolution: int, channels: int, classes: int, *, latent: Width = 256, width: Width = 32, norm: str = "batch"
) -> nn.Module:
    """One convolution a size and gated skips. `width` is that of 128 pixels, and grows to 16 times at 4 (the paper's is 64)."""
    return FastGANGenerator(resolution, channels, latent, width, norm)


def fastgan_discriminator(
    resolution: int,
    channels: int,
    classes: int,
    *,
    width: Width = 32,
    norm: str = "batch",
    spectral_norm: bool = True,
) -> nn.Module:
    """Halvings down to about 8 pixels, which it can also decode: see `FastGANDiscriminator`."""
    return FastGANDiscriminator(resolution, channels, width, norm, spectral_norm)
