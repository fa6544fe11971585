"""The distance of sounds by their spectra of several resolutions."""

from typing import TYPE_CHECKING

from elegan.metrics.metric import SoundMetric

if TYPE_CHECKING:
    from torch import Tensor


class SpectralDistance(SoundMetric):
    """Spectral convergence and the difference of log magnitudes at three resolutions (Yamamoto et al. 2020)."""

    name = "stft"
    help = "multi-resolution distance of spectra"
    lower = ("STFT",)

    def each(self, made: "Tensor", wanted: "Tensor", rate: int) -> "Tensor":
        from elegan.core.spectra import spectral_distance

        return spectral_distance(made, wanted)
