"""Flaws as generated pictures have them, drawn into real ones so that a network learns to see them.

Each takes pictures N x C x H x W in [-1, 1], a strength in [0, 1] for each and a random stream, and gives other pictures,
which may leave [-1, 1]. The weakest of each kind are below what an eye notices at 32 pixels.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

Flaw = Callable[[Tensor, Tensor, torch.Generator], Tensor]


def flawed(x: Tensor, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """The pictures, one flaw in nearly each, and how strong each of FLAWS is in each: N x len(FLAWS), 0 where it is not.

    The kinds are dealt out evenly, and one picture of len(FLAWS) + 1 stays whole.
    """
    kind, strength = torch.randperm(len(x), generator=rng) % (len(FLAWS) + 1), torch.rand(len(x), generator=rng)
    out, told = x.clone(), torch.zeros(len(x), len(FLAWS))
    for number, flaw in enumerate(FLAWS):
        rows = kind == number
        out[rows] = flaw(x[rows], strength[rows], rng).clamp(-1, 1)
        told[rows, number] = 0.3 + 0.7 * strength[rows]  # the weakest stand clear of none
    return out, told


def blurred(x: Tensor, strength: Tensor, rng: torch.Generator) -> Tensor:
    """Pictures blurred by a Gaussian of 0.35 to 2 pixels."""
    return _smoothed(x, 0.35 + 1.65 * strength**1.5)


def sharpened(x: Tensor, strength: Tensor, rng: torch.Generator) -> Tensor:
    """Pictures with 0.3 to 2.3 times of what a Gaussian of one pixel takes away added to them."""
    return x + _each(0.3 + 2 * strength) * (x - _smoothed(x, torch.ones(len(x))))


def noisy(x: Tensor, strength: Tensor, rng: torch.Generator) -> Tensor:
    """White noise, the same in all channels of one picture in three."""
    noise, grey = torch.randn(x.shape, generator=rng), torch.rand(len(x), generator=rng) < 1 / 3
    noise[grey] = noise[grey, :1].expand(-1, x.shape[1], -1, -1)
    return x + _each(0.02 + 0.3 * strength**2) * noise


def blotched(x: Tensor, strength: Tensor, rng: torch.Generator) -> Tensor:
    """Noise in grains of two pixels."""
    n, c, h, w = x.shape
    noise = torch.randn(n, c, (h + 1) // 2, (w + 1) // 2, generator=rng)
    return x + _each(0.03 + 0.4 * strength**2) * F.interpolate(noise, (h, w), mode="bilinear")


def patterned(x: Tensor, strength: Tensor, rng: torch.Generator) -> Tensor:
    """A random tile of 2 to 8 pixels a side, repeated over the picture, grey or in colour: the grids of upsampling layers."""
    (n, c, h, w), side = x.shape, int(torch.randint(2, 9, (1,), generator=rng))
    grey = bool(torch.rand(1, generator=rng) < 0.6)
    tile = torch.randn(n, 1 if grey else c, side, side, generator=rng)
    tile = F.layer_norm(tile, tile.shape[1:])
    return x + _each(0.02 + 0.2 * strength**2) * tile.repeat(1, 1, -(-h // side), -(-w // side))[:, :, :h, :w]


def coarsened(x: Tensor, strength: Tensor, rng: torch.Generator) -> Tensor:
    """Pictures shrunk to half and enlarged again in one of three ways, blended in at a quarter to all of the weight."""
    mode = ("nearest", "bilinear", "bicubic")[int(torch.randint(0, 3, (1,), generator=rng))]
    return torch.lerp(x, F.interpolate(F.avg_pool2d(x, 2), x.shape[2:], mode=mode), _each(0.25 + 0.75 * strength))


def warped(x: Tensor, strength: Tensor, rng: torch.Generator) -> Tensor:
    """Shapes bent out of true, smoothly and another way everywhere."""
    n, _, h, w = x.shape
    bend = F.interpolate(torch.randn(n, 2, 4, 4, generator=rng), (h, w), mode="bicubic", align_corners=True)
    places = F.affine_grid(torch.eye(2, 3).expand(n, 2, 3), list(x.shape), align_corners=False)
    places = places + (_each(0.04 + 0.12 * strength) * bend).permute(0, 2, 3, 1)
    return F.grid_sample(x, places, padding_mode="reflection", align_corners=False)


def blended(x: Tensor, strength: Tensor, rng: torch.Generator) -> Tensor:
    """A tenth to half of another picture shining through."""
    return torch.lerp(x, x.roll(1, 0), _each(0.1 + 0.4 * strength))


def patched(x: Tensor, strength: Tensor, rng: torch.Generator) -> Tensor:
    """A rectangle out of another place of another picture (CutPaste, Li et al. 2021), 15 to 55 % as high and wide."""
    out, sizes = x.clone(), torch.tensor(x.shape[2:])
    for picture, other, s in zip(out, x.roll(1, 0), strength.tolist(), strict=True):
        span = ((0.15 + 0.4 * s) * sizes).long()
        (top, left), (y, z) = (torch.rand(2, 2, generator=rng) * (sizes - span + 1)).long().tolist()
        h, w = span.tolist()
        picture[:, top : top + h, left : left + w] = other[:, y : y + h, z : z + w]
    return out


FLAWS: tuple[Flaw, ...] = (
    blurred,
    sharpened,
    noisy,
    blotched,
    patterned,
    coarsened,
    warped,
    blended,
    patched,
)


def _each(value: Tensor) -> Tensor:
    """Numbers of pictures, N, as N x 1 x 1 x 1."""
    return value[:, None, None, None]


def _smoothed(x: Tensor, sigma: Tensor) -> Tensor:
    """Pictures blurred by a Gaussian of `sigma` pixels, N, cut to 7 pixels; borders are reflected."""
    (n, c, h, w), t = x.shape, torch.arange(-3.0, 4.0)
    kernel = torch.exp(-(t**2) / (2 * sigma[:, None] ** 2))
    kernel = (kernel / kernel.sum(1, keepdim=True)).repeat_interleave(c, 0)[:, None, None]
    y = F.pad(x, (3,) * 4, mode="reflect").reshape(1, n * c, h + 6, w + 6)
    y = F.conv2d(F.conv2d(y, kernel, groups=n * c), kernel.transpose(2, 3), groups=n * c)
    return y.reshape(x.shape)
