"""The mean absolute difference."""

import numpy as np

from elegan.metrics.metric import PairMetric


class MeanAbsoluteDifference(PairMetric):
    """Mean over pixels and channels, on the scale 0-255."""

    name = "l1"
    help = "mean absolute difference of pixels, 0 to 255"
    lower = ("L1",)

    def each(self, made: np.ndarray, wanted: np.ndarray) -> np.ndarray:
        pairs = zip(made, wanted, strict=True)
        return np.array([np.abs(a.astype(np.int16) - b).mean() for a, b in pairs])
