"""The metrics by name: each is a class in a module of its own in this package, which is all that makes it known."""

import functools
import importlib
import inspect
import pkgutil
from collections.abc import Container, Mapping, Sequence

from elegan.core.errors import UserError, nearest
from elegan.metrics.metric import NEEDS, Better, Metric, PairMetric, SoundMetric
from elegan.recipes import parts

AnyMetric = Metric | PairMetric | SoundMetric


def _own() -> dict[str, AnyMetric]:
    modules = [importlib.import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__)]
    defined = [kind for module in modules for kind in vars(module).values() if _is_metric(kind, module.__name__)]
    return {kind.name: kind() for kind in defined}


def _is_metric(kind: object, home: str) -> bool:
    return inspect.isclass(kind) and issubclass(kind, AnyMetric) and kind.__module__ == home


METRICS = _own()
_BY_NAME = METRICS | {alias: metric for metric in METRICS.values() for alias in metric.aliases}


@functools.cache
def find_metric(name: str) -> AnyMetric:
    """The metric by its name, another name of it, or as `package.module:Class`; to name that is to trust the package.

    Raises UserError for a name that is no metric, with the nearest, and for a class that cannot be one.
    """
    if ":" not in name:
        if name not in _BY_NAME:
            raise UserError(f"no metric {name!r}{nearest(name, _BY_NAME)}")
        return _BY_NAME[name]
    kind = parts.foreign("metric", name, {parts.owner(name)})
    if not _is_metric(kind, kind.__module__) or inspect.isabstract(kind):
        raise UserError(f"metric {name!r} is no elegan.metrics.Metric with all that one has")
    metric: AnyMetric = kind()
    if not metric.lines:
        raise UserError(f"metric {name!r} names no line of which lower, higher or neither is better")
    for need in metric.needs - NEEDS.keys():
        raise UserError(f"metric {name!r} needs {need!r}{nearest(need, NEEDS)}")
    return metric


_LINES = {line: better for metric in METRICS.values() for line, better in metric.lines.items()}


def better_of(line: str, lines: Mapping[str, Better] | None = None) -> Better:
    """The better values ("lower", "higher" or "neither") of a line of results: "FD", "FD:cat" of a class, "FD AtoB" of a
    direction and the like.

    `lines` gives those of another package's metric, as its records do ("better" in their settings).
    """
    name, known = line.partition(":")[0], lines or _LINES
    return known.get(name, known.get(name.partition(" ")[0], "neither"))


def is_own(metric: AnyMetric) -> bool:
    """Whether the metric is one of elegan's."""
    return metric in METRICS.values()


def needed(metrics: Sequence[str] | None) -> set[str]:
    """The keys of NEEDS that these metrics have together. Raises UserError for a name that is no metric."""
    return {need for name in metrics or () for need in find_metric(name).needs}


def check_needs(metrics: Sequence[str], has: Container[str], extractor: str) -> None:
    """Raises UserError, naming what is missing, unless all that these metrics need is there."""
    for name in metrics:
        for need, words in NEEDS.items():
            if need in find_metric(name).needs and need not in has:
                raise UserError(f"{name!r} needs {words.format(extractor=extractor)}")
