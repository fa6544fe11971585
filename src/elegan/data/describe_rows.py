"""What a file of rows consists of, and whether they are a series."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from elegan.core.errors import UserError
from elegan.data.rows import Sheet, open_sheet
from elegan.data.series.read import Rows, read
from elegan.data.series.windows import remarks
from elegan.data.tables.columns import Kinds
from elegan.data.tables.read import read as read_table

ORDERED = 0.5  # correlation of a row with the next, in the middle column, from which the order of rows means something
FEWEST = 100  # rows
SHOWN = 6  # kinds of a column that are named


@dataclass(frozen=True)
class Description:
    """The rows of a file: `columns` maps the learnt ones to (least, greatest, correlation of a row with the next); the rest as in
    `elegan.data.series.read.Rows`. `series`: why these rows are a series."""

    name: str
    source: str
    count: int
    columns: dict[str, tuple[float, float, float]]
    time: str
    step: str
    series: str
    notes: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """The description, ready for JSON."""
        return asdict(self)

    def __str__(self) -> str:
        """For people."""
        kinds = f"{self.count:,} rows, {len(self.columns)} columns of numbers that vary"
        return "\n".join(
            [
                f"{self.name}: {kinds} ({self.source})",
                *(
                    f"  {name}: {low:g} to {high:g}, a row with the next {r:.2f}"
                    for name, (low, high, r) in self.columns.items()
                ),
                f"time: {self.time}, a step of {self.step}"
                if self.time
                else "time: no column says when; the rows as they stand",
                self.series,
                *self.notes,
            ]
        )


@dataclass(frozen=True)
class TableDescription:
    """The rows of a file that are no series: `columns` maps those that are learnt to their least and greatest number, or to how
    often each kind occurs."""

    name: str
    source: str
    count: int
    columns: dict[str, tuple[float, float] | dict[str, int]]
    notes: tuple[str, ...]
    series: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The description, ready for JSON."""
        return asdict(self)

    def __str__(self) -> str:
        """For people."""
        told = [f"  {name}: {_in_words(column)}" for name, column in self.columns.items()]
        head = f"{self.name}: {self.count:,} rows, {len(self.columns)} columns to learn ({self.source})"
        return "\n".join([head, *told, "a table: no column says when, and a row tells little of the next", *self.notes])


def describe(source: str, time: str = "") -> Description | TableDescription:
    """Reads the whole file; `time` names the column that says when, "" finds it. Raises UserError as `elegan.data.series.read.read` does,
    and for a file without a column to learn."""
    sheet = open_sheet(source)
    rows, table = _ordered(sheet, time), read_table(sheet)
    kinds = [column.name for column in table.columns if isinstance(column, Kinds)]
    after = [_with_the_next(column) for column in rows.values.T] if rows else []
    if rows and (why := _why(rows, after, kinds)):
        columns = {c.name: (c.low, c.high, r) for c, r in zip(rows.columns, after, strict=True)}
        notes = (*rows.notes, *remarks(rows))
        return Description(rows.name, rows.address, rows.count, columns, rows.time, rows.step, why, notes)
    return TableDescription(
        table.name,
        table.address,
        table.count,
        {
            c.name: dict(zip(c.kinds, np.bincount(x).tolist(), strict=True))
            if isinstance(c, Kinds)
            else (c.low, c.high)
            for c, x in zip(table.columns, table.values, strict=True)
        },
        table.notes,
    )


def _ordered(sheet: Sheet, time: str) -> Rows | None:
    """The rows in their order; None where nobody names a time and no column is of numbers."""
    try:
        return read(sheet, time)
    except UserError:
        if time:
            raise
        return None


def _in_words(column: tuple[float, float] | dict[str, int]) -> str:
    if isinstance(column, tuple):
        return f"{column[0]:g} to {column[1]:g}"
    often = sorted(column, key=lambda kind: -column[kind])
    told = ", ".join(f"{kind or '(missing)'} {column[kind]:,}" for kind in often[:SHOWN])
    return f"{len(column)} kinds: {told}" + (", ..." if len(often) > SHOWN else "")


def _why(rows: Rows, after: list[float], kinds: list[str]) -> str:
    """Why rows are a series, "" where they are none. A table sorted by a column of kinds looks like one, too."""
    if rows.time:
        return f"a series: column {rows.time} says when"
    middle = float(np.median(after))
    if rows.count >= FEWEST and middle >= ORDERED and not kinds:
        return f"a series: {rows.count:,} rows of numbers in order (a row with the next: correlation {middle:.2f})"
    return ""


def _with_the_next(column: np.ndarray) -> float:
    there = np.isfinite(column[:-1]) & np.isfinite(column[1:])
    before, after = column[:-1][there], column[1:][there]
    if len(before) < 2 or before.std() == 0 or after.std() == 0:
        return 0.0
    return float(np.corrcoef(before, after)[0, 1])
