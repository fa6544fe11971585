"""Encoded images become one file of pixels in a single pass, with all that is known about them beside it."""

import hashlib
import json
import os
import shutil
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from elegan.core.errors import Failure, UserError
from elegan.core.memory import in_bytes
from elegan.core.progress import work
from elegan.core.sizes import size_of
from elegan.data import decode, looks
from elegan.data.decode import Facts, Picture
from elegan.data.deep import Unreadable
from elegan.data.hints import hints
from elegan.data.sizing import WHOLE, Options, Plan, notes_on, notes_on_choice, plan_for
from elegan.data.sources import Listing, Source

BLOCK_BYTES = 32 << 20  # decoded before the next write; bounds the memory
SAMPLE = 64  # images looked at to guess the plan that the whole set then confirms
SPARE_BYTES = 64 << 20  # left free on the disk beyond the cache itself
SKIPPED = "skipped.txt"
T = TypeVar("T")


def build(source: Source, options: Options, folder: Path) -> dict[str, Any]:
    """Fills the empty `folder`, all synced to the disk: images.u8, sizes.npy of pictures that keep their own,
    labels.npy, names.json, digests.npy (SHA-256 of the files), skipped.txt and meta.json, whose content it gives.

    Size and channels are guessed from a sample, so that one pass is enough where the sample was fair.
    Raises `UserError` when no image can be read and `Failure` or `OSError` when the disk is full.
    """
    listing = source.listing()
    with calm():
        guess = plan_for(_sample(listing), options)
        done = _decode(listing, guess, options, folder)
        exact = plan_for(done.facts, options)
        if done.kept and (exact.resolution != guess.resolution or exact.channels > guess.channels):
            done = _decode(listing, exact, options, folder)
    if not done.kept:
        raise UserError(f"{source.address} has no readable image: {in_short(done.skipped)}")
    meta = {"source": str(source.address), **_finish(listing, done, options, folder)}
    meta["notes"] += _oddities(listing, done, options, str(source.address), folder / "images.u8", meta["shape"])
    (folder / "meta.json").write_text(json.dumps(meta, indent=1), encoding="utf-8")
    for path in (*folder.iterdir(), folder):
        sync(path)
    return meta


