"""Generated windows of a series beside naive ones: discriminative and predictive score, correlation, autocorrelation.

    python -m benchmarks series stock.csv --runs runs
    python -m benchmarks series sines --runs runs --out benchmarks/results/series-sines.json

Trains each of `recipes` as `elegan train` does (runs that stand there already are measured as they are). `sines` are windows of five sines
of random frequencies and phases (after Yoon et al. 2019, section 5.1.1), with a gap in time between them; `energy` is a year of hours of
a made-up household: weather, heating, lights and appliances, which follow the day, the week and one another.

The first row is the best that can be had: one random half of the real windows against the other. `block bootstrap` begins at a
random row of the data and adds the differences of random blocks of a third of a window; `AR(1)` begins there too, and each column
follows a line through its last value, with normal noise that has the covariance of the residuals.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

import elegan
from benchmarks.results import Estimate, Row
from elegan.core import files
from elegan.core.facts import is_run_folder
from elegan.data.series.windows import Series, open_series
from elegan.games.abilities import Draws
from elegan.games.inference import drawn
from elegan.metrics import find_metric
from elegan.metrics.metric import Metric
from elegan.metrics.sets import Sets
from elegan.run import Run
from elegan.workflows.series import features

QUICK = {"most": 60, "metrics": "correlations,autocorrelation", "recipes": "rpgan-series", "steps": 2}
METRICS = "discriminative,predictive,correlations,autocorrelation"


def benchmark(
    data: str,
    runs: Path = Path("runs"),
    recipes: str = "rpgan-series,timegan",
    steps: int = 0,
    most: int = 10_000,
    metrics: str = METRICS,
) -> list[Row]:
    source = written(data, runs) if data in MADE else Path(data)
    opened = [trained(source, recipe, runs, steps) for recipe in recipes.split(",")]
    recipe = opened[0].recipe.data
    series = open_series(str(source), opened[0].shape.resolution, recipe.stride, recipe.time)
    order = np.random.default_rng(0).permutation(series.count)[:most]
    real, half = series.windows(order), len(order) // 2
    kinds: dict[str, Callable[[], tuple[np.ndarray, np.ndarray]]] = {
        "real": lambda: (real[:half], real[half : 2 * half]),
        **{run.recipe.name: partial(of_run, run, real) for run in opened},
        "block bootstrap": lambda: (real, block_bootstrap(series, len(real))),
        "AR(1)": lambda: (real, autoregression(series, len(real))),
    }
    return [row(name, *make(), metrics) for name, make in kinds.items()]


def of_run(run: Run, real: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return real, drawn(run.ability(Draws), run.nets, range(len(real)), run.device)


def row(name: str, real: np.ndarray, made: np.ndarray, metrics: str) -> Row:
    sets = Sets(features(real), features(made))
    cells: Row = {"windows": name, "N": len(made)}
    for kind in metrics.split(","):
        metric = find_metric(kind)
        assert isinstance(metric, Metric)
        (found,) = metric.estimate(sets, 0)
        cells[kind] = Estimate(found.value, found.low, found.high, found.n_fake, f"95 %, {found.interval}")
    return cells


def trained(source: Path, recipe: str, runs: Path, steps: int) -> Run:
    name = f"{source.stem}-{recipe}"
    if is_run_folder(runs / name):
        return Run.open(runs / name)
    return elegan.train(str(source), recipe, steps=steps or None, out=runs, name=name, quiet=True)


def written(name: str, folder: Path) -> Path:
    """The made-up series as a CSV in the folder."""
    times, columns = MADE[name](np.random.default_rng(0))
    rows = zip(times, np.stack([*columns.values()], 1), strict=True)
    lines = [",".join(["time", *columns]), *(f"{when}," + ",".join(f"{x:.4f}" for x in row) for when, row in rows)]
    files.write(files.folder_for(folder) / f"{name}.csv", ("\n".join(lines) + "\n").encode())
    return folder / f"{name}.csv"


def sines(
    random: np.random.Generator, windows: int = 2000, steps: int = 24
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """(times, columns) of windows apart from one another."""
    frequency, phase = random.uniform(0, 0.1, (2, windows, 5))
    at = np.arange(steps)
    values = np.sin(2 * np.pi * frequency[..., None] * at + phase[..., None] * 20 * np.pi)
    times = (np.arange(windows)[:, None] * 100 * steps + at).ravel()
    return times, {f"x{place + 1}": values[:, place].ravel() for place in range(5)}


def energy(random: np.random.Generator, hours: int = 8760) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """(times, columns) of a year of hours."""
    hour = np.arange(hours)
    day, year = 2 * np.pi * hour / 24, 2 * np.pi * hour / 8760
    weekend = (hour // 24) % 7 >= 5

    def wandering(memory: float, size: float) -> np.ndarray:
        noise, found = random.normal(0, size * (1 - memory**2) ** 0.5, hours), np.zeros(hours)
        for step in range(1, hours):
            found[step] = memory * found[step - 1] + noise[step]
        return found

    outside = 10 - 9 * np.cos(year) - 4 * np.cos(day - 1) + wandering(0.98, 3)
    humidity = np.clip(70 - 1.5 * (outside - 10) + wandering(0.95, 8), 15, 100)
    wind = np.exp(0.8 + wandering(0.95, 0.6))
    inside = 21 + 0.06 * (outside - 10) + 0.6 * np.sin(day - 2) + wandering(0.9, 0.3)
    heating = np.maximum(0, 0.12 * (17 - outside) + 0.05 * wind + wandering(0.7, 0.15))
    awake = 1 / (1 + np.exp(-4 * np.cos(day - 2 * np.pi * (18 + weekend) / 24)))
    lights = np.maximum(0, 0.3 * awake * (1 - 0.7 * np.maximum(0, np.sin(day - np.pi / 2))) + wandering(0.5, 0.03))
    appliances = np.exp(-1.2 + 1.1 * awake + 0.3 * weekend + wandering(0.6, 0.4))
    columns = {"outside": outside, "humidity": humidity, "wind": wind, "inside": inside, "heating": heating, "lights": lights,
               "appliances": appliances}  # fmt: skip
    return hour, columns


MADE = {"sines": sines, "energy": energy}


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
