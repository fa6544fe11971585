"""Data sets by name: the digits inside scikit-learn's wheel, and what the Hugging Face `datasets` library loads."""

import importlib
import os
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from elegan.core.errors import Failure, UserError, nearest
from elegan.data.deep import Unreadable
from elegan.data.layout import pick_part
from elegan.data.sources import Listing, Source, read_file

HUB = {
    "mnist": "ylecun/mnist",
    "fashion-mnist": "zalando-datasets/fashion_mnist",
    "cifar10": "uoft-cs/cifar10",
    "celeba": "flwrlabs/celeba",
    "imagenet": "ILSVRC/imagenet-1k",  # gated: its owners ask for an account
    "lsun:bedroom": "pcuenq/lsun-bedrooms",
    "lsun:church": "tglcourse/lsun_church_train",
}
NAMES = ("digits", *HUB)


def from_name(name: str, split: str) -> Source | None:
    """The named set, or None when `name` has no such form. Raises `UserError` and `Failure` as `from_hub` does."""
    if name == "digits":
        return digits(split)
    if name in HUB:
        return from_hub(HUB[name], split, name)
    if name.startswith("lsun:"):
        known = [other for other in HUB if other.startswith("lsun:")]
        raise UserError(f"no public copy of {name!r} is known{nearest(name, known)} (a folder or zip of it works too)")
    return None


def digits(split: str) -> Source:
    """1,797 handwritten digits, 8x8 grey, inside scikit-learn's wheel (Alpaydin and Kaynak, UCI, 1998).

    Every fifth image of each class is held out: 1,442 train, 355 test. Grey levels 0..16 become 0..255, rounded.
    """

    def listing() -> Listing:
        values, labels = _digits()
        turn = np.array([np.count_nonzero(labels[:i] == label) for i, label in enumerate(labels)])
        held_out = turn % 5 == 4
        in_split = {"train": ~held_out, "test": held_out, "all": np.full(len(labels), True)}[split]
        pixels = np.rint(values[in_split] * (255 / 16)).astype(np.uint8)

        def read(index: int) -> bytes:
            greys: bytes = pixels[index].tobytes()
            return b"P5 8 8 255\n" + greys

        names = [f"{index:04d}" for index in np.flatnonzero(in_split)]
        return Listing(names, labels[in_split], tuple("0123456789"), read)

    return Source("digits", "digits", f"digits {version('scikit-learn')} {split}", listing)


def _digits() -> tuple[np.ndarray, np.ndarray]:
    """Grey levels, 1,797 x 64 in 0..16, and labels: read from scikit-learn's folder, as to import it takes a second."""
    spec = find_spec("sklearn")
    if spec is None or not spec.submodule_search_locations:
        raise Failure("scikit-learn, which holds the digits, is not installed: pip install scikit-learn")
    table = np.loadtxt(Path(spec.submodule_search_locations[0], "datasets", "data", "digits.csv.gz"), delimiter=",")
    return table[:, :-1], table[:, -1].astype(np.int64)


def from_hub(address: str, split: str, alias: str = "") -> Source:
    """A set of the Hugging Face hub, `owner/name[:config]`, or a local folder that the `datasets` library understands.

    The library downloads and checks it and keeps its own cache. Raises `UserError` without the library, for an unknown
    or closed set, without an image column or this split, and `Failure` when the hub cannot be reached.
    """
    local = Path(os.path.expanduser(address))
    if not address or (address.startswith(("/", ".", "~")) and not local.is_dir()):
        raise UserError(f"no folder {address!r}; hf: takes a local folder or a hub name like ylecun/mnist")
    library = _library()
    parts = _load(library, str(local.resolve()) if local.is_dir() else address)
    roots = [Path(library.config.HF_CACHE_HOME).resolve(), local.resolve()]
    place = local.resolve() if local.is_dir() else Path(address)
    name = alias or place.name.partition(":")[0]
    return from_parts(parts, split, name, alias or f"hf:{place}", _files, roots)


