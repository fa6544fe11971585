"""The measurements of a run, the newest of each metric, as a table for each evaluation."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, Field

from elegan.core.ranges import check
from elegan.metrics.catalogue import better_of
from elegan.metrics.metric import Better
from elegan.metrics.results import references
from elegan.run import Run

COLUMNS = ("metric", "value", "95 % interval", "floor", "N real", "N generated", "N floor")
ARROWS = {"lower": "↓", "higher": "↑", "neither": ""}


class Versions(BaseModel):
    """The versions that a record was measured with."""

    elegan: str


class Features(BaseModel):
    """The facts of a record about its extractor."""

    extractor: str
    digest: str
    resizer: str
    seed: int
    versions: Versions
    accuracy: float | None = None


class Settings(BaseModel):
    """The settings of a record that are shown."""

    data: str = "real images"
    split: str | None = None
    step: int | None = None
    measured_by: str | None = Field(None, alias="measured by")
    better: dict[str, Better] | None = None
    features: Features | None = None


@dataclass(frozen=True)
class Evaluation:
    """Measurements with the same extractor on the same images; `lines` and `of_classes` hold a cell a column."""

    title: str
    about: str
    lines: list[list[str]]
    of_classes: list[list[str]]
    warnings: list[str]
    intervals: list[str]


def newest(run: Run) -> list[dict[str, Any]]:
    """The last record of each metric on the same data, in the order in which they were taken, with `Settings`.

    Raises UserError for a record that elegan did not write.
    """
    kept: dict[tuple[Any, ...], dict[str, Any]] = {}
    for record in run.evaluations:
        s = record["settings"]
        settings = check(
            f"{run.path}: evaluations.jsonl, settings", s | {"features": s if "extractor" in s else None}, Settings
        )
        key = (record["label"], settings.measured_by, settings.data, settings.split)
        kept.pop(key, None)
        kept[key] = record | {"settings": settings}
    return list(kept.values())


def evaluations(records: Sequence[dict[str, Any]]) -> list[Evaluation]:
    """Evaluations, each of the records of one subject that follow one another."""
    return [_evaluation(subject, list(group)) for subject, group in itertools.groupby(records, key=_subject)]


def legend(records: Sequence[dict[str, Any]]) -> str:
    """The meaning of arrows and floors in these records."""
    arrows = "↑: higher is better, ↓: lower."
    if all(r["floor"] is None for r in records):
        return arrows
    others = references(r["metric"] for r in records)
    floor = "The floor is the same measure between real images and others of them: what a perfect generator would get"
    return f"{arrows} {floor}{f' ({others})' if others else ''}."


def _subject(record: dict[str, Any]) -> tuple[str, str]:
    """The subject of an evaluation, as a heading and the line below."""
    s: Settings = record["settings"]
    step = "Generated images" if s.step is None else f"Step {s.step:,}"
    part = "" if s.split is None else f", {s.split} part"
    return f"{step} against {s.data}{part}", _in_words(s.features) if s.features else ""


def _in_words(f: Features) -> str:
    accuracy = "" if f.accuracy is None else f" (accuracy {f.accuracy:.2%} on held-out images)"
    features = f"Features of {f.extractor} {f.digest[:8]}{accuracy}, resizer {f.resizer}"
    return f"{features}; seed {f.seed}; elegan {f.versions.elegan}."


def _evaluation(subject: tuple[str, str], records: Sequence[dict[str, Any]]) -> Evaluation:
    return Evaluation(
        *subject,
        lines=[_cells(r) for r in records if ":" not in r["metric"]],
        of_classes=[_cells(r) for r in records if ":" in r["metric"]],
        warnings=list(dict.fromkeys(itertools.chain(*(r["warnings"] for r in records)))),
        intervals=list(dict.fromkeys(f"{r['metric'].partition(':')[0]}: {_how(r)}" for r in records)),
    )


def _how(r: dict[str, Any]) -> str:
    by = r["settings"].measured_by
    return f"{r['interval']}; measured by {by}" if by else r["interval"]


def _cells(r: dict[str, Any]) -> list[str]:
    floor = "–" if r["floor"] is None else f"{r['floor']:.4g}"
    counts = (f"{n:,}" if n else "–" for n in (r["n_real"], r["n_fake"], r["floor_n"]))
    name = f"{r['metric']} {ARROWS[better_of(r['metric'], r['settings'].better)]}"
    return [name, f"{r['value']:.4g}", f"{r['low']:.4g} … {r['high']:.4g}", floor, *counts]
