"""Sounds ready for training: a folder or zip of files to int16 samples of one rate, mapped into memory and fed by position."""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
import torch

from elegan.core import files
from elegan.core.errors import UserError
from elegan.core.memory import in_bytes
from elegan.core.progress import counted
from elegan.core.sizes import Size
from elegan.core.spectra import hop_of
from elegan.data.cache import kept
from elegan.data.deep import Unreadable
from elegan.data.feed import Batch, Order
from elegan.data.ingest import in_order, in_short
from elegan.data.layout import HELD_OUT, TRAIN, plain
from elegan.data.sound import read
from elegan.data.sound.find import KIND, find_sounds
from elegan.data.sources import Source

VERSION = 2  # of what stands in the cache
FASTEST = 16_000  # samples a second that are chosen; data.rate takes more
STEP, LONGEST = 16, 64  # frames that a clip is a multiple of, and the most that are chosen
WHOLE = 0.95  # the share of the files that are to fit into a clip
ASIDE = 10  # one file in so many is held out, where no folder says which


@dataclass(frozen=True)
class Sounds:
    """Clips of one length: `samples`, int16 N x T, mapped read-only, `labels` int64 N, or None, and `names`, the file of each;
    `held`: the places of those that are not trained on, `trained` of the others. The other fields are those of `elegan.data.Dataset`."""

    name: str
    source: str
    samples: np.ndarray
    rate: int
    labels: np.ndarray | None
    names: tuple[str, ...]
    trained: np.ndarray
    held: np.ndarray
    classes: tuple[str, ...]
    fingerprint: str
    notes: tuple[str, ...]
    places: tuple[str, ...] = ()

    @property
    def resolution(self) -> Size:
        """A clip as a picture of a single row."""
        return Size(1, self.samples.shape[1])

    @property
    def channels(self) -> int:
        return 1

    @property
    def count(self) -> int:
        return len(self.trained)

    @property
    def seconds(self) -> float:
        """The length of a clip."""
        return int(self.samples.shape[1]) / self.rate

    @property
    def size(self) -> str:
        return f"{self.count:,} clips of {self.seconds:g} s at {self.rate:,} Hz, and {len(self.held):,} held out"

    @property
    def class_counts(self) -> list[int]:
        """Clips of each class that are trained on; empty without classes."""
        return (
            [] if self.labels is None else np.bincount(self.labels[self.trained], minlength=len(self.classes)).tolist()
        )

    def waves(self, places: np.ndarray) -> torch.Tensor:
        """The clips at these places, float32 N x T in [-1, 1]."""
        return torch.from_numpy(self.samples[places].astype(np.float32) / 32767)


class SoundFeed:
    """`feed(position, rows)` gives those clips of the position-th batch, N x T in [-1, 1], with their labels."""

    def __init__(self, sounds: Sounds, batch: int, seed: int, device: torch.device | str = "cpu"):
        self.sounds, self.device = sounds, torch.device(device)
        self.order = Order(sounds.count, batch, seed, "epoch")

    def __call__(self, position: int, rows: range) -> Batch:
        places = self.sounds.trained[self.order(position, rows)]
        label = None if self.sounds.labels is None else torch.from_numpy(self.sounds.labels[places]).to(self.device)
        return Batch(self.sounds.waves(places).to(self.device), label)


