"""Stacked MNIST, 1000 modes: three random digits as the three channels of one picture (Metz et al. 2017, section 3.3.1).

    python -m benchmarks.pictures.stacked mnist.zip stacked.zip [--num 240000]

Then `elegan train stacked.zip ...` and `elegan evaluate RUN --extractor stacked:mnist.zip --metrics modes --num 25600`.
"""

import argparse
import io
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

from elegan.core import rng
from elegan.data import open_data


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("data")
    parser.add_argument("out", type=Path)
    parser.add_argument("--num", type=int, default=240_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()

    digits = open_data(options.data, channels=1).images[..., 0]
    triples = np.random.default_rng(rng.mix(options.seed, "stacked")).integers(0, len(digits), (options.num, 3))
    with zipfile.ZipFile(options.out, "w") as archive:
        for index, triple in enumerate(triples):
            file = io.BytesIO()
            Image.fromarray(np.stack([digits[i] for i in triple], 2)).save(file, "PNG", compress_level=1)
            archive.writestr(zipfile.ZipInfo(f"{index:06d}.png"), file.getvalue())


if __name__ == "__main__":
    main()
