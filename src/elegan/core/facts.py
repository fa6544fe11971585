"""Checks that run.json and the journals of a run say what they should, before anything in them is used."""

import difflib
import os
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, Field, model_validator

from elegan.core import files, hub
from elegan.core.errors import UserError, nearest
from elegan.core.journal import Journal
from elegan.core.ranges import Count, NonNegativeCount, Pixels, Rate, Seed, Width, check

LONGEST = 60 * 96_000  # samples of a clip


class _Data(BaseModel):
    source: str | None = None  # in older runs; newer ones keep it in local.json
    in_memory: bool = False  # handed over by a program, so that nothing on the disk names them
    name: str
    fingerprint: str
    count: NonNegativeCount
    classes: list[str]
    notes: list[str]


class _Local(BaseModel):
    source: str


class _Shape(BaseModel, extra="forbid"):
    resolution: Annotated[Pixels, Field(gt=0)] | tuple[Annotated[Pixels, Field(gt=0)], Annotated[Pixels, Field(gt=0)]]
    channels: Width
    classes: NonNegativeCount
    blocks: list[Width] | None = None  # of a table
    samples: Annotated[Count, Field(le=LONGEST)] | None = None  # of a clip of sound, with its
    rate: Annotated[Rate, Field(gt=0)] | None = None

    @model_validator(mode="after")
    def _of_its_kind(self) -> Self:
        if self.blocks is not None and (self.resolution, self.channels) != (len(self.blocks), sum(self.blocks)):
            raise ValueError(
                f"{len(self.blocks)} blocks of {sum(self.blocks)} numbers are not {self.resolution} of {self.channels}"
            )
        if (self.samples is None) != (self.rate is None):
            raise ValueError("samples and a rate go together")
        return self


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


class _PackedFacts(_Facts):
    seed: Seed | None  # type: ignore[assignment]  # of a restorer that an older version packed nobody knows it


def read_facts(path: Path) -> dict[str, Any]:
    """The whole of a run.json. Raises UserError, naming what is wrong, where it is not a run's."""
    facts: dict[str, Any] = files.read_json(path)
    check(f"{path} is not a run's", facts, _Facts)
    return facts


def check_packed(path: Path, facts: dict[str, Any]) -> None:
    """Raises UserError, naming what is wrong, where the facts in a packed file are not a run's."""
    check(f"{path} is not a packed model", facts, _PackedFacts)


def read_source(path: Path) -> str:
    """The place of the data that a local.json names. Raises UserError where it names none."""
    local: _Local = check(f"{path} is not a run's", files.read_json(path), _Local)
    return local.source


def read_lines(path: Path, kind: Any) -> list[dict[str, Any]]:
    """The records of a JSON-lines file, none where it is absent.

    Raises UserError, naming file and line, for a record that is not of the `kind` (a type) that elegan writes there.
    """
    try:
        records = Journal(path).records()
    except (ValueError, RecursionError, OSError) as error:
        raise UserError(f"{path} cannot be read: {error}") from None
    for number, record in enumerate(records, 1):
        check(f"{path}, line {number}", record, kind)
    return records


def is_run_folder(path: str | Path) -> bool:
    """Whether a run folder is there; a name that no folder can have is none."""
    try:
        return (Path(path) / "run.json").is_file()
    except (OSError, ValueError):
        return False


def no_run(path: Path, shipped: Iterable[str] = ()) -> UserError:
    """The error that there is no run, with the nearest name of a run or packed file beside, or of a shipped model named much
    like it."""
    beside = [run.parent.name for run in path.parent.glob("*/run.json")]
    beside += [file.name for file in path.parent.glob("*.safetensors")]
    names = beside + difflib.get_close_matches(path.name[:200], list(shipped), cutoff=0.5)
    return UserError(f"no run at {path}{nearest(path.name, names)}")


def check_there(path: Path, shipped: Collection[str]) -> None:
    """Raises UserError where nothing stands that could be a run and no shipped model has this name; nothing is fetched."""
    if hub.is_hub(path):
        hub.repository(path)
    elif not os.path.exists(path) and str(path) not in shipped:
        raise no_run(path, shipped)
