"""Windows of a series: so many rows one after another, cut from a memory-mapped array and fed by position."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from elegan.core import files
from elegan.core.errors import UserError
from elegan.data.feed import Batch, Order
from elegan.data.rows import cached
from elegan.data.series.columns import Column, from_facts, in_units, scaled, to_facts
from elegan.data.series.read import Rows, read

VERSION = 2  # of what stands in the cache
WINDOW = 24  # rows, where nobody says


@dataclass(frozen=True)
class Series:
    """A series ready for training: `rows`, float32 R x C in [-1, 1], mapped read-only, and `starts`, the rows at which its
    windows of `resolution` rows begin (int64 N); `constant`: the columns of one value, which are not among `columns`."""

    name: str
    source: str
    rows: np.ndarray
    starts: np.ndarray
    resolution: int
    columns: tuple[Column, ...]
    constant: dict[str, float]
    fingerprint: str
    notes: tuple[str, ...]
    places: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()

    @property
    def channels(self) -> int:
        return len(self.columns)

    @property
    def count(self) -> int:
        return len(self.starts)

    @property
    def size(self) -> str:
        return f"{self.count:,} windows of {self.resolution} rows, {len(self.rows):,} rows of {self.channels} columns"

    def scaled_as(self, columns: Sequence[Column]) -> "Series":
        """The same series by the ranges of these columns, of the same names, so that it may leave [-1, 1]. Raises UserError where
        the names are others."""
        own, wanted = ([column.name for column in some] for some in (self.columns, columns))
        if own != wanted:
            raise UserError(f"{self.name} has the columns {', '.join(own)}, and not {', '.join(wanted)}")
        if self.columns == tuple(columns):
            return self
        return replace(self, rows=scaled(in_units(self.rows, self.columns), columns), columns=tuple(columns))

    def windows(self, places: np.ndarray | None = None) -> np.ndarray:
        """The windows at these places, or all of them: float32 N x resolution x C in [-1, 1]."""
        starts = self.starts if places is None else self.starts[places]
        return np.asarray(self.rows)[starts[:, None] + np.arange(self.resolution)]


class SeriesFeed:
    """`feed(position, rows)` gives those windows of the position-th batch, N x C x resolution, without labels."""

    def __init__(self, series: Series, batch: int, seed: int, device: torch.device | str = "cpu"):
        self.series, self.device = series, torch.device(device)
        self.order = Order(series.count, batch, seed, "epoch")

    def __call__(self, position: int, rows: range) -> Batch:
        windows = torch.from_numpy(self.series.windows(self.order(position, rows)))
        return Batch(windows.transpose(1, 2).contiguous().to(self.device), None)


def open_series(source: str, window: int = 0, stride: int = 1, time: str = "", cache: Path | None = None) -> Series:
    """The windows of a file of rows, of `window` rows each (0: 24) and a start every `stride` rows. None spans a gap in time or
    holds a missing value.

    Raises UserError for what `elegan.data.series.read.read` does and where no window is whole, Failure where the cache cannot
    be written.
    """
    length = window or WINDOW
    entry = cached(source, "series", [VERSION, time], _filler(source, time), cache)
    rows = np.load(entry / "rows.npy", mmap_mode="r", allow_pickle=False)
    follows = np.load(entry / "follows.npy", allow_pickle=False)
    facts = files.read_json(entry / "facts.json")
    every = np.arange(0, len(rows) - length + 1, stride)
    # A window is whole where no row in it is missing, and no row after its first begins anew.
    absent = np.concatenate([[0], np.cumsum(~np.isfinite(rows).all(1))])
    breaks = np.concatenate([[0], np.cumsum(~follows)])
    whole = (absent[every + length] == absent[every]) & (breaks[every + length] == breaks[every + 1])
    starts, notes = every[whole], [*facts["notes"]]
    if len(starts) < 2:
        raise UserError(
            f"{facts['address']} has {len(starts)} whole windows of {length} rows among its {len(rows)}: data.resolution takes fewer rows"
        )
    if len(starts) < len(every):
        notes.append(f"{len(every) - len(starts):,} windows were left out for a gap or a missing value")
    columns = from_facts(facts["columns"])
    return Series(
        facts["name"], facts["address"], rows, starts, length, columns, facts["constant"], facts["fingerprint"],
        tuple(notes), (f"cache: {entry}",),
    )  # fmt: skip


def remarks(rows: Rows) -> list[str]:
    """What becomes of columns that are not learnt, and of missing entries, in words."""
    told = [f"constant, so written as it is: {name} = {value:g}" for name, value in rows.constant.items()]
    told += [f"text, so left out: {name} ({kinds:,} different)" for name, kinds in rows.text.items()]
    return told + [f"missing: {name} in {count:,} of {rows.count:,} rows" for name, count in rows.missing.items()]


def _filler(source: str, time: str) -> Callable[[Path], dict[str, Any]]:
    def fill(folder: Path) -> dict[str, Any]:
        rows = read(source, time)
        values, columns = scaled(rows.values, rows.columns), to_facts(rows.columns)
        np.save(folder / "rows.npy", values)
        np.save(folder / "follows.npy", rows.follows)
        digest = hashlib.sha256(json.dumps(columns).encode() + values.tobytes() + rows.follows.tobytes()).hexdigest()
        return {
            "name": rows.name,
            "address": rows.address,
            "columns": columns,
            "constant": rows.constant,
            "fingerprint": digest[:16],
            "notes": [*rows.notes, *remarks(rows)],
        }

    return fill
