"""What does a translator do to pictures that it has not seen? Measures a run beside doing nothing and beside the mean picture.

    python benchmarks/translates.py RUN [--out sheet.png]

For each direction, on the middles of all held-out pictures: L1 (0-255), PSNR and SSIM to the target where there are
pairs, and the Frechet distance in fixed random features to the target side's training pictures, beside that of the
target side's held-out pictures (the floor). Rows: translated; the input as it is; the mean of the target side's training
pictures. `--out` writes a sheet of outputs alone, which holds none of the data.
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
from elegan.measure.pairs import distances
from elegan.painting import translated
from elegan.run import Run

SHOWN = 8


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("run")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    run = Run.open(options.run)
    wanted, size = run.recipe.data, run.shape.resolution
    sides = open_sides(run.info["data"]["source"], wanted.kind == "pairs", size, run.shape.channels, wanted.zoom)
    for way in run.game.translate:
        given, target = (middles(sides.held_out["AB".index(side)], size) for side in (way[0], way[-1]))
        real = middles(sides.train["AB".index(way[-1])], size)
        gauge = Gauge("fd", open_plain_extractor("random", real), real)
        made = translated(run.game, run.nets, way, given, run.device)
        mean = np.rint(real.mean(0, dtype=np.float64)).astype(np.uint8)[None].repeat(len(given), 0)
        print(f"{run.path.name} {way}, step {run.step}: {len(given)} held-out pictures of {sides.name}; "
              f"{gauge.label}, floor {gauge(target):.3f} (N = {len(target)} against {len(real)})")  # fmt: skip
        for name, images in (("translated", made), ("input as it is", given), ("mean picture", mean)):
            row = {gauge.label: round(gauge(images), 3)}
            if sides.paired:
                row |= {key: round(float(values.mean()), 3) for key, values in distances(images, target).items()}
            print(f"  {name:16}{json.dumps(row)}")
        if options.out:
            pictures.save_png(options.out, pictures.grid(made[:SHOWN], SHOWN // 2))


if __name__ == "__main__":
    main()
