"""What a file of rows consists of, and whether they are a series."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from elegan.data.series.read import Rows, read
from elegan.data.series.windows import remarks

ORDERED = 0.5  # correlation of a row with the next, in the middle column, from which the order of rows means something
FEWEST = 100  # rows


@dataclass(frozen=True)
class Description:
    """The rows of a file: `columns` maps the learnt ones to (least, greatest, correlation of a row with the next); the rest as in
    `elegan.data.series.read.Rows`. `series`: why these rows are a series; "" where they are none."""

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
                self.series or "no series: no column says when, and a row tells little of the next",
                *self.notes,
            ]
        )


def describe(source: str, time: str = "") -> Description:
    """Reads the whole file; `time` names the column that says when, "" finds it. Raises UserError as `elegan.data.series.read.read` does."""
    rows = read(source, time)
    after = [_with_the_next(column) for column in rows.values.T]
    columns = {c.name: (c.low, c.high, r) for c, r in zip(rows.columns, after, strict=True)}
    notes = (*rows.notes, *remarks(rows))
    return Description(rows.name, rows.address, rows.count, columns, rows.time, rows.step, _why(rows, after), notes)


def _why(rows: Rows, after: list[float]) -> str:
    if rows.time:
        return f"a series: column {rows.time} says when"
    middle = float(np.median(after))
    if rows.count >= FEWEST and middle >= ORDERED:
        return f"a series: {rows.count:,} rows of numbers in order (a row with the next: correlation {middle:.2f})"
    return ""


def _with_the_next(column: np.ndarray) -> float:
    there = np.isfinite(column[:-1]) & np.isfinite(column[1:])
    before, after = column[:-1][there], column[1:][there]
    if len(before) < 2 or before.std() == 0 or after.std() == 0:
        return 0.0
    return float(np.corrcoef(before, after)[0, 1])
