"""A data set ready for training: from a folder, a zip or a name to one uint8 array mapped into memory."""

import os
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from elegan.core import html
from elegan.core.errors import Failure, UserError, nearest
from elegan.core.images import SHOWN, Images
from elegan.core.sizes import Resolution, resolution_of, size_of
from elegan.data.cache import Entry, cached, default_root
from elegan.data.in_memory import InMemory
from elegan.data.layout import SPLITS, plain
from elegan.data.named import NAMES, from_hub, from_name
from elegan.data.published import from_published
from elegan.data.rows import is_rows
from elegan.data.shape import LARGEST
from elegan.data.sizing import Options
from elegan.data.sources import Source, from_folder, from_zip
from elegan.data.text.read import is_text

FITS = ("crop", "pad", "stretch")


@dataclass(frozen=True, repr=False)
class Dataset:
    """Decoded images and what they are.

    `images`: uint8, N x H x W x C, mapped read-only; `labels`: int64, N, indices into `classes`, or None.
    `fingerprint`: SHA-256 over the encoded files, labels, classes and options, equal wherever the same pictures lie.
    `source`: what `open_data` opens it by again. `notes`: what was done to the pictures, one plain line each. `entry`: where
    it stands in the cache, and `kept` which of the pictures there these are, None: all.
    """

    name: str
    source: str | InMemory
    images: np.ndarray
    labels: np.ndarray | None
    classes: tuple[str, ...]
    fingerprint: str
    notes: tuple[str, ...]
    entry: Entry
    kept: np.ndarray | None = None

    def __repr__(self) -> str:  # short, and with no places: notebooks keep it
        return f"<Dataset {self.name!r}, {self.size}, {len(self.classes)} classes>"

    @property
    def names(self) -> list[str]:
        """Names of the files, in order."""
        names = self.entry.names
        return names if self.kept is None else [names[i] for i in self.kept]

    @property
    def places(self) -> tuple[str, ...]:
        """Lines on where things lie on this machine, which are not for others."""
        return self.entry.places

    @property
    def resolution(self) -> Resolution:
        return resolution_of(self.images.shape[1:3])

    @property
    def channels(self) -> int:
        return int(self.images.shape[3])

    @property
    def count(self) -> int:
        return len(self.images)

    @property
    def class_counts(self) -> list[int]:
        """Images of each class; empty without labels."""
        return [] if self.labels is None else np.bincount(self.labels, minlength=len(self.classes)).tolist()

    @property
    def size(self) -> str:
        """Number and size of the images, for people."""
        return f"{self.count:,} images of {self.resolution} px"

    def distinct(self) -> "Dataset":
        """Each picture once, by the first of the files that are the same to the byte; held in memory where some are left out."""
        kept = np.sort(np.unique(self.entry.digests, axis=0, return_index=True)[1])
        if len(kept) == self.count:
            return self
        labels = None if self.labels is None else self.labels[kept]
        note = (
            f"{self.count - len(kept):,} of {self.count:,} files are the same as another and left out (data.distinct)"
        )
        return replace(self, images=self.images[kept], labels=labels, notes=(*self.notes, note), kept=kept)

    def _repr_html_(self) -> str:
        """The set as a notebook shows it: how many pictures, of which classes, and some from all over it."""
        counts = zip(self.classes, self.class_counts, strict=False)
        classes = [f"{len(self.classes)} classes: {', '.join(f'{name} ({n:,})' for name, n in counts)}"]
        rows = np.linspace(0, self.count - 1, min(self.count, SHOWN)).round().astype(int)
        told = html.lines(self.name, self.size, *(classes if self.classes else []), *self.notes)
        return f"{told}<br>{self.images[rows].view(Images)._repr_html_()}"


