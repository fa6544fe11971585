"""Generated windows of a series beside naive ones: discriminative and predictive score, correlation, autocorrelation.

    python -m benchmarks series stock.csv runs/stock-rpgan-series

The first row is the best that can be had: one random half of the real windows against the other. `block bootstrap` begins at a
random row of the data and adds the differences of random blocks of a third of a window; `AR(1)` begins there too, and each column
follows a line through its last value, with normal noise that has the covariance of the residuals.
"""

from collections.abc import Callable

import numpy as np

from benchmarks.results import Estimate, Row
from elegan.data.series.windows import Series, open_series
from elegan.games.abilities import Draws
from elegan.games.inference import drawn
from elegan.metrics import find_metric
from elegan.metrics.metric import Metric
from elegan.metrics.sets import Sets
from elegan.run import Run
from elegan.workflows.series import features

QUICK = {"most": 60, "metrics": "correlations,autocorrelation"}
METRICS = "discriminative,predictive,correlations,autocorrelation"


def benchmark(data: str, run: str, most: int = 10_000, metrics: str = METRICS) -> list[Row]:
    opened = Run.open(run)
    recipe = opened.recipe.data
    series = open_series(data, opened.shape.resolution, recipe.stride, recipe.time)
    order = np.random.default_rng(0).permutation(series.count)[:most]
    real, half = series.windows(order), len(order) // 2
    kinds: dict[str, Callable[[], tuple[np.ndarray, np.ndarray]]] = {
        "real": lambda: (real[:half], real[half : 2 * half]),
        opened.recipe.name: lambda: (real, drawn(opened.ability(Draws), opened.nets, range(len(real)), opened.device)),
        "block bootstrap": lambda: (real, block_bootstrap(series, len(real))),
        "AR(1)": lambda: (real, autoregression(series, len(real))),
    }
    return [row(name, *make(), metrics) for name, make in kinds.items()]


def row(name: str, real: np.ndarray, made: np.ndarray, metrics: str) -> Row:
    sets = Sets(features(real), features(made))
    cells: Row = {"windows": name, "N": len(made)}
    for kind in metrics.split(","):
        metric = find_metric(kind)
        assert isinstance(metric, Metric)
        (found,) = metric.estimate(sets, 0)
        cells[kind] = Estimate(found.value, found.low, found.high, found.n_fake, f"95 %, {found.interval}")
    return cells


def block_bootstrap(series: Series, count: int) -> np.ndarray:
    """Windows N x T x C in [-1, 1]."""
    random, rows = np.random.default_rng(1), np.asarray(series.rows)
    steps = np.diff(rows, axis=0)
    block = max(1, series.resolution // 3)
    made = np.empty((count, series.resolution, series.channels), np.float32)
    for window in made:
        places = random.integers(0, len(steps) - block, -(-series.resolution // block))
        change = np.concatenate([steps[place : place + block] for place in places])[: series.resolution - 1]
        window[:] = rows[random.integers(len(rows))]
        window[1:] += change.cumsum(0)
    return made.clip(-1, 1)


def autoregression(series: Series, count: int) -> np.ndarray:
    """Windows N x T x C in [-1, 1]."""
    random, rows = np.random.default_rng(2), np.asarray(series.rows)
    slope, level = np.array([np.polyfit(column[:-1], column[1:], 1) for column in rows.T]).T
    noise = np.cov((rows[1:] - level - slope * rows[:-1]).T)
    made = np.empty((count, series.resolution, series.channels), np.float32)
    made[:, 0] = rows[random.integers(0, len(rows), count)]
    for step in range(1, series.resolution):
        drawn = random.multivariate_normal(np.zeros(len(slope)), np.atleast_2d(noise), count)
        made[:, step] = level + slope * made[:, step - 1] + drawn
    return made.clip(-1, 1)
