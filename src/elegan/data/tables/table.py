"""A table ready for training: encoded rows, part of which is held out, and batches that show rare kinds often enough."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from elegan.core import files, rng
from elegan.core.errors import UserError, nearest, shown
from elegan.data.feed import Batch
from elegan.data.rows import cached
from elegan.data.tables.columns import Column, Kinds, blocks_of, encoded, from_facts, to_facts
from elegan.data.tables.modes import with_modes
from elegan.data.tables.read import read

VERSION = 2  # of what stands in the cache
FEWEST = 100  # rows from which some are held out


@dataclass(frozen=True)
class Table:
    """The rows of a table: `entries`, float64 N x C, numbers (NaN where missing) or places among kinds, and `rows`, float32 N x W,
    the same as `elegan.data.tables.columns` encodes them; `held`, M x C, the entries of those that are not trained on (M = 0 for
    a small table). `order`, `constant`: see `elegan.data.tables.read.Entries`. `target`: the place among `columns` of the one
    that a learner is to tell from the others."""

    name: str
    source: str
    rows: np.ndarray
    entries: np.ndarray
    held: np.ndarray
    columns: tuple[Column, ...]
    order: tuple[str, ...]
    constant: dict[str, str]
    target: int
    fingerprint: str
    notes: tuple[str, ...]
    places: tuple[str, ...] = ()

    @property
    def blocks(self) -> tuple[int, ...]:
        return blocks_of(self.columns)

    @property
    def resolution(self) -> int:
        return len(self.blocks)

    @property
    def channels(self) -> int:
        return sum(self.blocks)

    @property
    def classes(self) -> tuple[str, ...]:
        """All that can be asked for: every kind of every column of kinds."""
        return tuple(f"{column.name}={kind}" for column in self.of_kinds for kind in column.kinds)

    @property
    def of_kinds(self) -> tuple[Kinds, ...]:
        return tuple(column for column in self.columns if isinstance(column, Kinds))

    @property
    def class_counts(self) -> list[int]:
        """Rows of each of the classes."""
        kinds = np.asarray(self.rows)[:, self.channels - len(self.classes) :]
        return [int(count) for count in kinds.sum(0)]

    def by_columns(self, columns: Sequence[Column]) -> "Table":
        """The entries of these columns, found by their names, with the places of kinds as they have them; `rows` are then none.
        Raises UserError where a column is missing, or a kind another."""
        if self.columns == tuple(columns):
            return self
        own, wanted = ({column.name: column for column in some} for some in (self.columns, columns))
        if missing := [name for name in wanted if name not in own]:
            raise UserError(f"{self.name} has no column {missing[0]} that can be learnt{nearest(missing[0], own)}")
        places = [self.columns.index(own[name]) for name in wanted]
        parts = [
            np.stack(
                [_among(part[:, at], self.columns[at], column) for at, column in zip(places, columns, strict=True)], 1
            )
            for part in (self.entries, self.held)
        ]
        target = list(wanted).index(self.columns[self.target].name)
        return replace(self, entries=parts[0], held=parts[1], rows=self.rows[:0], columns=tuple(columns), target=target)

    @property
    def count(self) -> int:
        return len(self.entries)

    @property
    def size(self) -> str:
        numbers = len(self.columns) - len(self.of_kinds)
        return f"{self.count:,} rows, and {len(self.held):,} held out; {numbers} columns of numbers, {len(self.of_kinds)} of kinds"


class TableFeed:
    """`feed(position, rows)` gives rows N x W, and for each the place of a class that it is of (None without columns of kinds).

    Training by sampling (Xu et al. 2019, section 4.3): a column of kinds at random, one of its kinds by the logarithm of how often
    it occurs, then a row of that kind.
    """

    def __init__(self, table: Table, device: torch.device | str = "cpu"):
        self.table, self.device, self.rows = table, torch.device(device), np.asarray(table.rows)
        self.starts = np.cumsum([0, *(len(column.kinds) for column in table.of_kinds)])
        kinds = self.rows[:, table.channels - len(table.classes) :]
        self.of_kind = [np.flatnonzero(kinds[:, place]) for place in range(kinds.shape[1])]
        often = np.log1p([len(places) for places in self.of_kind])
        self.shares = [
            np.cumsum(often[a:b]) / often[a:b].sum() for a, b in zip(self.starts, self.starts[1:], strict=False)
        ]

    def __call__(self, position: int, rows: range) -> Batch:
        column, kind, row = rng.uniform(len(rows), 3).double().numpy().T
        if not self.shares:
            return Batch(self._rows((row * len(self.rows)).astype(int)), None)
        columns = (column * len(self.shares)).astype(int)
        labels = np.array(
            [self.starts[c] + np.searchsorted(self.shares[c], u, "right") for c, u in zip(columns, kind, strict=True)]
        )
        places = [self.of_kind[label][int(u * len(self.of_kind[label]))] for label, u in zip(labels, row, strict=True)]
        return Batch(self._rows(np.array(places)), torch.from_numpy(labels).to(self.device))

    def _rows(self, places: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(self.rows[places]).to(self.device)


def open_table(source: str, held: float = 0.2, target: str = "", cache: Path | None = None) -> Table:
    """The rows of a file, of which the share `held` is kept from training where there are 100 or more; `target`: the name of a
    column, "" takes the file's last.

    Raises UserError for what `elegan.data.tables.read.read` does and for a target that is not learnt, Failure where the cache
    cannot be written.
    """
    entry = cached(source, "table", [VERSION, held], _filler(source, held), cache)
    facts = files.read_json(entry / "facts.json")
    columns = from_facts(facts["columns"])
    names = [column.name for column in columns]
    wanted = target or last_of(columns, facts["order"])
    if wanted not in names:
        raise UserError(f"data.target = {shown(wanted)} is no column that is learnt{nearest(wanted, names)}")
    rows, entries, kept = (
        np.load(entry / f"{part}.npy", mmap_mode="r", allow_pickle=False) for part in ("rows", "entries", "held")
    )
    return Table(
        facts["name"], facts["address"], rows, entries, kept, columns, tuple(facts["order"]), facts["constant"], names.index(wanted),
        facts["fingerprint"], tuple(facts["notes"]), (f"cache: {entry}",),
    )  # fmt: skip


def last_of(columns: Sequence[Column], order: Sequence[str]) -> str:
    """The name of the learnt column that stands last in the file, whose columns have this `order`."""
    names = {column.name for column in columns}
    return next(name for name in reversed(order) if name in names)


def _among(values: np.ndarray, own: Column, wanted: Column) -> np.ndarray:
    """The entries of a column as another of its name has them."""
    if isinstance(own, Kinds) and isinstance(wanted, Kinds):
        strange = [kind for kind in own.kinds if kind not in wanted.kinds]
        if strange:
            raise UserError(
                f"column {own.name} holds {shown(strange[0])}, which the run never saw{nearest(strange[0], wanted.kinds)}"
            )
        places = np.array([wanted.kinds.index(kind) for kind in own.kinds], np.float64)
        values = places[values.astype(int)]
    elif type(own) is not type(wanted):
        raise UserError(
            f"column {own.name} holds {'kinds' if isinstance(own, Kinds) else 'numbers'}, and the run learnt others"
        )
    return values


def _filler(source: str, held: float) -> Callable[[Path], dict[str, Any]]:
    def fill(folder: Path) -> dict[str, Any]:
        entries = read(source)
        fitted = [with_modes(column, values) for column, values in zip(entries.columns, entries.values, strict=True)]
        rows, columns = encoded(entries.values, fitted), to_facts(fitted)
        order = np.random.default_rng(rng.mix("held out")).permutation(len(rows))
        kept = round(held * len(rows)) if len(rows) >= FEWEST else 0
        trained, held_out = np.sort(order[kept:]), np.sort(order[:kept])
        values = np.stack(entries.values, 1).astype(np.float64)
        for name, part in (("rows", rows[trained]), ("entries", values[trained]), ("held", values[held_out])):
            np.save(folder / f"{name}.npy", part)
        digest = hashlib.sha256(json.dumps([columns, held]).encode() + rows.tobytes()).hexdigest()
        return {
            "name": entries.name,
            "address": entries.address,
            "columns": columns,
            "order": entries.order,
            "constant": entries.constant,
            "fingerprint": digest[:16],
            "notes": entries.notes,
        }

    return fill
