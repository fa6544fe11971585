"""Feature likelihood divergence (Jiralerspong et al. 2023): sees poor, lost and memorised images alike."""

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor

from elegan.metrics.features import as_features, same_width, squared_distances, tiles

LEAST_VARIANCE = math.exp(-40)  # of a component that sits on a training image: a copy
STEPS, ENOUGH = 100, 1e-4  # of expectation-maximisation, and the gain in nats a dimension that ends it
ROWS = 1024
MOST = 10_000  # images a set
PARTS, PARTITIONS = 3, 4  # of training and generated images, for the error
LEAST = 4 * PARTS  # images a set, for the error


def feature_likelihood_divergence(train: Any, test: Any, fake: Any, most: int = MOST, seed: int = 0) -> float:
    """100 / d times the mean log-likelihood that test features lose when generated images stand for training images.

    A mixture of isotropic Gaussians, one on each generated image, gets the variances that are likeliest on `train`; a
    generated copy of a training image thereby gets hardly any variance and says nothing of `test`. The zero is the
    same mixture on half of `train`, fitted to the other half. Lower is better. All are N x d; each set is cut to
    `most` random rows. Raises UserError on NaN, too few images, or sets of different width.
    """
    return float(_lost(*_prepared(train, test, fake, 4, most, np.random.default_rng(seed))).mean())


def likelihood_with_error(train: Any, test: Any, fake: Any, most: int = MOST, seed: int = 0) -> tuple[float, float]:
    """`feature_likelihood_divergence` and its standard error over fresh draws of all three sets.

    The test images' part is the spread of their terms. That of the training and generated images is found between
    PARTS disjoint parts of both, each measured alone, over PARTITIONS random partitions, which costs about twice
    as much again as the value. Raises UserError where a set has fewer than LEAST images, too.
    """
    rng = np.random.default_rng(seed)
    train, test, fake = _prepared(train, test, fake, LEAST, most, rng)
    lost, between = _lost(train, test, fake), 0.0
    for _ in range(PARTITIONS):
        parts = zip(
            *(s[torch.from_numpy(rng.permutation(len(s)))].tensor_split(PARTS) for s in (train, fake)), strict=True
        )
        between += float(torch.stack([_lost(a, test, b).mean() for a, b in parts]).var()) / PARTITIONS
    return float(lost.mean()), math.sqrt(float(lost.var()) / len(lost) + between / PARTS)


def _prepared(train: Any, test: Any, fake: Any, least: int, most: int, rng: np.random.Generator) -> list[Tensor]:
    """The three sets, checked, cut to `most` random rows and scaled to unit variance of the test images."""
    named = ((train, "train"), (test, "test"), (fake, "generated"))
    sets = [as_features(x, name, least).double().cpu() for x, name in named]
    for s in sets[1:]:
        same_width(sets[0].shape[1], s.shape[1])
    train, test, fake = (s[torch.from_numpy(rng.permutation(len(s))[:most])] for s in sets)
    spread = test.std(0)
    return [(s - test.mean(0))[:, spread > 0] / spread[spread > 0] for s in (train, test, fake)]


def _lost(train: Tensor, test: Tensor, fake: Tensor) -> Tensor:
    """The log-likelihood that each test image loses, times 100 / d."""
    half = min(len(train) // 2, len(fake))
    lost = _log_likelihood(train[:half], train[half:], test) - _log_likelihood(fake, train, test)
    return lost * 100 / test.shape[1]


def _log_likelihood(centres: Tensor, fit: Tensor, test: Tensor) -> Tensor:
    """Log-likelihood of each image of `test` under the mixture on `centres` with the variances likeliest on `fit`."""
    variances = _variances(centres, fit)
    logs = [
        _mixture(squared_distances(test[rows], centres), variances, test.shape[1]) for rows in tiles(len(test), ROWS)
    ]
    return torch.cat([part.logsumexp(1) for part in logs])


def _mixture(d2: Tensor, variances: Tensor, d: int) -> Tensor:
    """log of each component's share of the density: rows images, columns components."""
    constant = -d / 2 * torch.log(2 * math.pi * variances) - math.log(len(variances))
    return torch.addcmul(constant, d2, -0.5 / variances)


def _variances(centres: Tensor, fit: Tensor) -> Tensor:
    """Expectation-maximisation over the variances alone, from the distance to the nearest image.

    A wide component around the mean of `fit` takes the images that no centre explains, as in the paper's code: without
    it a centre far from all would have to grow until it reached one. float32, 4 bytes a pair, is precise enough.
    """
    d = fit.shape[1]
    d2 = torch.cat([squared_distances(fit[rows], centres).float() for rows in tiles(len(fit), ROWS)])
    wide = squared_distances(fit, fit.mean(0, keepdim=True)).float()
    outside = _mixture(wide, wide.mean(0) / d, d)
    variances = ((d2.amin(0) + 1e-3) / d).clamp(min=LEAST_VARIANCE)
    before = -math.inf
    for _ in range(STEPS):
        weight, moment, total = torch.zeros_like(variances), torch.zeros_like(variances), 0.0
        for rows in tiles(len(fit), ROWS):
            logs = _mixture(d2[rows], variances, d)
            evidence = torch.cat([logs, outside[rows]], 1).logsumexp(1, keepdim=True)
            r = logs.sub_(evidence).exp_()
            weight += r.sum(0)
            moment += r.mul_(d2[rows]).sum(0)
            total += float(evidence.sum())
        variances = torch.where(weight > 0, moment / (d * weight), variances).clamp(min=LEAST_VARIANCE)
        if total / len(fit) - before < ENOUGH * d:
            break
        before = total / len(fit)
    return variances.double()
