"""What the folders of a data set mean: a wrapping folder, train/ and test/, one folder a class."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from elegan.data.decode import SUFFIXES
from elegan.errors import UserError

SPLITS = ("train", "test", "all")
TRAIN = ("train", "training")
HELD_OUT = ("test", "testing", "val", "valid", "validation")  # the first that is there is the held-out part


class File(NamedTuple):
    path: str  # inside the source, with forward slashes
    fault: str  # why it cannot be used, or ""


@dataclass(frozen=True)
class Chosen:
    """The files of one split in order, int64 labels into `classes` (or None), and (name, reason) of those left out."""

    names: tuple[str, ...]
    labels: np.ndarray | None
    classes: tuple[str, ...]
    skipped: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]


def choose(files: Sequence[File], split: str, address: str) -> Chosen:
    """The files of a split, in order of their names. Classes are found over all splits, so that labels agree.

    Raises `UserError` without files or without this split.
    """
    if not files:
        raise UserError(f"{address} holds no image files (looked for {' '.join(SUFFIXES)})")
    tree = sorted(((file.path.split("/"), file) for file in files), key=lambda pair: _normal(pair[1].path))
    depth = _wrapping([path for path, _ in tree])
    parts, notes = _parts([path[depth:] for path, _ in tree])
    if parts:
        wanted = parts if split == "all" else {pick_part(parts, split, address)}
        tree = [(path[depth + 1 :], file) for path, file in tree if len(path) > depth + 1]
        chosen = [part in wanted for part in (file.path.split("/")[depth].casefold() for _, file in tree)]
    elif split == "test":
        raise UserError(f"{address} has no held-out part: that takes sub-folders train/ and test/")
    else:
        tree = [(path[depth:], file) for path, file in tree]
        chosen = [True] * len(tree)
    folders, class_notes = _class_folders([path for path, _ in tree])
    classes = tuple(sorted(set(folders)))
    index = {name: label for label, name in enumerate(classes)}
    good = [i for i, (_, file) in enumerate(tree) if chosen[i] and not file.fault]
    labels = np.array([index[folders[i]] for i in good], dtype=np.int64) if classes else None
    skipped = tuple((file.path, file.fault) for i, (_, file) in enumerate(tree) if chosen[i] and file.fault)
    return Chosen(tuple(tree[i][1].path for i in good), labels, classes, skipped, (*notes, *class_notes))


def pick_part(parts: Sequence[str] | set[str], split: str, address: str) -> str:
    """The part named train, or the held-out part, of those there. Raises `UserError` when there is none."""
    for name in TRAIN if split == "train" else HELD_OUT:
        if name in parts:
            return name
    raise UserError(f"{address} has no {split} part, only {', '.join(sorted(parts))}")


def _normal(text: str) -> str:
    return unicodedata.normalize("NFC", text)  # macOS writes names decomposed


def _wrapping(paths: Sequence[list[str]]) -> int:
    """How many folders wrap the whole set; zips often hold one top folder that means nothing."""
    depth, first = 0, paths[0]
    while depth < len(first) - 1 and first[depth].casefold() not in TRAIN + HELD_OUT:
        if any(len(path) <= depth + 1 or path[depth] != first[depth] for path in paths):
            break
        depth += 1
    return depth


def _parts(paths: Sequence[list[str]]) -> tuple[set[str], list[str]]:
    """The split folders at the top of these paths; none unless all folders there are such."""
    parts = {path[0].casefold() for path in paths if len(path) > 1}
    if not parts or not parts.issubset(TRAIN + HELD_OUT):
        return set(), []
    loose = sum(len(path) == 1 for path in paths)
    return parts, [f"{loose} files beside the split folders left out"] if loose else []


def _class_folders(paths: Sequence[list[str]]) -> tuple[list[str], list[str]]:
    """The top folder of each path as its class; none unless every file lies in one and there are two or more."""
    folders = [_normal(path[0]) for path in paths if len(path) > 1]
    if len(set(folders)) < 2:
        return [], []
    if len(folders) < len(paths):
        return [], [f"no classes: {len(paths) - len(folders)} files lie beside the sub-folders"]
    return folders, []
