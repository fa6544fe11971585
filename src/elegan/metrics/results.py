"""Measurements of one set of images against another: value, interval, floor, warnings, and the record of it all."""

import itertools
import math
import platform
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import torch

from elegan.core.errors import UserError
from elegan.core.pixels import as_pictures
from elegan.core.version import __version__
from elegan.metrics.extractor import Extractor
from elegan.metrics.intervals import METRICS, Estimate, Metric, check_needs, needed
from elegan.metrics.sets import Features, Sets


@dataclass(frozen=True)
class Result:
    """One line of a report. The floor is the metric between two parts of the real set; for IS and CAS the real set's own score,
    for C2ST one half."""

    metric: str
    label: str
    value: float
    low: float
    high: float
    interval: str
    n_real: int
    n_fake: int
    floor: float | None
    floor_low: float | None
    floor_high: float | None
    floor_n: int
    warnings: tuple[str, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)

    def to_record(self) -> dict[str, Any]:
        """JSON-able; `Result(**record)` is its inverse."""
        return asdict(self) | {"warnings": list(self.warnings)}


def extract(
    extractor: Extractor, batches: Any, name: str = "given", labels: Any = None, keep: bool = False
) -> Features:
    """Features of an iterable of uint8 batches or of one array, N x H x W x C; only a batch is ever held as floats.

    The features of all stay in memory, 4 d bytes an image; the pictures too if `keep` is asked for. `labels` are N
    integers or None. Raises UserError on no images, mixed sizes, NaN features, or labels of another number.
    """
    whole = batches if hasattr(batches, "shape") else None
    if whole is not None:
        batches = (whole[i : i + 1024] for i in range(0, len(whole), 1024))
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
    `metrics` are names out of METRICS; None takes fd, kd and prdc, and is where the extractor classifies. `settings`
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
    usual = [m for m in ("fd", "kd", "is", "prdc") if METRICS[m].needs <= sets.has()]
    chosen = usual if metrics is None else metrics
    check_needs(chosen, sets.has(), extractor.name)
    for metric in chosen:
        if min(len(real), len(fake)) < METRICS[metric].least:
            raise UserError(
                f"{metric!r} needs at least {METRICS[metric].least} images a set; "
                f"got {len(real)} real and {len(fake)} generated"
            )
    record = _settings(extractor, seed) | (settings or {})
    return list(itertools.chain(*(_results(metric, extractor, sets, seed, record) for metric in chosen)))


def _settings(extractor: Extractor, seed: int) -> dict[str, Any]:
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


def _results(name: str, extractor: Extractor, sets: Sets, seed: int, record: dict[str, Any]) -> Iterable[Result]:
    metric = METRICS[name]
    estimates = metric.estimate(sets, seed)
    if not estimates:
        raise UserError(f"{name!r} finds no class of which both sets have two images")
    floors = _floor(metric, sets, estimates, seed)
    warnings = (*([extractor.note] if extractor.note else ()), *_warnings(name, sets, estimates))
    for e in estimates:
        f = floors.get(e.metric)
        yield Result(
            **asdict(e),
            label=e.metric if "pictures" in metric.needs else extractor.label(e.metric),
            floor=f.value if f else None,
            floor_low=f.low if f else None,
            floor_high=f.high if f else None,
            floor_n=f.n_fake if f else 0,
            warnings=warnings if f else (*warnings, f"{e.n_real} real images are too few for a floor"),
            settings=record,
        )


