"""Runs side by side: those that differ by their seed alone as one group, and which group is better, if that is certain."""

import json
import math
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import Any

from elegan.core.errors import UserError
from elegan.core.journal import Journal
from elegan.core.tables import table
from elegan.metrics.catalogue import better_of
from elegan.metrics.seeds import CERTAIN, Difference, difference, holm, mean_interval
from elegan.recipes.recipe import flat_values
from elegan.record.record import Record
from elegan.record.result import comparable, parted

# Settings that tell nothing of the training itself; a recipe's name is what its author called these same settings.
APART = ("name", "parent", "about", "watch.log", "watch.keep", "watch.tensorboard")
WAYS = {"paired": "paired by seed", "Welch": "by Welch (other seeds)"}

Records = dict[str, dict[str, Any]]  # by metric


@dataclass(frozen=True)
class Group:
    """Runs of the same settings and data by seed, and the newest record of each metric that all compared runs have."""

    name: str
    settings: dict[str, Any]
    runs: dict[int, str]
    records: dict[int, Records]

    def values(self, metric: str) -> dict[int, float]:
        return {seed: records[metric]["value"] for seed, records in self.records.items()}

    def interval(self, metric: str) -> tuple[float, float | None, float | None]:
        """The value and the ends of its interval: over seeds, or, of a single one, over the images that were measured."""
        if len(self.runs) > 1:
            return mean_interval(list(self.values(metric).values()))
        (records,) = self.records.values()
        return tuple(records[metric][key] for key in ("value", "low", "high"))


@dataclass(frozen=True)
class Comparison:
    """Groups side by side. `labels`: each metric's name with its extractor; `pairs`: (metric, group, other group, how far the
    former lies above the latter), p-values corrected within a metric."""

    groups: tuple[Group, ...]
    labels: dict[str, str]
    pairs: tuple[tuple[str, str, str, Difference], ...]

    def differing(self) -> dict[str, list[Any]]:
        """The settings that the groups do not share: a value a group, None where it has no such setting."""
        keys = dict.fromkeys(key for group in self.groups for key in group.settings)
        values = {key: [group.settings.get(key) for group in self.groups] for key in keys}
        return {key: row for key, row in values.items() if any(value != row[0] for value in row)}

    def as_dict(self) -> dict[str, Any]:
        """The comparison, ready for JSON, which knows no infinity: an interval that nobody knows is null."""
        groups = [
            {
                "name": group.name,
                "runs": [{"seed": seed, "run": run} for seed, run in group.runs.items()],
                "metrics": {
                    metric: dict(zip(("value", "low", "high"), map(_finite, group.interval(metric)), strict=True))
                    | {"by_seed": {str(seed): value for seed, value in group.values(metric).items()}}
                    for metric in self.labels
                },
            }
            for group in self.groups
        ]
        pairs = [
            {"metric": metric, "group": a, "other": b, "difference": gap.mean, "low": _finite(gap.low),
             "high": _finite(gap.high), "p": gap.p, "test": gap.test or None}
            for metric, a, b, gap in self.pairs
        ]  # fmt: skip
        return {"metrics": self.labels, "groups": groups, "differing": self.differing(), "pairs": pairs}

    def __str__(self) -> str:
        head = ["run", "seed" if all(len(group.runs) == 1 for group in self.groups) else "seeds"]
        head += [parted(label)[0] for label in self.labels.values()]
        rows = [[g.name, _seeds(g.runs), *(_cell(*g.interval(metric)) for metric in self.labels)] for g in self.groups]
        lines = table(head, rows, keys=2)
        if differing := self.differing():
            named = [[key, *map(_value, values)] for key, values in differing.items()]
            lines += ["", *table(["setting", *(group.name for group in self.groups)], named)]
        if len(self.groups) > 1:
            lines += ["", *(self._verdict(metric) for metric in self.labels)]
        return "\n".join([*lines, *self._about()])

    def _verdict(self, metric: str) -> str:
        """The best group in a metric, and the others that it is certainly better than, in words."""
        newest = next(iter(self.groups[0].records.values()))[metric]
        better = better_of(metric, newest["settings"].get("better"))
        if better == "neither":
            return f"{metric}: neither more nor less of it is better"
        sign = 1 if better == "higher" else -1
        best = max(self.groups, key=lambda group: sign * group.interval(metric)[0]).name
        said: dict[bool, list[str]] = {True: [], False: []}
        for name, a, b, gap in self.pairs:
            if name == metric and best in (a, b):
                turned = gap if (sign > 0) == (a == best) else _turned(gap)
                other = b if a == best else a
                said[gap.p < CERTAIN].append(f"{other} ({_words(turned)})")
        certain = f"{best} is better than {', '.join(said[True])}" if said[True] else ""
        open_ = (
            f"{'it' if certain else best} is not certainly better than {', '.join(said[False])}" if said[False] else ""
        )
        return f"{metric}: {'; '.join(filter(None, [certain, open_]))}"

    def _about(self) -> list[str]:
        several = any(len(group.runs) > 1 for group in self.groups)
        alone = any(len(group.runs) == 1 for group in self.groups)
        tests = sorted({gap.test for *_, gap in self.pairs if gap.test})
        pairs = Counter(metric for metric, *_, gap in self.pairs if gap.test)
        corrected = [f"p corrected for {max(pairs.values())} pairs (Holm)"] if pairs and max(pairs.values()) > 1 else []
        extractors = dict.fromkeys(tag for label in self.labels.values() if (tag := parted(label)[1]))
        about = [
            *([f"extractor {', '.join(extractors)}"] if extractors else []),
            *(["mean and 95 % interval over seeds (Student t)"] if several else []),
            *(["of one seed the interval is over its images and says nothing of other seeds"] if alone else []),
            *(f"differences with 95 % intervals, tested {WAYS[test]}" for test in tests),
            *corrected,
        ]
        return ["", "; ".join(about)]


