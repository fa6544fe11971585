"""Networks that work on the frames of a spectrum: a vocoder and an enhancer, both with the trunk of Vocos (Siuzdak 2024)."""

import torch
from torch import Tensor, nn

from elegan.core.ranges import Count, Depth, Width
from elegan.core.spectra import MELS, WINDOW, griffin_lim, hop_of, spectrum, waveform

COMPRESSION = 0.3  # power of magnitudes that a network is shown, so that quiet parts count
ADDED = 0.1  # scale of what is added to a spectrum, in which a full-scale sine is 1


class Block(nn.Module):
    """A ConvNeXt block over frames: each channel by itself over 7 frames, then each frame by itself (Liu et al. 2022)."""

    def __init__(self, width: int, depth: int):
        super().__init__()
        self.over_frames = nn.Conv1d(width, width, 7, padding=3, groups=width)
        self.norm = nn.LayerNorm(width)
        self.widen, self.narrow = nn.Linear(width, 3 * width), nn.Linear(3 * width, width)
        self.scale = nn.Parameter(torch.full((width,), 1 / depth))

    def forward(self, x: Tensor) -> Tensor:
        h = self.norm(self.over_frames(x.transpose(1, 2)).transpose(1, 2))
        y: Tensor = x + self.scale * self.narrow(nn.functional.gelu(self.widen(h)))
        return y


class Trunk(nn.Module):
    """Frames N x F x inside to N x F x outside, each seeing 3 frames to both sides by block and before."""

    def __init__(self, inside: int, outside: int, width: int, depth: int):
        super().__init__()
        self.first, self.norm = nn.Conv1d(inside, width, 7, padding=3), nn.LayerNorm(width)
        self.blocks = nn.Sequential(*(Block(width, depth) for _ in range(depth)))
        self.last_norm, self.last = nn.LayerNorm(width), nn.Linear(width, outside)
        nn.init.normal_(self.last.weight, 0.0, 0.001)
        nn.init.zeros_(self.last.bias)

    def forward(self, frames: Tensor) -> Tensor:
        h = self.norm(self.first(frames.transpose(1, 2)).transpose(1, 2))
        y: Tensor = self.last(self.last_norm(self.blocks(h)))
        return y.float()


class Mask(nn.Module):
    """Spectra of sounds to those of better ones: every bin is turned and scaled by a mask and, where `adds`, something is added,
    which silence could not become otherwise. At first it changes little. `beside`: rows that it is shown with the spectrum."""

    def __init__(self, hop: int, width: int, depth: int, beside: int = 0, adds: bool = True):
        super().__init__()
        bins = WINDOW // 2 * hop + 1
        self.parts = 4 if adds else 2
        self.trunk = Trunk(3 * bins + beside, self.parts * bins, width, depth)

    def forward(self, S: Tensor, *beside: Tensor) -> Tensor:
        size = S.abs().clamp(min=1e-5)
        shown = S / size * size**COMPRESSION
        frames = torch.cat([shown.real, shown.imag, size.log() / 4 + 1, *beside], 1)
        parts = self.trunk(frames.transpose(1, 2)).transpose(1, 2).chunk(self.parts, 1)
        masked = S * torch.complex(1 + parts[0], parts[1])
        return masked + ADDED * torch.complex(*parts[2:]) if parts[2:] else masked


class SpectralVocoder(nn.Module):
    """Log-mel pictures N x MELS x F in [-1, 1] to samples N x F hop: what Griffin and Lim find in `rounds`, made better (as in
    deep Griffin-Lim iteration: Masuyama et al. 2019), which begins where they end."""

    def __init__(self, rate: int, width: int, depth: int, rounds: int):
        super().__init__()
        self.rate, self.rounds = rate, rounds
        self.mask = Mask(hop_of(rate), width, depth, MELS, adds=False)

    def forward(self, picture: Tensor) -> Tensor:
        hop = hop_of(self.rate)
        with torch.no_grad():
            S = spectrum(griffin_lim(picture, self.rate, self.rounds), hop)
        return waveform(self.mask(S, picture), hop)


class SpectralEnhancer(nn.Module):
    """Samples N x T to the same, T a multiple of the hop."""

    def __init__(self, rate: int, width: int, depth: int):
        super().__init__()
        self.hop = hop_of(rate)
        self.mask = Mask(self.hop, width, depth)

    def forward(self, x: Tensor) -> Tensor:
        return waveform(self.mask(spectrum(x, self.hop)), self.hop)


def spectral_vocoder(rate: int, *, width: Width = 192, depth: Depth = 6, rounds: Count = 32) -> nn.Module:
    """`rounds` of Griffin and Lim's search for phases, then `depth` blocks of `width` channels over its frames."""
    return SpectralVocoder(rate, width, depth, rounds)


def spectral_enhancer(rate: int, *, width: Width = 192, depth: Depth = 6) -> nn.Module:
    """`depth` blocks of `width` channels over the frames of a sound, then an inverse transform."""
    return SpectralEnhancer(rate, width, depth)
