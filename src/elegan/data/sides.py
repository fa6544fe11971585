"""Two sides of pictures, A and B: from folders named for them, or from pairs that stand side by side in one file."""

import os
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

import numpy as np

from elegan.core import rng
from elegan.core.errors import UserError, nearest
from elegan.core.sizes import Resolution, resolution_of, size_of
from elegan.data.cache import Entry, Part, Pictures, cached, default_root
from elegan.data.decode import side_by_side
from elegan.data.in_memory import InMemory
from elegan.data.ingest import in_short
from elegan.data.layout import HELD_OUT, TRAIN, Chosen, File, choose, plain, wrapping
from elegan.data.sizing import Options
from elegan.data.sources import Chooser, Listing, Source, from_folder, from_zip

ASIDE = 10  # without a held-out part one picture in so many is kept out of the training
FOLDER = re.compile(rf"(?:(?P<split>{'|'.join(TRAIN + HELD_OUT)})[_-]?)?(?P<side>[ab])", re.IGNORECASE)
Either = TypeVar("Either")


class Direction(StrEnum):
    """A direction of translation: from which side to which."""

    AtoB = "AtoB"
    BtoA = "BtoA"

    @property
    def back(self) -> "Direction":
        """The other way."""
        return Direction.BtoA if self is Direction.AtoB else Direction.AtoB

    def of(self, sides: tuple[Either, Either]) -> tuple[Either, Either]:
        """(source, target) of what there is of A and of B."""
        a, b = sides
        return (a, b) if self is Direction.AtoB else (b, a)


@dataclass(frozen=True)
class Sides:
    """Pictures uint8 H x W x C of both sides, of any sizes; where `paired`, item i of A and of B are one scene.

    `held_out` were not trained on. The other fields are those of `Dataset`.
    """

    name: str
    source: str
    resolution: Resolution
    channels: int
    paired: bool
    train: tuple[Part, Part]
    held_out: tuple[Part, Part]
    fingerprint: str
    notes: tuple[str, ...]
    places: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        return max(map(len, self.train))

    @property
    def size(self) -> str:
        """Number of pictures and size of the crops, for people."""
        a, b = map(len, self.train)
        of = f"{a:,} pairs" if self.paired else f"{a:,} pictures of A and {b:,} of B"
        return f"{of}, crops of {self.resolution} px"


class Half(Part):
    """The left (A) or right (B) halves of pictures."""

    def __init__(self, pictures: Pictures, side: int):
        self.pictures, self.side = pictures, side

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitem__(self, index: int) -> np.ndarray:
        picture = self.pictures[index]
        width = picture.shape[1] // 2
        return picture[:, self.side * width : (self.side + 1) * width]


class Some(Part):
    """The pictures at `indices`."""

    def __init__(self, pictures: Part, indices: Sequence[int]):
        self.pictures, self.indices = pictures, indices

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, index: int) -> np.ndarray:
        return self.pictures[self.indices[index]]


