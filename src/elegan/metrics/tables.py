"""Measures of generated rows of a table against real ones: columns, pairs of columns, use, nearness to what was learnt."""

import itertools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch

from elegan.core import rng
from elegan.metrics.copies.set_tests import nearest
from elegan.metrics.sets import Features, Layout

TIMES = 5  # learners a measure
TREES = 100
DRAWS = 50  # of rows, by the bootstrap, or of training rows as many as are held out


class Spread(NamedTuple):
    """A number and its standard error."""

    value: float
    error: float


def marginals(real: Features, fake: Features) -> float:
    """The mean over columns of how far two distributions lie apart, in [0, 1]: the Kolmogorov-Smirnov statistic of numbers, the total
    variation of kinds."""
    distances = []
    for a, b, width in zip(real.entries, fake.entries, _layout(real).widths, strict=True):
        distances.append(_kolmogorov_smirnov(a, b) if width == 1 else _variation(a, b, width))
    return float(np.mean(distances))


def associations(real: Features, fake: Features) -> float:
    """The mean total variation of two columns together, over all pairs, in [0, 1]; numbers cut at the deciles of the real ones.
    0 for a single column."""
    columns = []
    for a, b, width in zip(real.entries, fake.entries, _layout(real).widths, strict=True):
        if width == 1:
            edges = np.unique(np.quantile(a, np.linspace(0.1, 0.9, 9)))
            a, b, width = np.searchsorted(edges, a), np.searchsorted(edges, b), len(edges) + 1
        columns.append((a, b, width))
    pairs = itertools.combinations(columns, 2)
    found = [_variation(a * wide + c, b * wide + d, width * wide) for (a, b, width), (c, d, wide) in pairs]
    return float(np.mean(found)) if found else 0.0


def utility(train: Features, test: Features, seed: int = 0) -> Spread:
    """How well random forests that learnt from `train` tell the target column of `test`: balanced accuracy of kinds, R^2 of
    numbers; the error is that of other forests and of other rows to be told."""
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
    from sklearn.metrics import balanced_accuracy_score, r2_score

    layout = _layout(train)
    of_kinds = layout.widths[layout.target] > 1
    forest, score = (RandomForestClassifier, balanced_accuracy_score) if of_kinds else (RandomForestRegressor, r2_score)
    (x, y), (asked, wanted) = _question(train), _question(test)
    told = [
        forest(TREES, random_state=rng.mix("utility", seed, turn) % 2**32).fit(x, y).predict(asked)
        for turn in range(TIMES)
    ]
    scores = [float(score(wanted, each)) for each in told]
    spread = np.std(scores, ddof=1) / TIMES**0.5
    rows = np.random.default_rng(rng.mix("utility rows", seed)).integers(len(wanted), size=(DRAWS, len(wanted)))
    of_rows = np.std([_quietly(score, wanted[some], told[0][some]) for some in rows])
    return Spread(float(np.mean(scores)), float(np.hypot(spread, of_rows)))


def nearer_to_training(training: Features, held_out: Features, fake: Features, seed: int = 0) -> Spread:
    """The share of generated rows whose nearest real row was trained on and not held out, among as many of both: .5 where what
    was learnt is not known by heart."""
    random = np.random.default_rng(rng.mix("nearer", seed))
    size, shares = min(len(training), len(held_out)), []
    for _ in range(DRAWS):
        of_training, kept = (x.values[random.permutation(len(x))[:size]] for x in (training, held_out))
        a, b = (nearest(fake.values, part)[0] for part in (of_training, kept))
        shares.append(float(((a < b).double() + (a == b).double() / 2).mean()))
    # Which rows happened to be held out moves all shares together, as it does a coin for each of the fewer set.
    return Spread(float(np.mean(shares)), float(np.hypot(np.std(shares), 0.5 / size**0.5)))


def resampled(measure: Callable[[Features, Features], float], real: Features, fake: Features, seed: int) -> Spread:
    """A measure and its standard deviation under the bootstrap of generated and real rows."""
    stream = rng.generator("table bootstrap", seed)
    draws = [
        measure(*(x.take(torch.randint(len(x), (len(x),), generator=stream)) for x in (real, fake)))
        for _ in range(DRAWS)
    ]
    return Spread(measure(real, fake), float(np.std(draws)))


def _layout(features: Features) -> Layout:
    assert features.layout is not None
    return features.layout


def _question(rows: Features) -> tuple[np.ndarray, np.ndarray]:
    """(all other columns as features, the target's entries)."""
    layout = _layout(rows)
    start = sum(layout.widths[: layout.target])
    kept = np.ones(sum(layout.widths), bool)
    kept[start : start + layout.widths[layout.target]] = False
    return rows.values.numpy()[:, kept], rows.entries[layout.target]


def _kolmogorov_smirnov(a: np.ndarray, b: np.ndarray) -> float:
    both = np.concatenate([a, b])
    ranks = [np.searchsorted(np.sort(x), both, "right") / len(x) for x in (a, b)]
    return float(np.abs(ranks[0] - ranks[1]).max())


def _variation(a: np.ndarray, b: np.ndarray, kinds: int) -> float:
    shares = [np.bincount(x, minlength=kinds) / len(x) for x in (a, b)]
    return float(np.abs(shares[0] - shares[1]).sum() / 2)


def _quietly(score: Callable[..., Any], wanted: np.ndarray, told: Sequence[Any]) -> float:
    """A score of rows by the bootstrap, which may lack a kind."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return float(score(wanted, told))
