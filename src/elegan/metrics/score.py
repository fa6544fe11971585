"""Inception Score (Salimans et al. 2016, eq. 1) of any classifier's probabilities."""

import itertools
from typing import Any

import numpy as np
import torch

from elegan.core.errors import UserError
from elegan.metrics.features import as_features


def inception_score(probabilities: Any, splits: int = 10, seed: int = 0) -> tuple[float, float]:
    """Mean and (population) standard deviation of exp(E_x KL(p(y|x) || p(y))) over `splits` parts of shuffled images.

    `probabilities` is N x K with rows that sum to one. Shuffled, because images generated class by class would give
    parts of few classes. The score lies between 1 and K and depends on the classifier. Raises UserError where rows
    are no distributions or there are fewer images than splits.
    """
    values = split_scores(probabilities, splits, seed)
    return float(values.mean()), float(values.std())


def split_scores(probabilities: Any, splits: int = 10, seed: int = 0) -> np.ndarray:
    """The score of each part, see `inception_score`."""
    p = as_features(probabilities, "classified", least=1).double().cpu()
    if bool((p < 0).any()) or bool(((p.sum(1) - 1).abs() > 1e-3).any()):
        raise UserError("class probabilities must be at least 0 and sum to 1 in each row")
    if not 1 <= splits <= len(p):
        raise UserError(f"{splits} splits do not fit {len(p)} images; use 1 to {len(p)}")
    p = p[torch.from_numpy(np.random.default_rng(seed).permutation(len(p)))]
    bounds = [i * len(p) // splits for i in range(splits + 1)]
    return np.array([_score(p[a:b]) for a, b in itertools.pairwise(bounds)])


def _score(p: torch.Tensor) -> float:
    entropy, marginal = torch.special.entr(p).sum(1).mean(), torch.special.entr(p.mean(0)).sum()
    return float(torch.exp(marginal - entropy))