def open_sides(
    source: str | InMemory,
    paired: bool,
    resolution: Resolution,
    channels: int = 0,
    zoom: float = 0.0,
    cache: Path | None = None,
) -> Sides:
    """Opens a folder or zip with folders trainA and trainB (or A and B, or train/A and train/B), testA and testB beside
    them; for pairs, which then need the same file names, also files that hold A on the left and B on the right.

    `resolution`: the side of the crops that will be taken, or their `Size`; every picture is scaled to cover `zoom` times
    that, or with `zoom` 0 left as it is and only enlarged where it is less. `channels`: 1 or 3, 0: from the data, alpha
    laid on white. Raises UserError for a source without two sides, an empty side, pairs of which none fits.
    """
    if isinstance(source, InMemory):
        raise UserError(
            f"{source} has no two sides to translate between: that takes a folder or zip with trainA and trainB"
        )
    if channels == 4:
        raise UserError("data.channels = 4: translation is of grey (1) or colour (3); alpha is kept beside it")
    if zoom and zoom < 1:
        raise UserError(f"data.zoom = {zoom} is below 1: pictures would be smaller than the crops taken from them")
    root = cache or default_root()
    notes: list[str] = []
    places: list[str] = []
    short = resolution_of([round(zoom * side) for side in size_of(resolution)])

    def opened(origin: Source, fit: str) -> Entry:
        entry = cached(origin, Options(short, channels, fit, resolution), root)
        notes.extend(note for note in (*origin.notes, *entry.notes) if note not in notes)
        places.extend(place for place in entry.places if place not in places)
        return entry

    parts: list[tuple[Part, Part]] = []
    prints = []
    for split in ("train", "test"):
        try:
            entries = _entries(source, split, paired, opened)
        except UserError:
            if split == "train":
                raise
            continue
        parts.append(_halves(entries[0]) if len(entries) == 1 else (entries[0].images, entries[1].images))
        prints += [entry.fingerprint for entry in entries]
        if split == "train" and len(entries) == 2:
            notes += _in_both(*entries)
    train = parts[0]
    depths = {side[0].shape[2] for part in parts for side in part}
    depth = min(3, max(depths))
    if not channels and depths != {depth}:
        return open_sides(source, paired, resolution, depth, zoom, cache)
    if len(parts) == 1:
        train, held_out = zip(*(set_aside(pictures) for pictures in train), strict=True)
        notes.append(f"no held-out part: {len(held_out[0])} of A and {len(held_out[1])} of B are set aside for it")
    else:
        held_out = parts[1]
        notes.append(f"held out: {len(held_out[0])} of A and {len(held_out[1])} of B")
    path = Path(os.path.expanduser(source)).resolve()
    name = plain(path.stem if path.is_file() else path.name)
    mark = f"{rng.mix(*prints, len(parts)):016x}"
    told = tuple(notes), tuple(places)
    return Sides(name, str(path), resolution, depth, paired, train, held_out, mark, *told)


def _entries(source: str, split: str, paired: bool, opened: Callable[[Source, str], Entry]) -> list[Entry]:
    """The cached pictures of one split: of A and of B, or one of both side by side."""
    try:
        a, b = (_source(source, f"{split} {side}", choose_side) for side in "AB")
        listings = [a.listing(), b.listing()]
    except NoSides:
        if not paired:
            raise
        return [opened(_source(source, split, choose), "halves")]
    if not paired:
        return [opened(a, "whole"), opened(b, "whole")]
    both = Source(a.name, a.address, f"{a.stamp} {b.stamp}", lambda: _by_name(*listings), a.notes)
    return [opened(both, "halves")]


def _source(source: str, split: str, chooser: Chooser) -> Source:
    path = Path(os.path.expanduser(source))
    if path.is_dir():
        return from_folder(path, split, chooser)
    if path.is_file():
        return from_zip(path, split, chooser)
    beside = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
    raise UserError(f"no folder or zip {source!r} to take two sides from{nearest(path.name, beside)}")


def kind_of(source: str | InMemory) -> str:
    """The kind of data, "pairs", "sides" or "images", by the names of the folders and of the files in them."""
    if isinstance(source, InMemory) or not Path(os.path.expanduser(source)).exists():
        return "images"
    try:
        a, b = (_source(source, f"train {side}", choose_side).listing() for side in "AB")
        stems = [{_stem(name) for name in listing.names} for listing in (a, b)]
    except UserError:
        return "images"
    return "pairs" if len(stems[0] & stems[1]) > max(map(len, stems)) / 2 else "sides"


class NoSides(UserError):
    """There are no folders for A and B."""


