"""Sounds to spectra and back: short-time Fourier transforms, and log-mel pictures of what an ear tells apart.

A hop is about 16 ms, a window four of them, so that a sound of T samples, a multiple of the hop, has T / hop frames. All of it
can be differentiated, and is computed in float32 whatever the precision of networks.
"""

import math
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn.functional import fold, pad

MELS = 64  # rows of a picture
FLOOR = -80.0  # decibels below a full-scale sine, which are black
WINDOW = 4  # hops
FRAMES = 62.5  # a second, about
RESOLUTIONS = (64, 128, 256)  # hops that sounds are compared at


def hop_of(rate: int) -> int:
    """Samples from a frame to the next: a power of two.

    >>> hop_of(8000), hop_of(16000), hop_of(44100)
    (128, 256, 512)
    """
    return 1 << round(math.log2(rate / FRAMES))


def spectrum(x: Tensor, hop: int) -> Tensor:
    """Complex N x (2 hop + 1) x T / hop of sounds N x T, scaled so that a full-scale sine has magnitude 1."""
    with torch.autocast(x.device.type, enabled=False):
        size, edge = WINDOW * hop, (WINDOW - 1) * hop // 2
        window = _window(size, x.device)
        padded = pad(x.float()[:, None], (edge, edge), mode="reflect" if x.shape[1] > edge else "constant")[:, 0]
        frames = padded.unfold(1, size, hop) * (window * 2 / window.sum())
        bins: Tensor = torch.fft.rfft(frames)
        return bins.transpose(1, 2)


def waveform(S: Tensor, hop: int) -> Tensor:
    """Sounds N x T whose `spectrum` is nearest to S in the least squares (Griffin and Lim 1984, equation 6)."""
    size, edge = WINDOW * hop, (WINDOW - 1) * hop // 2
    window = _window(size, S.device)
    frames = torch.fft.irfft(S.transpose(1, 2), size) * (window.sum() / 2)
    length = (S.shape[2] - 1) * hop + size
    added, weight = (
        fold(part.transpose(1, 2), (1, length), (1, size), stride=(1, hop))[:, 0, 0, edge : length - edge]
        for part in (frames * window, (window**2).expand(1, S.shape[2], size))
    )
    return added / weight.clamp(min=1e-3)


def log_mel(x: Tensor, rate: int) -> Tensor:
    """Log-mel pictures N x MELS x T / hop of sounds N x T, the lowest row first, decibels from FLOOR to 0 as -1 to 1."""
    with torch.autocast(x.device.type, enabled=False):
        energies = _mel(rate, x.device) @ spectrum(x, hop_of(rate)).abs()
        decibels = 20 * energies.clamp(min=10 ** (FLOOR / 20)).log10()
        return decibels / (-FLOOR / 2) + 1


def _magnitudes(picture: Tensor, rate: int) -> Tensor:
    """The least magnitudes N x (2 hop + 1) x F that have the log-mel pictures N x MELS x F, none below 0."""
    with torch.autocast(picture.device.type, enabled=False):
        energies = 10 ** ((picture.float().clamp(-1, 1) - 1) * (-FLOOR / 2) / 20)
        return (_inverse(rate, picture.device) @ energies).clamp(min=0)


def griffin_lim(picture: Tensor, rate: int, rounds: int = 60, momentum: float = 0.99) -> Tensor:
    """Sounds N x T of log-mel pictures N x MELS x F by phases that agree with the magnitudes (Perraudin et al. 2013, algorithm 2).
    The first phases are the same for every picture, so a sound does not depend on those beside it."""
    with torch.autocast(picture.device.type, enabled=False):
        hop, magnitude = hop_of(rate), _magnitudes(picture, rate)
        first = torch.rand(magnitude.shape[1:], generator=torch.Generator().manual_seed(0)).to(picture.device)
        phase = torch.polar(torch.ones_like(first), 2 * math.pi * first).expand_as(magnitude)
        before = torch.zeros_like(phase)
        for _ in range(rounds):
            agreeing = spectrum(waveform(magnitude * phase, hop), hop)
            ahead = agreeing + momentum * (agreeing - before)
            phase, before = ahead / ahead.abs().clamp(min=1e-9), agreeing
        return waveform(magnitude * phase, hop)


@lru_cache(maxsize=16)
def _window(size: int, device: torch.device) -> Tensor:
    return torch.hann_window(size, device=device)


@lru_cache(maxsize=16)
def _mel(rate: int, device: torch.device) -> Tensor:
    """Triangles of height 1 on bins of frequency, MELS x (2 hop + 1), at equal steps of 2595 log10(1 + f / 700)."""
    bins = torch.linspace(0, rate / 2, WINDOW * hop_of(rate) // 2 + 1, dtype=torch.float64)
    highest = 2595 * math.log10(1 + rate / 1400)
    edges = 700 * (10 ** (torch.linspace(0, highest, MELS + 2, dtype=torch.float64) / 2595) - 1)
    low, middle, high = (edges[i : i + MELS, None] for i in range(3))
    triangles = torch.minimum((bins - low) / (middle - low), (high - bins) / (high - middle))
    return triangles.clamp(min=0).float().to(device)


@lru_cache(maxsize=16)
def _inverse(rate: int, device: torch.device) -> Tensor:
    inverse: Tensor = torch.linalg.pinv(_mel(rate, device))
    return inverse


def spectral_distance(x: Tensor, y: Tensor) -> Tensor:
    """The multi-resolution distance of sounds x from y, both N x T, to N: spectral convergence and the mean difference of log
    magnitudes (nats, from -60 dB up), on average over windows of 256, 512 and 1024 samples (Yamamoto et al. 2020, equations 3 to 6)."""
    parts = []
    for hop in RESOLUTIONS:
        a, b = (spectrum(pad(part.float(), (0, -part.shape[1] % hop)), hop).abs() for part in (x, y))
        apart = (a - b).square().sum((1, 2)).clamp(min=1e-12).sqrt() / b.square().sum((1, 2)).clamp(min=1e-12).sqrt()
        logs = (a.clamp(min=1e-3).log() - b.clamp(min=1e-3).log()).abs().mean((1, 2))
        parts.append(apart + logs)
    return torch.stack(parts).mean(0)


def si_sdr(x: Tensor, y: Tensor) -> Tensor:
    """The scale-invariant ratio of signal to distortion of sounds x that should be y, both N x T, in decibels, N (Le Roux et al.
    2019, equation 3)."""
    x, y = (part.float() - part.float().mean(1, keepdim=True) for part in (x, y))
    target = (x * y).sum(1, keepdim=True) / y.square().sum(1, keepdim=True).clamp(min=1e-12) * y
    return 10 * (target.square().sum(1).clamp(min=1e-12) / (target - x).square().sum(1).clamp(min=1e-12)).log10()
