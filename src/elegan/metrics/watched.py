"""The quick metric that is watched during training: a distance between real pictures and what the run makes of a fixed input.

It says whether a run improves. It is not for publication: `elegan evaluate` measures with more images and intervals.
"""

import numpy as np

from elegan.core.errors import UserError
from elegan.metrics.extractor import Extractor
from elegan.metrics.frechet import Moments, frechet_distance
from elegan.metrics.kernel import kernel_distance


class Gauge:
    """`gauge(images)`, uint8 N x H x W x C, gives the metric (fd or kd) to `real`, lower is better; `label` names it.

    Raises UserError for another metric.
    """

    def __init__(self, metric: str, extractor: Extractor, real: np.ndarray):
        if metric not in ("fd", "kd"):
            raise UserError(f"watch.metric = {metric!r} is for restorers; fd, kd or none")
        self.metric, self.extractor = metric, extractor
        features, _ = extractor.features(real)
        self.real = Moments().update(features) if metric == "fd" else features
        self.label = f"{metric.upper()}[{extractor.tag}]"

    def __call__(self, images: np.ndarray) -> float:
        features, _ = self.extractor.features(images)
        if self.metric == "fd":
            return frechet_distance(self.real, Moments().update(features))
        return kernel_distance(self.real, features, subsets=10)[0]
