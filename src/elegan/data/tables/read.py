"""The rows of a file as columns of numbers and of kinds, with what was left out, and why, in words."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from elegan.core.errors import UserError
from elegan.data.layout import printable
from elegan.data.rows import Sheet, decimals, moments, numbers, open_sheet
from elegan.data.tables.columns import Column, Kinds, Numbers

FEW = 12  # different whole numbers up to which they are kinds
MOST = 200  # kinds of a column


@dataclass(frozen=True)
class Entries:
    """The rows of a file: by column what it is (numbers without their modes) and its entries N, numbers float64 (NaN where missing) or places in its kinds;
    columns of numbers first. `order`: the names of the file's columns that a row is written with; `constant`: those among them
    of a single entry."""

    name: str
    address: str
    columns: tuple[Column, ...]
    values: tuple[np.ndarray, ...]
    order: tuple[str, ...]
    constant: dict[str, str]
    notes: tuple[str, ...]

    @property
    def count(self) -> int:
        return len(self.values[0])


def read(source: str | Sheet) -> Entries:
    """Reads a file of rows as a table. Raises UserError as `elegan.data.rows.open_sheet` does, and where no column varies."""
    sheet = open_sheet(source)
    found, constant, order, notes = list[tuple[Column, np.ndarray]](), dict[str, str](), list[str](), [*sheet.notes]
    for name in map(str, sheet.table.columns):
        column = sheet.table[name]
        if (entries := column.dropna().unique()).size < 2 and column.notna().all():
            constant[name] = _text(entries[0])
            notes.append(f"{name} is {constant[name]} in every row, and is written so")
        elif entries.size < 1:
            notes.append(f"{name} is empty, so left out")
            continue
        elif (kind := _column(name, column, notes)) is None:
            continue
        else:
            found.append(kind)
        order.append(name)
    if not found:
        raise UserError(f"{sheet.path} has no column to learn: all are constant, keys, dates or free text")
    found.sort(key=lambda pair: isinstance(pair[0], Kinds))
    columns, values = zip(*found, strict=True)
    return Entries(
        sheet.path.stem, str(sheet.path.resolve()), columns, values, tuple(order), constant, tuple(notes)
    )  # fmt: skip


def _column(name: str, column: Any, notes: list[str]) -> tuple[Column, np.ndarray] | None:
    """What a column holds, and its entries; None where it is left out, which is said."""
    values, strange = numbers(column)
    different, there = int(column.nunique()), int(column.notna().sum())
    if different == len(column) > 2 and (values is None or _counts(values)):
        notes.append(f"{name} names each row by itself, so it is left out")
        return None
    if values is not None and not (_whole(values) and len(np.unique(values[np.isfinite(values)])) <= FEW):
        if strange:
            notes.append(f"{name}: {strange:,} entries are text in a column of numbers, taken as missing")
        absent = int(np.isnan(values).sum())
        if absent:
            notes.append(
                f"{name}: missing in {absent:,} of {len(values):,} rows, and so in as large a share of what is made"
            )
        known = values[np.isfinite(values)]
        low, high = float(known.min()), float(known.max())
        return Numbers(name, low, high, decimals(column), (), (), absent > 0), values
    if values is None and moments(column) is not None:
        notes.append(f"{name} holds dates, so it is left out")
        return None
    if different > MOST or 2 * different > there:
        notes.append(f"{name} is text, {different:,} different entries in {there:,} rows, so it is left out")
        return None
    texts = np.array([_text(entry) for entry in column])
    kinds, places = np.unique(texts, return_inverse=True)
    counts = np.bincount(places)
    if (counts == 1).any():
        once = [kind or "(missing)" for kind in kinds[counts == 1]]
        notes.append(f"{name}: {', '.join(once[:5])}{', ...' if len(once) > 5 else ''} stand in a single row")
    return Kinds(name, tuple(map(str, kinds))), places


def _text(entry: Any) -> str:
    """An entry as a file holds it, in one line; "" for a missing one."""
    if entry is None or entry != entry:
        return ""
    return printable(str(entry).strip())[:200]


def _whole(values: np.ndarray) -> bool:
    known = values[np.isfinite(values)]
    return bool((known == known.round()).all())


def _counts(values: np.ndarray) -> bool:
    """Whether numbers, all different, count the rows: one after another in any order, or ever larger ones."""
    return _whole(values) and bool((np.diff(np.sort(values)) == 1).all() or (np.diff(values) > 0).all())
