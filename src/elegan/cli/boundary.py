"""The boundary of the command line: whatever goes wrong inside ends here in one line and an exit code."""

import contextlib
import os
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from typing import Any

from typer.core import TyperGroup

from elegan.core import progress
from elegan.core.errors import Interrupted, UserError
from elegan.core.faults import DEBUG, told
from elegan.core.screen import say


class Verbs(TyperGroup):
    """The group of all verbs. Ctrl-C ends a verb with one line, unless the verb has a better one (see `stopping`)."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise Interrupted("stopped; what was written is whole, and nothing else was") from None


@contextlib.contextmanager
def stopping(words: str | Callable[[], str]) -> Iterator[None]:
    """Within this context Ctrl-C ends with `words`, which say what was done and what was written.

    Raises Interrupted in place of KeyboardInterrupt.
    """
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted(words if isinstance(words, str) else words()) from None


def check_given(arguments: list[str]) -> None:
    """Checks that no argument is empty: no verb has a use for one, and a shell makes one of an unset variable.

    Raises UserError for the first that is.
    """
    for place, text in enumerate(arguments):
        before = arguments[place - 1] if place else "elegan"
        if not text.strip() or (text.startswith("--") and text.endswith("=")):
            raise UserError(f"what follows {before} is empty" if not text.strip() else f"{text} is empty")


def hush() -> None:
    """Hides Python's warnings, which are for developers, unless they are asked for with `-W` or ELEGAN_DEBUG."""
    if not sys.warnoptions and DEBUG not in os.environ:
        warnings.simplefilter("ignore")


def end(error: Exception) -> None:
    """Prints what went wrong as one line and exits with the error's code."""
    progress.clear()
    if os.environ.get(DEBUG):
        traceback.print_exception(error)
    said = told(error)
    say(f"elegan: {' '.join(str(said).split())}", to=sys.stderr)
    sys.exit(said.exit_code)
