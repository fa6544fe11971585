"""Kernel distance: unbiased squared MMD under the cubic kernel (Binkowski et al. 2018; KID on Inception features)."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from elegan.core.errors import UserError
from elegan.metrics.features import as_pair


def kernel_distance(
    real: Any, fake: Any, subsets: int = 100, subset_size: int = 1000, seed: int = 0
) -> tuple[float, float]:
    """Mean and (population) standard deviation of MMD^2 over random subsets, for features N x d of both sets.

    The kernel is k(x, y) = (x.y / d + 1)^3. The estimate is unbiased, so it may be below zero for equal distributions.
    Raises UserError where a set has fewer than `subset_size` images.
    """
    values, _ = _subset_values(real, fake, subsets, subset_size, seed)
    return float(values.mean()), float(values.std(correction=0))


def kernel_with_error(
    real: Any, fake: Any, subsets: int = 100, subset_size: int = 1000, seed: int = 0
) -> tuple[float, float]:
    """Kernel distance and its standard error as an estimate of the population's.

    The subsets overlap, so their spread alone says too little: to their Monte-Carlo error is added the first-order
    term of the U-statistic, 4 Var(h) / N a set, with h the mean kernel difference of an image, estimated within the
    subsets.
    """
    values, spread = _subset_values(real, fake, subsets, subset_size, seed)
    monte_carlo = values.var() / subsets if subsets > 1 else 0.0
    variance = 4 * (spread[0] / len(real) + spread[1] / len(fake)) + monte_carlo
    return float(values.mean()), float(variance) ** 0.5


def _subset_values(real: Any, fake: Any, subsets: int, size: int, seed: int) -> tuple[Tensor, Tensor]:
    """MMD^2 of each subset, and the mean variance of h over the real and the generated images."""
    real, fake = as_pair(real, fake)
    n = min(len(real), len(fake))
    if not 2 <= size <= n:
        raise UserError(
            f"subset_size {size} does not fit {len(real)} real and {len(fake)} generated images; use 2 to {n}"
        )
    rng = np.random.default_rng(seed)
    values, spreads = [], []
    for _ in range(subsets):
        x, y = (s[torch.from_numpy(rng.choice(len(s), size, replace=False))].double() for s in (real, fake))
        value, spread = _mmd2(x, y)
        values.append(value)
        spreads.append(spread)
    return torch.stack(values), torch.stack(spreads).mean(0)


def _mmd2(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    m = len(x)
    xx, yy, xy = _kernel(x, x), _kernel(y, y), _kernel(x, y)
    a = (xx.sum(1) - xx.diagonal()) / (m - 1)
    b = (yy.sum(1) - yy.diagonal()) / (m - 1)
    spread = torch.stack([(a - xy.mean(1)).var(), (b - xy.mean(0)).var()])
    return a.mean() + b.mean() - 2 * xy.mean(), spread


def _kernel(x: Tensor, y: Tensor) -> Tensor:
    return (x @ y.T / x.shape[1] + 1) ** 3