def compare(runs: Sequence[Record | str | Path]) -> Comparison:
    """Runs or their folders side by side, by the newest evaluation of each; where none was evaluated, by the newest value of
    the metric that was watched while they trained. `str()` of the result is a table, `as_dict()` is ready for JSON.

    Raises UserError where only some were evaluated, and where two were measured with settings that do not compare.

    >>> import elegan
    >>> for name in ("digits", "other"):
    ...     _ = elegan.evaluate(elegan.Run.open(f"runs/{name}"), metrics=["fd"], num=200, extractor="random")
    >>> comparison = elegan.compare(["runs/digits", "runs/other"])
    >>> print(str(comparison).splitlines()[-3])
    FD: runs/digits is not certainly better than runs/other (by -0, with too few seeds to tell)
    """
    opened = {str(run.path): run for run in (run if isinstance(run, Record) else Record.open(run) for run in runs)}
    newest = _measured(opened)
    first = next(iter(newest.values()))
    shared = [metric for metric in first if all(metric in records for records in newest.values())]
    if not shared:
        raise UserError(f"{', '.join(newest)} have no metric in common; evaluate them with the same --metrics")
    for metric in shared:
        for a, b in combinations(newest, 2):
            if differing := comparable(newest[a][metric], newest[b][metric]):
                raise UserError(f"{a} and {b} do not compare in {metric}: {'; '.join(differing)}")
    groups = _grouped(opened, {path: {metric: newest[path][metric] for metric in shared} for path in opened})
    pairs = [pair for metric in shared for pair in _compared(metric, groups)]
    return Comparison(tuple(groups), {metric: first[metric]["label"] for metric in shared}, tuple(pairs))


def _measured(runs: dict[str, Record]) -> dict[str, Records]:
    """The newest record of each metric, by run."""
    evaluated = {path: {r["metric"]: r for r in run.evaluations} for path, run in runs.items()}
    newest = evaluated if any(evaluated.values()) else {path: _watched(run) for path, run in runs.items()}
    for path, records in newest.items():
        if not records:
            raise UserError(f"{path} has no evaluation yet: elegan evaluate {path}")
    return newest


