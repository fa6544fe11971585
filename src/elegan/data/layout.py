"""The meaning of a data set's folders: a wrapping folder, train/ and test/, one folder a class."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from elegan.core.errors import UserError
from elegan.data.decode import SUFFIXES

SPLITS = ("train", "test", "all")
TRAIN = ("train", "training")
HELD_OUT = ("test", "testing", "val", "valid", "validation")  # the first that is there is the held-out part


class File(NamedTuple):
    path: str  # inside the source, with forward slashes
    fault: str  # why it cannot be used, or ""


@dataclass(frozen=True)
class Chosen:
    """The files of one split in order, int64 labels into `classes` (or None), and those left out for their faults."""

    names: tuple[str, ...]
    labels: np.ndarray | None
    classes: tuple[str, ...]
    skipped: tuple[File, ...]
    notes: tuple[str, ...]


def choose(files: Sequence[File], split: str, address: str) -> Chosen:
    """The files of a split, in order of their names. Classes are found over all splits, so that labels agree.

    Raises `UserError` without files or without this split.
    """
    if not files:
        raise UserError(f"{address} holds no image files (looked for {' '.join(SUFFIXES)})")
    ordered = sorted(files, key=lambda file: (unicodedata.normalize("NFC", file.path), file.path))
    branches, notes = _branches(ordered, split, address)
    folders, class_notes = _class_folders([branch.inner for branch in branches])
    classes = tuple(sorted(set(folders)))
    index = {name: label for label, name in enumerate(classes)}
    good = [i for i, branch in enumerate(branches) if branch.in_split and not branch.file.fault]
    labels = np.array([index[folders[i]] for i in good], dtype=np.int64) if classes else None
    skipped = tuple(branch.file for branch in branches if branch.in_split and branch.file.fault)
    return Chosen(tuple(branches[i].file.path for i in good), labels, classes, skipped, (*notes, *class_notes))


class _Branch(NamedTuple):
    inner: list[str]  # the path below wrapping and split folders
    file: File
    in_split: bool


def _branches(files: Sequence[File], split: str, address: str) -> tuple[list[_Branch], list[str]]:
    """All files with their inner paths, those beside split folders left out; notes."""
    paths = [file.path.split("/") for file in files]
    depth = wrapping(paths)
    parts = _parts([path[depth:] for path in paths])
    if not parts:
        if split == "test":
            raise UserError(f"{address} has no held-out part: that takes sub-folders train/ and test/")
        return [_Branch(path[depth:], file, True) for path, file in zip(paths, files, strict=True)], []
    of_split = parts if split == "all" else {pick_part(parts, split, address)}
    branches = [
        _Branch(path[depth + 1 :], file, path[depth].casefold() in of_split)
        for path, file in zip(paths, files, strict=True)
        if len(path) > depth + 1
    ]
    loose = len(files) - len(branches)
    return branches, [f"{loose} files beside the split folders left out"] if loose else []


def pick_part(parts: Sequence[str] | set[str], split: str, address: str) -> str:
    """The part named train, or the held-out part, of those there. Raises `UserError` when there is none."""
    for name in TRAIN if split == "train" else HELD_OUT:
        if name in parts:
            return name
    raise UserError(f"{address} has no {split} part, only {', '.join(sorted(parts))}")


def printable(name: str) -> str:
    """A file's name on one line; bytes that are no text and control characters as escapes."""
    if name.isprintable():
        return name
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in name)


def plain(name: str) -> str:
    """A set's name as part of a folder's: letters, digits, and "_.-" inside."""
    return re.sub(r"[^\w.-]+", "-", name).strip("-.") or "images"


def wrapping(paths: Sequence[list[str]]) -> int:
    """Number of folders that wrap the whole set; zips often hold one top folder that means nothing."""
    depth, first = 0, paths[0]
    while depth < len(first) - 1 and first[depth].casefold() not in TRAIN + HELD_OUT:
        if any(len(path) <= depth + 1 or path[depth] != first[depth] for path in paths):
            break
        depth += 1
    return depth


def _parts(paths: Sequence[list[str]]) -> set[str]:
    """The split folders at the top of these paths; none unless all folders there are such."""
    parts = {path[0].casefold() for path in paths if len(path) > 1}
    return parts if parts.issubset(TRAIN + HELD_OUT) else set()


def _class_folders(paths: Sequence[list[str]]) -> tuple[list[str], list[str]]:
    """The top folder of each path as its class; none unless every file lies in one and there are two or more.

    Names are normalised, as macOS writes accents apart from their letters and other systems do not.
    """
    folders = [printable(unicodedata.normalize("NFC", path[0])) for path in paths if len(path) > 1]
    if len(set(folders)) < 2:
        return [], []
    if len(folders) < len(paths):
        return [], [f"no classes: {len(paths) - len(folders)} files lie beside the sub-folders"]
    if all(map(_is_numbered, paths)):
        return [], ["no classes: the sub-folders hold a thousand files each by their numbers, as FFHQ's do"]
    return folders, []


def _is_numbered(path: Sequence[str]) -> bool:
    """Whether the file lies in the folder of its thousand, as 01000/01234.png of FFHQ or 00001/img00001234.png of StyleGAN's
    archives does, which says nothing of its class."""
    folder, stem = path[0], path[-1].partition(".")[0]
    number = stem.removeprefix("img")
    if len(path) != 2 or len(folder) < 5 or not (folder.isdecimal() and number.isdecimal()):
        return False
    thousand = int(number) // 1000
    return int(folder) == (thousand * 1000 if number == stem else thousand)
