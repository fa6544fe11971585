"""Generated images measured against a data set: which extractor, which real images, what goes on record."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from elegan.core.devices import find_device
from elegan.core.errors import UserError, nearest
from elegan.core.sizes import Resolution
from elegan.data import Dataset, InMemory, open_data, open_held_out
from elegan.data.cache import default_root
from elegan.data.dataset import find
from elegan.data.decode import whole
from elegan.data.deep import Unreadable
from elegan.data.feed import middles
from elegan.data.sides import Sides
from elegan.metrics import Extractor, Features, Result, extract, measure, needed, open_extractor
from elegan.metrics.catalogue import check_needs, find_metric
from elegan.metrics.extractors import stacked
from elegan.metrics.metric import Metric, PairMetric
from elegan.metrics.pairs import USUAL, measure_pairs, pair_metrics, pair_result
from elegan.metrics.results import extracted_by
from elegan.metrics.self_supervised import LEAST
from elegan.metrics.weights import preferred
from elegan.recipes import parts

Classed = tuple[Iterable[np.ndarray], Sequence[str]]  # uint8 batches N x H x W x C, and the class of each image


def evaluate(
    generated: Iterable[np.ndarray],
    source: str | InMemory,
    shape: tuple[Resolution, int],
    *,
    labels: Sequence[str] | None = None,
    even: Classed | None = None,
    fit: str = "crop",
    distinct: bool = False,
    metrics: Sequence[str] | None = None,
    extractor: str = "auto",
    split: str = "train",
    seed: int = 0,
    settings: dict[str, Any] | None = None,
    device: str = "cpu",
) -> list[Result]:
    """Each metric of `generated` (uint8 batches N x H x W x C) against the images of `source`.

    `shape` is the (resolution, channels) that the real images are brought to, as in training, and `distinct` takes each once. `extractor` "auto" is a
    classifier of the data where it has classes, else a network that has learnt from the images themselves; `metrics`
    None takes what every extractor gives, and `is` where it classifies. `labels` names the class of each generated image.
    `even`, where it is given, takes the place of both for metrics that compare class with class. `settings` joins the
    record. Raises UserError for unknown names, too few images, and metrics that lack what they need.
    """
    needs, extractor = needed(metrics), preferred(extractor, metrics)
    real = open_data(source, *shape, fit, split, distinct=distinct)
    held_out = open_held_out(source, shape, fit) if "held-out" in needs and split == "train" else None
    there = {"classes": real.labels, "labels": labels, "held-out": held_out}
    has = {"probabilities", "pictures"} | {name for name, value in there.items() if value is not None}
    check_needs(metrics or (), has, extractor)  # before anything is trained or generated
    network = extractor_for(extractor, real, shape, fit, device, parts.said(extractor))

    def features(name: str, images: Any, names: Sequence[str] | None) -> Features:
        indices = _indices(names, real.classes) if "labels" in needs and names is not None else None
        return extract(network, images, name, indices, keep="pictures" in needs)

    reference = features("real", real.images, _names(real))
    test = features("held-out", held_out.images, _names(held_out)) if held_out else None
    record = {"data": real.name, "fingerprint": real.fingerprint, "split": split} | (settings or {})

    def measured(
        asked: Sequence[str] | None, images: Iterable[np.ndarray], names: Sequence[str] | None
    ) -> list[Result]:
        if asked is not None and not asked:
            return []
        fake = features("generated", images, names)
        return measure(network, reference, fake, asked, seed, record, test, real.classes)

    apart = [name for name in metrics or () if even and isinstance(kind := find_metric(name), Metric) and kind.even]
    together = None if metrics is None else [name for name in metrics if name not in apart]
    return [*measured(together, generated, labels), *(measured(apart, *even) if even else [])]


def evaluate_arrays(
    network: Extractor,
    made: np.ndarray,
    real: np.ndarray,
    wanted: np.ndarray | None,
    metrics: Sequence[str] | None,
    seed: int,
    settings: dict[str, Any],
) -> list[Result]:
    """Metrics of `made` against `real`, or of each picture against the one that is `wanted`; all uint8 N x H x W x C.

    `metrics` None takes fd and kd, and the usual ones of pairs where `wanted` is known. Raises UserError for a metric of pairs
    where it is not.
    """
    if metrics is None:
        metrics = ("fd", "kd", *(() if wanted is None else USUAL))
    of_pairs = [name for name in metrics if isinstance(find_metric(name), PairMetric)]
    of_sets = [name for name in metrics if name not in of_pairs]
    if wanted is None:
        check_needs(of_pairs, (), network.name)
    results = measure(network, real, made, of_sets, seed, settings) if of_sets else []
    if wanted is not None:
        record = extracted_by(network, seed) | settings
        results += measure_pairs(pair_metrics(of_pairs), made, wanted, record)
    return results


def evaluate_folder(generated: str, real: str, **options: Any) -> list[Result]:
    """Each metric of a folder or zip of pictures that any generator made, brought to one size as they would be for training;
    metrics of pairs compare each with the real picture of its name, both at their own size.

    See `evaluate` for the options and the errors, which also are for a picture without one of its name or of another size.
    """
    options["device"] = str(find_device(options.get("device", "cpu")))
    asked = options.get("metrics")
    of_pairs = [name for name in asked or () if isinstance(find_metric(name), PairMetric)]
    options["metrics"] = None if asked is None else [name for name in asked if name not in of_pairs]
    results = _paired(generated, real, of_pairs, options.get("split", "train")) if of_pairs else []
    if options["metrics"] == []:
        return results
    shown = open_data(generated, split="all")
    pages = (shown.images[start : start + 1024] for start in range(0, len(shown.images), 1024))
    record = {"generated": shown.name, "generated fingerprint": shown.fingerprint}
    size = shown.resolution, shown.channels
    return results + evaluate(pages, real, size, labels=_names(shown), settings=record, **options)


def _paired(generated: str, real: str, metrics: Sequence[str], split: str) -> list[Result]:
    """The metrics of each generated picture against the real one whose path in its set is the same but for the ending."""
    sources = find(generated, "all"), find(real, split)
    made, wanted = (source.listing() for source in sources)
    places = {name.rpartition(".")[0] or name: index for index, name in enumerate(wanted.names)}
    pairs = []
    for index, name in enumerate(made.names):
        stem = name.rpartition(".")[0] or name
        if stem not in places:
            raise UserError(
                f"{real} has no picture {stem!r}{nearest(stem, places)}, and {metrics[0]!r} compares those of one name"
            )
        try:
            pair = [whole(listing.read(at), 0, 1, 3).pixels for listing, at in ((made, index), (wanted, places[stem]))]
        except Unreadable as error:
            raise UserError(f"{name}, or the real picture of its name, cannot be read: {error}") from None
        if pair[0].shape != pair[1].shape:
            sizes = " and ".join("{1}x{0}".format(*pixels.shape) for pixels in pair)
            raise UserError(f"{name} is of another size than the real picture: {sizes}")
        pairs.append(pair)
    values = {m: np.concatenate([m.each(a[None], b[None]) for a, b in pairs]) for m in pair_metrics(metrics)}
    settings = {"data": sources[1].name, "split": split, "generated": sources[0].name}
    return [pair_result(metric, each, settings) for metric, each in values.items()]


def _names(data: Dataset) -> list[str] | None:
    """The class of each image, by name because two sets may number their classes differently; None without classes."""
    return None if data.labels is None else [data.classes[label] for label in data.labels]


def _indices(names: Sequence[str], classes: Sequence[str]) -> np.ndarray:
    """The places of the names in `classes`. Raises UserError for one that is not there."""
    numbers = {name: number for number, name in enumerate(classes)}
    for name in dict.fromkeys(names):
        if name not in numbers:
            raise UserError(f"the real images have no class {name!r}{nearest(name, classes)}")
    return np.array([numbers[name] for name in names])


def extractor_for(
    name: str,
    real: Dataset,
    shape: tuple[Resolution, int],
    fit: str,
    device: str = "cpu",
    trusted: Collection[str] = (),
) -> Extractor:
    """The extractor by name; one that learns does so on the training part of its data, and a classifier is tested on the
    held-out part.

    "auto" without classes is `self`, or `random` with a note where the images are too few to learn from. Raises UserError
    for an extractor that needs a module or a set of the hub that is not among `trusted`.
    """
    if (needed := parts.extractor_needs(name)) and (refusal := parts.untrusted({"extractor": needed}, trusted)):
        raise UserError(refusal)
    if name == "auto" and not real.classes:
        return _without_classes(real, shape, fit, device)
    kind, _, source = ("classifier" if name == "auto" else name).partition(":")
    if kind == "stacked":
        if not source:
            raise UserError("'stacked' names the grey digits that its classifier learns from: stacked:mnist")
        return stacked(extractor_for(f"classifier:{source}", real, (shape[0], 1), fit, device, trusted))
    if name in ("classifier:", "self:"):
        raise UserError(f"{name!r} names no data to learn from: {kind}, or {kind}:DATA")
    if kind not in ("classifier", "self"):
        return open_plain_extractor(name, real.images, device, trusted)
    data = open_data(source or real.source, *shape, fit)
    if kind == "self":
        return open_extractor(f"self:{data.name}", data.images, cache=_cache(), device=device)
    if data.labels is None:
        raise UserError(
            f"{data.name} has no classes to train a classifier on; use --extractor self, random, pixel or inception"
        )
    held_out = open_held_out(source or real.source, shape, fit)  # without one the classifier sets a tenth aside
    pair = (held_out.images, held_out.labels) if held_out else None
    return open_extractor(f"classifier:{data.name}", data.images, data.labels, data.classes, pair, _cache(), device)


def _without_classes(real: Dataset, shape: tuple[Resolution, int], fit: str, device: str) -> Extractor:
    count = open_data(real.source, *shape, fit).count
    if count >= LEAST:
        return extractor_for("self", real, shape, fit, device)
    note = f"{count} images are too few to learn features from, below {LEAST}: these are random ones, which miss fine flaws"
    return replace(extractor_for("random", real, shape, fit, device), note=note)


def extractor_for_sides(
    name: str, sides: Sides, real: np.ndarray, device: str = "cpu", trusted: Collection[str] = ()
) -> Extractor:
    """The extractor by name, to compare with the pictures `real`; a classifier learns to tell the two sides' training pictures apart."""
    if name != "classifier":
        return open_plain_extractor("random" if name == "auto" else name, real, device, trusted)
    parts = []
    for part in (sides.train, sides.held_out):
        images = [middles(side, sides.resolution) for side in part]
        parts.append((np.concatenate(images), np.repeat([0, 1], [len(side) for side in images])))
    return open_extractor(f"classifier:{sides.name}", *parts[0], ("A", "B"), parts[1], _cache(), device)


def open_plain_extractor(
    name: str, images: np.ndarray, device: str = "cpu", trusted: Collection[str] = ()
) -> Extractor:
    """An extractor that needs no labels. Raises UserError for a classifier and for unknown names."""
    if name.partition(":")[0] == "classifier":
        raise UserError("these pictures have no classes to train a classifier on; use self, random, pixel or inception")
    return open_extractor(name, images, cache=_cache(), device=device, trusted=trusted)


def _cache() -> Path:
    return default_root().parent / "extractors"
