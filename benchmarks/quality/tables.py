"""Generated rows of a table beside naive ones: columns, pairs of columns, what a learner gets, nearness to what was learnt.

    python -m benchmarks tables wine.csv runs/wine-ctgan

The first row is the best that can be had: for `utility` the rows that were learnt, for the rest one random half of them against the
other. `columns apart` draws each column by itself from the rows learnt; `copies` are rows learnt, drawn again.
"""

from collections.abc import Callable

import numpy as np

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

QUICK = {"most": 200}
METRICS = ("marginals", "associations", "utility", "closest")


def benchmark(data: str, run: str, most: int = 10_000) -> list[Row]:
    opened = Run.open(run)
    table = open_table(data, opened.recipe.data.held, opened.recipe.data.target)
    if table.fingerprint != opened.info["data"]["fingerprint"]:
        raise SystemExit(f"{run} learnt other rows than those of {data}")
    random, bounds = np.random.default_rng(0), scales(table)
    entries = np.asarray(table.entries)

    def generated() -> np.ndarray:
        seeds = range(most)
        rows = tabulated(opened.ability(Tabulates), opened.nets, seeds, opened.labels_of(seeds), opened.device)
        return np.stack(decoded(rows, table.columns), 1).astype(np.float64)

    kinds: dict[str, Callable[[], np.ndarray]] = {
        opened.recipe.name: generated,
        "columns apart": lambda: np.stack([random.choice(column, most) for column in entries.T], 1),
        "copies": lambda: entries[random.integers(len(entries), size=most)],
    }
    real, held = (features(np.asarray(x), table.columns, bounds, table.target) for x in (entries, table.held))
    rows = []
    for name, make in kinds.items():
        sets = Sets(real, features(make(), table.columns, bounds, table.target), held)
        rows += [_row("real", most, sets, floor=True)] if not rows else []
        rows.append(_row(name, most, sets))
    return rows


def _row(name: str, count: int, sets: Sets, floor: bool = False) -> Row:
    cells: Row = {"rows": name, "N": len(sets.real) if floor else count}
    for kind in METRICS:
        metric = find_metric(kind)
        assert isinstance(metric, Metric)
        found = metric.estimate(sets, 0)
        best = metric.floor(sets, found, 0) if floor else found
        cells[kind] = Estimate(best[0].value, best[0].low, best[0].high, best[0].n_fake, f"95 %, {best[0].interval}")
    return cells
