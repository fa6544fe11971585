"""Results on record: a line each in an evaluations.jsonl."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from elegan.core import paths
from elegan.core.facts import read_lines
from elegan.core.journal import Journal
from elegan.core.ranges import check
from elegan.metrics.results import Result


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
