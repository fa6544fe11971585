"""Lines for people, on a terminal that may be gone by then: a lost line must not lose the work."""

import os
import sys
from typing import Any, TextIO


def say(*lines: str, to: TextIO | None = None) -> None:
    """Prints lines, to standard output by default; does nothing where nobody can read them any more."""
    stream = to or sys.stdout
    try:
        print(*lines, sep="\n", file=stream, flush=True)
    except OSError:
        _let_go(stream)


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
