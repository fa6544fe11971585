"""Files, folders and globs that a user names, as pictures to work on one by one."""

import glob
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from elegan.core.errors import UserError, nearest, shown
from elegan.data import raw
from elegan.data.decode import SUFFIXES


@dataclass(frozen=True)
class Input:
    """A file, and its path below the folder that was named (or its name)."""

    source: Path
    inside: Path

    @property
    def ending(self) -> str:
        """The ending of what is made of the file: its own, or a TIFF's for camera raw, which cannot be written."""
        return ".tif" if self.source.suffix.lower() in raw.SUFFIXES else self.source.suffix


@dataclass(frozen=True)
class Outcome:
    """The outcome for one input: where it went, or the `fault` that kept it from going there; `skipped` where it stood there
    already, `remark` what else is to be said of it."""

    source: Path
    target: Path
    fault: str = ""
    skipped: bool = False
    remark: str = ""

    @property
    def line(self) -> str:
        """What is to be said of it, "" for nothing."""
        return f"{self.source}: {said}" if (said := self.fault or self.remark) else ""


class Suffixes(NamedTuple):
    """A kind of files, by how their names end, and what one is called."""

    endings: tuple[str, ...]
    words: str


PICTURES = Suffixes((*SUFFIXES, *raw.SUFFIXES), "picture")
Named = str | Path | Sequence[str | Path]  # a file, a folder or a glob, or several


def is_picture(out: Path) -> bool:
    """Whether a place to write to is one picture by its ending, and no folder that stands there."""
    return out.suffix.lower() in SUFFIXES and not out.is_dir()


def pictures_in(inputs: Named, kind: Suffixes = PICTURES) -> list[Input]:
    """Every file that is named, and every picture, or file of another kind, in the folders that are.

    Raises UserError for a name that nothing has, and where there is no such file at all.
    """
    pictures, names = [], [str(name) for name in ([inputs] if isinstance(inputs, str | Path) else inputs)]
    for name in names:
        matched = [Path(p) for p in sorted(glob.glob(os.path.expanduser(name), recursive=True))] or [Path(name)]
        for path in matched:
            if not path.exists():
                beside = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
                raise UserError(f"no {kind.words} {shown(name)}{nearest(path.name, beside)}")
            if path.is_dir():
                inside = sorted(p for p in path.rglob("*") if p.suffix.lower() in kind.endings)
                pictures += [Input(source, source.relative_to(path)) for source in inside]
            else:
                pictures.append(Input(path, Path(path.name)))
    if not pictures:
        listed = " ".join(SUFFIXES if kind == PICTURES else kind.endings)
        raise UserError(f"no {kind.words}s in {', '.join(names)} (looked for {listed})")
    return pictures


def with_targets(pairs: Sequence[tuple[Path, Path]]) -> list[tuple[Path, Path]]:
    """The pairs (source, target), each once.

    Raises UserError where two sources would be written to one place, or one over itself.
    """
    sources: dict[Path, Path] = {}
    for source, target in pairs:
        if sources.setdefault(target, source) != source:
            raise UserError(f"{sources[target]} and {source} would both be written to {target}")
        if os.path.realpath(target) == os.path.realpath(source):
            raise UserError(f"{target} would be written over itself; give another --out")
    return [(source, target) for target, source in sources.items()]


def summary(
    outcomes: Sequence[Outcome], done: str, where: str, again: str, items: str = "pictures"
) -> tuple[list[str], str]:
    """Lines for people, and what failed in one line ("" for nothing)."""
    failed, skipped = [o for o in outcomes if o.fault], [o for o in outcomes if o.skipped]
    lines = [f"{len(skipped)} stood in {where} already; {again}"] if skipped else []
    lines.append(f"{len(outcomes) - len(failed) - len(skipped)} of {len(outcomes)} {items} {done}, in {where}")
    fault = f"{len(failed)} of {len(outcomes)} failed: {failed[0].source} ({failed[0].fault})" if failed else ""
    return lines, fault
