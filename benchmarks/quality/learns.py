"""Classes that runs have learnt: a classifier of the real images says what the generated ones show.

    python -m benchmarks learns RUN ...

The runs' data, the same for all, have train/ and test/. The classifier is trained on the real training images; `right` is
how much of the real test images it knows. Of generated images: the mean and median confidence, how many it is surer of
than 0.9, the smallest class, the Frechet distance in the classifier's features to the real training images, beside that
of the real test images (the floor); of a generator by class how often it finds the class that was asked for.
"""

import numpy as np

from benchmarks.estimates import mean, percent
from benchmarks.results import Row
from elegan.data import open_data
from elegan.metrics.extractors import open_extractor
from elegan.metrics.frechet import Moments, frechet_distance
from elegan.run import Run

QUICK = {"num": 500}


def benchmark(runs: list[str], num: int = 10_000) -> list[Row]:
    return [judged(Run.open(run), num) for run in runs]


def judged(run: Run, num: int) -> Row:
    wanted, (resolution, channels, _) = run.recipe.data, run.shape
    real, held_out = (open_data(run.source, resolution, channels, wanted.fit, split) for split in ("train", "test"))
    test = held_out.images, held_out.labels
    classifier = open_extractor("classifier", real.images, real.labels, real.classes, test, run.path.parent)
    labels = run.drawn_labels(num)
    images = np.concatenate(list(run.stream(range(num), labels=labels)))
    features, probabilities = classifier.features(images)
    assert probabilities is not None
    assert classifier.accuracy is not None
    confidence, shown = (values.numpy() for values in probabilities.max(1))
    moments = Moments().update(classifier.features(real.images)[0])
    floor, _ = classifier.features(held_out.images)
    row: Row = {
        "run": run.path.name,
        "recipe": run.recipe.name,
        "data": real.name,
        "right, %": 100 * classifier.accuracy,
        "steps": run.step,
        "N": num,
        "mean confidence": mean(confidence.tolist()),
        "median confidence": float(np.median(confidence)),
        "above 0.9, %": percent(int((confidence > 0.9).sum()), num),
        "smallest class, %": percent(int(np.bincount(shown, minlength=len(real.classes)).min()), num),
        "FD": frechet_distance(moments, Moments().update(features)),
        "floor": frechet_distance(moments, Moments().update(floor)),
    }
    if labels is None or not run.conditional:
        return row
    return {**row, "agreement, %": percent(int((shown == labels.numpy()).sum()), num)}
