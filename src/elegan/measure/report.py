"""Measurements of one set of images against another: value, interval, floor, warnings, and the record of it all."""

import itertools
import platform
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import torch

from elegan import __version__
from elegan.errors import UserError, nearest
from elegan.measure.estimates import LEAST, METRICS, Estimate, Features
from elegan.measure.extractors import Extractor
from elegan.measure.pictures import as_pictures


@dataclass(frozen=True)
class Result:
    """One line of a report. The floor is the metric between two halves of the real set; for IS the real set's score."""

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


def extract(extractor: Extractor, batches: Any, name: str = "given") -> Features:
    """Features of an iterable of uint8 batches or of one array, N x H x W x C; only a batch is ever held as floats.

    The features of all stay in memory, 4 d bytes an image. Raises UserError on no images, mixed sizes, or NaN features.
    """
    if hasattr(batches, "shape"):
        images = batches
        batches = (images[i : i + 1024] for i in range(0, len(images), 1024))
    values, probabilities, size = [], [], None
    for batch in batches:
        shape = tuple(as_pictures(batch).shape[1:])
        if size not in (None, shape):
            raise UserError(f"the {name} images differ in size: {_size(size)} and {_size(shape)}")
        size = shape
        f, p = extractor.features(batch)
        values.append(f)
        probabilities.append(p)
    if not values:
        raise UserError(f"there are no {name} images")
    known = [p for p in probabilities if p is not None]
    features = Features(torch.cat(values), torch.cat(known) if known else None)
    if not bool(torch.isfinite(features.values).all()):
        raise UserError(f"the extractor {extractor.tag} gives features that are not finite on the {name} images")
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
) -> list[Result]:
    """Each metric of `fake` against `real` with its interval and the real-against-real floor.

    `real` and `fake` are iterables of uint8 batches N x H x W x C, single arrays, or `Features` from `extract`.
    `metrics` are names out of METRICS; None takes fd, kd and prdc, and is where the extractor classifies. `settings`
    joins the record: `data`, `split`, `averaged` and whatever else the images depend on; the seed here draws subsets
    and halves only. Raises UserError for an unknown metric, too few images, mixed sizes, NaN features.
    """
    for metric in metrics or ():
        if metric not in METRICS:
            raise UserError(f"no metric {metric!r}{nearest(metric, METRICS)}")
    real, fake = (
        s if isinstance(s, Features) else extract(extractor, s, name)
        for s, name in ((real, "real"), (fake, "generated"))
    )
    classifies = fake.probabilities is not None
    chosen = [m for m in ("fd", "kd", "is", "prdc") if m != "is" or classifies] if metrics is None else list(metrics)
    for metric in chosen:
        _check(metric, extractor, real, fake)
    record = _settings(extractor, seed) | (settings or {})
    return list(itertools.chain(*(_results(metric, extractor, real, fake, seed, record) for metric in chosen)))


def _check(metric: str, extractor: Extractor, real: Features, fake: Features) -> None:
    if metric == "is" and fake.probabilities is None:
        raise UserError(
            f"'is' needs class probabilities, which {extractor.name!r} has not; use classifier or inception"
        )
    if min(len(real), len(fake)) < LEAST[metric]:
        raise UserError(
            f"{metric!r} needs at least {LEAST[metric]} images a set; got {len(real)} real and {len(fake)} generated"
        )


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


def _results(
    metric: str, extractor: Extractor, real: Features, fake: Features, seed: int, record: dict[str, Any]
) -> Iterable[Result]:
    estimates, floors, n = METRICS[metric](real, fake, seed), *_floor(metric, real, seed)
    for e in estimates:
        f = floors.get(e.metric)
        yield Result(
            **asdict(e),
            label=extractor.label(e.metric),
            n_real=len(real),
            n_fake=len(fake),
            floor=f.value if f else None,
            floor_low=f.low if f else None,
            floor_high=f.high if f else None,
            floor_n=n,
            warnings=tuple(_warnings(metric, real, fake, bool(f))),
            settings=record,
        )


def _floor(metric: str, real: Features, seed: int) -> tuple[dict[str, Estimate], int]:
    """The metric between random halves of the real set, by name, and the images a half; IS: of the whole real set."""
    if metric == "is":
        return {e.metric: e for e in METRICS[metric](real, real, seed)}, len(real)
    n = len(real) // 2
    if n < LEAST[metric]:
        return {}, n
    order = torch.from_numpy(np.random.default_rng(seed).permutation(len(real)))
    return {e.metric: e for e in METRICS[metric](real.take(order[:n]), real.take(order[n : 2 * n]), seed)}, n


def _warnings(metric: str, real: Features, fake: Features, floor: bool) -> Iterable[str]:
    n, d = min(len(real), len(fake)), real.values.shape[1]
    for name, s in (("real", real), ("generated", fake)):
        if bool((s.values == s.values[0]).all()):
            yield f"all {len(s)} {name} images have the same features: one image repeated"
    if metric in ("fd", "fd-infinity") and n <= d:
        yield f"more features ({d}) than images ({n}): the covariance is rank-deficient and FD measures mostly N"
    elif metric in ("fd", "fd-infinity") and n < 5 * d:
        yield f"{n} images are few for {d} features: below {5 * d} the bias of FD, of order 1 / N, is large"
    if metric == "kd" and n < 1000:
        yield f"KD on subsets of {n}, not 1000: compare it with no other size"
    if metric == "prdc" and n < 1000:
        yield f"below 1000 images precision, recall, density and coverage mean little; here {n}"
    if metric == "prdc" and len(real) != len(fake):
        yield f"PRDC depends on N: {len(real)} real and {len(fake)} generated images are not balanced"
    if metric == "is" and fake.probabilities is not None and len(fake) < 40 * fake.probabilities.shape[1]:
        yield f"{len(fake)} images are few for an IS over {fake.probabilities.shape[1]} classes: biased low"
    if not floor:
        yield f"{len(real)} real images are too few for a floor"


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
    head = ("metric", "value", "95 % interval", "real floor", "N real", "N generated")
    rows = [head, *(_row(r) for r in results)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join([r[0].ljust(widths[0]), *map(str.rjust, r[1:], widths[1:])]) for r in rows]
    s, first = results[0].settings, results[0]
    accuracy = f", accuracy {s['accuracy']:.2%} on held-out images" if s.get("accuracy") is not None else ""
    about = f"extractor {s['extractor']} {s['digest'][:8]}, {s['dims']} features, resizer {s['resizer']}{accuracy}"
    halves = f"floor: {first.floor_n} real images against {first.floor_n} others (IS: the real images' own score)"
    how = "; ".join(dict.fromkeys(f"{r.metric} {r.interval}" for r in results))
    warnings = [f"warning: {w}" for w in dict.fromkeys(itertools.chain(*(r.warnings for r in results)))]
    return "\n".join([*lines, "", about, halves, f"intervals: {how}", *warnings])


def _row(r: Result) -> tuple[str, ...]:
    floor = "-" if r.floor is None else f"{r.floor:.4g}"
    return r.label, f"{r.value:.4g}", f"{r.low:.4g} .. {r.high:.4g}", floor, str(r.n_real), str(r.n_fake)
