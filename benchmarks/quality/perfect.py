"""Scores of a perfect generator by class: real pictures of the classes asked for, in turn or in the data's shares.

    python -m benchmarks perfect DATA

Each picture is drawn with repeats from the training images of its class, so nothing but the labels differs.
"""

from collections.abc import Callable

import numpy as np

from benchmarks.results import Row
from elegan.core.rng import labels
from elegan.data import open_data
from elegan.metrics.evaluate import extractor_for
from elegan.metrics.frechet import frechet_distance
from elegan.metrics.precision_recall import prdc

QUICK = {"resolution": 8, "num": 300, "seeds": 1}


def benchmark(data: str, resolution: int = 32, num: int = 10_000, seeds: int = 3) -> list[Row]:
    real = open_data(data, resolution)
    assert real.labels is not None
    classifier = extractor_for("classifier", real, (real.resolution, real.channels), "crop")
    features, classes = classifier.features(real.images)[0], len(real.classes)
    asked: dict[str, Callable[[int], np.ndarray]] = {
        "in turn": lambda seed: np.arange(num) % classes,
        "in the data's shares": lambda seed: labels(real.class_counts, num, seed).numpy(),
    }
    rows: list[Row] = []
    for how, ask in asked.items():
        for seed in range(seeds):
            places = images_of(real.labels, ask(seed), np.random.default_rng(seed))
            some = np.random.default_rng(seed).permutation(len(places))[: len(features)]
            score = {"FD": frechet_distance(features, features[places])} | prdc(features, features[places[some]])
            rows.append({"classes": how, "seed": seed, "N": num} | score)
    return rows


def images_of(known: np.ndarray, asked: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """For each label asked for, one image of it by place."""
    places = np.empty(len(asked), dtype=np.int64)
    for label in np.unique(asked):
        places[asked == label] = rng.choice(np.flatnonzero(known == label), int((asked == label).sum()))
    return places
