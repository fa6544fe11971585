"""Photographs enlarged by restorers: PSNR of Y, and the Frechet distance of patches, beside bicubic.

    python -m benchmarks enlarge PICTURES MODEL ...

PICTURES, a folder or zip, are reduced by the models' scale first. PSNR leaves out as many pixels of the border; the distance is that of patches of
32 pixels to the photographs' own, in random features. MODEL is a packed file, a shipped model or a run; MODEL@0.5 goes
half-way to the adversarial weights.
"""

from collections.abc import Iterable

import numpy as np

from benchmarks.estimates import mean
from benchmarks.restorers import applied, network, photographs, tensor, to_bytes
from benchmarks.results import Estimate, Row
from elegan.data.damage import Scene, downscale
from elegan.data.resize import resize
from elegan.metrics import measure
from elegan.metrics.evaluate import open_plain_extractor
from elegan.metrics.fidelity import psnr

QUICK = {"count": 2}
PATCH = 32


def benchmark(pictures: str, models: list[str], count: int = 20) -> list[Row]:
    nets = {name: network(name) for name in models}
    scale = next(iter(nets.values())).scale
    originals: list[np.ndarray] = []
    enlarged: dict[str, list[np.ndarray]] = {name: [] for name in ("bicubic", *nets)}
    for picture in photographs(pictures, count):
        h, w = (side // scale * scale for side in picture.shape[:2])
        x = tensor(picture[:h, :w])
        small = downscale(Scene(x, x[:, :0]), factor=scale).x
        originals.append(picture[None, :h, :w])
        enlarged["bicubic"].append(to_bytes((resize(small, (h, w)) * 255).round().clamp(0, 255)))
        for name, net in nets.items():
            enlarged[name].append(to_bytes(applied(net, small)))
    real = in_patches(originals)
    extractor = open_plain_extractor("random", real)

    def distance(images: list[np.ndarray]) -> Estimate:
        (fd,) = measure(extractor, real, in_patches(images), ("fd",), 0, {})
        return Estimate(fd.value, fd.low, fd.high, fd.n_fake, fd.interval)

    return [
        {
            "method": name,
            "scale": scale,
            "photographs": len(images),
            "PSNR, dB": mean([psnr(y, wanted, True, scale) for y, wanted in zip(images, originals, strict=True)]),
            "FD of patches": distance(images),
        }
        for name, images in enlarged.items()
    ]


def in_patches(pictures: Iterable[np.ndarray]) -> np.ndarray:
    """uint8 1 x H x W x 3 each, cut into N x PATCH x PATCH x 3, what is left over at the right and below dropped."""
    cut = []
    for picture in pictures:
        h, w = (side // PATCH for side in picture.shape[1:3])
        blocks = picture[0, : h * PATCH, : w * PATCH].reshape(h, PATCH, w, PATCH, 3)
        cut.append(blocks.swapaxes(1, 2).reshape(-1, PATCH, PATCH, 3))
    return np.concatenate(cut)
