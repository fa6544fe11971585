"""Metrics that look at classes: lost modes, each class's Frechet distance, how well a classifier learns from fakes."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from scipy.special import rel_entr

from elegan.errors import UserError
from elegan.measure.classifier import SEEN, accuracy, train_classifier
from elegan.measure.extractors import Extractor
from elegan.measure.features import as_pair
from elegan.measure.frechet import frechet_distance
from elegan.measure.pictures import as_pictures


def modes(labels: Any, count: int, reference: Any = None) -> tuple[int, float]:
    """Number of the `count` classes that occur among `labels` (N integers), and the reverse KL divergence in nats.

    Reverse: KL(generated || real), the real shares being those of the labels `reference`, or equal ones (Srivastava
    et al. 2017 and Lin et al. 2018 on Stacked MNIST). It is infinite where a class is generated that the reference
    has not. Raises UserError on no labels or labels outside 0..count-1.
    """
    shares = _shares(labels, count)
    expected = _shares(reference, count) if reference is not None else np.full(count, 1 / count)
    return int((shares > 0).sum()), float(rel_entr(shares, expected).sum())


def _shares(labels: Any, count: int) -> np.ndarray:
    labels = np.asarray(labels)
    if labels.ndim != 1 or not len(labels) or labels.dtype.kind not in "iu":
        raise UserError("labels must be a non-empty list of integers, one an image")
    if labels.min() < 0 or labels.max() >= count:
        raise UserError(f"labels must lie in 0..{count - 1}; got {labels.min()}..{labels.max()}")
    return np.bincount(labels, minlength=count) / len(labels)


def stacked_labels(extractor: Extractor, images: Any) -> np.ndarray:
    """Class of each stack of three digits, 0..999: the three channels of uint8 N x H x W x 3, each as grey."""
    x = as_pictures(images)
    if x.shape[3] != 3:
        raise UserError(f"stacked images have 3 channels; got {x.shape[3]}")
    digits = []
    for channel in range(3):
        _, probabilities = extractor.features(x[..., channel : channel + 1])
        if probabilities is None or probabilities.shape[1] != 10:
            raise UserError(f"{extractor.name!r} does not classify ten digits; use a classifier of MNIST")
        digits.append(probabilities.argmax(1))
    return (100 * digits[0] + 10 * digits[1] + digits[2]).numpy()


def per_class_frechet(
    real: Any, real_labels: Any, fake: Any, fake_labels: Any, classes: Sequence[str]
) -> dict[str, float | None]:
    """Frechet distance within each class, by its name; None where either set has fewer than two images of it.

    Features are N x d, labels N integers that index `classes`. The few images of one class make it biased upwards:
    compare only equal counts.
    """
    real, fake = as_pair(real, fake)
    masks = [(torch.as_tensor(real_labels) == k, torch.as_tensor(fake_labels) == k) for k in range(len(classes))]
    return {
        name: frechet_distance(real[r], fake[f]) if min(int(r.sum()), int(f.sum())) >= 2 else None
        for name, (r, f) in zip(classes, masks, strict=True)
    }


def classification_accuracy_score(
    fake: Any,
    fake_labels: Any,
    real: Any,
    real_labels: Any,
    test: Any,
    test_labels: Any,
    seen: int = SEEN,
    seed: int = 0,
) -> tuple[float, float]:
    """(score, ceiling): accuracy on real test images of a classifier trained on generated, and of one trained on real
    ones.

    Ravuri and Vinyals 2019, with elegan's small classifier, `seen` images seen by each. Images are uint8 N x H x W x
    C of one size, labels N integers; two trainings of up to two minutes.
    """
    count = 1 + max(int(np.max(labels)) for labels in (fake_labels, real_labels, test_labels))
    sets = ((np.asarray(fake), fake_labels), (np.asarray(real), real_labels))
    nets = [train_classifier(x, labels, count, seen, seed) for x, labels in sets]
    score, ceiling = (accuracy(net, test, test_labels) for net in nets)
    return score, ceiling
