"""Pictures that a program holds, as a source like a folder: an array, a tensor, a list, a dataset of torch or of the hub's library.

Each picture is handed on as an encoded file, so that decoding, cache and fingerprint are those of files.
"""

import hashlib
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from elegan.core.errors import UserError, shown
from elegan.data.arrays import Range, encoded, plain, to_bytes
from elegan.data.deep import Unreadable
from elegan.data.layout import printable
from elegan.data.named import from_parts
from elegan.data.sources import Listing, Source

Labels = tuple[np.ndarray | None, tuple[str, ...]]  # int64 N into the names of classes


@dataclass(frozen=True)
class InMemory:
    """Data that a program handed over: `of_split(split)` is its `Source`. Nothing on the disk names them."""

    name: str
    of_split: Callable[[str], Source]

    def __str__(self) -> str:
        return f"the {self.name} in memory"


def source_of(data: Any, labels: Any = None) -> str | InMemory | None:
    """Data as the rest of the package takes them: a folder, zip or name as text, or pictures in memory, or None.

    Pictures: an array N x H x W or N x H x W x C, a tensor N x H x W or N x C x H x W, a list of arrays, tensors or Pillow
    images, a `torch.utils.data.Dataset` of those alone or with a label, a `datasets.Dataset` (or a dictionary of its parts).
    uint8 in 0..255, or floats: in -1..1 where any is negative, else in 0..1. `labels`: N integers or names.
    Raises UserError for anything else.
    """
    if data is None or isinstance(data, str | Path):
        if labels is not None:
            raise UserError("labels are for pictures in memory; folders, zips and named sets have their own classes")
        return None if data is None else str(data)
    if isinstance(data, InMemory):
        return data
    if _is_a(data, "datasets", "Dataset", "DatasetDict"):
        return _of_library(data, labels)
    return _of_pictures(data, labels)


def _is_a(data: Any, module: str, *names: str) -> bool:
    """Whether it is of a class of this module, which is imported already where that is so."""
    kinds = (getattr(sys.modules.get(module), name, None) for name in names)
    return isinstance(data, tuple(kind for kind in kinds if isinstance(kind, type)))


def _of_library(data: Any, labels: Any) -> InMemory:
    """A set of the Hugging Face library, whose files stay as they are; transforms that were set on it are not applied."""
    parts = {
        name: rows.with_format(None) for name, rows in (data if isinstance(data, dict) else {"train": data}).items()
    }
    if labels is not None and len(parts) > 1:
        raise UserError("labels are for one set of pictures; a dictionary of sets has its own in each")
    first = next(iter(parts.values()))
    named = None if labels is None else _classes(labels, len(first))

    def of_split(split: str) -> Source:
        source = from_parts(parts, split, memory.name, memory, lambda rows: [rows._fingerprint])
        return source if named is None else _labelled(source, named)

    memory = InMemory(first.info.dataset_name or "dataset", of_split)
    return memory


def _of_pictures(data: Any, labels: Any) -> InMemory:
    """Anything else that gives pictures by number. Raises UserError for what does not."""
    if isinstance(data, Mapping) or not (hasattr(data, "__len__") and hasattr(data, "__getitem__")):
        raise UserError(f"a {type(data).__name__} does not give its pictures by number: data[0] to data[len(data) - 1]")
    name = "array" if isinstance(data, np.ndarray) else type(data).__name__.lower()
    _check_shape(name, data)
    pictures = _Pictures(data, f"the {name} in memory", own_labels=labels is None)
    own = pictures.labels if labels is None else labels
    names = getattr(data, "classes", ())
    named = None if own is None else _classes(own, len(data), names if isinstance(names, list | tuple) else ())
    listing = Listing([f"picture {index}" for index in range(len(data))], None, (), pictures.read)

    def of_split(split: str) -> Source:
        if split == "test":
            raise UserError(f"{memory} has no held-out part")
        source = Source(name, memory, pictures.stamp, lambda: listing)
        return source if named is None else _labelled(source, named)

    memory = InMemory(name, of_split)
    return memory


