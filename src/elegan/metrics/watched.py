"""The quick metric that is watched during training: a distance between real pictures and what the run makes of a fixed input.

It says whether a run improves. It is not for publication: `elegan evaluate` measures with more images and intervals.
"""

from collections.abc import Callable

import numpy as np
from torch import Tensor

from elegan.core.errors import UserError
from elegan.metrics.catalogue import METRICS
from elegan.metrics.extractor import Extractor
from elegan.metrics.metric import Metric
from elegan.metrics.values import Values


class Gauge:
    """The distance of pictures from the pictures `real`, all uint8 N x H x W x C, by a metric that can be `Metric.watched`:
    `gauge(images)` gives it, lower is better, and `label` names it. Of data that are no pictures the same by their `Values`.

    Raises UserError for another metric.
    """

    def __init__(self, metric: str, extractor: Extractor | Values, real: np.ndarray):
        kind = METRICS[metric]
        if not isinstance(kind, Metric):
            raise UserError(
                f"watch.metric = {metric!r} compares picture with picture, which restorers and pairs have; fd, kd or none"
            )
        self.extractor = extractor
        self.kind, self.real = kind, extractor.features(real)[0]
        self.distance: Callable[[Tensor], float] = kind.watched(self.real)
        self.label = f"{next(iter(kind.lines))}[{extractor.tag}]"

    def floor(self, count: int) -> float | None:
        """Estimates what `count` real pictures that are not among `real` would get; None where `real` are too few to say."""
        return self.kind.watched_floor(self.real, count)

    def __call__(self, images: np.ndarray) -> float:
        return self.distance(self.extractor.features(images)[0])
