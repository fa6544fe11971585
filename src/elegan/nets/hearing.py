"""Discriminators of sounds: by period (HiFi-GAN: Kong et al. 2020) and by spectra of several resolutions (UnivNet: Jang et al. 2021)."""

import math
from itertools import pairwise

from torch import Tensor, nn
from torch.nn.functional import leaky_relu, pad

from elegan.core.ranges import Width
from elegan.core.spectra import spectrum

PERIODS = (2, 3, 5, 7, 11)
WIDEST = 8


class ByPeriod(nn.Module):
    """Sees every `period`-th sample in a column of its own."""

    def __init__(self, period: int, width: int):
        super().__init__()
        self.period = period
        widths = [1, *(width * min(2**level, WIDEST) for level in range(4))]
        self.layers = nn.ModuleList(
            nn.Conv2d(inside, outside, (5, 1), (3, 1), (2, 0)) for inside, outside in pairwise(widths)
        )
        self.layers.append(nn.Conv2d(widths[-1], widths[-1], (5, 1), 1, (2, 0)))
        self.score = nn.Conv2d(widths[-1], 1, (3, 1), 1, (1, 0))

    def forward(self, x: Tensor) -> list[Tensor]:
        x = pad(x[:, None], (0, -x.shape[1] % self.period))
        return _through(self, x.unflatten(2, (-1, self.period)))


class BySpectrum(nn.Module):
    """Sees the magnitudes of a spectrum of this hop."""

    def __init__(self, hop: int, width: int):
        super().__init__()
        self.hop = hop
        shapes = [(1, width, (1, 1)), *[(width, width, (2, 1))] * 3, (width, width, (1, 1))]
        self.layers = nn.ModuleList(nn.Conv2d(a, b, (9, 3), stride, (4, 1)) for a, b, stride in shapes)
        self.score = nn.Conv2d(width, 1, 3, 1, 1)

    def forward(self, x: Tensor) -> list[Tensor]:
        whole = pad(x, (0, -x.shape[1] % self.hop))
        return _through(self, spectrum(whole, self.hop).abs()[:, None])


def _through(critic: "ByPeriod | BySpectrum", x: Tensor) -> list[Tensor]:
    """The features of each layer, and the score map last."""
    maps = []
    for layer in critic.layers:
        x = leaky_relu(layer(x), 0.1)
        maps.append(x)
    return [*maps, critic.score(x)]


class SoundDiscriminator(nn.Module):
    """Maps sounds N x T to a list of score maps, one a critic."""

    def __init__(self, hops: list[int], width: int, spectral_width: int):
        super().__init__()
        of_periods = [ByPeriod(period, width) for period in PERIODS]
        self.critics = nn.ModuleList([*of_periods, *(BySpectrum(hop, spectral_width) for hop in hops)])

    def forward(self, x: Tensor, label: Tensor | None = None) -> list[Tensor]:
        scores, _ = self.heard(x)
        return scores

    def heard(self, x: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """The score maps, and the features before them of every layer of every critic."""
        maps = [critic(x) for critic in self.critics]
        return [one[-1] for one in maps], [features for one in maps for features in one[:-1]]


def sound_discriminator(rate: int, *, width: Width = 16, spectral_width: Width = 8) -> nn.Module:
    """Critics of five periods, of up to 8 times `width` channels, and of spectra with windows of about 16, 32 and 64 ms, of
    `spectral_width`."""
    hops = [1 << round(math.log2(rate * seconds / 4)) for seconds in (0.016, 0.032, 0.064)]
    return SoundDiscriminator(hops, width, spectral_width)