def _check_shape(name: str, data: Any) -> None:
    """Raises UserError for an array or tensor that is no set of pictures."""
    shape = getattr(data, "shape", None)
    if shape is None:
        return
    if isinstance(data, np.ndarray) and data.dtype == object:
        raise UserError("an array of objects is no set of pictures: ones of unlike sizes go into a list")
    if len(shape) not in (3, 4) or (isinstance(data, np.ndarray) and len(shape) == 3 and shape[2] in (3, 4)):
        valid = "N x H x W or N x H x W x C" if isinstance(data, np.ndarray) else "N x H x W or N x C x H x W"
        raise UserError(f"the {name} in memory has the shape {tuple(shape)}; pictures are {valid}")


def _labelled(source: Source, named: Labels) -> Source:
    """The same pictures with these labels."""
    labels, classes = named
    content = b"" if labels is None else labels.tobytes()
    mark = hashlib.sha256(repr(classes).encode() + content).hexdigest()
    listing = source.listing
    return replace(
        source, stamp=f"{source.stamp} {mark}", listing=lambda: replace(listing(), labels=labels, classes=classes)
    )


def _classes(labels: Any, count: int, names: Sequence[str] = ()) -> Labels:
    """Labels and classes of N integers or names. Integers count in `names` where these are enough for all; one class alone
    is none."""
    try:
        values = np.asarray(labels.detach().cpu() if hasattr(labels, "detach") else labels)
    except ValueError:
        raise UserError(f"labels are N integers or names, not {shown(labels)}") from None
    if values.dtype == object and all(isinstance(value, str) for value in values.flat):
        values = values.astype(str)
    if values.shape != (count,):
        raise UserError(
            f"labels of the shape {values.shape} do not go with {count} pictures: there is to be one for each"
        )
    if values.dtype.kind not in "iubU":
        raise UserError(
            f"labels are integers or names, not of {values.dtype}; the first is {shown(values.tolist()[0])}"
        )
    own, indices = np.unique(values, return_inverse=True)
    if values.dtype.kind in "iu" and own[0] >= 0 and own[-1] < len(names):
        return values.astype(np.int64), tuple(map(str, names))
    return (indices.astype(np.int64), tuple(printable(str(name)) for name in own)) if len(own) > 1 else (None, ())


class _Pictures:
    """Pictures by number. All are looked at once: for their stamp, for the range of floats, for labels that come with them."""

    def __init__(self, items: Any, name: str, own_labels: bool):
        self.items, self.name, self.lock = items, name, Lock()  # many datasets are not made for several threads
        self.digests: list[bytes] = []
        labels: list[Any] = []
        span = Range()
        for index in range(len(items)):
            picture, *label = _parts(items[index])
            labels += self._checked(index, label) if own_labels else []
            try:
                values = self._plain(index, picture)
            except Unreadable as error:
                self.digests.append(str(error).encode())
                continue
            self.digests.append(_digest(values))
            span = span.with_values(values) if values.dtype.kind == "f" else span
        if not self.digests:
            raise UserError(f"{name} holds no pictures")
        self.lowest = span.lowest
        self.labels = labels or None
        self.stamp = hashlib.sha256(repr((self.lowest, self.digests)).encode()).hexdigest()

    def read(self, index: int) -> bytes:
        """The picture as an encoded file. Raises UserError where it is another than before."""
        with self.lock:
            values = self._plain(index, _parts(self.items[index])[0])
        if _digest(values) != self.digests[index]:
            raise UserError(
                f"picture {index} of {self.name} is another each time: leave out its random transforms; "
                "data.flip, data.crop and task.augment vary pictures while a run trains"
            )
        return encoded(to_bytes(values, self.lowest))

    def _checked(self, index: int, label: list[Any]) -> list[Any]:
        """Raises UserError for what is no class, such as a second picture."""
        if any(isinstance(one, list | tuple | dict) or getattr(one, "ndim", 0) for one in label):
            raise UserError(f"picture {index} of {self.name} comes with a {type(label[0]).__name__} that is no class")
        return label

    def _plain(self, index: int, picture: Any) -> np.ndarray:
        try:
            return plain(picture)
        except UserError as error:
            raise UserError(f"picture {index} of {self.name}: {error}") from None


def _parts(item: Any) -> tuple[Any, ...]:
    """The item of a dataset as (picture,) or (picture, label)."""
    return tuple(item[:2]) if isinstance(item, tuple | list) else (item,)


def _digest(values: np.ndarray) -> bytes:
    """SHA-256 of type, shape and content."""
    digest = hashlib.sha256(f"{values.dtype.str} {values.shape} ".encode())
    digest.update(np.ascontiguousarray(values).data)
    return digest.digest()
