"""A pair that grows while it learns (Karras et al. 2018): from a few pixels up, each new size faded in.

Both networks hold all levels from the start. Progress decides which are at work: training sets `level` from it, and saved
with the weights it says how far the network has grown. Pictures always have the full size outside, in larger pixels at
first, so nothing else needs to know; but a step costs no more than its level does.
"""

import math
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d, avg_pool2d, interpolate, leaky_relu

from elegan.core import ramp
from elegan.core.ranges import AboveZero, Width
from elegan.core.sizes import Resolution, size_of
from elegan.nets.equalized import equalized
from elegan.nets.layers import Score, crop, minibatch_std, pixel_norm, pyramid, width_at

LEAST = 8  # channels at any size


class Growing(nn.Module):
    """A network with a `level`: 2.3 is level 2 with 0.3 of level 3. Each level is held for as long as the next is faded in."""

    level: Tensor

    def __init__(self, levels: int, until: float):
        super().__init__()
        self.levels, self.until = levels, until
        self.register_buffer("level", torch.zeros(()))
        self.held: float | None = None

    def hold(self) -> None:
        """Stays at this level, for a graph (ONNX) that cannot follow the buffer."""
        self.held = self.level.item()

    def grown(self) -> tuple[int, float]:
        """(the highest level at work, its share)."""
        if self.training:
            whole, part = divmod(min(ramp.t() / self.until, 1.0) * self.levels, 1)
            level = whole + max(0.0, 2 * part - 1)
            self.level.fill_(level)
        else:
            level = self.level.item() if self.held is None else self.held
        top = math.ceil(level)
        return top, 1 - (top - level)


class ProgressiveGenerator(Growing):
    def __init__(self, resolution: Resolution, channels: int, latent: int, width: int, until: float):
        start, doublings = pyramid(resolution)
        super().__init__(doublings, until)
        self.latent, self.resolution, self.start = latent, resolution, start
        widths = [width_at(self.start.short << level, width, LEAST) for level in range(doublings + 1)]
        self.project = nn.Linear(latent, widths[0] * self.start.area)
        self.convs = nn.ModuleList(nn.Conv2d(a, b, 3, 1, 1) for a, b in pairwise([widths[0], *widths]))
        self.more = nn.ModuleList(nn.Conv2d(b, b, 3, 1, 1) for b in widths[1:])
        self.paint = nn.ModuleList(nn.Conv2d(b, channels, 1) for b in widths)
        equalized(self)

    def forward(self, z: Tensor, label: Tensor | None = None) -> Tensor:
        top, share = self.grown()
        h = self.project(pixel_norm(z)).unflatten(1, (-1, *self.start))
        h = below = _act(self.convs[0](_act(h)))
        for level in range(1, top + 1):
            below = h
            h = _act(self.more[level - 1](_act(self.convs[level](interpolate(h, scale_factor=2)))))
        x = self.paint[top](h).tanh()
        if share < 1:
            x = torch.lerp(interpolate(self.paint[top - 1](below).tanh(), scale_factor=2), x, share)
        return crop(interpolate(x, scale_factor=2 ** (self.levels - top)), self.resolution)


class ProgressiveDiscriminator(Growing):
    def __init__(self, resolution: Resolution, channels: int, width: int, until: float):
        _, halvings = pyramid(resolution)
        super().__init__(halvings, until)
        self.sizes = [size_of(resolution) >> (halvings - level) for level in range(halvings + 1)]
        widths = [width_at(size.short, width, LEAST) for size in self.sizes]
        self.see = nn.ModuleList(nn.Conv2d(channels, b, 1) for b in widths)
        self.convs = nn.ModuleList(nn.Conv2d(b, b, 3, 1, 1) for b in widths[1:])
        self.more = nn.ModuleList(nn.Conv2d(b, a, 3, 1, 1) for a, b in pairwise(widths))
        self.last = nn.Conv2d(widths[0] + 1, widths[0], 3, 1, 1)
        self.score = Score(widths[0] * self.sizes[0].area, 0)
        equalized(self)

    def layers_in_order(self) -> list[list[nn.Module]]:
        levels = zip(self.see[1:], self.convs, self.more, strict=True)
        return [list(level) for level in reversed(list(levels))]

    def forward(self, x: Tensor, label: Tensor | None = None) -> Tensor:
        top, share = self.grown()
        h = self._seen(x, top)
        for level in range(top, 0, -1):
            h = leaky_relu(self.more[level - 1](leaky_relu(self.convs[level - 1](h), 0.2)), 0.2)
            h = avg_pool2d(h, 2)
            if level == top and share < 1:
                h = torch.lerp(self._seen(x, top - 1), h, share)
        differ = minibatch_std(h[None]).expand(len(h), 1, *h.shape[2:])
        features = leaky_relu(self.last(torch.cat([h, differ], 1)), 0.2).flatten(1)
        score: Tensor = self.score(features, label)
        return score

    def _seen(self, x: Tensor, level: int) -> Tensor:
        """The first features of the picture at this level's size. (The paper also fades the real pictures' new details in.)"""
        return leaky_relu(self.see[level](adaptive_avg_pool2d(x, self.sizes[level])), 0.2)


def _act(x: Tensor) -> Tensor:
    return pixel_norm(leaky_relu(x, 0.2))


def progressive_generator(
    resolution: Resolution,
    channels: int,
    classes: int,
    *,
    latent: Width = 128,
    width: Width = 128,
    until: AboveZero = 0.6,
) -> nn.Module:
    """Two convolutions a size with pixel norm; fully grown at progress `until`, the same as the discriminator's."""
    return ProgressiveGenerator(resolution, channels, latent, width, until)


def progressive_discriminator(
    resolution: Resolution, channels: int, classes: int, *, width: Width = 128, until: AboveZero = 0.6
) -> nn.Module:
    """The generator's mirror image, with the deviation over the batch as one more feature before its score."""
    return ProgressiveDiscriminator(resolution, channels, width, until)
