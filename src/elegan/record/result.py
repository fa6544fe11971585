"""Results as they stand on record, a line each in an evaluations.jsonl: written, read, compared."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from elegan.core import paths
from elegan.core.facts import read_lines
from elegan.core.journal import Journal
from elegan.core.ranges import check

COMPARED = (
    "metric", "measured by", "n_real", "n_fake", "extractor", "digest", "resizer", "dims", "data", "fingerprint", "split",
)  # fmt: skip


@dataclass(frozen=True)
class Result:
    """One line of a report. The floor is the metric between two parts of the real set, or its `Metric.reference`."""

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


def recorded(path: Path) -> list[dict[str, Any]]:
    """The records of an evaluations.jsonl, none where it is absent.

    Raises UserError, naming file and line, for one that elegan did not write.
    """
    return read_lines(path, Result)


def checked(what: str, records: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """These records, out of what this names. Raises UserError for one that elegan did not write."""
    for number, record in enumerate(records, 1):
        check(f"{what}, evaluation {number}", record, Result)
    return list(records)


def keep(folder: Path, results: Sequence[Result]) -> None:
    """Adds a line a result to the folder's evaluations.jsonl. Raises Failure on a full disk."""
    folder.mkdir(parents=True, exist_ok=True)
    journal = Journal(paths.inside(folder, folder / "evaluations.jsonl"))
    for result in results:
        journal.write(result.to_record())


def comparable(a: Result | dict[str, Any], b: Result | dict[str, Any]) -> list[str]:
    """The settings that forbid a comparison of two results or records, as `name: one and other`; empty if none does."""
    flat = [x | x["settings"] for x in (r.to_record() if isinstance(r, Result) else r for r in (a, b))]
    return [
        f"{key}: {flat[0].get(key)} and {flat[1].get(key)}" for key in COMPARED if flat[0].get(key) != flat[1].get(key)
    ]


def parted(label: str) -> tuple[str, str]:
    """A label as its line and the extractor's tag, "" where it has none.

    >>> parted("FD[random:1a2b3c4d]")
    ('FD', 'random:1a2b3c4d')
    """
    line, bracket, tag = label.removesuffix("]").partition("[")
    return line, tag if bracket else ""
