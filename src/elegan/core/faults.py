"""Any error as one that says what to do about it."""

from elegan.core import memory
from elegan.core.errors import Failure, Interrupted, UserError, in_a_line

DEBUG = "ELEGAN_DEBUG"  # set to anything, it shows where an error came from


def told(error: Exception) -> UserError | Failure | Interrupted:
    """Turns any error into one whose message is a line that says what to do about it."""
    if isinstance(error, UserError | Failure | Interrupted):
        return error
    if memory.is_short(error):
        return Failure(f"memory does not suffice ({in_a_line(error)}); fewer or smaller pictures at once need less")
    if isinstance(error, OSError) and error.strerror:
        return Failure(f"{error.filename}: {error.strerror}" if error.filename else error.strerror)
    return Failure(f"internal error: {in_a_line(error)}; please report it, {DEBUG}=1 shows where it happened")
