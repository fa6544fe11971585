"""The distance of sounds by their log-mel pictures."""

from typing import TYPE_CHECKING

from elegan.metrics.metric import SoundMetric

if TYPE_CHECKING:
    from torch import Tensor


class MelDistance(SoundMetric):
    """Mean over the bins of 64 mels and frames of about 16 ms, each between -80 and 0 dB."""

    name = "mel-l1"
    help = "mean difference of log-mel pictures, in decibels"
    lower = ("mel-L1",)

    def each(self, made: "Tensor", wanted: "Tensor", rate: int) -> "Tensor":
        from elegan.core.spectra import FLOOR, log_mel

        return (log_mel(made, rate) - log_mel(wanted, rate)).abs().mean((1, 2)) * (-FLOOR / 2)
