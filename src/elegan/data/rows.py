"""Files of rows, CSV or Parquet: read as they stand, with what was found wrong in words, and kept in the cache.

Nothing of a file ends the reading that a line can tell: the rest is used.
"""

import hashlib
import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from elegan.core.errors import UserError, in_a_line, nearest, shown
from elegan.core.ranges import is_number
from elegan.data.cache import kept
from elegan.data.layout import printable

SUFFIXES = (".csv", ".tsv", ".parquet")
MOSTLY = 0.9  # the share of a column's entries that must be numbers, or times, for it to be one of these
MARK = "\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True)
class Sheet:
    """A file of rows as it stands: `table` is a pandas table, of a CSV with every entry as text; `notes` say what was left out."""

    path: Path
    table: Any
    notes: tuple[str, ...]


def is_rows(source: Any) -> bool:
    """Whether this names a file of rows, by its ending."""
    return isinstance(source, str) and source.lower().endswith(SUFFIXES)


def stamp(source: str) -> str:
    """A stamp that is other where the file may be other. Raises UserError where there is none."""
    path = file_of(source)
    status = path.stat()
    return hashlib.sha256(
        f"{path.resolve()} {status.st_size} {status.st_mtime_ns}".encode("utf-8", "surrogateescape")
    ).hexdigest()


def open_sheet(source: str | Sheet) -> Sheet:
    """Reads a file of rows, unless it is read already. Raises UserError where there is no such file or package, and for a file without two rows."""
    if isinstance(source, Sheet):
        return source
    path, notes = file_of(source), list[str]()
    table = _parquet(path) if path.suffix.lower() == ".parquet" else _csv(path, notes)
    if len(table) < 2:
        raise UserError(f"{path} holds {len(table)} row of data, and at least two are needed")
    return Sheet(path, table, tuple(notes))


def numbers(column: Any) -> tuple[np.ndarray | None, int]:
    """(float64, NaN for what is none, and how many entries are text), or (None, 0) where the column is not of numbers."""
    pandas = _pandas()
    if pandas.api.types.is_datetime64_any_dtype(column):
        return None, 0
    values = pandas.to_numeric(column, errors="coerce").to_numpy(np.float64, na_value=np.nan)
    values = np.where(np.isfinite(values), values, np.nan)
    there, finite = int(column.notna().sum()), int(np.isfinite(values).sum())
    return (values, there - finite) if there and finite >= MOSTLY * there else (None, 0)


def moments(column: Any) -> Any:
    """When each row was, as numbers (seconds, where the column holds dates), NaN where it does not say; None where it is no time."""
    pandas, (values, _) = _pandas(), numbers(column)
    if values is not None:
        return pandas.Series(values)
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


def decimals(column: Any) -> int | None:
    """Decimals that the entries take, so 0 where all are like 127.0; None for floats of a Parquet file and for exponents."""
    pandas = _pandas()
    if pandas.api.types.is_numeric_dtype(column):
        return 0 if pandas.api.types.is_integer_dtype(column) else None
    entries = column.dropna().str.strip()
    if entries.str.contains("e", case=False, regex=False).any():
        return None
    return int(entries.str.partition(".")[2].str.rstrip("0").str.len().max())


def cached(
    source: str, kind: str, settings: list[Any], fill: Callable[[Path], dict[str, Any]], root: Path | None
) -> Path:
    """The folder in the cache for this file, kind of data and settings; see `elegan.data.cache.kept`."""
    return kept([kind, stamp(source), *settings], fill, root)


def file_of(source: str, suffixes: tuple[str, ...] = SUFFIXES) -> Path:
    """The file that this names. Raises UserError where there is none, with the nearest beside it that ends in one of `suffixes`."""
    path = Path(os.path.expanduser(source))
    if path.is_file():
        return path
    beside = [entry.name for entry in path.parent.glob("*") if entry.name.lower().endswith(suffixes)]
    raise UserError(f"no file {shown(source)}{nearest(path.name, beside)}")


def _pandas() -> Any:
    try:
        import pandas
    except ImportError:
        raise UserError("files of rows need pandas: pip install 'elegan[tables]'") from None
    return pandas


def _parquet(path: Path) -> Any:
    pandas = _pandas()
    try:
        return pandas.read_parquet(path)
    except ImportError:
        raise UserError("Parquet needs pyarrow: pip install 'elegan[tables]'") from None
    except Exception as error:  # the reader's own kinds, which only pyarrow names
        raise UserError(f"{path} is no readable Parquet file: {in_a_line(error)}") from None


def _csv(path: Path, notes: list[str]) -> Any:
    """Every entry as text; rows of another length than the first are left out."""
    pandas = _pandas()
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
