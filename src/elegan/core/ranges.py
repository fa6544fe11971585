"""The types of what may be set, with the range of each: a value outside is refused by name before anything is done.

Every number is finite, and neither text nor true or false is taken for one.
"""

from collections.abc import Callable
from typing import Annotated, Any, LiteralString

from pydantic import AfterValidator, Field, Strict, TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

from elegan.core.errors import UserError, shown
from elegan.core.ramp import Number, Ramp
from elegan.core.sizes import size_of

LARGEST = 2**31 - 1
LAST_SEED = 2**63 - 1


def _side(value: int | str) -> int | str:
    try:
        size = size_of(value)
    except UserError:
        raise PydanticCustomError("side", "input should be a number of pixels, or HxW such as 256x384") from None
    if size != (0, 0) and not 4 <= min(size) <= max(size) <= 1024:
        raise PydanticCustomError("side", "input should be 0, or sides of 4 to 1024 pixels")
    return size.height if size.height == size.width else str(size)


def _rate(value: int) -> int:
    if value and not 4000 <= value <= 96_000:
        raise PydanticCustomError("rate", "input should be 0, or from 4000 to 96000 samples a second")
    return value


Real = Annotated[float, Strict(), Field(allow_inf_nan=False)]
Positive = Annotated[Real, Field(gt=0)]
NonNegative = Annotated[Real, Field(ge=0)]
Share = Annotated[Real, Field(ge=0, le=1)]  # of a whole
AboveZero = Annotated[Real, Field(gt=0, le=1)]  # a share, and not nothing
BelowOne = Annotated[Real, Field(ge=0, lt=1)]  # a share, and not the whole

Count = Annotated[int, Strict(), Field(gt=0, le=LARGEST)]
NonNegativeCount = Annotated[int, Strict(), Field(ge=0, le=LARGEST)]
Seed = Annotated[int, Strict(), Field(ge=0, le=LAST_SEED)]
Width = Annotated[Count, Field(le=8192)]  # channels, or columns
Columns = Annotated[NonNegativeCount, Field(le=8192)]  # 0: none
Depth = Annotated[Count, Field(le=256)]  # layers or blocks one after another
Few = Annotated[NonNegativeCount, Field(le=16)]
Some = Annotated[Count, Field(le=16)]
Pixels = Annotated[NonNegativeCount, Field(le=1024)]
Rate = Annotated[int, Strict(), AfterValidator(_rate)]  # samples of sound a second; 0: chosen from the data
# Pixels of a square picture's side, or HxW of others; 0: chosen from the data.
Side = Annotated[Annotated[int, Strict()] | Annotated[str, Strict()], AfterValidator(_side)]
Repeats = Annotated[Count, Field(le=1000)]  # moves a step
Memories = Annotated[NonNegativeCount, Field(le=10_000)]  # pictures kept


def _along(least: float, most: float, words: LiteralString) -> Callable[[float | Ramp], float | Ramp]:
    """A validator of a number that may follow progress: both of its ends must lie in the range."""

    def check(value: float | Ramp) -> float | Ramp:
        if not all(least <= end <= most for end in (value[:2] if isinstance(value, Ramp) else [value])):
            raise PydanticCustomError("range", words)
        return value

    return check


BelowOneAlong = Annotated[Number, AfterValidator(_along(0, 1 - 2**-53, "input should be at least 0 and less than 1"))]
ShareAlong = Annotated[Number, AfterValidator(_along(0, 1, "input should be from 0 to 1"))]
AboveZeroAlong = Annotated[Number, AfterValidator(_along(2**-53, 1, "input should be above 0 and at most 1"))]


def check(name: str, value: Any, kind: Any) -> Any:
    """The value as `kind`, a type, has it. Raises UserError that says what it, or a part of it, should be.

    >>> check("width", 64, Width)
    64
    >>> check("width", 0, Width)
    Traceback (most recent call last):
    elegan.core.errors.UserError: width = 0: input should be greater than 0
    """
    try:
        return TypeAdapter(kind).validate_python(value)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise UserError(f"{name}{place and ': '}{place} = {shown(first['input'])}: {first['msg'].lower()}") from None


def is_number(text: str) -> bool:
    """Whether Python reads the text as a number, nan and infinities among them.

    >>> is_number(" 1e-3 "), is_number("1,5")
    (True, False)
    """
    try:
        float(text)
    except ValueError:
        return False
    return True


def whole(text: str) -> int | None:
    """The number that the text writes in digits; None for anything else, such as other scripts' digits or more than 19.

    >>> whole("1000"), whole("1e3"), whole("-1")
    (1000, None, None)
    """
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None
