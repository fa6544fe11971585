"""What a run was measured by, newest first of each metric, as tables an evaluation."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from elegan.metrics.records import recorded
from elegan.metrics.results import better, references
from elegan.run import Run

COLUMNS = ("metric", "value", "95 % interval", "floor", "N real", "N generated", "N floor")
ARROWS = {"lower": "↓", "higher": "↑", "neither": ""}


@dataclass(frozen=True)
class Evaluation:
    """What was measured with the same extractor on the same images; `lines` and `of_classes` hold a cell a column."""

    title: str
    about: str
    lines: list[list[str]]
    of_classes: list[list[str]]
    warnings: list[str]
    intervals: list[str]


def newest(run: Run) -> list[dict[str, Any]]:
    """The last record of each metric on the same data, in the order in which they were taken."""
    kept: dict[tuple[Any, ...], dict[str, Any]] = {}
    for record in recorded(run.file("evaluations.jsonl")):
        settings = record["settings"]
        key = (record["label"], *(settings.get(name) for name in ("measured by", "data", "split")))
        kept.pop(key, None)
        kept[key] = record
    return list(kept.values())


def evaluations(records: Sequence[dict[str, Any]]) -> list[Evaluation]:
    """Records one after another of the same subject, together."""
    return [_evaluation(subject, list(group)) for subject, group in itertools.groupby(records, key=_subject)]


def legend(records: Sequence[dict[str, Any]]) -> str:
    """What arrows and floors mean in these records."""
    arrows = "↑: higher is better, ↓: lower."
    if all(r["floor"] is None for r in records):
        return arrows
    others = references(r["metric"] for r in records)
    floor = "The floor is the same measure between real images and others of them: what a perfect generator would get"
    return f"{arrows} {floor}{f' ({others})' if others else ''}."


def _subject(record: dict[str, Any]) -> tuple[str, str]:
    """What an evaluation looked at, as a heading and the line below."""
    s = record["settings"]
    step = f"Step {s['step']:,}" if "step" in s else "Generated images"
    part = f", {s['split']} part" if "split" in s else ""
    return f"{step} against {s.get('data', 'real images')}{part}", _features(s) if "extractor" in s else ""


def _features(s: dict[str, Any]) -> str:
    accuracy = f" (accuracy {s['accuracy']:.2%} on held-out images)" if s.get("accuracy") is not None else ""
    return (
        f"Features of {s['extractor']} {s['digest'][:8]}{accuracy}, resizer {s['resizer']}; seed {s['seed']}; "
        f"elegan {s['versions']['elegan']}."
    )


def _evaluation(subject: tuple[str, str], records: Sequence[dict[str, Any]]) -> Evaluation:
    return Evaluation(
        *subject,
        lines=[_cells(r) for r in records if ":" not in r["metric"]],
        of_classes=[_cells(r) for r in records if ":" in r["metric"]],
        warnings=list(dict.fromkeys(itertools.chain(*(r["warnings"] for r in records)))),
        intervals=list(dict.fromkeys(f"{r['metric'].partition(':')[0]}: {_how(r)}" for r in records)),
    )


def _how(r: dict[str, Any]) -> str:
    by = r["settings"].get("measured by")
    return f"{r['interval']}; measured by {by}" if by else r["interval"]


def _cells(r: dict[str, Any]) -> list[str]:
    floor = "–" if r["floor"] is None else f"{r['floor']:.4g}"
    counts = (f"{n:,}" if n else "–" for n in (r["n_real"], r["n_fake"], r["floor_n"]))
    name = f"{r['metric']} {ARROWS[better(r)]}"
    return [name, f"{r['value']:.4g}", f"{r['low']:.4g} … {r['high']:.4g}", floor, *counts]
