"""Generated rows of scikit-learn's tables beside naive ones: columns, pairs of columns, what a learner gets, nearness to what was
learnt.

    python -m benchmarks tables --runs runs/tables

Trains ctgan on wine, breast cancer and diabetes as `elegan train wine.csv` does (runs that stand there already are measured as they
are). Of each the first row is the best that can be had: for `utility` the rows that were learnt, for the rest one random half of them
against the other. `columns apart` draws each column by itself from the rows learnt; `copies` are rows learnt, drawn again.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np

import elegan
from benchmarks.results import Estimate, Row
from elegan.data.tables.columns import decoded
from elegan.data.tables.table import open_table
from elegan.games.abilities import Tabulates
from elegan.games.inference import tabulated
from elegan.metrics import find_metric
from elegan.metrics.metric import Metric
from elegan.metrics.sets import Sets
from elegan.run import Run
from elegan.workflows.table import features, scales

QUICK = {"names": "wine", "steps": 2, "most": 100}
METRICS = ("marginals", "associations", "utility", "closest")


def benchmark(
    runs: Path = Path("runs/tables"), names: str = "wine,breast_cancer,diabetes", steps: int = 0, most: int = 10_000
) -> list[Row]:
    rows = []
    for name in names.split(","):
        data = written(name, runs)
        run = elegan.train(str(data), steps=steps or None, out=runs, name=name, quiet=True)
        rows += compared(name, data, run, most)
    return rows


def written(name: str, folder: Path) -> Path:
    """The table of scikit-learn as a CSV, its classes by their names."""
    from sklearn import datasets

    options = {"scaled": False} if name == "diabetes" else {}
    found = getattr(datasets, f"load_{name}")(as_frame=True, **options)
    table = found.frame.copy()
    if "target_names" in found:
        table["target"] = np.asarray(found.target_names)[table["target"]]
    folder.mkdir(parents=True, exist_ok=True)
    table.to_csv(folder / f"{name}.csv", index=False)
    return folder / f"{name}.csv"


def compared(name: str, data: Path, run: Run, most: int) -> list[Row]:
    """The run's rows and naive ones."""
    table = open_table(str(data), run.recipe.data.held, run.recipe.data.target)
    random, bounds = np.random.default_rng(0), scales(table)
    entries = np.asarray(table.entries)

    def generated() -> np.ndarray:
        seeds = range(most)
        made = tabulated(run.ability(Tabulates), run.nets, seeds, run.labels_of(seeds), run.device)
        return np.stack(decoded(made, table.columns), 1).astype(np.float64)

    kinds: dict[str, Callable[[], np.ndarray]] = {
        run.recipe.name: generated,
        "columns apart": lambda: np.stack([random.choice(column, most) for column in entries.T], 1),
        "copies": lambda: entries[random.integers(len(entries), size=most)],
    }
    real, held = (features(np.asarray(x), table.columns, bounds, table.target) for x in (entries, table.held))
    sets = {
        kind: Sets(real, features(make(), table.columns, bounds, table.target), held) for kind, make in kinds.items()
    }
    best = _row(name, "real", len(real), sets[run.recipe.name], floor=True)
    return [best, *(_row(name, kind, most, measured) for kind, measured in sets.items())]


def _row(table: str, rows: str, count: int, sets: Sets, floor: bool = False) -> Row:
    cells: Row = {"table": table, "rows": rows, "N": count}
    for kind in METRICS:
        metric = find_metric(kind)
        assert isinstance(metric, Metric)
        found = metric.estimate(sets, 0)
        one = (metric.floor(sets, found, 0) if floor else found)[0]
        cells[kind] = Estimate(one.value, one.low, one.high, one.n_fake, f"95 %, {one.interval}")
    return cells
