"""The structural similarity."""

import numpy as np

from elegan.metrics.metric import PairMetric


class StructuralSimilarity(PairMetric):
    """Similarity within a Gaussian window of 11 pixels (Wang et al. 2004)."""

    name = "ssim"
    help = "structural similarity; 1 is equal"
    higher = ("SSIM",)

    def each(self, made: np.ndarray, wanted: np.ndarray) -> np.ndarray:
        from elegan.metrics import fidelity

        return np.array([fidelity.ssim(made[i : i + 1], wanted[i : i + 1]) for i in range(len(made))])
