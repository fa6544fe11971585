"""Tests whether a whole set is too near to the training images: C_T (Meehan et al. 2020) and authenticity (Alaa et al. 2022).

Both are functions of features (N x d); neither says which image is a copy.
"""

import math
import warnings

import numpy as np
import torch
from scipy.cluster.vq import kmeans2
from torch import Tensor

from elegan.metrics.features import tiles

TILE = 1024
CELLS = 10
LEAST = 20  # images of both sets that a cell needs: below, the normal approximation of U is rough
SAMPLE = 10_000  # training images that the cells are computed from


def nearest(features: Tensor, training: Tensor, *without: Tensor | None) -> tuple[Tensor, Tensor]:
    """Distance to the nearest row of `training`, and its index. `without`: indices to leave out, one a row."""
    nearest_rows = []
    norms = training.square().sum(1)
    for rows in tiles(len(features), TILE):
        partial = norms - 2 * features[rows] @ training.T
        for left_out in without:
            if left_out is not None:
                partial[torch.arange(len(partial)), left_out[rows]] = torch.inf
        nearest_rows.append(partial.argmin(1))
    index = torch.cat(nearest_rows)
    return (features - training[index]).norm(dim=1), index


def authenticity(features: Tensor, training: Tensor, without: Tensor | None = None) -> float:
    """The share of rows that are at least as far from their nearest training row as that one is from its own nearest.

    Source: Alaa et al. 2022 (A_j = 1 where d(g_j, r_i) >= d(r_i, nearest other r)). `without`: for rows that are
    training rows, their index, so that they count as held out. Fresh real images do not score 1: read a generator's
    value beside theirs.
    """
    distance, index = nearest(features, training, without)
    between, _ = nearest(training[index], training, index, without)
    return float((distance >= between).double().mean())


def c_t(fresh: Tensor, generated: Tensor, training: Tensor, without: Tensor | None, seed: int) -> float | None:
    """C_T (Meehan et al. 2020) in CELLS cells of k-means: by how many standard deviations the generated images are further
    from the training images than fresh real ones are. Features N x d; `without` as in `authenticity`, for `fresh`.

    Below -3 means copying, above 3 underfitting. It is the mean over cells of the standardised rank sum, weighted by the cells'
    share of the fresh images. None where no cell has LEAST images of both.
    """
    p, q = nearest(fresh, training, without)[0].numpy(), nearest(generated, training)[0].numpy()
    sample = np.random.default_rng(seed).permutation(len(training))[:SAMPLE]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # about an empty cell, which does no harm
        centres, _ = kmeans2(training.numpy()[sample], CELLS, minit="points", seed=seed)
    p_cells, q_cells = (nearest(x, torch.from_numpy(centres))[1].numpy() for x in (fresh, generated))
    total, weight = 0.0, 0
    for cell in np.unique(p_cells):
        here, there = p[p_cells == cell], q[q_cells == cell]
        if min(len(here), len(there)) >= LEAST:
            total, weight = total + len(here) * _standard_rank_sum(there, here), weight + len(here)
    return total / weight if weight else None


def _standard_rank_sum(q: np.ndarray, p: np.ndarray) -> float:
    """Mann-Whitney's U of q over p in standard deviations, negative where q is smaller. Ties count half."""
    m, n = len(q), len(p)
    both = np.concatenate([q, p])
    _, places, counts = np.unique(both, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[places]
    u = ranks[:m].sum() - m * (m + 1) / 2
    ties = (counts**3.0 - counts).sum() / ((m + n) * (m + n - 1))
    variance = m * n / 12 * (m + n + 1 - ties)
    return float((u - m * n / 2) / math.sqrt(variance)) if variance > 0 else 0.0
