"""Files of rows, CSV or Parquet, as columns of numbers in order, with all that was found wrong in words.

Nothing of a file ends the reading that a line can tell: the rest is used.
"""

import hashlib
import os
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from elegan.core.errors import UserError, in_a_line, nearest, shown
from elegan.core.ranges import is_number
from elegan.data.layout import printable
from elegan.data.series.columns import Column

SUFFIXES = (".csv", ".tsv", ".parquet")
MOSTLY = 0.9  # the share of a column's entries that must be numbers, or times, for it to be one of these
TIMES = ("time", "date", "datetime", "timestamp")  # names of a column that says when
RUN_ON = 10  # usual steps of time, above which two rows do not follow one another
MARK = "\N{REPLACEMENT CHARACTER}"


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


def is_rows(source: Any) -> bool:
    """Whether this names a file of rows, by its ending."""
    return isinstance(source, str) and source.lower().endswith(SUFFIXES)


def stamp(source: str) -> str:
    """A stamp that is other where the file may be other. Raises UserError where there is none."""
    path = _place(source)
    status = path.stat()
    return hashlib.sha256(
        f"{path.resolve()} {status.st_size} {status.st_mtime_ns}".encode("utf-8", "surrogateescape")
    ).hexdigest()


def read(source: str, time: str = "") -> Rows:
    """Reads a file of rows; `time` names the column that says when, "" finds it.

    Raises UserError where there is no such file, package or column, and for a file without two rows or a column that varies.
    """
    path, notes = _place(source), list[str]()
    pandas = _pandas()
    table = _parquet(pandas, path) if path.suffix.lower() == ".parquet" else _csv(pandas, path, notes)
    if len(table) < 2:
        raise UserError(f"{path} holds {len(table)} row of data: a series has at least two")
    if time and time not in table.columns:
        raise UserError(f"{path} has no column {shown(time)}{nearest(time, list(table.columns))}")
    when = time or _time_column(pandas, table)
    moments = _moments(pandas, table[when]) if when else None
    if when and moments is None:
        raise UserError(f"{path}: column {shown(when)} holds neither dates nor numbers, so it cannot say when")
    follows, step = np.ones(len(table), bool), ""
    if moments is not None:
        table, follows, step = _in_order(table, moments, when, notes)
    return _sorted_out(pandas, path, table, when, follows, step, notes)


def _place(source: str) -> Path:
    path = Path(os.path.expanduser(source))
    if path.is_file():
        return path
    beside = [entry.name for entry in path.parent.glob("*") if entry.name.lower().endswith(SUFFIXES)]
    raise UserError(f"no file {shown(source)}{nearest(path.name, beside)}")


def _pandas() -> Any:
    try:
        import pandas
    except ImportError:
        raise UserError("files of rows need pandas: pip install 'elegan[tables]'") from None
    return pandas


def _parquet(pandas: Any, path: Path) -> Any:
    try:
        return pandas.read_parquet(path)
    except ImportError:
        raise UserError("Parquet needs pyarrow: pip install 'elegan[tables]'") from None
    except Exception as error:  # the reader's own kinds, which only pyarrow names
        raise UserError(f"{path} is no readable Parquet file: {in_a_line(error)}") from None


def _csv(pandas: Any, path: Path, notes: list[str]) -> Any:
    """Every entry as text; rows of another length than the first are left out."""
    with path.open("rb") as file:
        first = file.readline(1 << 20).decode("utf-8-sig", "replace")
    mark = max(",;\t|", key=first.count)
    entries = [entry.strip().strip('"') for entry in first.split(mark)]
    header = None if all(map(is_number, entries)) else 0
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            table = pandas.read_csv(
                path, sep=mark, header=header, dtype=str, on_bad_lines="warn", encoding="utf-8-sig",
                encoding_errors="replace", skipinitialspace=True, index_col=False,
            )  # fmt: skip
        except (ValueError, OSError, pandas.errors.ParserError, pandas.errors.EmptyDataError) as error:
            raise UserError(f"{path} is no readable CSV: {in_a_line(error)}") from None
    skipped = sum(str(warning.message).count("Skipping line") for warning in caught)
    if skipped:
        notes.append(f"{skipped:,} lines with more fields than the first were left out")
    if header is None:
        table.columns = [f"column{number}" for number in range(1, table.shape[1] + 1)]
        notes.append("the first line holds numbers, so the columns have no names: column1, column2, ...")
    broken = int(sum(table[name].str.contains(MARK, regex=False, na=False).sum() for name in table.columns))
    if broken:
        notes.append(f"{broken:,} entries are not UTF-8")
    table.columns = [printable(str(name))[:200] for name in table.columns]
    return table


