"""Measurements of one set of images against another: value, interval, floor, warnings."""

import itertools
import platform
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from html import escape
from typing import Any

import numpy as np
import torch

from elegan.core import html, tables
from elegan.core.errors import UserError
from elegan.core.pixels import as_pictures
from elegan.core.progress import counted
from elegan.core.version import __version__
from elegan.metrics.catalogue import METRICS, AnyMetric, check_needs, find_metric, is_own, needed
from elegan.metrics.extractor import Extractor
from elegan.metrics.metric import NEEDS, Metric
from elegan.metrics.sets import Features, Sets
from elegan.record.result import Result, parted

USUAL = ("fd", "kd", "is", "prdc")  # taken by default, each where it has what it needs
OWN_REFERENCES = {line: getattr(metric, "reference", "") for metric in METRICS.values() for line in metric.lines}

HEAD = ("metric", "value", "95 % interval", "real floor", "N real", "N made", "N floor")


class Results(list[Result]):
    """Results of one evaluation: a list, which notebooks show as a table."""

    def _repr_html_(self) -> str:
        shown = html.table(HEAD, [_row(r) for r in self]) if self else "nothing was measured"
        warnings = dict.fromkeys(itertools.chain(*(r.warnings for r in self)))
        return shown + "".join(f"<p>{escape(warning)}</p>" for warning in warnings)


def extract(
    extractor: Extractor, batches: Any, name: str = "given", labels: Any = None, keep: bool = False
) -> Features:
    """Features of an iterable of uint8 batches or of one array, N x H x W x C; only a batch is ever held as floats.

    The features of all stay in memory, 4 d bytes an image; the pictures too if `keep` is asked for. `labels` are N
    integers or None. Raises UserError on no images, mixed sizes, NaN features, or labels of another number.
    """
    whole = batches if hasattr(batches, "shape") else None
    if whole is not None:
        pages = (whole[i : i + 1024] for i in range(0, len(whole), 1024))
        batches = counted(pages, f"features of the {name} pictures", len(whole), parts=len)
    values, probabilities, kept, size = [], [], [], None
    for batch in batches:
        shape = tuple(as_pictures(batch).shape[1:])
        if size not in (None, shape):
            raise UserError(f"the {name} images differ in size: {_size(size)} and {_size(shape)}")
        size = shape
        f, p = extractor.features(batch)
        values.append(f)
        probabilities += [p] if p is not None else []
        kept += [np.asarray(batch)] if keep and whole is None else []
    if not values:
        raise UserError(f"there are no {name} images")
    known = torch.cat(probabilities) if probabilities else None
    pictures = np.concatenate(kept) if kept else whole if keep else None
    features = Features(torch.cat(values), known, None if labels is None else torch.as_tensor(labels), pictures)
    if not bool(torch.isfinite(features.values).all()):
        raise UserError(f"the extractor {extractor.tag} gives features that are not finite on the {name} images")
    if features.labels is not None and len(features.labels) != len(features):
        raise UserError(f"{len(features.labels)} labels do not fit {len(features)} {name} images")
    return features


def _size(shape: Sequence[int]) -> str:
    height, width, channels = shape
    return f"{width}x{height}x{channels}"


def measure(
    extractor: Extractor,
    real: Any,
    fake: Any,
    metrics: Sequence[str] | None = None,
    seed: int = 0,
    settings: dict[str, Any] | None = None,
    held_out: Features | None = None,
    classes: Sequence[str] = (),
) -> list[Result]:
    """Each metric of `fake` against `real` with its interval and the real-against-real floor.

    `real` and `fake` are iterables of uint8 batches N x H x W x C, single arrays, or `Features` from `extract`, which
    can carry labels (indices into `classes`) and pictures; `held_out` are real images that were not trained on.
    `metrics` are names for `find_metric`; None takes fd, kd and prdc, and is where the extractor classifies. `settings`
    joins the record: `data`, `split`, `averaged` and whatever else the images depend on; the seed here draws subsets
    and halves only. Raises UserError for an unknown metric or one that lacks what it needs, too few images, mixed
    sizes, NaN features.
    """
    keep = "pictures" in needed(metrics)
    real, fake = (
        s if isinstance(s, Features) else extract(extractor, s, name, keep=keep)
        for s, name in ((real, "real"), (fake, "generated"))
    )
    sets = Sets(real, fake, held_out, tuple(classes))
    names = [name for name in USUAL if find_metric(name).needs <= sets.has()] if metrics is None else metrics
    check_needs(names, sets.has(), extractor.name)
    asked: dict[Metric, str] = {}
    for name in names:
        asked.setdefault(_of_sets(name), name)
    for metric, name in asked.items():
        if min(len(real), len(fake)) < metric.least:
            raise UserError(
                f"{name!r} needs at least {metric.least} images a set; got {len(real)} real and {len(fake)} generated"
            )
    record = extracted_by(extractor, seed) | (settings or {})
    lines = (_results(*one, extractor, sets, seed, record) for one in counted(asked.items(), "measuring", len(asked)))
    return list(itertools.chain.from_iterable(lines))


