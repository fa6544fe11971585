"""The ratio of signal to distortion."""

from typing import TYPE_CHECKING

from elegan.metrics.metric import SoundMetric

if TYPE_CHECKING:
    from torch import Tensor


class SignalToDistortion(SoundMetric):
    """Decibels, whatever the loudness (Le Roux et al. 2019)."""

    name = "si-sdr"
    help = "scale-invariant ratio of signal to distortion, in decibels"
    higher = ("SI-SDR",)

    def each(self, made: "Tensor", wanted: "Tensor", rate: int) -> "Tensor":
        from elegan.core.spectra import si_sdr

        return si_sdr(made, wanted)
