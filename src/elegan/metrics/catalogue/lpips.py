"""The learned perceptual distance."""

import numpy as np

from elegan.metrics.metric import PairMetric


class PerceptualDistance(PairMetric):
    """Distance in the features of AlexNet, by the optional library lpips (Zhang et al. 2018)."""

    name = "lpips"
    help = "learned perceptual distance, by the optional library lpips"
    lower = ("LPIPS",)

    def each(self, made: np.ndarray, wanted: np.ndarray) -> np.ndarray:
        from elegan.metrics import fidelity

        return fidelity.lpips_each(made, wanted).numpy()