def open_sounds(source: Any, rate: int = 0, seconds: float = 0.0, cache: Path | None = None) -> Sounds:
    """The sounds of a folder, a zip or one file, brought to `rate` samples a second and one peak, their channels mixed to one,
    as clips of `seconds`; 0: from the data (see `_rate_of` and `_clip`).

    A file that fits into no clip loses its end, unless most do not fit: these are then cut into clips. A folder test/ beside
    train/ is held out, else one file in ten of each run of numbered names, such as 7_anna_1.wav and on, and of each class.
    Raises UserError where there is no sound that can be read, Failure where the cache cannot be written.
    """
    origin = find_sounds(source)
    if origin is None:
        raise UserError(f"{source} is no folder, zip or file of sounds ({' '.join(KIND.suffixes)})")
    entry = kept(["sound", VERSION, origin.stamp, rate, seconds], _filler(origin, rate, seconds), cache)
    facts = files.read_json(entry / "facts.json")
    samples = np.asarray(np.memmap(entry / "samples.i16", np.int16, "r")).reshape(-1, facts["clip"])
    held = np.load(entry / "held.npy", allow_pickle=False)
    labels = np.load(entry / "labels.npy", allow_pickle=False) if facts["classes"] else None
    return Sounds(
        plain(origin.name), origin.address, samples, facts["rate"], labels, tuple(facts["names"]),
        np.flatnonzero(~held), np.flatnonzero(held), tuple(facts["classes"]), facts["fingerprint"],
        tuple(facts["notes"]), (f"cache: {in_bytes(samples.nbytes)} at {entry}",),
    )  # fmt: skip


T = TypeVar("T")


def _each(work: Callable[[int], T], places: Sequence[int], what: str) -> Iterator[T]:
    """`work(place)` in order, on all cores."""
    pages = in_order(lambda index: work(places[index]), len(places), 256)
    for block in counted(pages, what, len(places), parts=len):
        yield from block


class _Fact(NamedTuple):
    """What is known of a file beside its samples."""

    place: int
    length: int
    rate: int
    channels: int
    cut: bool


def _filler(origin: Source, rate: int, seconds: float) -> Callable[[Path], dict[str, Any]]:
    """Fills a folder in two passes over the files, so that the samples of a few are in memory at a time."""

    def fill(folder: Path) -> dict[str, Any]:
        listing = origin.listing()

        def look(place: int) -> _Fact | str:
            try:
                heard = read.read(listing.read(place))
            except Unreadable as error:
                return str(error)
            return _Fact(place, len(heard.samples), heard.rate, heard.channels, heard.cut)

        results = list(_each(look, range(len(listing.names)), "looking at sounds"))
        facts = [result for result in results if not isinstance(result, str)]
        skipped = [(name, why) for name, why in zip(listing.names, results, strict=True) if isinstance(why, str)]
        skipped += listing.skipped
        if not facts:
            reason = in_short(skipped) if skipped else "it is empty"
            raise UserError(f"{origin.address} has no sound that can be read: {reason}")
        common = rate or _rate_of(facts)
        lengths = np.array([fact.length * common / fact.rate for fact in facts])
        clip = _clip(lengths, common, seconds)
        whole = float((lengths <= clip).mean()) >= 0.5
        digest, counts = hashlib.sha256(), list[int]()
        with (folder / "samples.i16").open("wb") as file:

            def cut(place: int) -> np.ndarray:
                return _clips(read.brought_to(common, read.read(listing.read(place))), clip, whole)

            for clips in _each(cut, [fact.place for fact in facts], "cutting sounds"):
                file.write(clips.data)
                digest.update(clips.data)
                counts.append(len(clips))
        if not sum(counts):
            raise UserError(
                f"{origin.address}: the first {clip / common:g} s of every sound are silent; data.seconds takes more"
            )
        of = np.repeat([fact.place for fact in facts], counts)
        names = [listing.names[place] for place in of]
        labels = None if listing.labels is None else listing.labels[of]
        held = _held(names, listing.classes, labels)
        np.save(folder / "held.npy", held)
        digest.update(f"{common} {len(of)} {clip} {listing.classes}".encode() + held.tobytes())
        if labels is not None:
            np.save(folder / "labels.npy", labels)
            digest.update(labels.astype("<i8").tobytes())
        notes = [*listing.notes, *_remarks(facts, common, lengths, clip, whole)]
        return {
            "rate": common, "clip": clip, "names": names, "classes": list(listing.classes), "fingerprint": digest.hexdigest(),
            "notes": notes + ([in_short(skipped)] if skipped else []),
        }  # fmt: skip

    return fill


