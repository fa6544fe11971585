"""A pair of 1-D convolutional networks for windows of a series, of any length from 4 steps."""

from itertools import pairwise

import torch
from torch import Tensor, nn

from elegan.core.ranges import Width
from elegan.nets.activations import Activation, activation
from elegan.nets.latents import Prior, as_drawn
from elegan.nets.layers import pyramid

WIDEST = 4
STRETCH = 10.0  # of differences, so that they are about as large as what they are differences of


class SeriesGenerator(nn.Module):
    """Each level doubles the steps. What it makes is the sum of a curve by convolutions and of the level of each column, which
    a window has as a whole."""

    def __init__(self, steps: int, columns: int, latent: int, prior: Prior, width: int, act: Activation):
        super().__init__()
        self.prior: Prior = prior
        self.latent, self.steps, self.act = latent, steps, activation(act)
        (self.start, _), doublings = pyramid(steps)
        widths = [width * min(2**level, WIDEST) for level in reversed(range(doublings + 1))]
        self.project = nn.Linear(latent, widths[0] * self.start)
        self.ups = nn.ModuleList(
            nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv1d(inside, outside, 5, padding=2), activation(act),
                          nn.Conv1d(outside, outside, 3, padding=1))
            for inside, outside in pairwise(widths)
        )  # fmt: skip
        self.last = nn.Conv1d(widths[-1], columns, 3, padding=1)
        self.level = nn.Sequential(nn.Linear(latent, 64), activation(act), nn.Linear(64, columns))

    def forward(self, z: Tensor, label: Tensor | None = None) -> Tensor:
        z = as_drawn(z, self.prior)
        h = self.project(z).unflatten(1, (-1, self.start))
        for up in self.ups:
            h = up(self.act(h))
        curve = self.last(self.act(h))[..., : self.steps]
        made: Tensor = (curve + self.level(z).unsqueeze(2)).tanh()
        return made


class SeriesDiscriminator(nn.Module):
    """Sees a window and its differences from step to step, which are small beside the levels that they change."""

    def __init__(self, steps: int, columns: int, width: int, act: Activation):
        super().__init__()
        _, halvings = pyramid(steps)
        widths = [width * min(2**level, WIDEST) for level in range(halvings + 1)]
        layers: list[nn.Module] = [nn.Conv1d(2 * columns, widths[0], 5, padding=2), activation(act)]
        for inside, outside in pairwise(widths):
            layers += [nn.Conv1d(inside, outside, 4, 2, 1), activation(act)]
        features = widths[-1] * (steps >> halvings)
        self.layers = nn.Sequential(*layers, nn.Flatten(), nn.Linear(features, 4 * width), activation(act))
        self.score = nn.Linear(4 * width, 1)

    def forward(self, x: Tensor, label: Tensor | None = None) -> Tensor:
        change = x.diff(dim=2, prepend=x[..., :1])
        score: Tensor = self.score(self.layers(torch.cat([x, STRETCH * change], 1))).squeeze(1)
        return score


def series_generator(
    steps: int,
    columns: int,
    classes: int,
    *,
    latent: Width = 64,
    prior: Prior = "normal",
    width: Width = 32,
    activation: Activation = "leaky_relu",
) -> nn.Module:
    """Convolutions from a few steps up; the last hidden layer has `width` channels, earlier ones up to 4 times as many.

    `prior`: the latent's distribution.
    """
    return SeriesGenerator(steps, columns, latent, prior, width, activation)


def series_discriminator(
    steps: int, columns: int, classes: int, *, width: Width = 32, activation: Activation = "leaky_relu"
) -> nn.Module:
    """Strided convolutions over a window beside its differences, down to a few steps, then linear; no norm."""
    return SeriesDiscriminator(steps, columns, width, activation)
