"""Sets in the files in which they were published, where those are no pictures: STL-10's binary files, SVHN's cropped digits."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from elegan.core import paths
from elegan.core.errors import UserError
from elegan.data.layout import pick_part
from elegan.data.sources import Listing, Source


class Part(NamedTuple):
    """Pictures, uint8 N x H x W x 3, and the place of each one's class, int64 N, or None."""

    images: np.ndarray
    labels: np.ndarray | None


class Format(NamedTuple):
    """The files of a set by its parts, the first of which says that it is there, and how a part is read and what its classes are."""

    files: dict[str, tuple[str, ...]]
    read: Callable[[Path, tuple[str, ...]], Part]
    classes: Callable[[Path], tuple[str, ...]]


STL = (3, 96, 96)  # channels, columns, rows: a picture's bytes go down its columns (Coates et al. 2011)
DIGITS = tuple("0123456789")


def _stl10(folder: Path, names: tuple[str, ...]) -> Part:
    pictures, *labels = names
    raw = np.memmap(_regular(folder / pictures), np.uint8, "r")
    if raw.size % np.prod(STL):
        raise UserError(f"{folder / pictures} is cut off: {raw.size:,} bytes are no multiple of {np.prod(STL):,}")
    images = raw.reshape(-1, *STL).transpose(0, 3, 2, 1)
    if not labels:
        return Part(images, None)
    places = np.fromfile(_regular(folder / labels[0]), np.uint8).astype(np.int64) - 1
    return Part(images, _checked(folder / labels[0], places, len(images), 10))


def _stl10_classes(folder: Path) -> tuple[str, ...]:
    names = folder / "class_names.txt"
    words = paths.read(names).decode("utf-8", "replace").split() if names.is_file() else []
    return tuple(words) if len(set(words)) == 10 else tuple(f"{number:02d}" for number in range(1, 11))


def _svhn(folder: Path, names: tuple[str, ...]) -> Part:
    from scipy.io import loadmat  # only for this set

    path = _regular(folder / names[0])
    try:
        content = loadmat(path, variable_names=["X", "y"])
        images, places = content["X"].transpose(3, 0, 1, 2), content["y"].ravel().astype(np.int64) % 10
    except Exception as error:  # a file from elsewhere makes readers raise nearly anything
        raise UserError(f"{path} is no file of SVHN's cropped digits: {str(error).splitlines()[0]}") from None
    if images.dtype != np.uint8 or images.shape[3] != 3:
        raise UserError(f"{path} is no file of SVHN's cropped digits: X is {images.dtype} {images.shape}")
    return Part(images, _checked(path, places, len(images), 10))  # 10 is the digit 0 (Netzer et al. 2011)


FORMATS = {
    "STL-10": Format(
        {"train": ("train_X.bin", "train_y.bin"), "test": ("test_X.bin", "test_y.bin"), "unlabeled": ("unlabeled_X.bin",)},
        _stl10,
        _stl10_classes,
    ),
    "SVHN": Format(
        {"train": ("train_32x32.mat",), "test": ("test_32x32.mat",), "extra": ("extra_32x32.mat",)},
        _svhn,
        lambda folder: DIGITS,
    ),
}  # fmt: skip
MORE = ("unlabeled", "extra")  # parts that are taken only where there is no train


def from_published(folder: Path, split: str) -> Source | None:
    """The set whose published files lie in the folder; None where there are none such.

    Raises UserError where a file of a part is missing; its listing also for files of another content, and for an absent split.
    """
    for name, kind in FORMATS.items():
        there = [part for part, files in kind.files.items() if (folder / files[0]).is_file()]
        if there:
            return _source(folder, name, kind, there, split)
    return None


def _source(folder: Path, name: str, kind: Format, there: Sequence[str], split: str) -> Source:
    for part in there:
        for file in kind.files[part]:
            if not (folder / file).is_file():
                raise UserError(f"{folder} has {kind.files[part][0]} and no {file}, which belongs to it")
    root = folder.resolve()
    own = [part for part in there if part not in MORE]
    left = [part for part in there if part in MORE and own]
    stats = [os.stat(root / file) for part in there for file in kind.files[part]]
    marks = " ".join(f"{stat.st_size} {stat.st_mtime_ns}" for stat in stats)

    def listing() -> Listing:
        chosen = (own or there) if split == "all" else [pick_part(set(own), split, str(root))] if own else there[:1]
        parts = [kind.read(root, kind.files[part]) for part in chosen]
        names = [f"{part}/{i:06d}" for part, held in zip(chosen, parts, strict=True) for i in range(len(held.images))]
        found = [held.labels for held in parts if held.labels is not None]
        labels = np.concatenate(found) if found and len(found) == len(parts) else None
        starts = np.cumsum([0, *(len(held.images) for held in parts)])

        def read(index: int) -> bytes:
            at = int(np.searchsorted(starts, index, "right")) - 1
            image = parts[at].images[index - starts[at]]
            return b"P6 %d %d 255\n" % (image.shape[1], image.shape[0]) + np.ascontiguousarray(image).tobytes()

        notes = tuple(f"left out: the part {part!r} of {name}" for part in left)
        return Listing(names, labels, () if labels is None else kind.classes(root), read, notes=notes)

    return Source(folder.resolve().name, str(root), f"{name} {root} {marks} {split}", listing)


def _regular(path: Path) -> Path:
    paths.check_regular(path.stat().st_mode)
    return path


def _checked(path: Path, labels: np.ndarray, count: int, classes: int) -> np.ndarray:
    if len(labels) != count or (count and not 0 <= labels.min() <= labels.max() < classes):
        raise UserError(f"{path} has {len(labels):,} labels that do not fit {count:,} pictures of {classes} classes")
    return labels