def open_data(
    source: str | Path | InMemory,
    resolution: Resolution | str = 0,
    channels: int = 0,
    fit: str = "crop",
    split: str = "train",
    cache: Path | None = None,
    most: int = LARGEST,
    distinct: bool = False,
) -> Dataset:
    """Opens a folder, a zip, a named set or pictures in memory, decoding them into the cache the first time.

    `resolution`: side in pixels of squares, "HxW" or a pair of others; 0: their own shape, of sides from 8 to `most` pixels
    (`elegan.data.shape.own_size`). `channels`: 1, 3 or 4; 0 takes 1 where all are grey, 4
    where any pixel is transparent, else 3. `fit` brings images of another shape to it: "crop" takes the centre,
    "pad" repeats the outermost pixels, "stretch" distorts. `split`: "train", "test" or "all"; folders and zips have a
    held-out part when their top level is train/ and test/ (or val/). `cache`: the folder for decoded images. `distinct`: see
    `Dataset.distinct`.

    Raises `UserError` for an unknown source, option or split or a set without readable images, `Failure` when the
    download or the cache fails.
    """
    resolution = resolution_of(resolution)
    if resolution and not 2 <= min(size_of(resolution)) <= max(size_of(resolution)) <= 4096:
        raise UserError(f"resolution {resolution} is not 0 (chosen from the data) or in 2..4096")
    if channels not in (0, 1, 3, 4):
        raise UserError(f"channels {channels} is not 0 (chosen from the data), 1, 3 or 4")
    if fit not in FITS:
        raise UserError(f"unknown fit {fit!r}{nearest(fit, FITS)}")
    origin = find(str(source) if isinstance(source, Path) else source, split)
    entry = cached(origin, Options(resolution, channels, fit, most=0 if resolution else most), cache or default_root())
    name, notes = plain(origin.name), (*origin.notes, *entry.notes)
    data = Dataset(name, origin.address, entry.images, entry.labels, entry.classes, entry.fingerprint, notes, entry)
    return data.distinct() if distinct else data


def open_held_out(source: str | InMemory, shape: tuple[Resolution, int], fit: str) -> Dataset | None:
    """The part of the data that is kept from training, at `shape` (resolution, channels), if there is one."""
    try:
        return open_data(source, *shape, fit, "test")
    except UserError:
        return None


def find(source: str | InMemory, split: str) -> Source:
    """The images that DATA means, not yet read: a named set before a folder of its name, which is then said.

    Raises `UserError` for an unknown DATA or split.
    """
    if split not in SPLITS:
        raise UserError(f"unknown split {split!r}{nearest(split, SPLITS)}")
    if isinstance(source, InMemory):
        return source.of_split(split)
    if source.startswith("hf:"):
        return from_hub(source.removeprefix("hf:"), split)
    path = Path(os.path.expanduser(source))
    shadowed = (f"{source} is the set of that name; ./{source} means what stands here",) if path.exists() else ()
    try:
        named = from_name(source, split)
    except (UserError, Failure) as error:
        raise type(error)("; ".join((str(error), *shadowed))) from None
    if named is not None:
        return replace(named, notes=named.notes + shadowed)
    if source and path.is_dir():
        return from_published(path, split) or from_folder(path, split)
    if is_rows(source) and path.is_file():
        raise UserError(
            f"{source} holds rows and no pictures: rpgan-series learns them, which elegan train {source} takes by itself"
        )
    if is_text(source) and path.is_file():
        raise UserError(
            f"{source} holds text and no pictures: textgan learns it, which elegan train {source} takes by itself"
        )
    if path.is_file():
        return from_zip(path, split)
    raise UserError(f"no folder, zip or data set {source!r}{_nearest_source(source, path)}")


def _nearest_source(source: str, path: Path) -> str:
    """The end of the error line, from the folders and zips beside a path, and from the named sets for a bare name."""
    beside = []
    if path.parent.is_dir():
        entries = (entry for entry in path.parent.iterdir() if not entry.name.startswith("."))
        beside = [entry.name for entry in entries if entry.suffix.lower() == ".zip" or entry.is_dir()]
    return nearest(path.name, beside if os.sep in source else [*NAMES, *beside])
