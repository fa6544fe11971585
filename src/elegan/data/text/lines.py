"""Lines of text ready for training: places in a vocabulary, memory-mapped, fed by position, part of them held out."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from elegan.core import files, rng
from elegan.core.errors import UserError
from elegan.data.feed import Batch, Order
from elegan.data.rows import cached, file_of
from elegan.data.text.read import SUFFIXES, Apart, read
from elegan.data.text.vocabulary import END, UNKNOWN, Vocabulary, characters_of, from_facts, pairs_of

VERSION = 2  # of what stands in the cache
MOST = 256  # places of an item, where nobody says
USUAL = 0.99  # the share of items that the length chosen has room for
FEWEST = 100  # items from which some are held out


@dataclass(frozen=True)
class Text:
    """Items of text: `places`, one after another, each with its end (mapped read-only), and `begins`, where each starts, int64 N + 1;
    `trained` and `held` say which are trained on and which not, `new` which of the latter do not occur among the former. `resolution`: the most places of an item, its end among them."""

    name: str
    source: str
    places_of_all: np.ndarray
    begins: np.ndarray
    trained: np.ndarray
    held: np.ndarray
    new: np.ndarray
    resolution: int
    vocabulary: Vocabulary
    apart: str
    fingerprint: str
    notes: tuple[str, ...]
    places: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()

    @property
    def channels(self) -> int:
        return self.vocabulary.size

    @property
    def count(self) -> int:
        return len(self.trained)

    @property
    def size(self) -> str:
        kind = "lines" if self.apart == "lines" else "paragraphs"
        return f"{self.count:,} {kind}, and {len(self.held):,} held out; up to {self.resolution - 1} of {self.channels - 2:,} {self.unit}"

    @property
    def unit(self) -> str:
        return "characters" if "characters" in self.vocabulary.facts() else "byte pairs"

    def padded(self, which: np.ndarray) -> np.ndarray:
        """These items as int64 N x resolution, each followed by ends alone."""
        found = np.full((len(which), self.resolution), END, np.int64)
        for row, item in zip(found, which, strict=True):
            own = self.places_of_all[self.begins[item] : self.begins[item + 1]]
            row[: len(own)] = own
        return found

    def items(self, which: np.ndarray) -> list[str]:
        """These items as text; what is unknown as U+FFFD."""
        return [self.vocabulary.decode(row.tolist()) for row in self.padded(which)]


class TextFeed:
    """`feed(position, rows)` gives places N x T (int64) of those rows of the position-th batch, without labels."""

    def __init__(self, text: Text, batch: int, seed: int, device: torch.device | str = "cpu"):
        self.text, self.device = text, torch.device(device)
        self.order = Order(text.count, batch, seed, "epoch")

    def __call__(self, position: int, rows: range) -> Batch:
        which = self.text.trained[self.order(position, rows)]
        return Batch(torch.from_numpy(self.text.padded(which)).to(self.device), None)


def open_text(
    source: str,
    longest: int = 0,
    apart: Apart = "auto",
    vocabulary: int = 0,
    held: float = 0.1,
    cache: Path | None = None,
) -> Text:
    """The items of a file with at most `longest` places, their end among them (0: as many as 99 of 100 items need, 256 at most);
    the share `held` is kept from training where there are 100 or more. `vocabulary`: 0 for characters, else so many byte pairs.

    Raises UserError for what `elegan.data.text.read.read` does and where fewer than two items are short enough, Failure where
    the cache cannot be written.
    """
    file_of(source, SUFFIXES)
    entry = cached(source, "text", [VERSION, apart, vocabulary, held], _filler(source, apart, vocabulary, held), cache)
    facts = files.read_json(entry / "facts.json")
    whole = np.load(entry / "places.npy", mmap_mode="r", allow_pickle=False)
    begins, kept, new = (np.load(entry / f"{part}.npy", allow_pickle=False) for part in ("begins", "held", "new"))
    lengths, notes = np.diff(begins), [*facts["notes"]]
    length = longest or max(4, min(MOST, int(np.quantile(lengths, USUAL, method="higher"))))
    fits = lengths <= length
    if (fits & ~kept).sum() < 2:
        raise UserError(
            f"{facts['address']} has {int((fits & ~kept).sum())} items of at most {length - 1} {facts['unit']}: data.resolution takes longer ones"
        )
    if not fits.all():
        notes.append(
            f"{int((~fits).sum()):,} of {len(fits):,} are longer than {length - 1} {facts['unit']} and were left out (the longest: {int(lengths.max()) - 1:,})"
        )
    return Text(
        facts["name"], facts["address"], whole, begins, np.flatnonzero(fits & ~kept), np.flatnonzero(fits & kept), np.flatnonzero(fits & new), length,
        from_facts(facts["vocabulary"]), facts["apart"], facts["fingerprint"], tuple(notes), (f"cache: {entry}",),
    )  # fmt: skip


def _filler(source: str, apart: Apart, size: int, share: float) -> Callable[[Path], dict[str, Any]]:
    def fill(folder: Path) -> dict[str, Any]:
        found = read(source, apart)
        count = len(found.items)
        order = np.random.default_rng(rng.mix("held out")).permutation(count)
        held = np.zeros(count, bool)
        held[order[: round(share * count) if count >= FEWEST else 0]] = True
        trained = [item for item, kept in zip(found.items, held, strict=True) if not kept]
        vocabulary: Vocabulary = pairs_of(trained, size) if size else characters_of(trained)
        learnt = set(trained)
        new = np.array([kept and item not in learnt for item, kept in zip(found.items, held, strict=True)])
        encoded = vocabulary.encode(found.items)
        begins = np.concatenate([[0], np.cumsum([len(item) + 1 for item in encoded])])
        places = np.fromiter((place for item in encoded for place in (*item, END)), np.int32, int(begins[-1]))
        for name, part in (("places", places), ("begins", begins), ("held", held), ("new", new)):
            np.save(folder / f"{name}.npy", part)
        unknown = int((places == UNKNOWN).sum())
        rare = f"{unknown:,} characters that occur in one item alone count as unknown, and are never written"
        told = json.dumps([vocabulary.facts(), share])
        return {
            "name": found.name,
            "address": found.address,
            "apart": found.apart,
            "unit": "byte pairs" if size else "characters",
            "vocabulary": vocabulary.facts(),
            "fingerprint": hashlib.sha256(told.encode() + places.tobytes()).hexdigest()[:16],
            "notes": [*found.notes, *([rare] if unknown else [])],
        }

    return fill
