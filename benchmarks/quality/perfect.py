"""What does a perfect generator by class score? Real pictures of the classes asked for, with the classes in turn and in the data's shares.

    python benchmarks/perfect.py DATA [--resolution 32] [--num 10000] [--seeds 3]

Each picture is drawn with repeats from the training images of its class, so nothing but the labels differs.
"""

import argparse

import numpy as np

from elegan.core.rng import labels
from elegan.data import open_data
from elegan.metrics.evaluate import extractor_for
from elegan.metrics.frechet import frechet_distance
from elegan.metrics.precision_recall import prdc


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("data")
    parser.add_argument("--resolution", type=int, default=32)
    parser.add_argument("--num", type=int, default=10_000)
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()

    data = open_data(options.data, options.resolution)
    assert data.labels is not None
    classifier = extractor_for("classifier", data, (data.resolution, data.channels), "crop")
    real, classes = classifier.features(data.images)[0], len(data.classes)
    print(
        f"{data.name}: {data.count} images, {classes} classes of {min(data.class_counts)} to {max(data.class_counts)}"
    )
    asked = {
        "in turn": lambda seed: np.arange(options.num) % classes,
        "in the data's shares": lambda seed: labels(data.class_counts, options.num, seed).numpy(),
    }
    for how, ask in asked.items():
        for seed in range(options.seeds):
            chosen = _of_classes(data.labels, ask(seed), np.random.default_rng(seed))
            some = np.random.default_rng(seed).permutation(len(chosen))[: len(real)]
            p = prdc(real, real[chosen[some]])
            shown = ", ".join(f"{name} {p[name]:.3f}" for name in ("precision", "recall", "density", "coverage"))
            print(f"{how}, seed {seed}: FD {frechet_distance(real, real[chosen]):.3f}, {shown}")


def _of_classes(known: np.ndarray, asked: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """For each label asked for, one image of it by place."""
    chosen = np.empty(len(asked), dtype=np.int64)
    for label in np.unique(asked):
        chosen[asked == label] = rng.choice(np.flatnonzero(known == label), int((asked == label).sum()))
    return chosen


if __name__ == "__main__":
    main()
