"""What befalls sounds: babble, noise, and the loss of what is above a frequency. Batches are N x T in [-1, 1]."""

import torch
from torch import Tensor

from elegan.core import rng
from elegan.core.spectra import FLOOR


def mixed(clean: Tensor, noise: Tensor, ratio: Tensor) -> Tensor:
    """`clean` with `noise` at `ratio` decibels of signal to noise, N; of both the mean power over the clip counts."""
    power, strength = (x.square().mean(1, keepdim=True).clamp(min=1e-12) for x in (clean, noise))
    return clean + noise * (power / strength / 10 ** (ratio[:, None] / 10)).sqrt()


def babble(voices: Tensor) -> Tensor:
    """Several at once: N x K x T voices, each of one loudness, to N x T."""
    loudness = voices.square().mean(2, keepdim=True).clamp(min=1e-12).sqrt()
    return (voices / loudness).sum(1)


def white(n: int, length: int) -> Tensor:
    """Normal noise, N x T, of the move at hand."""
    return rng.normal(n, length)


def low_pass(x: Tensor, share: Tensor) -> Tensor:
    """The sounds without what is above `share` of their highest frequency, N; over a twentieth of it the rest fades out."""
    S = torch.fft.rfft(x, 2 * x.shape[1])
    place = torch.linspace(0, 1, S.shape[1], device=x.device)
    kept = ((share[:, None] - place) / 0.05 + 0.5).clamp(0, 1)
    lower: Tensor = torch.fft.irfft(S * kept.clamp(min=10 ** (FLOOR / 20)), 2 * x.shape[1])
    return lower[:, : x.shape[1]]
