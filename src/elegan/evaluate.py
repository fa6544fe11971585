"""Generated images measured against a data set: which extractor, which real images, what goes on record."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from elegan.data import Dataset, open_data
from elegan.data.cache import default_root
from elegan.errors import UserError
from elegan.measure import Extractor, Result, measure, open_extractor


def evaluate(
    generated: Iterable[np.ndarray],
    source: str,
    shape: tuple[int, int],
    *,
    fit: str = "crop",
    metrics: Sequence[str] | None = None,
    extractor: str = "auto",
    split: str = "train",
    seed: int = 0,
    settings: dict[str, Any] | None = None,
    device: str = "cpu",
) -> list[Result]:
    """Each metric of `generated` (uint8 batches N x H x W x C) against the images of `source`.

    `shape` is the (resolution, channels) that the real images are brought to, as in training. `extractor` "auto" is a
    classifier of the data where it has classes, else the fixed random network; `metrics` None is all that the extractor
    can give. `settings` joins the record. Raises UserError for unknown names and too few images.
    """
    real = open_data(source, *shape, fit, split)
    network = extractor_for(extractor, real, shape, fit, device)
    record = {"data": real.name, "fingerprint": real.fingerprint, "split": split} | (settings or {})
    return measure(network, real.images, generated, metrics, seed, record)


def evaluate_folder(generated: str, real: str, **options: Any) -> list[Result]:
    """Each metric of a folder or zip of pictures that any generator made, brought to one size as they would be for training.

    See `evaluate` for the options and the errors.
    """
    shown = open_data(generated, split="all")
    pages = (shown.images[start : start + 1024] for start in range(0, len(shown.images), 1024))
    record = {"generated": shown.name, "generated fingerprint": shown.fingerprint}
    return evaluate(pages, real, (shown.resolution, shown.channels), settings=record, **options)


def extractor_for(name: str, real: Dataset, shape: tuple[int, int], fit: str, device: str = "cpu") -> Extractor:
    """The extractor by name; a classifier is trained on the training part of its data and tested on the held-out part."""
    if name == "auto":
        name = "classifier" if real.classes else "random"
    kind, _, source = name.partition(":")
    if kind != "classifier":
        return open_plain_extractor(name, real.images, device)
    data = open_data(source or real.source, *shape, fit)
    if data.labels is None:
        raise UserError(
            f"{data.name} has no classes to train a classifier on; use --extractor random, pixel or inception"
        )
    try:
        held_out = open_data(source or real.source, *shape, fit, "test")
    except UserError:  # without a held-out part the classifier sets a tenth aside
        held_out = None
    pair = (held_out.images, held_out.labels) if held_out else None
    return open_extractor(f"classifier:{data.name}", data.images, data.labels, data.classes, pair, _cache(), device)


def open_plain_extractor(name: str, images: np.ndarray, device: str = "cpu") -> Extractor:
    """An extractor that needs no labels. Raises UserError for a classifier and for unknown names."""
    if name.partition(":")[0] == "classifier":
        raise UserError("these pictures have no classes to train a classifier on; use random, pixel or inception")
    return open_extractor(name, images, cache=_cache(), device=device)


def _cache() -> Path:
    return default_root().parent / "extractors"
