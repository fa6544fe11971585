"""A survey of what a data set consists of, before anything is trained on it."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from itertools import chain
from typing import Any

import numpy as np
from PIL import Image

from elegan.core.errors import UserError
from elegan.core.progress import counted
from elegan.data import decode, looks
from elegan.data.dataset import find
from elegan.data.decode import Facts
from elegan.data.deep import Unreadable
from elegan.data.hints import hints
from elegan.data.ingest import calm, in_order, in_short
from elegan.data.sources import Listing

SMALL = 64  # pixels a side at which the looks of pictures are compared
SHOWN = 10  # entries of a long list in the text; all of them are in the JSON


@dataclass(frozen=True)
class Survey:
    """Counts over a data set. `sizes`, `modes`, `peculiar` and `classes` map to numbers of readable images.

    `duplicates` are groups of files with the same decoded pixels, `unreadable` pairs of file and reason.
    """

    name: str
    source: str
    count: int
    sizes: dict[str, int]
    modes: dict[str, int]
    peculiar: dict[str, int]
    classes: dict[str, int]
    duplicates: tuple[tuple[str, ...], ...]
    unreadable: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """The survey, ready for JSON."""
        return asdict(self)

    def lines(self) -> list[str]:
        """The report in plain text."""
        surplus = sum(len(group) - 1 for group in self.duplicates)
        return [
            f"{self.name}: {self.count} images ({self.source})",
            *_table("sizes", self.sizes),
            *_table("modes", self.modes),
            *_table("peculiarities", self.peculiar),
            *_table(f"classes ({len(self.classes)})", self.classes),
            f"exact duplicates: {surplus} in {len(self.duplicates)} groups" if surplus else "exact duplicates: none",
            *_some([" = ".join(group[:4]) + (" = ..." if len(group) > 4 else "") for group in self.duplicates]),
            f"unreadable: {len(self.unreadable) or 'none'}",
            *_some([f"{name}: {reason}" for name, reason in self.unreadable]),
            *self.notes,
        ]

    def __str__(self) -> str:
        return "\n".join(self.lines())


def survey(source: str, split: str = "all") -> Survey:
    """Reads and decodes every image of DATA once.

    Raises `UserError` for an unknown DATA or split, and where no image can be read.
    """
    origin = find(source, split)
    listing = origin.listing()
    unreadable = list(listing.skipped)
    facts: Counter[Facts] = Counter()
    classes: Counter[str] = Counter()
    same: dict[bytes, list[int]] = {}
    thumbs: dict[int, np.ndarray] = {}

    def work(index: int) -> tuple[Facts, bytes, np.ndarray] | str:
        return _examine(listing, index)

    with calm():
        results = chain.from_iterable(in_order(work, len(listing.names)))
        for index, result in enumerate(counted(results, "reading pictures", len(listing.names))):
            if isinstance(result, str):
                unreadable.append((listing.names[index], result))
                continue
            facts[result[0]] += 1
            same.setdefault(result[1], []).append(index)
            if min(result[0][:2]) >= looks.SMALLEST and len(thumbs) < looks.LOOKED_AT:
                thumbs[index] = result[2]
            if listing.labels is not None:
                classes[listing.classes[listing.labels[index]]] += 1
    if not facts:
        raise UserError(f"{origin.address} has no readable image: {in_short(unreadable)}")
    told = hints(listing, facts, origin.address)
    if thumbs:
        told += looks.remarks(np.stack(list(thumbs.values())), [listing.names[i] for i in thumbs])
    repeated = [group for group in same.values() if len(group) > 1]
    return Survey(
        name=origin.name,
        source=origin.address,
        count=facts.total(),
        sizes=_ranked(facts, lambda one: (f"{one.width}x{one.height}",)),
        modes=_ranked(facts, lambda one: (one.mode,)),
        peculiar=_ranked(facts, lambda one: one.peculiar),
        classes=dict(sorted(classes.items())),
        duplicates=tuple(tuple(listing.names[i] for i in group) for group in repeated),
        unreadable=tuple(sorted(unreadable)),
        notes=(*origin.notes, *listing.notes, *told),
    )


def _examine(listing: Listing, index: int) -> tuple[Facts, bytes, np.ndarray] | str:
    """The facts of one image, a digest of its pixels and its grey levels in small, or why it is unreadable."""
    try:
        image, facts = decode.decode(listing.read(index))
    except Unreadable as error:
        return str(error)
    pixels = image.convert("RGBA").tobytes()  # a grey picture is the same whether stored as L or as RGB
    small = np.asarray(image.convert("L").resize((SMALL, SMALL), Image.Resampling.BOX, reducing_gap=2.0))
    return facts, hashlib.sha256(f"{image.width} ".encode() + pixels).digest(), small


def _ranked(facts: Counter[Facts], keys: Callable[[Facts], Iterable[str]]) -> dict[str, int]:
    """Images by key, the most frequent first."""
    counts: Counter[str] = Counter()
    for one, count in facts.items():
        for key in keys(one):
            counts[key] += count
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def _table(title: str, counts: dict[str, int]) -> list[str]:
    """One line of counts, the long tail summed up."""
    if not counts:
        return []
    shown = [f"{key} {count}" for key, count in list(counts.items())[:SHOWN]]
    rest = len(counts) - len(shown)
    return [f"{title}: {', '.join(shown)}" + (f", {rest} more" if rest else "")]


def _some(lines: list[str]) -> list[str]:
    rest = len(lines) - SHOWN
    return [f"  {line}" for line in lines[:SHOWN]] + ([f"  {rest} more"] if rest > 0 else [])