def _rate_of(facts: Sequence[_Fact]) -> int:
    """The most frequent rate, the lower of two, but no more than FASTEST."""
    counts = Counter(fact.rate for fact in facts)
    return min(FASTEST, min(counts, key=lambda rate: (-counts[rate], rate)))


def _clip(lengths: np.ndarray, rate: int, seconds: float) -> int:
    """Samples of a clip: `seconds`, or as many as WHOLE of the files have and no more than LONGEST frames; in whole STEPs."""
    step = STEP * hop_of(rate)
    if seconds:
        return max(1, round(seconds * rate / step)) * step
    wanted = float(np.quantile(lengths, WHOLE, method="higher"))
    return int(min(LONGEST // STEP, max(1, -(-wanted // step)))) * step


def _clips(samples: np.ndarray, clip: int, whole: bool) -> np.ndarray:
    """int16 N x `clip`: the beginning of a sound, filled up with silence; or, where sounds are longer, all whole clips of it that
    are not silent, and the rest if that is at least half of one."""
    samples = read.to_whole(samples[:clip] if whole else samples)
    count = max(1, round(len(samples) / clip))
    samples = samples[: count * clip]
    clips = np.pad(samples, (0, count * clip - len(samples))).reshape(count, clip)
    audible: np.ndarray = clips[np.abs(clips).max(1) > 32767 * read.SILENT]
    return audible


def _held(names: Sequence[str], classes: Sequence[str], labels: np.ndarray | None) -> np.ndarray:
    """Which clips are held out: those in folders for that, else one file in ASIDE of each class and of each run of numbered names,
    so that every speaker is in both parts where the names say who speaks."""
    parts = [name.casefold().split("/")[:-1] for name in names]
    top = [next((part for part in folders if part in TRAIN + HELD_OUT), "") for folders in parts]
    if all(top) and len(set(top)) > 1:
        return np.array([part in HELD_OUT for part in top])
    runs: dict[tuple[str, int], dict[str, list[int]]] = {}
    for place, name in enumerate(names):
        stem = re.sub(r"\d+$", "", name.rpartition(".")[0])
        run = runs.setdefault((stem, -1 if labels is None else int(labels[place])), {})
        run.setdefault(name, []).append(place)
    held = np.zeros(len(names), bool)
    waiting = 0  # files of runs too short to spare one by themselves
    for run in runs.values():
        for places in run.values():
            waiting += 1
            if waiting == ASIDE:
                held[places], waiting = True, 0
    if not held.any() and len(names) >= ASIDE:  # a single recording: its end
        held[-(len(names) // ASIDE) :] = True
    return held


def _remarks(facts: Sequence[_Fact], rate: int, lengths: np.ndarray, clip: int, whole: bool) -> list[str]:
    notes = [f"{rate:,} Hz, one channel, each sound brought to one peak; clips of {clip / rate:g} s"]
    rates = Counter(one.rate for one in facts)
    if set(rates) != {rate}:
        notes.append(
            f"resampled to {rate:,} Hz: {', '.join(f'{n:,} of {r:,} Hz' for r, n in sorted(rates.items()) if r != rate)}"
        )
    for count, words in (
        (sum(one.channels > 1 for one in facts), "of several channels were mixed to one"),
        (sum(one.cut for one in facts), "end before their header says; what is there is used"),
        (int((lengths > clip).sum()) if whole else 0, "are longer than a clip and lose their end"),
        (0 if whole else len(facts), "were cut into clips"),
    ):
        if count:
            notes.append(f"{count:,} {words}")
    if len(facts) == 1:
        notes.append("a single file: what is learnt from it is little else than itself")
    return notes


def lengths_of(samples: np.ndarray) -> np.ndarray:
    """Samples of each clip, int16 N x T, up to the silence that it was filled up with, int64 N."""
    there = samples != 0
    last: np.ndarray = samples.shape[1] - there[:, ::-1].argmax(1)
    return np.where(there.any(1), last, samples.shape[1])
