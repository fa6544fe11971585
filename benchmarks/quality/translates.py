"""Translations of pictures that were not trained on, beside doing nothing and beside the mean picture.

    python -m benchmarks translates RUN [--sheet sheet.png]

For each direction, on the middles of all held-out pictures: the Frechet distance to the target side's training pictures in
fixed random features and in those of a small classifier that tells the two sides apart, how many it takes for the target
side, and where there are pairs L1 (0-255), PSNR and SSIM to the target. Rows: translated; the input as it is; the mean of the target side's
training pictures; the target side's own held-out pictures (the floor). `--sheet` is a picture of outputs alone, which
holds none of the data.
"""

from pathlib import Path

import numpy as np

from benchmarks.estimates import mean, percent
from benchmarks.results import Row
from elegan.core import grid
from elegan.data.feed import middles
from elegan.data.sides import Direction, Sides, open_sides
from elegan.games.abilities import Translates
from elegan.games.inference import translated
from elegan.metrics.evaluate import extractor_for_sides
from elegan.metrics.pairs import distances
from elegan.metrics.watched import Gauge
from elegan.run import Run

QUICK: dict[str, object] = {}
SHOWN = 8


def benchmark(run: str, sheet: Path | None = None) -> list[Row]:
    opened = Run.open(run)
    wanted, size = opened.recipe.data, opened.shape.resolution
    sides = open_sides(opened.source, wanted.kind == "pairs", size, opened.shape.channels, wanted.zoom)
    return [row for way in opened.ability(Translates).ways for row in measured(opened, way, sides, sheet)]


def measured(run: Run, way: Direction, sides: Sides, sheet: Path | None) -> list[Row]:
    size = run.shape.resolution
    given, target = (middles(part, size) for part in way.of(sides.held_out))
    _, train = way.of(sides.train)
    _, own = way.of((0, 1))
    real = middles(train, size)
    output = translated(run.ability(Translates), run.nets, way, given, run.device)
    if sheet:
        grid.save_png(sheet, grid.grid(output[:SHOWN], SHOWN // 2))
    mean_picture = np.rint(real.mean(0, dtype=np.float64)).astype(np.uint8)[None].repeat(len(given), 0)
    classifier = extractor_for_sides("classifier", sides, real)
    gauges = [Gauge("fd", extractor, real) for extractor in (extractor_for_sides("random", sides, real), classifier)]
    rows: list[Row] = []
    for name, images in (
        ("translated", output),
        ("input as it is", given),
        ("mean picture", mean_picture),
        ("target", target),
    ):
        row: Row = {"direction": str(way), "step": run.step, "pictures": name, "N": len(images)}
        row |= {gauge.label: gauge(images) for gauge in gauges}
        _, probabilities = classifier.features(images)
        assert probabilities is not None
        row["taken for the target, %"] = percent(int((probabilities.argmax(1) == own).sum()), len(images))
        if sides.paired and images is not target:
            row |= {key: mean(values.tolist()) for key, values in distances(images, target).items()}
        rows.append(row)
    return rows
