"""Runs side by side, by their newest evaluations, and only where these compare."""

from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

from elegan.core.errors import UserError
from elegan.metrics import comparable
from elegan.metrics.records import recorded
from elegan.run import Run


def compare(runs: Sequence[Run | str | Path]) -> str:
    """A table, a line a run and a column a metric that all have, each with its interval; `runs` are evaluated ones or their
    folders.

    Raises UserError where a run was not evaluated, or two evaluations differ in a setting that forbids comparing them.

    >>> import elegan
    >>> for name in ("digits", "other"):
    ...     _ = elegan.evaluate(elegan.Run.open(f"runs/{name}"), metrics=["fd"], num=200, extractor="random")
    >>> print(elegan.compare(["runs/digits", "runs/other"]))  # doctest: +ELLIPSIS
    run          FD[random:...]
    runs/digits  ...
    runs/other   ...
    """
    opened = [run if isinstance(run, Run) else Run.open(run) for run in runs]
    newest = {str(run.path): _newest(run) for run in opened}
    first = next(iter(newest.values()))
    shared = [metric for metric in first if all(metric in records for records in newest.values())]
    if not shared:
        raise UserError(f"{', '.join(newest)} have no metric in common; evaluate them with the same --metrics")
    for metric in shared:
        for a, b in combinations(newest, 2):
            if differing := comparable(newest[a][metric], newest[b][metric]):
                raise UserError(f"{a} and {b} do not compare in {metric}: {'; '.join(differing)}")
    rows = [["run", *(first[metric]["label"] for metric in shared)]]
    rows += [[name, *(_cell(records[metric]) for metric in shared)] for name, records in newest.items()]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows)


def _newest(run: Run) -> dict[str, dict[str, Any]]:
    """The last record of each metric."""
    records = recorded(run.file("evaluations.jsonl"))
    if not records:
        raise UserError(f"{run.path} has no evaluation yet: elegan evaluate {run.path}")
    return {record["metric"]: record for record in records}


def _cell(record: dict[str, Any]) -> str:
    return f"{record['value']:.4g} ({record['low']:.4g} .. {record['high']:.4g})"
