"""Errors of two kinds: those that the user can mend (exit code 2), and work that failed (exit code 1)."""

import difflib
from collections.abc import Iterable


class UserError(Exception):
    """A mistake in what was asked for: one clear line, with the offending value and the nearest valid one.

    >>> import elegan
    >>> try:
    ...     elegan.train("digits", "dcgann")
    ... except elegan.UserError as error:
    ...     print(error)
    unknown recipe 'dcgann'; did you mean 'dcgan'?
    """

    exit_code = 2


class Failure(Exception):
    """A valid request whose work failed: a full disk, a diverged run, an unreachable server."""

    exit_code = 1


class Interrupted(Exception):
    """Ctrl-C or a polite kill; the work so far is saved and can go on."""

    exit_code = 130


def shown(value: object, most: int = 80) -> str:
    """A value as it stands in an error line: one line, and not longer than `most`."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # a number of thousands of digits, or nesting without end
        text = f"a {type(value).__name__} too large to show"
    return text if len(text) <= most else f"{text[: most - 3]}..."


def in_a_line(error: BaseException) -> str:
    """Any exception in one line: its kind and the first line of its message."""
    message = str(error).strip().splitlines()
    return f"{type(error).__name__}: {message[0][:200]}" if message else type(error).__name__


def nearest(value: str, valid: Iterable[str]) -> str:
    """The end of an error line: `; did you mean 'dcgan'?`, or all valid values when none is near.

    >>> nearest("dcgann", ["dcgan", "wgan-gp"])
    "; did you mean 'dcgan'?"
    >>> nearest("x", ["dcgan", "wgan-gp"])
    '; valid are dcgan, wgan-gp'
    """
    choices = sorted(valid)
    close = [] if len(value) > 200 else difflib.get_close_matches(value, choices, n=1, cutoff=0.5)
    if close:
        return f"; did you mean {close[0]!r}?"
    shown = ", ".join(choices[:12]) + (", ..." if len(choices) > 12 else "")
    return f"; valid are {shown}" if choices else ""
