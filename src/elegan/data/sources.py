"""Sources of images: a folder or a zip archive, read file by file in one order and never extracted."""

import hashlib
import itertools
import os
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from elegan.core import paths
from elegan.core.errors import UserError
from elegan.data import raw
from elegan.data.decode import HEIF_SUFFIXES, SUFFIXES
from elegan.data.deep import Unreadable
from elegan.data.layout import Chosen, File, choose, printable

MAX_BYTES = 1 << 28  # in one encoded file
# An archive that unpacks to more than both is a bomb: encoded pictures hardly shrink, and uncompressed drawings to a fiftieth.
BOMB_BYTES, BOMB_RATIO = 4 << 30, 200
SHOWN = 8  # kinds of files that are told
LOOKED_AT = 1000  # files of a folder that tell what it is one of
# Bytes read at once; bzip2 and LZMA unpack all that they are given, so they are given little.
STEPS = {zipfile.ZIP_STORED: 1 << 20, zipfile.ZIP_DEFLATED: 1 << 20}
SMALL_STEP = 1 << 12
FOLDER = "folder"
Chooser = Callable[[Sequence[File], str, str], Chosen]


class Kind(NamedTuple):
    """A kind of files: how their names end, and what they are called."""

    suffixes: tuple[str, ...]
    words: str


IMAGES = Kind(SUFFIXES, "image files")


@dataclass(frozen=True)
class Listing:
    """Encoded images in a fixed order: `read(i)` gives the bytes of image i, from any thread, or raises `Unreadable`.

    `labels`: int64, N, indices into `classes`, or None. `skipped`: (name, reason) of files known to be unusable.
    """

    names: Sequence[str]
    labels: np.ndarray | None
    classes: tuple[str, ...]
    read: Callable[[int], bytes]
    skipped: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Source:
    """A set of images, told apart by `stamp` (cheap, other when the content may be other) and listed only on demand.

    `address` is what it is opened by again: text, or of pictures in memory the object that holds them. `notes`: what is to
    be said of it besides what the listing says, each time anew.
    """

    name: str
    address: Any
    stamp: str
    listing: Callable[[], Listing]
    notes: tuple[str, ...] = ()


def from_folder(folder: Path, split: str, chooser: Chooser = choose, kind: Kind = IMAGES) -> Source:
    """The images under `folder`, or files of another kind, that `chooser(files, split, address)` takes.

    Raises `UserError` when the folder holds none; its listing also when the split is absent.
    """
    root = str(folder.resolve())
    files, strange, others = _walk(root, kind)
    notes = _by_kind(others)
    stamp = hashlib.sha256(root.encode("utf-8", "surrogateescape"))
    for path, identity, _ in sorted(files):
        stamp.update(f"\0{path}\0{identity}".encode("utf-8", "surrogateescape"))

    def listing() -> Listing:
        _check_any(root, files, notes, kind)
        part = chooser([File(path, fault) for path, _, fault in files], split, root)

        def read(index: int) -> bytes:
            return read_file(os.path.join(root, part.names[index]))

        return _listing(part, read, strange)

    return Source(os.path.basename(root), root, f"{stamp.hexdigest()} {split}", listing, notes)


def read_file(path: str) -> bytes:
    """The bytes of a file of reasonable size. Raises `Unreadable`."""
    try:
        return paths.read(path, MAX_BYTES)
    except OSError as error:
        raise Unreadable(error.strerror or str(error)) from None


def from_zip(archive: Path, split: str, chooser: Chooser = choose, kind: Kind = IMAGES) -> Source:
    """The images in a zip archive, or files of another kind; see `from_folder`.

    Raises `UserError` when it is damaged; its listing also when the split is absent.
    """
    path = str(archive.resolve())
    try:
        stamp = _zip_stamp(_central_directory(path))
    except (OSError, ValueError, struct.error) as error:
        raise UserError(f"{path} is neither a folder nor a readable zip archive ({error})") from None

    def listing() -> Listing:
        try:
            opened = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise UserError(f"{path} is neither a folder nor a readable zip archive ({error})") from None
        seen = {_relative(info.filename): info for info in opened.infolist() if not info.is_dir()}
        seen = {name: info for name, info in seen.items() if not any(map(_is_hidden, name.split("/")))}
        entries = {name: info for name, info in seen.items() if name.lower().endswith(kind.suffixes)}
        notes = _by_kind([name for name in seen if name not in entries])
        _check_bomb(path, entries.values())
        _check_any(path, entries, notes, kind)
        part = chooser([File(name, _zip_fault(info)) for name, info in entries.items()], split, path)

        def read(index: int) -> bytes:
            try:
                return _unpacked(opened, entries[part.names[index]])
            except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError) as error:
                raise Unreadable(f"damaged zip entry ({error})") from None

        return _listing(part, read, notes=notes)

    return Source(archive.stem, path, f"{stamp} {split}", listing)


def count_kinds(path: Path, *kinds: Kind) -> list[int]:
    """How many files of each kind a zip holds, or, of the first LOOKED_AT, a folder; by names alone, and none of what is neither."""
    if path.is_dir():
        names = (name for _, _, files in os.walk(path) for name in files)
        seen = [name.lower() for name in itertools.islice(names, LOOKED_AT)]
        return [sum(name.endswith(kind.suffixes) for name in seen) for kind in kinds]
    try:
        directory = _central_directory(str(path)).lower()
    except (OSError, ValueError, struct.error):
        return [0 for _ in kinds]
    return [sum(directory.count(suffix.encode()) for suffix in kind.suffixes) for kind in kinds]


