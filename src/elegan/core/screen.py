"""Lines for people, on a terminal that may be gone by then: a lost line must not lose the work."""

import enum
import json
import math
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO


class Level(enum.IntEnum):
    """How much is said about work while it goes on."""

    QUIET = 0
    USUAL = 1
    VERBOSE = 2


@dataclass
class Manner:
    """How this process speaks. The command line sets it; in other programs elegan's functions do their work in silence."""

    level: Level = Level.QUIET
    as_json: bool = False


manner = Manner()


def say(*lines: str, to: TextIO | None = None) -> None:
    """Prints lines, to standard output by default, or to standard error where JSON alone is to stand there.

    It does nothing where nobody can read them any more.
    """
    stream = to or (sys.stderr if manner.as_json else sys.stdout)
    try:
        print(*lines, sep="\n", file=stream, flush=True)
    except OSError:
        _let_go(stream)


def detail(*lines: str) -> None:
    """Prints what only `--verbose` asks for, to standard error."""
    if manner.level >= Level.VERBOSE:
        say(*lines, to=sys.stderr)


def answer(facts: object, *lines: str) -> None:
    """Prints what was found or made on standard output: `lines`, or `facts` where JSON is asked for."""
    if manner.as_json:
        say(json.dumps(plain(facts), indent=1), to=sys.stdout)
    else:
        say(*lines)


def plain(value: Any) -> Any:
    """A value as JSON can hold it: paths and kinds as text, numbers that are not finite as None."""
    if isinstance(value, Mapping):
        return {str(key): plain(held) for key, held in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(held) for held in value]
    if hasattr(value, "tolist"):  # of numpy and torch
        return plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value.as_posix() if isinstance(value, Path) else value if value is None else _scalar(value)


def _scalar(value: Any) -> str | int | bool:
    return value if isinstance(value, str | int) else str(value)


class Screen:
    """Standard error as a file that outlives its terminal."""

    def write(self, text: str) -> int:
        try:
            return sys.stderr.write(text)
        except OSError:
            _let_go(sys.stderr)
            return len(text)

    def flush(self) -> None:
        try:
            sys.stderr.flush()
        except OSError:
            _let_go(sys.stderr)

    def __getattr__(self, name: str) -> Any:
        return getattr(sys.stderr, name)


def _let_go(stream: TextIO) -> None:
    """Sends the stream's buffer, and all that follows, nowhere; otherwise the interpreter would fail when it ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
