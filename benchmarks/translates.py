"""What does a translator do to pictures that it has not seen? Measures a run beside doing nothing and beside the mean picture.

    python benchmarks/translates.py RUN [--out sheet.png]

For each direction, on the middles of all held-out pictures: L1 (0-255), PSNR and SSIM to the target where there are
pairs; the Frechet distance to the target side's training pictures in fixed random features and in those of a small
classifier that tells the two sides apart, and the share that it takes for the target side. Rows: translated; the input as it
is; the mean of the target side's training pictures; the target side's own held-out pictures (the floor). `--out` writes a
sheet of outputs alone, which holds none of the data.
"""

import argparse
import json
from pathlib import Path

import numpy as np

from elegan import pictures
from elegan.data.feed import middles
from elegan.data.sides import open_sides
from elegan.evaluate import open_plain_extractor
from elegan.gauge import Gauge
from elegan.measure.extractors import open_extractor
from elegan.measure.pairs import distances
from elegan.painting import translated
from elegan.run import Run

SHOWN = 8


def labelled(sides: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Both sides' pictures in one array, and which side each is of."""
    return np.concatenate(sides), np.repeat([0, 1], [len(side) for side in sides])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("run")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    run = Run.open(options.run)
    wanted, size = run.recipe.data, run.shape.resolution
    sides = open_sides(run.info["data"]["source"], wanted.kind == "pairs", size, run.shape.channels, wanted.zoom)
    train = [middles(side, size) for side in sides.train]
    held_out = [middles(side, size) for side in sides.held_out]
    images, labels = labelled(train)
    classifier = open_extractor("classifier", images, labels, ("A", "B"), labelled(held_out), run.path.parent)
    print(
        f"{run.path.name}, step {run.step}, {sides.name}; the classifier is right on {classifier.accuracy:.1%} of held-out ones"
    )
    for way in run.game.translate:
        (given, target), real = (held_out["AB".index(side)] for side in (way[0], way[-1])), train["AB".index(way[-1])]
        gauges = [Gauge("fd", extractor, real) for extractor in (open_plain_extractor("random", real), classifier)]
        made = translated(run.game, run.nets, way, given, run.device)
        mean = np.rint(real.mean(0, dtype=np.float64)).astype(np.uint8)[None].repeat(len(given), 0)
        print(f"{way}: {len(given)} pictures, FD to {len(real)}")
        for name, shown in (
            ("translated", made),
            ("input as it is", given),
            ("mean picture", mean),
            ("target", target),
        ):
            row = {gauge.label: round(gauge(shown), 3) for gauge in gauges}
            row["taken for the target"] = round(
                float((classifier.features(shown)[1].argmax(1) == "AB".index(way[-1])).float().mean()), 3
            )
            if sides.paired:
                row |= {key: round(float(values.mean()), 3) for key, values in distances(shown, target).items()}
            print(f"  {name:16}{json.dumps(row)}")
        if options.out:
            pictures.save_png(options.out, pictures.grid(made[:SHOWN], SHOWN // 2))


if __name__ == "__main__":
    main()