def _listing(
    part: Chosen, read: Callable[[int], bytes], strange: Sequence[File] = (), notes: tuple[str, ...] = ()
) -> Listing:
    names = [printable(name) for name in part.names]
    skipped = tuple((printable(file.path), file.fault) for file in (*part.skipped, *strange))
    return Listing(names, part.labels, part.classes, read, skipped, (*part.notes, *notes))


def _central_directory(path: str) -> bytes:
    """The archive's table of contents with names, sizes and checksums, unparsed (APPNOTE.TXT 4.3.12 to 4.3.16).

    `zipfile` needs a second for 70,000 entries, too long for finding out that the cache already holds them.
    """
    with open(path, "rb") as file:
        size = file.seek(0, os.SEEK_END)
        tail_start = file.seek(max(0, size - (1 << 16) - 128))
        tail = file.read()
        end = tail.rfind(b"PK\x05\x06")
        if end < 0:
            raise ValueError("no zip directory found")
        (length,) = struct.unpack_from("<L", tail, end + 12)
        large = tail.rfind(b"PK\x06\x06", 0, end)
        if large >= 0 and tail[end - 20 : end - 16] == b"PK\x06\x07":  # zip64, told by the locator between the two
            end = large
            (length,) = struct.unpack_from("<Q", tail, end + 40)
        if length > tail_start + end:
            raise ValueError("its directory is longer than the file")
        file.seek(tail_start + end - length)
        return file.read(length)


def _zip_stamp(directory: bytes) -> str:
    """A stamp that is other where the content is, or where more of it can be read than when it was last stamped."""
    lower = directory.lower()
    newer = [kind for kind in (*HEIF_SUFFIXES, *raw.SUFFIXES) if kind in SUFFIXES and kind.encode() in lower]
    return " ".join([hashlib.sha256(directory).hexdigest(), *newer])


def _check_bomb(path: str, entries: Iterable[zipfile.ZipInfo]) -> None:
    """Raises UserError for an archive that would unpack to far more than pictures do."""
    packed, total = os.path.getsize(path), sum(info.file_size for info in entries)
    if total > max(BOMB_BYTES, BOMB_RATIO * packed):
        raise UserError(
            f"{path} would unpack to {total / 1e9:,.0f} GB from {packed / 1e6:,.1f} MB, {total // packed:,} times as much: "
            "no archive of pictures does; if it is one, unpack it and name the folder"
        )


def _unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """An entry, no more of it than the directory says, in steps so small that memory never holds what it may grow to."""
    pieces, step = [], STEPS.get(info.compress_type, SMALL_STEP)
    with archive.open(info) as file:
        while piece := file.read(step):
            pieces.append(piece)
    return b"".join(pieces)


def _zip_fault(info: zipfile.ZipInfo) -> str:
    if info.flag_bits & 1:
        return "encrypted"
    return f"unpacks to {info.file_size >> 20} MiB" if info.file_size > MAX_BYTES else ""


def _relative(name: str) -> str:
    """An entry's name as a clean relative path; as nothing is extracted, it only decides class and order."""
    return "/".join(part for part in name.replace("\\", "/").split("/") if part not in ("", ".", ".."))


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or name == "__MACOSX"


def _walk(root: str, kind: Kind) -> tuple[list[tuple[str, str, str]], list[File], list[str]]:
    """Every file of this kind under `root` as (path, identity, fault), through symbolic links but never round in a circle; what
    is neither file nor folder, or a folder that was seen already, with the reason; the names of all other files."""
    images, strange, others, seen, waiting = [], [], [], set(), [("", root)]
    while waiting:
        prefix, folder = waiting.pop()
        try:
            status = os.stat(folder)
            entries = [entry for entry in os.scandir(folder) if not _is_hidden(entry.name)]
        except OSError as error:
            raise UserError(f"the folder {folder} cannot be read: {error.strerror}") from None
        if (status.st_dev, status.st_ino) in seen:
            strange.append(File(prefix.rstrip("/"), "a link to a folder that was read already"))
            continue
        seen.add((status.st_dev, status.st_ino))
        for entry in entries:
            identity, fault = _identity(entry)
            if identity == FOLDER:
                waiting.append((f"{prefix}{entry.name}/", entry.path))
            elif entry.name.lower().endswith(kind.suffixes):
                images.append((prefix + entry.name, identity, fault))
            elif fault:
                strange.append(File(prefix + entry.name, fault))
            else:
                others.append(entry.name)
    return images, strange, others


def _by_kind(others: Sequence[str]) -> tuple[str, ...]:
    """A note of the files that are of no use, or of a kind that cannot be read here."""
    kinds = Counter(os.path.splitext(name)[1].lower() or "without ending" for name in others)
    told = [f"{count} {printable(kind)}{f' ({raw.ADVICE})' if kind in raw.SUFFIXES else ''}"
            for kind, count in kinds.most_common(SHOWN)]  # fmt: skip
    more = kinds.total() - sum(count for _, count in kinds.most_common(SHOWN))
    return (f"skipped: {', '.join(told)}{f', {more} of other kinds' if more else ''}",) if told else ()


def _check_any(address: str, files: Collection[Any], notes: Sequence[str], kind: Kind) -> None:
    """Raises UserError where there are files, and none of this kind among them."""
    if notes and not files:
        raise UserError(f"{address} holds no {kind.words}; {notes[0]}")


def _identity(entry: os.DirEntry[str]) -> tuple[str, str]:
    """A mark that changes when the file does (FOLDER for a folder), and why it cannot be used, "" where it can."""
    try:
        if entry.is_dir():
            return FOLDER, ""
        status = entry.stat()
        paths.check_regular(status.st_mode)
    except OSError as error:  # a link that dangles or goes round in a circle, a FIFO, a device
        return "", error.strerror or str(error)
    return f"{status.st_size} {status.st_mtime_ns} {status.st_ctime_ns} {status.st_ino}", ""
