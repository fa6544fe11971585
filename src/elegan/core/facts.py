"""What run.json and the journals of a run must say before anything is read of them."""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Field, model_validator

from elegan.core import files
from elegan.core.errors import UserError
from elegan.core.journal import Journal
from elegan.core.ranges import NonNegativeCount, Pixels, Seed, check


class _Data(BaseModel):
    source: str | None = None  # of older runs; newer ones keep it in local.json
    in_memory: bool = False  # handed over by a program, so that nothing on the disk names them
    name: str
    fingerprint: str
    count: NonNegativeCount
    classes: list[str]
    notes: list[str]


class _Local(BaseModel):
    source: str


class _Shape(BaseModel, extra="forbid"):
    resolution: Annotated[Pixels, Field(gt=0)]
    channels: Literal[1, 3, 4]
    classes: NonNegativeCount


class _Session(BaseModel):
    from_step: NonNegativeCount


class _Facts(BaseModel):
    data: _Data
    shape: _Shape
    seed: Seed
    precision: str
    sessions: Annotated[list[_Session], Field(min_length=1)]

    @model_validator(mode="after")
    def _as_many_names(self) -> Self:
        if len(self.data.classes) != self.shape.classes:
            raise ValueError(f"{len(self.data.classes)} names of {self.shape.classes} classes")
        return self


def read_facts(path: Path) -> dict[str, Any]:
    """All of a run.json. Raises UserError, naming what is wrong in it, where it does not say what a run's does."""
    found = files.read_json(path)
    check(f"{path} is not a run's", found, _Facts)
    return found


def read_source(path: Path) -> str:
    """Where a local.json says that the data lie. Raises UserError where it does not say so."""
    found = files.read_json(path)
    check(f"{path} is not a run's", found, _Local)
    return found["source"]


def read_lines(path: Path, kind: Any) -> list[dict[str, Any]]:
    """The records of a JSON-lines file, none where it is absent.

    Raises UserError, naming file and line, where one is not of the `kind` that elegan writes there.
    """
    try:
        records = Journal(path).records()
    except (ValueError, RecursionError, OSError) as error:
        raise UserError(f"{path} cannot be read: {error}") from None
    for number, record in enumerate(records, 1):
        check(f"{path}, line {number}", record, kind)
    return records
