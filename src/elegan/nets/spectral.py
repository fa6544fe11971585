"""Networks that work on the frames of a spectrum: a vocoder and an enhancer, both with the trunk of Vocos (Siuzdak 2024)."""

import torch
from torch import Tensor, nn

from elegan.core.ranges import Depth, Width
from elegan.core.spectra import MELS, WINDOW, hop_of, magnitudes, spectrum, waveform

COMPRESSION = 0.3  # power of magnitudes that a network is shown, so that quiet parts count
LOUDEST = 3.0  # of log magnitudes, which a full-scale sine has at 0


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
        nn.init.normal_(self.last.weight, 0.0, 0.01)
        nn.init.zeros_(self.last.bias)

    def forward(self, frames: Tensor) -> Tensor:
        h = self.norm(self.first(frames.transpose(1, 2)).transpose(1, 2))
        y: Tensor = self.last(self.last_norm(self.blocks(h)))
        return y.float()


class SpectralVocoder(nn.Module):
    """Log-mel pictures N x MELS x F in [-1, 1] to samples N x F hop. Magnitudes begin as those of least squares and are corrected,
    phases are made anew."""

    def __init__(self, rate: int, width: int, depth: int):
        super().__init__()
        self.rate, self.hop = rate, hop_of(rate)
        self.trunk = Trunk(MELS, 2 * (WINDOW // 2 * self.hop + 1), width, depth)

    def forward(self, picture: Tensor) -> Tensor:
        correction, phase = self.trunk(picture.transpose(1, 2)).transpose(1, 2).chunk(2, 1)
        known = magnitudes(picture, self.rate).clamp(min=1e-5).log()
        size = (known + correction).clamp(max=LOUDEST).exp()
        with torch.autocast(picture.device.type, enabled=False):
            return waveform(torch.complex(size * phase.cos(), size * phase.sin()), self.hop)


class SpectralEnhancer(nn.Module):
    """Samples N x T to the same, T a multiple of the hop: every bin is turned and scaled by a mask, and something added."""

    def __init__(self, rate: int, width: int, depth: int):
        super().__init__()
        self.hop = hop_of(rate)
        self.bins = WINDOW // 2 * self.hop + 1
        self.trunk = Trunk(3 * self.bins, 4 * self.bins, width, depth)

    def forward(self, x: Tensor) -> Tensor:
        S = spectrum(x, self.hop)
        size = S.abs().clamp(min=1e-5)
        shown = S / size * size**COMPRESSION
        frames = torch.cat([shown.real, shown.imag, size.log() / 4 + 1], 1)
        mask_real, mask_imag, more_real, more_imag = self.trunk(frames.transpose(1, 2)).transpose(1, 2).chunk(4, 1)
        with torch.autocast(x.device.type, enabled=False):
            # What is added is small beside the mask at the beginning, and may be large where nothing is left to mask.
            made = S * torch.complex(1 + mask_real, mask_imag) + 0.1 * torch.complex(more_real, more_imag)
            return waveform(made, self.hop)


def spectral_vocoder(rate: int, *, width: Width = 192, depth: Depth = 6) -> nn.Module:
    """`depth` blocks of `width` channels over the frames of a log-mel picture, then an inverse transform."""
    return SpectralVocoder(rate, width, depth)


def spectral_enhancer(rate: int, *, width: Width = 192, depth: Depth = 6) -> nn.Module:
    """`depth` blocks of `width` channels over the frames of a sound, then an inverse transform."""
    return SpectralEnhancer(rate, width, depth)
