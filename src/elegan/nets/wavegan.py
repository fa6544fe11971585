"""The WaveGAN pair (Donahue et al. 2019): samples N x T by one-dimensional convolutions of 25 samples that stride by 4."""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from elegan.core import rng
from elegan.core.ranges import Few, Width
from elegan.core.sizes import Resolution, size_of
from elegan.nets.activations import Activation, activation
from elegan.nets.latents import LatentInput, Prior
from elegan.nets.layers import Score, check_condition

STRIDE, KERNEL, LEVELS = 4, 25, 4
WIDEST = 8


class WaveGANGenerator(nn.Module):
    def __init__(self, samples: int, embedded: int, latent: int, prior: Prior, width: int, act: Activation):
        super().__init__()
        self.latent, self.classes, self.samples = latent, embedded, samples
        self.start = -(-samples // STRIDE**LEVELS)
        widths = _widths(width)[::-1]
        self.input = LatentInput(latent, embedded, prior)
        self.project = nn.Linear(self.input.features, widths[0] * self.start)
        self.ups = nn.ModuleList(
            nn.ConvTranspose1d(a, b, KERNEL, STRIDE, (KERNEL - STRIDE + 1) // 2, output_padding=1)
            for a, b in pairwise([*widths, 1])
        )
        self.act = activation(act)

    def forward(self, z: Tensor, label: Tensor | None = None) -> Tensor:
        h = self.project(self.input(z, label)).unflatten(1, (-1, self.start))
        for up in self.ups:
            h = up(self.act(h))
        made: Tensor = h[:, 0, : self.samples].tanh()
        return made


class WaveGANDiscriminator(nn.Module):
    """Between its layers every sound is moved by up to `shuffle` places each way, its edges mirrored, so that the phase of an
    artefact tells nothing (section 3.3); not in evaluation."""

    def __init__(self, samples: int, projected: int, width: int, shuffle: int, act: Activation):
        super().__init__()
        self.shuffle = shuffle
        self.downs = nn.ModuleList(
            nn.Conv1d(a, b, KERNEL, STRIDE, KERNEL // 2) for a, b in pairwise([1, *_widths(width)])
        )
        steps = samples
        for _ in self.downs:
            steps = (steps - 1) // STRIDE + 1
        self.score = Score(_widths(width)[-1] * steps, projected)
        self.act = activation(act)

    def forward(self, x: Tensor, label: Tensor | None = None) -> Tensor:
        h = x[:, None]
        for level, down in enumerate(self.downs):
            h = self.act(down(h))
            if self.shuffle and self.training and level < LEVELS - 1:
                h = self._moved(h)
        score: Tensor = self.score(h.flatten(1), label)
        return score

    def _moved(self, h: Tensor) -> Tensor:
        n, most = len(h), self.shuffle
        by = (rng.uniform(n, 1, device=h.device) * (2 * most + 1)).long()
        places = by + torch.arange(h.shape[2], device=h.device)
        return pad(h, (most, most), mode="reflect").gather(2, places[:, None].expand_as(h))


def _widths(width: int) -> list[int]:
    return [width * min(2**level, WIDEST) for level in range(LEVELS)]


def wavegan_generator(
    resolution: Resolution,
    channels: int,
    classes: int,
    *,
    latent: Width = 100,
    prior: Prior = "normal",
    width: Width = 32,
    condition: str = "none",
    activation: Activation = "relu",
) -> nn.Module:
    """Four layers that quadruple; the last hidden one has `width` channels, earlier ones up to 8 times as many (the paper has 64, and
    a layer more for 16384 samples). `prior`: the latent's distribution. `condition`: none, or embedding (beside the latent)."""
    check_condition(condition, ("none", "embedding"), classes)
    samples = size_of(resolution).width
    return WaveGANGenerator(samples, classes if condition == "embedding" else 0, latent, prior, width, activation)


def wavegan_discriminator(
    resolution: Resolution,
    channels: int,
    classes: int,
    *,
    width: Width = 32,
    shuffle: Few = 2,
    condition: str = "none",
    activation: Activation = "leaky_relu",
) -> nn.Module:
    """The generator's mirror image with phase shuffle, then linear. `condition`: none or projection."""
    check_condition(condition, ("none", "projection"), classes)
    samples = size_of(resolution).width
    return WaveGANDiscriminator(samples, classes if condition == "projection" else 0, width, shuffle, activation)