def choose_side(files: Sequence[File], split: str, address: str) -> Chosen:
    """The files of "train A" and the like. Raises UserError (NoSides where nothing is named A or B)."""
    if not files:
        return choose(files, "all", address)
    kept_for, side = split.split()
    ordered = sorted(files, key=lambda file: (unicodedata.normalize("NFC", file.path), file.path))
    paths = [file.path.split("/") for file in ordered]
    # One side alone looks like a folder that wraps everything.
    depth = min([wrapping(paths), *(i for i, name in enumerate(paths[0][:-1]) if FOLDER.fullmatch(name))])
    by_place: dict[tuple[str, str], list[File]] = {}
    for file in ordered:
        by_place.setdefault(_place(file.path.split("/")[depth:]), []).append(file)
    loose = by_place.pop(("", ""), [])
    if not by_place:
        raise NoSides(
            f"{address} has no folders trainA and trainB (or A and B) to translate between; "
            "A and B side by side in one file are pairs: --recipe pix2pix"
        )
    names = TRAIN if kept_for == "train" else HELD_OUT
    part = next((name for name in ("", *names) if (name, side) in by_place and (name or kept_for == "train")), None)
    if part is None:
        raise UserError(f"side {side} of {address} is empty: no pictures in {kept_for}{side}/")
    mine = by_place[part, side]
    good = tuple(file.path for file in mine if not file.fault)
    notes = (f"{len(loose)} files beside the folders of A and B left out",) if loose else ()
    return Chosen(good, None, (), tuple(file for file in mine if file.fault), notes)


def _place(path: Sequence[str]) -> tuple[str, str]:
    """(split, side) of a path: trainA/x, A/x or train/A/x; ("", "") for one beside them."""
    for depth, name in enumerate(path[:-1][:2]):
        match = FOLDER.fullmatch(name)
        if match and (depth == 0 or path[0].casefold() in TRAIN + HELD_OUT):
            return (match["split"] or (path[0].casefold() if depth else "")).casefold(), match["side"].upper()
    return "", ""


def _by_name(a: Listing, b: Listing) -> Listing:
    """Pairs of the files of the same name, whatever their ending; others are skipped with the reason."""
    stems = [{_stem(name): index for index, name in enumerate(listing.names)} for listing in (a, b)]
    both = sorted(stems[0].keys() & stems[1].keys())
    alone = [(listing.names[i], "no file of this name on the other side") for listing, mine, other in
             ((a, stems[0], stems[1]), (b, stems[1], stems[0])) for stem, i in mine.items() if stem not in other]  # fmt: skip
    if not both:
        raise UserError(f"no file of A has a partner of the same name in B: {in_short(alone)}")

    def read(index: int) -> bytes:
        return side_by_side(a.read(stems[0][both[index]]), b.read(stems[1][both[index]]))

    names = [a.names[stems[0][stem]] for stem in both]
    return Listing(names, None, (), read, (*a.skipped, *b.skipped, *alone), (*a.notes, *b.notes))


def _stem(name: str) -> str:
    """The name below the folder of its side, without its ending."""
    path = name.split("/")
    start = next((i + 1 for i, part in enumerate(path[:-1]) if FOLDER.fullmatch(part)), 0)
    return os.path.splitext("/".join(path[start:]))[0]


def _halves(entry: Entry) -> tuple[Part, Part]:
    return Half(entry.images, 0), Half(entry.images, 1)


def _in_both(a: Entry, b: Entry) -> list[str]:
    """A note where one file stands on both sides."""
    digests = [{bytes(digest): i for i, digest in enumerate(entry.digests)} for entry in (a, b)]
    same = sorted(digests[0][digest] for digest in digests[0].keys() & digests[1].keys())
    if not same:
        return []
    names = ", ".join(a.names[i] for i in same[:3])
    return [f"{len(same)} files stand on both sides, as {names}{', ...' if len(same) > 3 else ''}"]


def set_aside(pictures: Part) -> tuple[Part, Part]:
    """Splits pictures into (trained on, held out), the latter every ASIDE-th. Raises UserError for fewer than two."""
    if len(pictures) < 2:
        raise UserError("a side needs at least two pictures: one to train on and one held out")
    step = min(ASIDE, len(pictures))
    held_out = range(step - 1, len(pictures), step)
    return Some(pictures, [i for i in range(len(pictures)) if i not in held_out]), Some(pictures, held_out)