@contextmanager
def calm() -> Iterator[None]:
    """Silences Pillow's warnings: what is wrong with a file is reported by name, not on the screen."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="PIL")
        yield


def in_order(work: Callable[[int], T], count: int, block: int = 1024) -> Iterator[list[T]]:
    """`work(0)`, `work(1)`, ... on all cores, in order, in blocks.

    Threads: the decoding of large images leaves the interpreter free, and that of small ones is short anyway.
    """
    cores = os.cpu_count() or 1
    step = max(1, min(64, block // (2 * cores)))
    with ThreadPoolExecutor(cores) as pool:
        for start in range(0, count, block):
            stop = min(start + block, count)
            spans = [range(i, min(i + step, stop)) for i in range(start, stop, step)]
            done = pool.map(lambda span: [work(i) for i in span], spans)
            yield [result for results in done for result in results]


def sync(path: Path) -> None:
    """Makes a file, or the names in a folder, survive a loss of power."""
    if os.name == "nt":  # Windows opens no folder, and no file for syncing that is read-only
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@dataclass
class _Pass:
    """The findings of one pass over the set."""

    plan: Plan
    facts: Counter[Facts] = field(default_factory=Counter)
    kept: list[int] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    sizes: list[tuple[int, ...]] = field(default_factory=list)
    digests: list[bytes] = field(default_factory=list)
    grey: bool = True
    opaque: bool = True

    def take(self, pictures: list[Picture]) -> np.ndarray:
        """Counts the pictures in, and gives their pixels one after the other, P x channels."""
        pixels = np.concatenate([picture.pixels.reshape(-1, self.plan.channels) for picture in pictures])
        self.facts.update(picture.facts for picture in pictures)
        self.digests += [picture.digest for picture in pictures]
        self.sizes += [picture.pixels.shape[:2] for picture in pictures]
        self.grey = self.grey and bool((pixels[..., :1] == pixels[..., :3]).all())
        self.opaque = self.opaque and (self.plan.channels < 4 or bool((pixels[..., 3] == 255).all()))
        return pixels


def _sample(listing: Listing) -> Counter[Facts]:
    """The facts of a few readable images spread over the set."""
    facts: Counter[Facts] = Counter()
    count = len(listing.names)
    for index in range(0, count, max(1, count // SAMPLE)):
        with suppress(Unreadable):
            facts[decode.decode(listing.read(index))[1]] += 1
    return facts


def _check_disk(needed: int, folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed + SPARE_BYTES:
        raise Failure(
            f"the data cache needs {in_bytes(needed + SPARE_BYTES)} at {folder}, only {in_bytes(free)} are free; "
            "ELEGAN_CACHE names another folder, and a smaller --size needs less"
        )


def _decode(listing: Listing, plan: Plan, options: Options, folder: Path) -> _Pass:
    """One pass over the set: uint8 images one after the other in a file, unreadable ones noted and left out."""
    halves = 1 + (options.fit == "halves")
    _check_disk(len(listing.names) * plan.bytes_each, folder.parent)
    done = _Pass(plan, skipped=list(listing.skipped))

    def one(index: int) -> Picture | str:
        try:
            encoded = listing.read(index)
            if options.fit in WHOLE:
                return decode.whole(encoded, plan.resolution, options.least, plan.channels, halves)
            return decode.brought_to(size_of(plan.resolution), encoded, plan.channels, options.fit)
        except Unreadable as error:
            return str(error)

    with open(folder / "images.u8", "wb") as file, work("decoding pictures", len(listing.names)) as task:
        index = 0
        for block in in_order(one, len(listing.names), max(1, min(1024, BLOCK_BYTES // plan.bytes_each))):
            pictures = []
            for result in block:
                if isinstance(result, str):
                    done.skipped.append((listing.names[index], result))
                else:
                    done.kept.append(index)
                    pictures.append(result)
                index += 1
            if pictures:
                file.write(done.take(pictures).data)
            task.advance(len(block))
    return done


def _finish(listing: Listing, done: _Pass, options: Options, folder: Path) -> dict[str, Any]:
    """Brings the images to the channels really needed, writes labels and skipped files, and gives the description."""
    held, resolution, pixels = done.plan.channels, done.plan.resolution, sum(h * w for h, w in done.sizes)
    final = options.channels or (4 if not done.opaque else 1 if done.grey else min(held, 3))
    if final != held:
        _narrow(folder / "images.u8", held, final)
    shape = [pixels, final] if options.fit in WHOLE else [len(done.kept), *size_of(resolution), final]
    notes = [*listing.notes, *notes_on(done.facts, Plan(resolution, final, done.plan.pixels), options)]
    content = hashlib.sha256(b"".join(done.digests))
    np.save(folder / "digests.npy", np.frombuffer(b"".join(done.digests), np.uint8).reshape(-1, 32))
    (folder / "names.json").write_text(json.dumps([listing.names[i] for i in done.kept]), encoding="utf-8")
    if options.fit in WHOLE:
        np.save(folder / "sizes.npy", np.array(done.sizes, dtype=np.int64))
    if listing.labels is not None:
        labels = listing.labels[done.kept]
        np.save(folder / "labels.npy", labels)
        content.update(labels.astype("<i8").tobytes())
    if done.skipped:
        lines = "".join(f"{name}\t{reason}\n" for name, reason in sorted(done.skipped))
        (folder / SKIPPED).write_bytes(lines.encode("utf-8", "backslashreplace"))
        notes.append(in_short(done.skipped))
    content.update(json.dumps([_version(done.facts), shape, options.fit, listing.classes]).encode())
    return {
        "shape": shape,
        "classes": listing.classes,
        "fingerprint": content.hexdigest(),
        "skipped": len(done.skipped),
        "notes": notes,
        "on_choice": notes_on_choice(done.facts, done.plan, options),
    }


def _oddities(
    listing: Listing, done: _Pass, options: Options, address: str, pixels: Path, shape: list[int]
) -> list[str]:
    """Notes on what the user may not know of the set: its use for another recipe, and pictures that stand out."""
    told = hints(listing, done.facts, address) if options.fit != "halves" else []
    if options.fit in WHOLE:
        return told
    if (again := len(done.digests) - len(set(done.digests))) > looks.COMMON * len(done.digests):
        told.append(
            f"{again:,} of {len(done.digests):,} files are the same as another: --set data.distinct=true takes each once"
        )
    images = np.memmap(pixels, dtype=np.uint8, mode="r").reshape(shape)
    return told + looks.remarks(images, [listing.names[i] for i in done.kept])


def _version(facts: Counter[Facts]) -> int:
    """The decoder's version that first gave these pixels: most sets are as they were, and keep the fingerprint that older
    runs know."""
    deep = any("16-bit" in one.peculiar and one.mode in ("LA", "RGB", "RGBA") for one in facts)
    return 3 if deep or any("colour profile" in one.peculiar for one in facts) else 2


def in_short(skipped: list[tuple[str, str]]) -> str:
    first = ", ".join(f"{name} ({reason})" for name, reason in sorted(skipped)[:3])
    count = "1 file" if len(skipped) == 1 else f"{len(skipped)} files"
    return f"{count} skipped: {first}{', ...' if len(skipped) > 3 else ''}"


def _narrow(path: Path, held: int, final: int) -> None:
    """Drops the channels that say nothing: all equal (grey), or alpha that is opaque everywhere."""
    narrowed = path.with_name("narrowed.u8")
    with open(path, "rb") as old, open(narrowed, "wb") as new:
        while block := old.read(held << 22):
            pixels = np.frombuffer(block, np.uint8).reshape(-1, held)
            new.write(np.ascontiguousarray(pixels[:, :final]).data)
    os.replace(narrowed, path)
