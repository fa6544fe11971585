"""Metrics that look at classes: lost modes, each class's Frechet distance, how well a classifier learns from fakes."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from scipy.special import rel_entr

from elegan.core.errors import UserError
from elegan.metrics import classifier
from elegan.metrics.classifier import accuracy, train_classifier
from elegan.metrics.features import as_pair
from elegan.metrics.frechet import frechet_with_error


def modes(labels: Any, count: int, reference: Any = None) -> tuple[int, float]:
    """Number of the `count` classes that occur among `labels` (N integers), and the reverse KL divergence in nats.

    Reverse: KL(generated || real), the real shares being those of the labels `reference`, or equal ones (Srivastava
    et al. 2017 and Lin et al. 2018 on Stacked MNIST). It is infinite where a class is generated that the reference
    does not have. Raises UserError on no labels or labels outside 0..count-1.
    """
    (hit, _), (divergence, _) = modes_with_errors(labels, count, reference)
    return hit, divergence


def modes_with_errors(labels: Any, count: int, reference: Any = None) -> tuple[tuple[int, float], tuple[float, float]]:
    """`modes`, each number with its standard error over other draws of as many images.

    The number of classes hit varies by E K(2N) - E K(N), which concave K bounds by N K' = the expected number of
    classes hit just once (Good and Toulmin 1956): those of this draw are taken, and err to the wide side.
    The divergence has the delta method's error; its bias, about (classes - 1) / 2N, is not in there.
    """
    p = _shares(labels, count)
    q = _shares(reference, count) if reference is not None else np.full(count, 1 / count)
    hit, once = p > 0, int((np.rint(p * len(labels)) == 1).sum())
    divergence, variance = float(rel_entr(p, q).sum()), 0.0
    if math.isfinite(divergence):
        ratio = p[hit] / q[hit]
        variance = ((p[hit] * np.log(ratio) ** 2).sum() - divergence**2) / len(labels)
        variance += ((p[hit] * ratio).sum() - 1) / len(reference) if reference is not None else 0.0
    return (int(hit.sum()), math.sqrt(once)), (divergence, math.sqrt(max(variance, 0.0)))


def _shares(labels: Any, count: int) -> np.ndarray:
    labels = np.asarray(labels)
    if labels.ndim != 1 or not len(labels) or labels.dtype.kind not in "iu":
        raise UserError("labels must be a non-empty list of integers, one an image")
    if labels.min() < 0 or labels.max() >= count:
        raise UserError(f"labels must lie in 0..{count - 1}; got {labels.min()}..{labels.max()}")
    return np.bincount(labels, minlength=count) / len(labels)


def per_class_frechet(
    real: Any, real_labels: Any, fake: Any, fake_labels: Any, classes: Sequence[str]
) -> dict[str, tuple[float, float] | None]:
    """Frechet distance within each class and its standard error; None where either set has fewer than two images of it.

    Features are N x d, labels N integers that index `classes`. The few images of one class make it biased upwards:
    compare only equal counts.
    """
    real, fake = as_pair(real, fake)
    masks = [(torch.as_tensor(real_labels) == k, torch.as_tensor(fake_labels) == k) for k in range(len(classes))]
    return {
        name: frechet_with_error(real[r], fake[f]) if min(int(r.sum()), int(f.sum())) >= 2 else None
        for name, (r, f) in zip(classes, masks, strict=True)
    }


def classification_accuracy_score(
    images: Any, labels: Any, test: Any, test_labels: Any, seen: int | None = None, seed: int = 0
) -> float:
    """Accuracy on real `test` images of a classifier trained on generated `images` (Ravuri and Vinyals 2019).

    With real training images in their place it is the ceiling. elegan's small classifier is trained, on `seen` images
    with repeats (default: as many as for features), in up to two minutes. Images are uint8 N x H x W x C of one size,
    labels N integers.
    """
    count = 1 + max(int(np.max(x)) for x in map(np.asarray, (labels, test_labels)))
    net = train_classifier(np.asarray(images), labels, count, seen or classifier.SEEN, seed)
    return accuracy(net, test, test_labels)
