"""Size and channels of a data set where the user names none, and the notes that say what was done."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from elegan.core.sizes import Resolution, resolution_of, size_of
from elegan.data.decode import LONGEST, Facts, middle, scaled
from elegan.data.shape import LARGEST, Sides, loss, lower_median, own_size

CUT = 0.01  # of a picture's area, from which on it counts as cropped
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
    `most`: the largest side that is chosen.
    """

    resolution: Resolution
    channels: int
    fit: str
    least: Resolution = 0
    most: int = 0

    def settled(self, shape: Sequence[int]) -> list["Options"]:
        """The options that name what these left to the data and became `shape`, N x H x W x C; none for whole pictures."""
        if self.fit in WHOLE:
            return []
        _, high, wide, channels = shape
        named = self._replace(resolution=resolution_of((high, wide)), most=0)
        return [options for options in (named, named._replace(channels=channels)) if options != self]


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
    resolution = options.resolution or own_size(_sides(facts), options.most)
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


def _sides(facts: Counter[Facts]) -> Sides:
    sides: Sides = Counter()
    for one, count in facts.items():
        sides[one.width, one.height] += count
    return sides


def notes_on(facts: Counter[Facts], plan: Plan, options: Options) -> list[str]:
    """One plain line for each thing that was done to the images."""
    peculiar: Counter[str] = Counter()
    for one, count in facts.items():
        for name in one.peculiar:
            peculiar[name] += count
    if options.fit in WHOLE:
        lines = [_whole_note(facts, plan.resolution), *_cut_note(facts, options)]
    else:
        sides = _sides(facts)
        lines = [
            _size_note(sides, plan.resolution, options.fit),
            *_crop_note(sides, plan.resolution, options.fit),
            *notes_on_choice(facts, plan, options),
        ]
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


def _size_note(sides: Sides, resolution: Resolution, fit: str) -> str:
    high, wide = size_of(resolution)
    target = f"{wide}x{high}" if wide == high else f"{high}x{wide} (height x width)"
    if set(sides) == {(wide, high)}:
        return f"{target} kept as is"
    how = {"crop": "centre-cropped and ", "pad": "padded and ", "stretch": "stretched and "}[fit]
    if all(width * high == height * wide for width, height in sides):
        how = ""
    if len(sides) == 1:
        width, height = next(iter(sides))
        return f"{width}x{height} {how}resized to {target}"
    short = lower_median((min(side), count) for side, count in sides.items())
    return f"{len(sides)} sizes, median short side {short}, {how}resized to {target}"


def _crop_note(sides: Sides, resolution: Resolution, fit: str) -> list[str]:
    """How many pictures the crop takes something of, and how much."""
    losses = [(loss(*side, size_of(resolution)), count) for side, count in sides.items()] if fit == "crop" else []
    cut = [(share, count) for share, count in losses if share >= CUT]
    if not cut:
        return []
    cropped = sum(count for _, count in cut)
    mean = sum(share * count for share, count in cut) / cropped
    return [
        f"{cropped} of {sides.total()} images lose {mean:.0%} of their area to the crop on average, {max(cut)[0]:.0%} at most "
        "(data.fit=pad keeps all)"
    ]


def notes_on_choice(facts: Counter[Facts], plan: Plan, options: Options) -> list[str]:
    """What more pixels would cost, where the machine and not the pictures set the limit to fewer than usual."""
    larger = own_size(_sides(facts), LARGEST) if 0 < options.most < LARGEST else plan.resolution
    if larger == plan.resolution:
        return []
    times = size_of(larger).area / size_of(plan.resolution).area
    return [f"held to {options.most} px for this machine; --size {larger} takes about {times:.0f} times as long"]