def _floor(metric: Metric, sets: Sets, estimates: Sequence[Estimate], seed: int) -> dict[str, Estimate]:
    """The metric by name between random parts of the real set, halves or as many as were measured if these are fewer.

    A metric that scores one set is taken of the whole real set in place of the generated one. A floor that is known
    comes from no images.
    """
    real = sets.real
    if metric.floor is not None:
        known = metric.floor
        return {e.metric: Estimate(e.metric, known, known, known, "known", 0, 0) for e in estimates}
    if metric.scores:
        parts = real, real
    else:
        n = min(len(real) // 2, max(e.n_real for e in estimates))
        if n < metric.least:
            return {}
        order = torch.from_numpy(np.random.default_rng(seed).permutation(len(real)))
        parts = real.take(order[:n]), real.take(order[n : 2 * n])
    return {e.metric: e for e in metric.estimate(replace(sets, real=parts[0], fake=parts[1]), seed)}


def _warnings(name: str, sets: Sets, estimates: Sequence[Estimate]) -> Iterable[str]:
    real, fake = sets.real, sets.fake
    n, d = min(min(e.n_real, e.n_fake) for e in estimates), real.values.shape[1]
    for kind, s in (("real", real), ("generated", fake)):
        if bool((s.values == s.values[0]).all()):
            yield f"all {len(s)} {kind} images have the same features: one image repeated"
    where = " of the smallest class" if name == "class-fd" else ""
    if name in ("fd", "fd-infinity", "class-fd") and n <= d:
        yield f"more features ({d}) than images ({n}{where}): the covariance is rank-deficient and FD measures mostly N"
    elif name in ("fd", "fd-infinity", "class-fd") and n < 5 * d:
        yield f"{n} images{where} are few for {d} features: below {5 * d} the bias of FD, of order 1 / N, is large"
    if name == "kd" and n < 1000:
        yield f"KD on subsets of {n}, not 1000: compare it with no other size"
    if name == "prdc" and n < 1000:
        yield f"below 1000 images precision, recall, density and coverage mean little; here {n}"
    if name == "c2st" and n < 500:
        yield f"on {n} images a set C2ST's classifier learns little: a value near 0.5 says little"
    if name == "c2st" and estimates[0].high < 0.5:
        yield "C2ST below 0.5: generated images repeat real ones, or these are in both sets; elegan copies finds them"
    if name in ("is", "modes") and fake.probabilities is not None and len(fake) < 40 * fake.probabilities.shape[1]:
        number = f"{len(fake)} images are few for {fake.probabilities.shape[1]} classes"
        yield f"{number}: IS is biased low" if name == "is" else f"{number}: reverse KL is biased high"
    if name == "modes" and math.inf in (e.value for e in estimates):
        yield "reverse KL is infinite: a class is generated that no real image is taken for"
    if name == "class-fd" and (lost := sorted(set(sets.classes) - {e.metric.partition(":")[2] for e in estimates})):
        yield f"fewer than two images a set, left out: {', '.join(lost)}"


COMPARED = ("metric", "n_real", "n_fake", "extractor", "digest", "resizer", "dims", "data", "fingerprint", "split")


def comparable(a: Result | dict[str, Any], b: Result | dict[str, Any]) -> list[str]:
    """The settings that forbid a comparison of two results or records, as `name: one and other`; empty if none does."""
    flat = [x | x["settings"] for x in (r.to_record() if isinstance(r, Result) else r for r in (a, b))]
    return [
        f"{key}: {flat[0].get(key)} and {flat[1].get(key)}" for key in COMPARED if flat[0].get(key) != flat[1].get(key)
    ]


def table(results: Sequence[Result]) -> str:
    """The results as aligned text, a line each, with what was measured and the warnings below."""
    if not results:
        return "nothing was measured"
    head = ("metric", "value", "95 % interval", "real floor", "N real", "N generated", "N floor")
    rows = [head, *(_row(r) for r in results)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join([r[0].ljust(widths[0]), *map(str.rjust, r[1:], widths[1:])]) for r in rows]
    s = results[0].settings
    accuracy = f", accuracy {s['accuracy']:.2%} on held-out images" if s.get("accuracy") is not None else ""
    about = []
    if "extractor" in s:  # what is measured of each picture by itself needs none
        about = [
            f"extractor {s['extractor']} {s['digest'][:8]}, {s['dims']} features, resizer {s['resizer']}{accuracy}"
        ]
        about += [
            "floor: real images against as many others (IS and CAS: what real images score themselves; C2ST: 0.5)"
        ]
    how = "; ".join(dict.fromkeys(f"{r.metric.partition(':')[0]} {r.interval}" for r in results))
    warnings = [f"warning: {w}" for w in dict.fromkeys(itertools.chain(*(r.warnings for r in results)))]
    return "\n".join([*lines, "", *about, f"intervals: {how}", *warnings])


def _row(r: Result) -> tuple[str, ...]:
    floor = "-" if r.floor is None else f"{r.floor:.4g}"
    return (
        r.label,
        f"{r.value:.4g}",
        f"{r.low:.4g} .. {r.high:.4g}",
        floor,
        str(r.n_real),
        str(r.n_fake),
        str(r.floor_n or "-"),
    )