def _watched(run: Record) -> Records:
    """The last value of each watched metric in the log, as if it were an evaluation; it has no interval."""
    watch, data = run.recipe.watch, run.info["data"]
    records = {}
    for line in Journal(run.file("log.jsonl")).records():
        for label in line.keys() - {"step", "images", "rate"}:
            if "/" not in label.partition("[")[0] and isinstance(line[label], float):
                settings = {"digest": label, "data": data["name"], "fingerprint": data["fingerprint"]}
                metric = re.sub(r"\[.*?\]", "", label)
                records[metric] = {
                    "metric": metric, "label": label, "value": line[label], "low": None, "high": None,
                    "n_real": watch.images, "n_fake": watch.images, "settings": settings | {"step": line.get("step")},
                }  # fmt: skip
    return records


def _grouped(runs: dict[str, Record], records: dict[str, Records]) -> list[Group]:
    """Runs whose settings differ in nothing but the seed; a second run of the same seed begins a group of its own."""
    groups: dict[tuple[str, int], list[str]] = defaultdict(list)
    again: Counter[tuple[str, int]] = Counter()
    settings = {path: _settings(run, records[path]) for path, run in runs.items()}
    for path, run in runs.items():
        key = json.dumps(settings[path], sort_keys=True)
        groups[key, again[key, run.info["seed"]]].append(path)
        again[key, run.info["seed"]] += 1
    ordered = [sorted(paths, key=lambda path: runs[path].info["seed"]) for paths in groups.values()]
    names = [_name(paths) for paths in ordered]
    return [
        Group(
            name if names.count(name) == 1 else paths[0],
            settings[paths[0]],
            {runs[path].info["seed"]: path for path in paths},
            {runs[path].info["seed"]: records[path] for path in paths},
        )
        for name, paths in zip(names, ordered, strict=True)
    ]


def _settings(run: Record, records: Records) -> dict[str, Any]:
    """The settings and data that runs of one group have in common, by key."""
    info, steps = run.info, [record["settings"].get("step") for record in records.values()]
    values = flat_values(run.trained_by.model_dump()).items()
    flat = {name: value for key, value in values if (name := key.removesuffix(".name")) not in APART}
    return flat | {
        "data": info["data"]["fingerprint"],
        "from": info.get("from"),
        "precision": info["precision"],
        "measured at step": steps[0] if steps.count(steps[0]) == len(steps) else steps,
    }


def _name(paths: list[str]) -> str:
    return paths[0] if len(paths) == 1 else re.sub(r"-seed\d+", "", paths[0])


def _compared(metric: str, groups: list[Group]) -> list[tuple[str, str, str, Difference]]:
    pairs = [(a.name, b.name, difference(a.values(metric), b.values(metric))) for a, b in combinations(groups, 2)]
    corrected = iter(holm([gap.p for *_, gap in pairs if gap.test]))
    return [(metric, a, b, replace(gap, p=next(corrected)) if gap.test else gap) for a, b, gap in pairs]


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _turned(gap: Difference) -> Difference:
    return replace(gap, mean=-gap.mean, low=-gap.high, high=-gap.low)


def _words(gap: Difference) -> str:
    if not gap.test:
        return f"by {gap.mean:.4g}, with too few seeds to tell"
    return f"by {gap.mean:.4g}, {gap.low:.4g} .. {gap.high:.4g}, p = {gap.p:.2g}"


def _seeds(runs: dict[int, str]) -> str:
    return ",".join(map(str, runs)) if len(runs) < 5 else f"{len(runs)} seeds"


def _cell(value: float, low: float | None, high: float | None) -> str:
    return f"{value:.4g}" if low is None else f"{value:.4g} ({low:.4g} .. {high:.4g})"


def _value(value: Any) -> str:
    return "-" if value is None else str(value)
