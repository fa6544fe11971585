"""The quick metric that is watched during training: a distance between the data and a fixed set of latents' pictures.

It says whether a run improves. It is not for publication: `elegan evaluate` measures with more images and intervals.
"""

import numpy as np

from elegan import chance
from elegan.data import Dataset
from elegan.evaluate import extractor_for
from elegan.measure.frechet import Moments, frechet_distance
from elegan.measure.kernel import kernel_distance


class Gauge:
    """`gauge(images)` gives the metric, lower is better; `label` names it with its extractor."""

    def __init__(self, metric: str, extractor: str, data: Dataset, count: int):
        self.metric = metric
        self.extractor = extractor_for(extractor, data, (data.resolution, data.channels), "crop")
        chosen = np.random.default_rng(chance.mix("gauge")).permutation(len(data.images))[:count]
        features, _ = self.extractor.features(data.images[np.sort(chosen)])
        self.real = Moments().update(features) if metric == "fd" else features
        self.label = f"{metric.upper()}[{self.extractor.tag}]"

    def __call__(self, images: np.ndarray) -> float:
        features, _ = self.extractor.features(images)
        if self.metric == "fd":
            return frechet_distance(self.real, Moments().update(features))
        return kernel_distance(self.real, features, subsets=10)[0]