def from_parts(
    parts: Mapping[str, Any],
    split: str,
    name: str,
    address: Any,
    identity: Callable[[Any], list[Any]],
    roots: Sequence[Path] | None = None,
) -> Source:
    """The images of a set of the Hugging Face library, by the name of each part. `identity(rows)` is other where the rows are;
    where `roots` are given, no file outside them is read. Raises UserError without an image column or this split.
    """
    library = _library()
    of_split = sorted(parts) if split == "all" else [pick_part(set(parts), split, str(address))]
    rows = library.concatenate_datasets([parts[name] for name in of_split]) if len(of_split) > 1 else parts[of_split[0]]
    image, label, notes = _columns(library, rows.features, str(address))

    def listing() -> Listing:
        encoded = rows.select_columns([image]).cast_column(image, library.Image(decode=False))
        labels, classes, label_notes = _labels(rows, label)

        def read(index: int) -> bytes:
            return _bytes(encoded[index][image], roots)

        names = [f"row {index}" for index in range(len(rows))]
        return Listing(names, labels, classes, read, (), (*notes, *label_notes))

    return Source(name, address, repr([*identity(rows), image, label, of_split]), listing)


def _files(rows: Any) -> list[tuple[str, int, int]]:
    """The library's own files of these rows."""
    names = [file["filename"] for file in rows.cache_files]
    return [(name, os.stat(name).st_size, os.stat(name).st_mtime_ns) for name in names]


def _library() -> ModuleType:
    try:
        return importlib.import_module("datasets")
    except ImportError:
        raise UserError("this data set needs the Hugging Face library: pip install 'elegan[hub]'") from None


def _load(library: ModuleType, address: str) -> Any:
    """All parts of the set by name."""
    path, _, config = (address, "", "") if os.path.isdir(address) else address.partition(":")
    offline = "offline, a folder or zip of images works"
    try:
        return library.load_dataset(path, config or None, keep_in_memory=False)
    except library.exceptions.DatasetNotFoundError as error:
        raise UserError(f"no data set {address!r} that can be opened: {_brief(error)}; {offline}") from None
    except (ValueError, FileNotFoundError, library.exceptions.DatasetsError) as error:
        raise UserError(f"{address!r} cannot be opened: {_brief(error)}") from None
    except OSError as error:
        raise Failure(f"{address!r} could not be fetched: {_brief(error)}; {offline}") from None


def _brief(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0][:200].rstrip(".")


def _columns(library: ModuleType, features: Any, address: str) -> tuple[str, str, list[str]]:
    """Names of the image and label columns ("" without labels), and notes where there was a choice."""
    images = [name for name, kind in features.items() if isinstance(kind, library.Image)]
    labels = [name for name, kind in features.items() if isinstance(kind, library.ClassLabel)]
    if not images:
        raise UserError(f"{address} has no image column, only {', '.join(features)}")
    image = "image" if "image" in images else images[0]
    label = "label" if "label" in labels else (labels or [""])[0]
    notes = [f"image column {image!r} of {', '.join(images)}"] if len(images) > 1 else []
    notes += [f"label column {label!r} of {', '.join(labels)}"] if len(labels) > 1 else []
    return image, label, notes


def _labels(rows: Any, column: str) -> tuple[np.ndarray | None, tuple[str, ...], list[str]]:
    if not column:
        return None, (), []
    labels = np.asarray(rows.select_columns([column]).with_format("numpy")[:][column]).astype(np.int64)
    if (labels < 0).any():  # the hub's mark for a part whose labels are kept back
        return None, (), ["no classes: labels of this part are not published"]
    return labels, tuple(rows.features[column].names), []


def _bytes(cell: Any, roots: Sequence[Path] | None) -> bytes:
    """The encoded image of one row: embedded, or a file, which lies inside `roots` where they are given."""
    if cell is None:
        raise Unreadable("empty row")
    embedded: bytes | None = cell["bytes"]
    if embedded is not None:
        return embedded
    path = Path(cell["path"] or "").resolve()
    if roots is not None and not any(path.is_relative_to(root) for root in roots):
        raise Unreadable("its file lies outside the data set")
    return read_file(str(path))
