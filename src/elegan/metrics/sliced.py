"""Sliced Wasserstein distance (Rabin et al. 2011); on features of generated images: MIND (Berthet et al. 2026)."""

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor

from elegan.metrics.features import as_pair

BLOCK = 64  # directions projected and sorted at a time


def sliced_wasserstein(real: Any, fake: Any, projections: int = 1000, seed: int = 0) -> float:
    """Mean squared 2-Wasserstein distance of the sets N x d projected on random unit directions.

    Sorting gives the exact transport in one dimension, for sets of different size too. On Gaussians of equal covariance
    it is |m1 - m2|^2 / d. Squared and not rooted, like the Frechet distance.
    """
    return sliced_with_error(real, fake, projections, seed)[0]


def sliced_with_error(real: Any, fake: Any, projections: int = 1000, seed: int = 0) -> tuple[float, float]:
    """`sliced_wasserstein` and its standard error: of the images by the delta method, and of the directions drawn.

    In one direction a point x moves the value by its dual potential, 2 int^x (t - T(t)) dt with T the transport map;
    the error of the images is the spread of the mean potential over the directions.
    """
    real, fake = (s.double().cpu() for s in as_pair(real, fake))
    directions = np.random.default_rng(seed).standard_normal((real.shape[1], projections))
    values, real_potential, fake_potential = [], torch.zeros(len(real)).double(), torch.zeros(len(fake)).double()
    for theta in torch.from_numpy(directions / np.linalg.norm(directions, axis=0)).split(BLOCK, 1):
        (x, i), (y, j) = ((s @ theta).T.contiguous().sort(1) for s in (real, fake))
        values.append(_squared_distance(x, y))
        real_potential += _potential(x, _quantiles(y, len(real)), i)
        fake_potential += _potential(y, _quantiles(x, len(fake)), j)
    value = torch.cat(values)
    images = sum(float((p / projections).var()) / len(p) for p in (real_potential, fake_potential))
    return float(value.mean()), math.sqrt(images + float(value.var()) / projections if projections > 1 else images)


def _squared_distance(x: Tensor, y: Tensor) -> Tensor:
    """int_0^1 (X(u) - Y(u))^2 du of two sorted batches, rows being directions; both quantile functions are steps."""
    if x.shape[1] == y.shape[1]:
        return (x - y).square().mean(1)
    n, m = x.shape[1], y.shape[1]
    edges = np.union1d(np.arange(1, n + 1) * m, np.arange(1, m + 1) * n)  # of the steps, in units of 1 / (n m)
    starts, lengths = np.concatenate([[0], edges[:-1]]), np.diff(edges, prepend=0)
    steps = x[:, torch.from_numpy(starts // m)] - y[:, torch.from_numpy(starts // n)]
    return steps.square() @ torch.from_numpy(lengths / (n * m))


def _quantiles(y: Tensor, n: int) -> Tensor:
    """The points that the transport takes the n sorted points of the other set to: y at the middles of n equal parts."""
    return y[:, torch.from_numpy(((2 * np.arange(n) + 1) * y.shape[1]) // (2 * n))]


def _potential(x: Tensor, target: Tensor, order: Tensor) -> Tensor:
    """Sum over directions of each point's potential, in the points' own order; trapezoid rule between sorted points."""
    slope = 2 * (x - target)
    steps = (slope[:, 1:] + slope[:, :-1]) / 2 * x.diff(dim=1)
    potential = torch.cat([torch.zeros(len(x), 1, dtype=x.dtype), steps.cumsum(1)], 1)
    return torch.zeros_like(potential).scatter_(1, order, potential).sum(0)
