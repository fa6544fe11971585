"""The classifier two-sample test: can a classifier tell generated images from real ones? (Lopez-Paz and Oquab 2017)."""

from typing import Any

import numpy as np

from elegan.core.errors import UserError
from elegan.metrics.classifier import accuracy, train_classifier
from elegan.metrics.self_supervised import images_seen, input_size

SEEN = 120_000  # images seen in training, repeats included: under two minutes of one core at 32 x 32
PASSES = 200  # at most, over few images


def classifier_two_sample(real: Any, fake: Any, seen: int | None = None, seed: int = 0) -> tuple[float, int]:
    """Accuracy of a classifier of real and generated images on images held out of its training, and their number.

    It is taught on a random half of each set and tested on the other, as many real as generated: 0.5 is chance, below
    it are sets that repeat one another, because the halves of a pair of copies bear different labels. Images are
    uint8 N x H x W x C of one size, up to 64 pixels a side seen as they are; `seen` counts images of 32 x 32 with
    repeats (default SEEN). Raises UserError on images of unlike sizes, or fewer than 4 a set.
    """
    real, fake = np.asarray(real), np.asarray(fake)
    if real.shape[1:] != fake.shape[1:]:
        raise UserError(
            f"real images of {real.shape[1:]} and generated ones of {fake.shape[1:]} are told apart by that"
        )
    n = min(len(real), len(fake)) // 2
    if n < 2:
        raise UserError(
            f"{min(len(real), len(fake))} images a set are too few to tell them apart; at least 4 are needed"
        )
    rng, size = np.random.default_rng(seed), input_size(real)
    taught, asked = zip(*(_halves(images, n, rng) for images in (real, fake)), strict=True)
    labels = np.repeat([0, 1], n)
    most = min(images_seen(seen or SEEN, size), 2 * n * PASSES)
    net = train_classifier(np.concatenate(taught), labels, 2, most, seed, batch=min(128, 2 * n), size=size)
    return accuracy(net, np.concatenate(asked), labels, size=size), 2 * n


def _halves(images: np.ndarray, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Two random parts of `n` images each that share none."""
    order = rng.permutation(len(images))
    return images[np.sort(order[:n])], images[np.sort(order[n : 2 * n])]
