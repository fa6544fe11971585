"""The peak signal-to-noise ratio."""

import numpy as np

from elegan.metrics.metric import PairMetric


class PeakSignalToNoise(PairMetric):
    """Ratio in dB, of the peak 255; infinite for equal pictures."""

    name = "psnr"
    help = "peak signal-to-noise ratio in dB"
    higher = ("PSNR",)

    def each(self, made: np.ndarray, wanted: np.ndarray) -> np.ndarray:
        from elegan.metrics import fidelity

        return np.array([fidelity.psnr(made[i : i + 1], wanted[i : i + 1]) for i in range(len(made))])
