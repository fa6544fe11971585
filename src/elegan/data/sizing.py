"""Size and channels of a data set where the user names none, and the notes that say what was done."""

from collections import Counter
from typing import NamedTuple

from elegan.core.sizes import Resolution, size_of
from elegan.data.decode import LONGEST, Facts, middle, scaled

SMALLEST, LARGEST = 8, 128  # resolutions that are chosen; any other is taken where it is asked for
_DONE = {
    "16-bit": "scaled to 8 bits",
    "float": "scaled to 8 bits",
    "1-bit": "taken as grey",
    "palette": "expanded",
    "CMYK": "converted to RGB",
    "YCbCr": "converted to RGB",
    "LAB": "converted to RGB",
    "HSV": "converted to RGB",
    "EXIF-rotated": "turned upright",
    "camera raw": "developed",
    "animated": "reduced to their first frame",
}
_PROFILES = {"colour profile": "converted to sRGB", "broken colour profile": "taken as sRGB"}

WHOLE = ("whole", "halves")  # fits that keep all of a picture, the latter of two side by side


class Options(NamedTuple):
    """The size and channels that were asked for; 0 leaves the resolution or the channels to the data.

    For whole pictures `resolution` is the short side, 0 their own, and `least` what it is enlarged to where it is less.
    """

    resolution: Resolution
    channels: int
    fit: str
    least: Resolution = 0


class Plan(NamedTuple):
    """Size and channels of every decoded image, and how many pixels it has, on average where sizes differ."""

    resolution: Resolution
    channels: int
    pixels: float

    @property
    def bytes_each(self) -> int:
        return max(1, round(self.pixels * self.channels))


def plan_for(facts: Counter[Facts], options: Options) -> Plan:
    """The plan that holds all of these images without loss of colour or transparency, unless one was asked for."""
    channels = options.channels or max(map(_channels, facts), default=3)
    if options.fit in WHOLE:
        return Plan(options.resolution, channels, _mean_pixels(facts, options))
    resolution = options.resolution or _resolution(facts)
    return Plan(resolution, channels, size_of(resolution).area)


def _mean_pixels(facts: Counter[Facts], options: Options) -> float:
    halves = _halves(options)
    sizes = [(scaled(f.width // halves or 1, f.height, options.resolution, options.least), n) for f, n in facts.items()]
    return halves * sum(w * h * n for (w, h), n in sizes) / max(1, facts.total())


def _halves(options: Options) -> int:
    return 1 + (options.fit == "halves")


def _channels(facts: Facts) -> int:
    if "transparency" in facts.peculiar:
        return 4
    return 1 if facts.mode in ("1", "L", "F") or facts.mode.startswith("I") else 3


def _resolution(facts: Counter[Facts]) -> int:
    sizes = {(one.width, one.height) for one in facts}
    if len(sizes) == 1:
        width, height = next(iter(sizes))
        if width == height and SMALLEST <= width <= LARGEST:
            return width
    power = 1 << (max(1, _median_short_side(facts)).bit_length() - 1)
    return min(max(power, SMALLEST), LARGEST)


def _median_short_side(facts: Counter[Facts]) -> int:
    """The lower median, so that it is the side of a real image."""
    sides: Counter[int] = Counter()
    for one, count in facts.items():
        sides[min(one.width, one.height)] += count
    left = (sides.total() + 1) // 2
    for side in sorted(sides):
        left -= sides[side]
        if left <= 0:
            return side
    return SMALLEST


def notes_on(facts: Counter[Facts], plan: Plan, options: Options) -> list[str]:
    """One plain line for each thing that was done to the images."""
    peculiar: Counter[str] = Counter()
    for one, count in facts.items():
        for name in one.peculiar:
            peculiar[name] += count
    if options.fit in WHOLE:
        lines = [_whole_note(facts, plan.resolution), *_cut_note(facts, options)]
    else:
        lines = [_size_note(facts, plan.resolution, options.fit)]
    lines += [f"{peculiar[name]} {name} images {done}" for name, done in _DONE.items() if peculiar[name]]
    lines += [f"{_images(peculiar[name])} with a {name} {done}" for name, done in _PROFILES.items() if peculiar[name]]
    if peculiar["transparency"] and plan.channels < 4:
        lines.append(f"{peculiar['transparency']} images with an alpha channel flattened on white")
    in_colour = sum(count for one, count in facts.items() if _channels(one) > 1)
    if in_colour and plan.channels == 1:
        lines.append(f"{in_colour} images in a colour format taken as grey")
    return lines


def _images(count: int) -> str:
    return "1 image" if count == 1 else f"{count} images"


def _whole_note(facts: Counter[Facts], short: Resolution) -> str:
    sizes = {(one.width, one.height) for one in facts}
    seen = "{}x{}".format(*sizes.pop()) if len(sizes) == 1 else f"{len(sizes)} sizes"
    how = (
        f"the short side scaled to {short}"
        if isinstance(short, int)
        else f"scaled to cover {short.width}x{short.height}"
    )
    return f"{seen}, {how}" if short else f"{seen} kept as is"


def _cut_note(facts: Counter[Facts], options: Options) -> list[str]:
    sizes = [(one.width // _halves(options) or 1, one.height, count) for one, count in facts.items()]
    asked, least = options.resolution, options.least
    cut = sum(count for width, height, count in sizes if middle(width, height, asked, least) != (width, height))
    return [f"{cut} too long to be enlarged whole, cut to their middle, {LONGEST} times the short side"] if cut else []


def _size_note(facts: Counter[Facts], resolution: Resolution, fit: str) -> str:
    sizes: Counter[tuple[int, int]] = Counter()
    for one, count in facts.items():
        sizes[one.width, one.height] += count
    high, wide = size_of(resolution)
    target = f"{wide}x{high}" if wide == high else f"{high}x{wide} (height x width)"
    if set(sizes) == {(wide, high)}:
        return f"{target} kept as is"
    how = {"crop": "centre-cropped and ", "pad": "padded and ", "stretch": "stretched and "}[fit]
    if all(width * high == height * wide for width, height in sizes):
        how = ""
    if len(sizes) == 1:
        width, height = next(iter(sizes))
        return f"{width}x{height} {how}resized to {target}"
    return f"{len(sizes)} sizes, median short side {_median_short_side(facts)}, {how}resized to {target}"
