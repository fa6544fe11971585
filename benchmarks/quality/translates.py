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

from elegan.core import grid
from elegan.data.feed import middles
from elegan.data.sides import open_sides
from elegan.games.abilities import Translates
from elegan.games.inference import translated
from elegan.metrics.evaluate import extractor_for_sides
from elegan.metrics.pairs import distances
from elegan.metrics.watched import Gauge
from elegan.run import Run

SHOWN = 8


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("run")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    run = Run.open(options.run)
    wanted, size = run.recipe.data, run.shape.resolution
    sides = open_sides(run.source, wanted.kind == "pairs", size, run.shape.channels, wanted.zoom)
    translates = run.ability(Translates)
    for way in translates.ways:
        given, target = (middles(part, size) for part in way.of(sides.held_out))
        _, train = way.of(sides.train)
        _, own = way.of((0, 1))
        real = middles(train, size)
        made = translated(translates, run.nets, way, given, run.device)
        mean = np.rint(real.mean(0, dtype=np.float64)).astype(np.uint8)[None].repeat(len(given), 0)
        random, classifier = (extractor_for_sides(name, sides, real) for name in ("random", "classifier"))
        gauges = [Gauge("fd", extractor, real) for extractor in (random, classifier)]
        print(f"{run.path.name} {way}, step {run.step}: {len(given)} held-out pictures of {sides.name} against {len(real)}; "
              f"the classifier knows {classifier.accuracy:.1%} of the held-out pictures")  # fmt: skip
        rows = {"translated": made, "input as it is": given, "mean picture": mean, "target": target}
        for name, images in rows.items():
            row = {gauge.label: round(gauge(images), 3) for gauge in gauges}
            _, probabilities = classifier.features(images)
            row["taken for the target"] = round(float((probabilities.argmax(1) == own).float().mean()), 3)
            if sides.paired:
                row |= {key: round(float(values.mean()), 3) for key, values in distances(images, target).items()}
            print(f"  {name:16}{json.dumps(row)}")
        if options.out:
            grid.save_png(options.out, grid.grid(made[:SHOWN], SHOWN // 2))


if __name__ == "__main__":
    main()
