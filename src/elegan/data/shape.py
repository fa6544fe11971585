"""The size that pictures are brought to where nobody names one: their own shape, as large as they and the machine allow."""

from collections import Counter
from collections.abc import Iterable

from elegan.core.sizes import Resolution, Size, resolution_of
from elegan.data.decode import largest

SMALLEST, LARGEST = 8, 128  # pixels a side that are chosen, the latter where nothing is said of the machine
EIGHTHS = (8, 6, 5, 4)  # of the long side that the short one has: what networks double up to from a few whole pixels
LOSS, AGREED = (
    0.15,
    0.75,
)  # a shape is taken that cuts away no more of a picture than this, of this share of the pictures

Sides = Counter[tuple[int, int]]  # pictures by width and height


def own_size(sides: Sides, most: int = LARGEST) -> Resolution:
    """The size of the pictures themselves where they all have one that needs no more than `most` pixels a side and is no
    strip. Otherwise a power of two for the long side, as the lower median of them has it or more, in one of seven shapes
    from 1:2 to 2:1: that which keeps most of the pictures' area where most of them keep nearly all, else the square.

    >>> own_size(Counter({(3000, 4000): 300})), own_size(Counter({(3000, 4000): 9, (4000, 3000): 9}))
    (Size(height=128, width=96), 128)
    """
    if len(sides) == 1:
        width, height = next(iter(sides))
        if min(width, height) >= SMALLEST and max(width, height) <= min(most, 2 * min(width, height)):
            return resolution_of((height, width))
    shape = _shape(sides)
    long = _power(lower_median((_long_side(*side, shape), count) for side, count in sides.items()), most)
    size = _scaled(shape, long)
    return resolution_of(size) if size.short >= SMALLEST else long


def loss(width: int, height: int, shape: Size) -> float:
    """The share of a picture's area that lies outside the largest part of this shape."""
    wide, high = largest(width, height, shape)
    return 1 - wide * high / (width * height)


def _shape(sides: Sides) -> Size:
    shapes = [Size(8, 8), *(size for n in EIGHTHS[1:] for size in (Size(8, n), Size(n, 8)))]
    best = min(shapes, key=lambda shape: sum(count * loss(*side, shape) for side, count in sides.items()))
    agreed = sum(count for side, count in sides.items() if loss(*side, best) <= LOSS)
    return best if agreed >= AGREED * sides.total() else shapes[0]


def _scaled(shape: Size, long: int) -> Size:
    return Size(*(long * eighths // 8 for eighths in shape))


def _long_side(width: int, height: int, shape: Size) -> int:
    """The long side of the largest part of this shape."""
    return min(8 * width // shape.width, 8 * height // shape.height)


def _power(long: int, most: int) -> int:
    return min(max(1 << (max(1, long).bit_length() - 1), SMALLEST), most)


def lower_median(values: Iterable[tuple[int, int]]) -> int:
    """Of values with how often each is there: the median, or of two the lower, so that it is that of a real picture."""
    ordered = sorted(values)
    left = (sum(count for _, count in ordered) + 1) // 2
    for value, count in ordered:
        left -= count
        if left <= 0:
            return value
    return SMALLEST
