"""Does it learn? Trains a recipe on labelled images, and asks a classifier of the real ones what the samples show.

    python benchmarks/learns.py DATA RECIPE --steps N [--set key=value ...] [--out FOLDER] [--num 10000]

DATA has train/ and test/. The classifier is trained on the real training images; its accuracy on the real test images
is printed. On generated images: the mean and median confidence, the share of each class, the Frechet distance in the
classifier's features to the real training images, beside that of the real test images (the floor); of a generator by
class how often the classifier finds the class that was asked for.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np

import elegan
from elegan.core.machine import hardware
from elegan.data import open_data
from elegan.metrics.extractors import open_extractor
from elegan.metrics.frechet import Moments, frechet_distance


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("data")
    parser.add_argument("recipe")
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--set", action="append", default=[], dest="settings")
    parser.add_argument("--out", type=Path, default=Path("runs"))
    parser.add_argument("--num", type=int, default=10_000)
    options = parser.parse_args()

    began = time.monotonic()
    run = elegan.train(
        options.data, options.recipe, steps=options.steps, settings=options.settings, out=options.out, as_published=True
    )
    minutes = (time.monotonic() - began) / 60

    recipe = run.recipe.data
    real, held_out = (
        open_data(options.data, recipe.resolution, recipe.channels, recipe.fit, split) for split in ("train", "test")
    )
    classifier = open_extractor(
        "classifier", real.images, real.labels, real.classes, (held_out.images, held_out.labels), run.path.parent
    )
    labels = run.drawn_labels(options.num)
    images = np.concatenate(list(run.stream(range(options.num), labels=labels)))
    fake_features, probabilities = classifier.features(images)
    assert probabilities is not None
    confidence = probabilities.max(1).values.numpy()
    shares = np.bincount(probabilities.argmax(1).numpy(), minlength=len(real.classes)) / len(images)
    moments = Moments().update(classifier.features(real.images)[0])
    floor_features, _ = classifier.features(held_out.images)
    machine = hardware()
    result = {
        "data": real.name,
        "recipe": run.recipe.name,
        "settings": options.settings,
        "steps": options.steps,
        "minutes": round(minutes, 1),
        "machine": f"{machine['processor']}, {machine['cores']} cores, torch {machine['torch']}",
        "classifier": classifier.tag,
        "classifier accuracy": classifier.accuracy,
        "samples": len(images),
        "mean confidence": round(float(confidence.mean()), 4),
        "median confidence": round(float(np.median(confidence)), 4),
        "share above 0.9": round(float((confidence > 0.9).mean()), 4),
        "share by class": [round(float(s), 4) for s in shares],
        "smallest class": round(float(shares.min()), 4),
        f"FD[{classifier.tag}]": round(frechet_distance(moments, Moments().update(fake_features)), 3),
        "floor (real test images)": round(frechet_distance(moments, Moments().update(floor_features)), 3),
    }
    if run.conditional:
        result["agreement"] = round(float((probabilities.argmax(1) == labels).float().mean()), 4)
    print(json.dumps(result, indent=1))
    (run.path / "learns.json").write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
