"""Decode once: a folder per data set and options, with one raw uint8 file that later runs map into memory.

An entry is built beside its place and renamed into it, under a lock that the system drops when its holder dies. So a
second process waits and then reads, and a killed one leaves only a folder that the next builder removes.
"""

import hashlib
import json
import os
import shutil
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from filelock import FileLock
from platformdirs import user_cache_path

from elegan.core import files
from elegan.core.errors import Failure
from elegan.core.memory import in_bytes
from elegan.data import decode
from elegan.data.ingest import SKIPPED, build, sync
from elegan.data.sizing import Options
from elegan.data.sources import Source

T = TypeVar("T")


class Part(ABC):
    """Pictures of any sizes, read one by one: item i is uint8, H x W x C."""

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def __getitem__(self, index: int) -> np.ndarray: ...

    def __iter__(self) -> Iterator[np.ndarray]:
        return (self[index] for index in range(len(self)))


class Pictures(Part):
    """All pictures of a cache entry, mapped read-only."""

    def __init__(self, pixels: np.ndarray, sizes: np.ndarray):
        """`pixels`: all of them one after the other, P x C; `sizes`: N x 2, heights and widths."""
        self.pixels, self.sizes = pixels, sizes
        self.starts = np.concatenate([[0], sizes.prod(1).cumsum()])

    def __len__(self) -> int:
        return len(self.sizes)

    def __getitem__(self, index: int) -> np.ndarray:
        return self.pixels[self.starts[index] : self.starts[index + 1]].reshape(*self.sizes[index], -1)


@dataclass(frozen=True)
class Entry:
    """The place in the cache of one data set with one choice of options, and what stands there."""

    folder: Path
    images: Any  # uint8, N x H x W x C, mapped read-only; or Pictures
    labels: np.ndarray | None  # int64, N
    classes: tuple[str, ...]
    fingerprint: str
    notes: tuple[str, ...]
    places: tuple[str, ...]  # lines on where things lie on this machine, which are not for others

    @property
    def names(self) -> list[str]:
        """Names of the files, in order."""
        names: list[str] = json.loads((self.folder / "names.json").read_text(encoding="utf-8"))
        return names

    @property
    def digests(self) -> np.ndarray:
        """SHA-256 of the files, uint8 N x 32."""
        digests: np.ndarray = np.load(self.folder / "digests.npy", allow_pickle=False)
        return digests


def cached(source: Source, options: Options, root: Path) -> Entry:
    """The decoded images of `source`, built under `root` unless they stand there. What was built by a choice of size or channels is
    found again by whoever names these. Raises `UserError`, `Failure`."""
    key = _key(source, options)
    folder = root.absolute() / key
    entry = _open(folder) or _open_chosen(folder)
    if entry is not None:
        return entry
    with _clear_errors(root):
        root.mkdir(parents=True, exist_ok=True)
        with FileLock(root / f"{key}.lock"):
            if _open(folder) is None:
                meta = _built(folder, lambda work: build(source, options, work))
                for named in options.settled(meta["shape"]):
                    notes = [note for note in meta["notes"] if note not in meta["on_choice"]]
                    files.write_json(
                        folder.with_name(f"{_key(source, named)}.json"), {"entry": folder.name, "notes": notes}
                    )
    entry = _open(folder)
    if entry is None:
        raise Failure(f"the data cache at {folder} was changed while it was being opened")
    return entry


def _key(source: Source, options: Options) -> str:
    return hashlib.sha256(json.dumps([decode.VERSION, source.stamp, options]).encode()).hexdigest()[:24]


def kept(key: list[Any], fill: Callable[[Path], dict[str, Any]], root: Path | None) -> Path:
    """The folder in the cache for data of this key. Where it is not there yet, `fill` writes arrays into it and gives what
    becomes its facts.json. Raises Failure where the cache cannot be written."""
    root = root or default_root()
    name = hashlib.sha256(json.dumps(key).encode()).hexdigest()[:24]
    folder = root.absolute() / name
    if (folder / "facts.json").is_file():
        return folder
    with _clear_errors(root):
        root.mkdir(parents=True, exist_ok=True)
        with FileLock(root / f"{name}.lock"):
            if not (folder / "facts.json").is_file():
                _built(folder, lambda work: files.write_json(work / "facts.json", fill(work)))
    return folder


def default_root() -> Path:
    """$ELEGAN_CACHE/data, or `elegan/data` in the platform's cache folder."""
    if os.environ.get("ELEGAN_CACHE"):
        return Path(os.environ["ELEGAN_CACHE"]).expanduser() / "data"
    return user_cache_path("elegan", appauthor=False, opinion=False) / "data"  # without Windows' `Cache` below it


def _open(folder: Path) -> Entry | None:
    """The entry, or None where none stands complete."""
    try:
        meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
        images: Any = np.asarray(np.memmap(folder / "images.u8", dtype=np.uint8, mode="r")).reshape(meta["shape"])
        labels = np.load(folder / "labels.npy", allow_pickle=False) if meta["classes"] else None
        places = [f"cache: {in_bytes(images.size)} at {folder}"]
        if meta["skipped"]:
            places.append(f"skipped files are listed in {folder / SKIPPED}")
        if (folder / "sizes.npy").exists():
            images = Pictures(images, np.load(folder / "sizes.npy", allow_pickle=False))
        classes, notes = tuple(meta["classes"]), tuple(meta["notes"])
        return Entry(folder, images, labels, classes, meta["fingerprint"], notes, tuple(places))
    except (OSError, ValueError, KeyError):
        return None


def _open_chosen(folder: Path) -> Entry | None:
    """The entry that was built by a choice of what this folder's options name, or None."""
    try:
        chosen = json.loads(folder.with_suffix(".json").read_text(encoding="utf-8"))
        entry = _open(folder.with_name(chosen["entry"]))
        return entry and replace(entry, notes=tuple(chosen["notes"]))
    except (OSError, ValueError, KeyError):
        return None


@contextmanager
def _clear_errors(root: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, NotImplementedError) as error:  # the latter from a file system without locks
        reason = getattr(error, "strerror", None) or error
        advice = "ELEGAN_CACHE names another folder"
        raise Failure(f"the data cache at {root} cannot be written: {reason}; {advice}") from None


def _built(folder: Path, build: Callable[[Path], T]) -> T:
    """Has the folder built beside its place and renamed into it; gives what `build` gave."""
    work = folder.with_name(f".{folder.name}")
    if work.exists():  # a killed builder's, as the lock is ours
        shutil.rmtree(work)
    work.mkdir()
    try:
        made = build(work)
        if folder.exists():  # damaged, or it would have been opened
            shutil.rmtree(folder)
        os.rename(work, folder)
        sync(folder.parent)
        return made
    finally:
        shutil.rmtree(work, ignore_errors=True)
