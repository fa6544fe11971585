"""Copies of training images among other images, each with a p-value."""

import math

import numpy as np
import torch
from torch import Tensor

from elegan.core.errors import UserError
from elegan.core.pixels import Images
from elegan.core.rng import generator
from elegan.metrics.copies import set_tests
from elegan.metrics.copies.duplicates import SAME
from elegan.metrics.copies.scoring import Judge
from elegan.metrics.copies.thumbs import checked
from elegan.metrics.copies.verdict import CopyReport

CALIBRATION = 10_000  # training images left out in turn: the threshold at alpha = 0.001 is then the tenth lowest score


def find_copies(
    train: Images, queries: Images, alpha: float = 0.001, held_out: Images | None = None, seed: int = 0
) -> CopyReport:
    """Judges each query image against the training images (uint8, N x H x W x C, of one size) at the rate `alpha`.

    An image's score is the residual that its best explanation by a training image leaves, placed as in `geometry` and
    in any light.
    The p-value is conformal (Vovk et al. 2005, section 2.2): the rank of that score among those of real images that are
    searched in the same way: the `held_out` ones where they are enough for `alpha`, else training images left out in
    turn. A fresh real image that is no duplicate of a training image is a suspect with probability at most alpha.
    Raises UserError on too few training images, images of another size, or fewer calibration images than alpha needs.
    """
    if not 0 < alpha < 1:
        raise UserError(f"alpha must lie between 0 and 1; got {alpha}")
    training = checked(train, "training")
    asked = checked(queries, "query", training)
    fresh = None if held_out is None or len(held_out) < _needed(alpha) else checked(held_out, "held-out", training)
    judge = Judge(training, seed)
    left_out = None if fresh is not None else _left_out(len(judge.kept), alpha, seed)
    real = judge.scores(training[judge.kept[left_out]] if fresh is None else fresh, left_out)
    scored = judge.scores(asked)
    clean = real.residual >= SAME
    _check(alpha, int(clean.sum()))
    scores = real.residual[clean].sort().values
    p = _p_values(scored.residual, scores)
    return CopyReport(
        alpha=alpha,
        seed=seed,
        n_train=len(training),
        calibration="leave-one-out" if fresh is None else "held-out",
        n_calibration=len(scores),
        set_aside=len(real.residual) - len(scores),
        threshold=float(scores[math.floor(alpha * (len(scores) + 1) + 1e-9) - 1]),
        search=judge.how(),
        duplicates=judge.duplicates,
        p_values=p,
        q_values=_q_values(p),
        suspects=p <= alpha,
        residuals=scored.residual.numpy(),
        neighbours=scored.neighbours.numpy(),
        c_t=set_tests.c_t(real.features, scored.features, judge.search.features, left_out, seed),
        authenticity=set_tests.authenticity(scored.features, judge.search.features),
        authenticity_real=set_tests.authenticity(real.features, judge.search.features, left_out),
    )


def _left_out(n: int, alpha: float, seed: int) -> Tensor:
    _check(alpha, n)
    return torch.randperm(n, generator=generator(seed, "calibration"))[: max(CALIBRATION, _needed(alpha))].sort().values


def _needed(alpha: float) -> int:
    """The number of calibration images that makes p <= alpha possible."""
    return math.ceil(1 / alpha - 1e-9) - 1


def _check(alpha: float, n: int) -> None:
    if n < _needed(alpha):
        raise UserError(
            f"alpha = {alpha:g} needs {_needed(alpha):,} real images to calibrate on and there are {n:,}; "
            f"the smallest alpha for these is {1 / (n + 1):.2g}"
        )


def _p_values(scores: Tensor, real: Tensor) -> np.ndarray:
    """(1 + number of real images that score as low) / (1 + number of real images); `real` rises."""
    return ((1 + torch.searchsorted(real, scores, right=True).double()) / (1 + len(real))).numpy()


def _q_values(p: np.ndarray) -> np.ndarray:
    """The smallest false discovery rate at which each is a discovery (Benjamini and Hochberg 1995)."""
    order = np.argsort(p)
    q = np.empty(len(p))
    q[order] = np.minimum.accumulate((p[order] * (len(p) / np.arange(1, len(p) + 1)))[::-1])[::-1]
    return q.clip(0, 1)
