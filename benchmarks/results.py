"""Results of benchmarks: rows that are printed as a table of Markdown, and kept as JSON beside what they were measured with."""

import datetime
import os
import shlex
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from elegan.core import files

FOLDER = Path(__file__).parent / "results"

Row = dict[str, Any]  # columns to words, numbers, or estimates


@dataclass(frozen=True)
class Estimate:
    """One number, the ends of its interval and what that is, and how many measurements it comes from."""

    value: float
    low: float
    high: float
    n: int
    interval: str


def table(rows: Sequence[Row]) -> str:
    """The rows as a table of Markdown, an estimate as its value and the ends of its interval; a column where any row has it."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    lines = [columns, ["---"] * len(columns), *([_cell(row.get(column, "")) for column in columns] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, Estimate):
        ends = f" ({_number(value.low)} to {_number(value.high)})" if value.low < value.high else ""
        return _number(value.value) + ends
    return _number(value)


def _number(value: float) -> str:
    """Four digits, of large numbers all before the point."""
    return f"{value:,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:.4g}"


def keep(path: Path, what: str, arguments: Sequence[str], rows: Sequence[Row]) -> None:
    """Writes the rows with what they are, the command, the day, the machine and the versions.

    Raises Failure where the file cannot be written.
    """
    from elegan.core.machine import hardware  # imports torch, which a benchmark of memory must not do before it is over

    command = shlex.join(["python", "-m", "benchmarks", *map(_without_folders, arguments)])
    plain = [{k: asdict(value) if isinstance(value, Estimate) else value for k, value in row.items()} for row in rows]
    day = datetime.datetime.now(datetime.UTC).date().isoformat()
    machine = hardware() | {"load": os.getloadavg()[0]}  # of its last minute, also by others' work
    files.write_json(path, {"what": what, "command": command, "date": day, "machine": machine, "rows": plain})


def _without_folders(argument: str) -> str:
    """Where a file lies on this machine says nothing to others."""
    return Path(argument).name if Path(argument).is_absolute() else argument
