"""The columns of a file of rows: what each holds, and its numbers between the data's units and [-1, 1]."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Column:
    """A column of numbers that is learnt: its least and greatest value, and the decimals that it is written with (None: as
    many as it takes)."""

    name: str
    low: float
    high: float
    decimals: int | None


def scaled(values: np.ndarray, columns: Sequence[Column]) -> np.ndarray:
    """Numbers ... x C in the data's units as float32 in [-1, 1], the least of a column at -1."""
    low, span = _ranges(columns)
    x: np.ndarray = ((values - low) / span * 2 - 1).astype(np.float32)
    return x


def in_units(x: np.ndarray, columns: Sequence[Column]) -> np.ndarray:
    """Numbers ... x C in [-1, 1] as float64 in the data's units, rounded to the decimals of each column and never outside its
    range."""
    low, span = _ranges(columns)
    values: np.ndarray = low + (np.clip(x.astype(np.float64), -1, 1) + 1) / 2 * span
    for place, column in enumerate(columns):
        if column.decimals is not None:
            values[..., place] = np.clip(values[..., place].round(column.decimals), column.low, column.high)
    return values


def to_facts(columns: Sequence[Column]) -> list[dict[str, Any]]:
    """The columns, ready for JSON; `from_facts` is the inverse."""
    return [asdict(column) for column in columns]


def from_facts(facts: Sequence[dict[str, Any]]) -> tuple[Column, ...]:
    return tuple(Column(str(f["name"]), float(f["low"]), float(f["high"]), f["decimals"]) for f in facts)


def _ranges(columns: Sequence[Column]) -> tuple[np.ndarray, np.ndarray]:
    low = np.array([column.low for column in columns])
    return low, np.array([column.high for column in columns]) - low
