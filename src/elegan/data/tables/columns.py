"""The columns of a table: what each holds, and its entries between those of the file and what networks see.

A row is encoded as blocks of numbers, columns of numbers first. A block of width 1 is a number in [-1, 1]; a wider one says
which of so many kinds by a single 1. Mode-specific normalisation (Xu et al. 2019, section 4.2): a column of numbers is the
distance from the mean of one of its modes, in four of that mode's standard deviations, and which mode that is; a missing number is
a mode of its own. A column of kinds is one block, in which a missing entry is the kind "".
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

REACH = 4.0  # standard deviations of a mode that its number spans


@dataclass(frozen=True)
class Numbers:
    """A column of numbers, its least and greatest value, the decimals that it is written with (None: as many as it takes), the
    `means` and standard `deviations` of its modes, and whether entries are missing."""

    name: str
    low: float
    high: float
    decimals: int | None
    means: tuple[float, ...]
    deviations: tuple[float, ...]
    missing: bool

    @property
    def blocks(self) -> tuple[int, ...]:
        modes = len(self.means) + self.missing
        return (1, modes) if modes > 1 else (1,)

    def encoded(self, values: np.ndarray) -> np.ndarray:
        """Numbers N (NaN where one is missing) as float32 N x sum of `blocks`. Each is of the mode that makes it likeliest."""
        mean, deviation = np.array(self.means), np.array(self.deviations)
        known = np.where(np.isfinite(values), values, mean[0])
        mode = (((known[:, None] - mean) / deviation) ** 2 / 2 + np.log(deviation)).argmin(1)
        place = np.clip((known - mean[mode]) / (REACH * deviation[mode]), -1, 1)
        absent = ~np.isfinite(values)
        place[absent], mode[absent] = 0, len(mean)
        return np.concatenate([place[:, None], _one_hot(mode, self.blocks[1:])], 1).astype(np.float32)

    def decoded(self, x: np.ndarray) -> np.ndarray:
        """The inverse for generated numbers: float64 N in the column's range and of its decimals, NaN where one is missing."""
        mode = x[:, 1:].argmax(1) if len(self.blocks) > 1 else np.zeros(len(x), int)
        absent, mode = mode == len(self.means), np.minimum(mode, len(self.means) - 1)
        reach = REACH * np.array(self.deviations)[mode]
        values = np.array(self.means)[mode] + np.clip(x[:, 0].astype(np.float64), -1, 1) * reach
        if self.decimals is not None:
            values = values.round(self.decimals)
        return np.where(absent, np.nan, np.clip(values, self.low, self.high))

    def written(self, value: float) -> str:
        """A number as the file would hold it."""
        if not np.isfinite(value):
            return ""
        return f"{value:.7g}" if self.decimals is None else f"{value:.{self.decimals}f}"


@dataclass(frozen=True)
class Kinds:
    """A column whose entries are one of `kinds`; "" among them stands for a missing one."""

    name: str
    kinds: tuple[str, ...]

    @property
    def blocks(self) -> tuple[int, ...]:
        return (len(self.kinds),)

    def encoded(self, values: np.ndarray) -> np.ndarray:
        """Places in `kinds`, N, as float32 N x number of kinds."""
        return _one_hot(values, self.blocks)

    def decoded(self, x: np.ndarray) -> np.ndarray:
        """int64 N, places in `kinds`."""
        places: np.ndarray = x.argmax(1)
        return places

    def written(self, value: float) -> str:
        """A kind as the file would hold it."""
        return self.kinds[int(value)]


Column = Numbers | Kinds


def blocks_of(columns: Sequence[Column]) -> tuple[int, ...]:
    """The widths of all blocks of an encoded row."""
    return tuple(width for column in columns for width in column.blocks)


def encoded(values: Sequence[np.ndarray], columns: Sequence[Column]) -> np.ndarray:
    """The entries of each column, N, as float32 N x W."""
    return np.concatenate([column.encoded(x) for column, x in zip(columns, values, strict=True)], 1)


def decoded(x: np.ndarray, columns: Sequence[Column]) -> list[np.ndarray]:
    """Encoded rows N x W as the entries of each column."""
    edges = np.cumsum([sum(column.blocks) for column in columns])[:-1]
    return [column.decoded(part) for column, part in zip(columns, np.split(x, edges, axis=1), strict=True)]


def to_facts(columns: Sequence[Column]) -> list[dict[str, Any]]:
    """The columns, ready for JSON; `from_facts` is the inverse."""
    return [asdict(column) for column in columns]


def from_facts(facts: Sequence[dict[str, Any]]) -> tuple[Column, ...]:
    lists = ("kinds", "means", "deviations")
    plain: list[dict[str, Any]] = [{key: tuple(v) if key in lists else v for key, v in f.items()} for f in facts]
    return tuple(Kinds(**f) if "kinds" in f else Numbers(**f) for f in plain)


def _one_hot(places: np.ndarray, blocks: Sequence[int]) -> np.ndarray:
    return np.concatenate(
        [np.eye(width, dtype=np.float32)[places] for width in blocks] or [np.empty((len(places), 0))], 1
    )
