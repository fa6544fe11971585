"""The rows of a file as columns of numbers in the order of time, with all that was found wrong in words."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from elegan.core.errors import UserError, nearest, shown
from elegan.data.rows import Sheet, decimals, moments, numbers, open_sheet
from elegan.data.series.columns import Column

TIMES = ("time", "date", "datetime", "timestamp")  # names of a column that says when
RUN_ON = 10  # usual steps of time, above which two rows do not follow one another


@dataclass(frozen=True)
class Rows:
    """The rows of a file in order: `values` float64 R x C of the columns that vary (NaN where one is missing), `follows` whether
    a row comes next after the one before it, R booleans.

    `time`: the name of the column that says when, "" without; `step`: its usual step in words; `constant`: columns of one value;
    `text`: columns that are no numbers, with how many different entries each has; `missing`: missing entries by column.
    """

    name: str
    address: str
    count: int
    columns: tuple[Column, ...]
    values: np.ndarray
    follows: np.ndarray
    time: str
    step: str
    constant: dict[str, float]
    text: dict[str, int]
    missing: dict[str, int]
    notes: tuple[str, ...]


def read(source: str | Sheet, time: str = "") -> Rows:
    """Reads a file of rows; `time` names the column that says when, "" finds it.

    Raises UserError where there is no such file, package or column, and for a file without two rows or a column that varies.
    """
    sheet = open_sheet(source)
    path, table, notes = sheet.path, sheet.table, [*sheet.notes]
    if time and time not in table.columns:
        raise UserError(f"{path} has no column {shown(time)}{nearest(time, list(table.columns))}")
    when = time or time_column(table)
    times = moments(table[when]) if when else None
    if when and times is None:
        raise UserError(f"{path}: column {shown(when)} holds neither dates nor numbers, so it cannot say when")
    follows, step = np.ones(len(table), bool), ""
    if times is not None:
        table, follows, step = _in_order(table, times, when, notes)
    return _sorted_out(path, table, when, follows, step, notes)


def time_column(table: Any) -> str:
    """The first column of dates, or one that is named for time and holds numbers; "" where there is none."""
    for name in table.columns:
        named = str(name).strip().lower() in TIMES
        if (named or numbers(table[name])[0] is None) and moments(table[name]) is not None:
            return str(name)
    return ""


def _in_order(table: Any, times: Any, when: str, notes: list[str]) -> tuple[Any, np.ndarray, str]:
    """The rows by time, which of them follow the one before, and the usual step in words."""
    known = times.notna().to_numpy()
    if not known.all():
        notes.append(f"{int((~known).sum()):,} rows without a {when} were left out")
    table, times = table[known], times[known].to_numpy()
    order = np.argsort(times, kind="stable")
    if not np.array_equal(order, np.arange(len(order))):
        notes.append(f"the rows were brought into the order of {when}")
    table, times = table.iloc[order], times[order]
    steps = np.diff(times)
    usual = float(np.median(steps)) if len(steps) else 0.0
    if len(steps) and not np.allclose(steps, usual, rtol=1e-3):
        notes.append(f"steps of {when} are uneven: from {steps.min():g} to {steps.max():g}, usually {usual:g}")
    follows = np.concatenate([[True], steps <= RUN_ON * usual if usual > 0 else np.ones(len(steps), bool)])
    gaps = int((~follows).sum())
    if gaps:
        notes.append(f"{gaps:,} gaps in {when} above {RUN_ON} usual steps, which no window spans")
    return table, follows, f"{usual:g}"


def _sorted_out(path: Path, table: Any, when: str, follows: np.ndarray, step: str, notes: list[str]) -> Rows:
    columns, values, constant, text, missing = (
        list[Column](),
        list[np.ndarray](),
        dict[str, float](),
        dict[str, int](),
        dict[str, int](),
    )
    for name in (str(name) for name in table.columns if str(name) != when):
        found, strange = numbers(table[name])
        if found is None:
            text[name] = int(table[name].nunique())
            continue
        if strange:
            notes.append(f"{name}: {strange:,} entries are text in a column of numbers, taken as missing")
        if absent := int(np.isnan(found).sum()):
            missing[name] = absent
        low, high = float(np.nanmin(found)), float(np.nanmax(found))
        if low == high:
            constant[name] = low
            continue
        columns.append(Column(name, low, high, decimals(table[name])))
        values.append(found)
    if not columns:
        raise UserError(f"{path} has no column of numbers that vary")
    whole = np.stack(values, 1)
    known = tuple(notes)
    return Rows(
        path.stem,
        str(path.resolve()),
        len(whole),
        tuple(columns),
        whole,
        follows,
        when,
        step,
        constant,
        text,
        missing,
        known,
    )
