"""Numbers of a recipe that follow progress: [start, end] in place of a number, or [start, end, until].

The value goes from start to end along half a cosine and stays there from progress `until` on. It is a pure function of
progress t in [0, 1), so there is nothing to save.
"""

import contextlib
import math
from collections.abc import Iterator, Sequence
from contextvars import ContextVar
from typing import Annotated, Any, NamedTuple

from pydantic import PlainValidator
from pydantic_core import PydanticCustomError


class Ramp(NamedTuple):
    """A number that follows progress, as the module says; `until` in (0, 1].

    >>> ramp = Ramp(0.99, 0.999, until=0.5)
    >>> [round(ramp.at(t), 4) for t in (0.0, 0.25, 0.5, 0.9)]
    [0.99, 0.9945, 0.999, 0.999]
    """

    start: float
    end: float
    until: float = 1.0

    def at(self, t: float) -> float:
        done = 0.5 * (1 - math.cos(math.pi * min(t / self.until, 1.0)))
        return self.start + (self.end - self.start) * done


def _number(value: object) -> float | Ramp:
    values: Sequence[Any] = value if isinstance(value, list | tuple) else [value]
    if not all(isinstance(v, int | float) and not isinstance(v, bool) and abs(v) < math.inf for v in values):
        raise PydanticCustomError("number", "input should be a number, or [start, end] or [start, end, until]")
    if values is not value:
        return _float(values[0])
    if len(values) not in (2, 3) or not 0 < (*values, 1)[2] <= 1:
        raise PydanticCustomError("ramp", "input should be [start, end] or [start, end, until] with until in (0, 1]")
    return Ramp(*map(_float, values))


def _float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        raise PydanticCustomError("number", "input should be less than 1e308") from None


# The type of an option that may follow progress.
Number = Annotated[float | Ramp, PlainValidator(_number)]

_t: ContextVar[float] = ContextVar("t", default=0.0)  # each thread has its own


@contextlib.contextmanager
def progress(t: float) -> Iterator[None]:
    """A context in which `now` gives values at progress t."""
    before = _t.set(t)
    try:
        yield
    finally:
        _t.reset(before)


def t() -> float:
    """The progress of the step that is played; 0 outside of a step."""
    return _t.get()


def now(value: Any) -> Any:
    """A ramp's value at the progress of the step that is played (its start outside of a step), in tuples and dicts too.

    Any other value is returned as it is.
    """
    if isinstance(value, Ramp):
        return value.at(_t.get())
    if isinstance(value, tuple):
        return tuple(now(v) for v in value)
    return {k: now(v) for k, v in value.items()} if isinstance(value, dict) else value