def _of_sets(name: str) -> Metric:
    metric = find_metric(name)
    if not isinstance(metric, Metric):
        raise UserError(f"{name!r} needs {NEEDS[next(iter(metric.needs))]}")
    return metric


def extracted_by(extractor: Extractor, seed: int) -> dict[str, Any]:
    """Extractor, seed and versions, as a record holds them."""
    return {
        "extractor": extractor.name,
        "digest": extractor.digest,
        "resizer": extractor.resizer,
        "dims": extractor.dims,
        "accuracy": extractor.accuracy,
        "seed": seed,
        "versions": {
            "elegan": __version__,
            "torch": torch.__version__,
            "numpy": np.__version__,
            "python": platform.python_version(),
        },
    }


def _results(
    metric: Metric, name: str, extractor: Extractor, sets: Sets, seed: int, record: dict[str, Any]
) -> Iterable[Result]:
    estimates = metric.estimate(sets, seed)
    floors = {e.metric: e for e in metric.floor(sets, estimates, seed)}
    warnings = (
        *([extractor.note] if extractor.note else ()),
        *_called_otherwise(metric, name, extractor),
        *_repeated(sets),
        *metric.warnings(sets, estimates),
    )
    for e in estimates:
        f = floors.get(e.metric)
        yield Result(
            **asdict(e),
            label=e.metric if "pictures" in metric.needs else extractor.label(e.metric, metric.published),
            floor=f.value if f else None,
            floor_low=f.low if f else None,
            floor_high=f.high if f else None,
            floor_n=f.n_fake if f else 0,
            warnings=warnings
            if f or metric.floorless
            else (*warnings, f"{e.n_real} real images are too few for a floor"),
            settings=record | provenance(metric),
        )


def _called_otherwise(metric: Metric, name: str, extractor: Extractor) -> Iterable[str]:
    if name in metric.aliases and metric.published and not extractor.verified:
        _, published = metric.published
        yield (
            f"{published} is measured in the features of Inception's published weights; this is the same formula in those of "
            f"{extractor.tag}: compare it with no {published} (elegan fetch inception brings those weights)"
        )


def _repeated(sets: Sets) -> Iterable[str]:
    for kind, s in (("real", sets.real), ("generated", sets.fake)):
        if bool((s.values == s.values[0]).all()):
            yield f"all {len(s)} {kind} images have the same features: one image repeated"


def provenance(metric: AnyMetric) -> dict[str, Any]:
    """Additions to the record of a metric that is not elegan's own: whose it is, and which values of its lines are better."""
    if is_own(metric):
        return {}
    return {"measured by": f"{type(metric).__module__}:{type(metric).__name__}", "better": metric.lines}


def table(results: Sequence[Result]) -> str:
    """The results as aligned text, a line each; below it the extractor, how it was measured, and the warnings."""
    if not results:
        return "nothing was measured"
    lines = tables.table(HEAD, [_row(r) for r in results], right=True)
    s = results[0].settings
    accuracy = f", accuracy {s['accuracy']:.2%} on held-out images" if s.get("accuracy") is not None else ""
    about = []
    if "extractor" in s:  # what is measured of each picture by itself needs none
        about = [
            f"extractor {s['extractor']} {s['digest'][:8]}, {s['dims']} features, resizer {s['resizer']}{accuracy}"
        ]
        others = references(r.metric for r in results)
        about += ["floor: real images against as many others" + (f" ({others})" if others else "")]
    how = "; ".join(dict.fromkeys(f"{r.metric.partition(':')[0]} {r.interval}" for r in results))
    by = dict.fromkeys(
        f"{r.metric} is measured by {r.settings['measured by']}" for r in results if "measured by" in r.settings
    )
    warnings = [f"warning: {w}" for w in dict.fromkeys(itertools.chain(*(r.warnings for r in results)))]
    return "\n".join([*lines, "", *about, *by, f"intervals: {how}", *warnings])


def references(lines: Iterable[str]) -> str:
    """The floors that are not real images against others, in words by their lines: `C2ST 0.5, CAS and IS ...`."""
    names: dict[str, list[str]] = {}
    for line in dict.fromkeys(lines):
        if reference := OWN_REFERENCES.get(line):
            names.setdefault(reference, []).append(line)
    return ", ".join(f"{' and '.join(of)} {reference}" for reference, of in names.items())


def _row(r: Result) -> tuple[str, ...]:
    floor = "-" if r.floor is None else f"{r.floor:.4g}"
    return (
        parted(r.label)[0],
        f"{r.value:.4g}",
        f"{r.low:.4g} .. {r.high:.4g}",
        floor,
        str(r.n_real),
        str(r.n_fake),
        str(r.floor_n or "-"),
    )
