"""Where the command line meets what goes wrong: whatever it is, it ends in one line and an exit code."""

import contextlib
import os
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from typing import Any

from typer.core import TyperGroup

from elegan.core import memory
from elegan.core.errors import Failure, Interrupted, UserError, in_a_line
from elegan.core.screen import say

DEBUG = "ELEGAN_DEBUG"  # set to anything, it shows where an error came from


class Verbs(TyperGroup):
    """The verbs, which Ctrl-C ends in one line where they say nothing better."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise Interrupted("stopped; what was written is whole, and nothing else was") from None


@contextlib.contextmanager
def stopping(words: str | Callable[[], str]) -> Iterator[None]:
    """Within it Ctrl-C ends in these words, which say what was done and what was written."""
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted(words if isinstance(words, str) else words()) from None


def check_given(arguments: list[str]) -> None:
    """Raises UserError for an argument that is empty: no verb has a use for one, and a shell makes one of an unset variable."""
    for place, text in enumerate(arguments):
        before = arguments[place - 1] if place else "elegan"
        if not text.strip() or (text.startswith("--") and text.endswith("=")):
            raise UserError(f"what follows {before} is empty" if not text.strip() else f"{text} is empty")


def hush() -> None:
    """Keeps Python's warnings, which are for developers, off the screen; unless these ask for them."""
    if not sys.warnoptions and DEBUG not in os.environ:
        warnings.simplefilter("ignore")


def told(error: Exception) -> UserError | Failure | Interrupted:
    """Any error as one that says in a line what to do about it."""
    if isinstance(error, UserError | Failure | Interrupted):
        return error
    if memory.is_short(error):
        return Failure(f"memory does not suffice ({in_a_line(error)}); fewer or smaller pictures at once need less")
    if isinstance(error, OSError) and error.strerror:
        return Failure(f"{error.filename}: {error.strerror}" if error.filename else error.strerror)
    return Failure(f"internal error: {in_a_line(error)}; please report it, {DEBUG}=1 shows where it happened")


def end(error: Exception) -> None:
    """Says what went wrong and leaves the process."""
    if os.environ.get(DEBUG):
        traceback.print_exception(error)
    said = told(error)
    say(f"elegan: {' '.join(str(said).split())}", to=sys.stderr)
    sys.exit(said.exit_code)