def _time_column(pandas: Any, table: Any) -> str:
    """The first column of dates, or one that is named for time and holds numbers; "" where there is none."""
    for name in table.columns:
        named = str(name).strip().lower() in TIMES
        if named or not pandas.api.types.is_numeric_dtype(table[name]):
            numbers = _numbers(pandas, table[name])[0]
            if (named or numbers is None) and _moments(pandas, table[name]) is not None:
                return str(name)
    return ""


def _moments(pandas: Any, column: Any) -> Any:
    """When each row was, as numbers (seconds, where the column holds dates), NaN where it does not say; None where it is no time."""
    numbers, _ = _numbers(pandas, column)
    if numbers is not None:
        return pandas.Series(numbers)
    head = column.dropna().head(50)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if not len(head) or pandas.to_datetime(head, errors="coerce", utc=True, format="mixed").notna().mean() < MOSTLY:
            return None
        dates = pandas.to_datetime(column, errors="coerce", utc=True, format="mixed")
    if dates.notna().sum() < MOSTLY * column.notna().sum():
        return None
    seconds = (dates - pandas.Timestamp(0, tz="UTC")).dt.total_seconds()
    return pandas.Series(seconds.to_numpy())


def _numbers(pandas: Any, column: Any) -> tuple[np.ndarray | None, int]:
    """(float64, NaN for what is none, and how many entries are text), or (None, 0) where the column is not of numbers."""
    if pandas.api.types.is_datetime64_any_dtype(column):
        return None, 0
    values = pandas.to_numeric(column, errors="coerce").to_numpy(np.float64, na_value=np.nan)
    values = np.where(np.isfinite(values), values, np.nan)
    there = int(column.notna().sum())
    numbers = int(np.isfinite(values).sum())
    return (values, there - numbers) if there and numbers >= MOSTLY * there else (None, 0)


def _in_order(table: Any, moments: Any, when: str, notes: list[str]) -> tuple[Any, np.ndarray, str]:
    """The rows by time, which of them follow the one before, and the usual step in words."""
    known = moments.notna().to_numpy()
    if not known.all():
        notes.append(f"{int((~known).sum()):,} rows without a {when} were left out")
    table, times = table[known], moments[known].to_numpy()
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


def _sorted_out(
    pandas: Any, path: Path, table: Any, when: str, follows: np.ndarray, step: str, notes: list[str]
) -> Rows:
    columns, values, constant, text, missing = (
        list[Column](),
        list[np.ndarray](),
        dict[str, float](),
        dict[str, int](),
        dict[str, int](),
    )
    for name in (str(name) for name in table.columns if str(name) != when):
        numbers, strange = _numbers(pandas, table[name])
        if numbers is None:
            text[name] = int(table[name].nunique())
            continue
        if strange:
            notes.append(f"{name}: {strange:,} entries are text in a column of numbers, taken as missing")
        if absent := int(np.isnan(numbers).sum()):
            missing[name] = absent
        low, high = float(np.nanmin(numbers)), float(np.nanmax(numbers))
        if low == high:
            constant[name] = low
            continue
        columns.append(Column(name, low, high, _decimals(pandas, table[name])))
        values.append(numbers)
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


def _decimals(pandas: Any, column: Any) -> int | None:
    """Decimals that the entries are written with; None for floats of a Parquet file and for exponents."""
    if pandas.api.types.is_numeric_dtype(column):
        return 0 if pandas.api.types.is_integer_dtype(column) else None
    entries = column.dropna().str.strip()
    if entries.str.contains("e", case=False, regex=False).any():
        return None
    return int(entries.str.partition(".")[2].str.len().max())
