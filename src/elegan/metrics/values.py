"""What stands in for an extractor where data are measured by their own values, as series and tables are."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from elegan.metrics.extractor import Extractor
from elegan.metrics.sets import Features


@dataclass(frozen=True)
class Values:
    """What a gauge (`elegan.metrics.watched.Gauge`) reads such data with: `of` gives their features."""

    of: Callable[[np.ndarray], Features]
    tag: str = "values"

    def features(self, data: np.ndarray) -> tuple[Tensor, None]:
        """float32 features N x d, and no class probabilities."""
        return self.of(data).values, None


def extractor_of(features: Features) -> Extractor:
    """The extractor that results name where the features, N x d, are the data themselves."""
    return Extractor("values", "-", "none", features.values.shape[1], lambda x: (x.flatten(1), None))
