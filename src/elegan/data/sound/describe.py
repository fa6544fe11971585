"""What a folder or zip of sounds consists of."""

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from elegan.core.errors import UserError
from elegan.data.deep import Unreadable
from elegan.data.ingest import in_order, in_short
from elegan.data.sound.read import read
from elegan.data.sources import Source


@dataclass(frozen=True)
class Description:
    """Sounds by what they are in themselves: `rates`, `channels` and `codings` count files; `seconds`: the least, the median and
    the greatest length; `unreadable`: (name, reason)."""

    name: str
    source: str
    count: int
    seconds: tuple[float, float, float]
    rates: dict[int, int]
    channels: dict[int, int]
    codings: dict[str, int]
    classes: dict[str, int]
    cut: int
    unreadable: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """The description, ready for JSON."""
        return asdict(self)

    def __str__(self) -> str:
        """For people."""
        least, median, most = self.seconds
        lines = [
            f"{self.name}: {self.count:,} sounds ({self.source})",
            f"lengths: {least:.2f} to {most:.2f} s, half of them below {median:.2f}",
            f"rates: {', '.join(f'{rate:,} Hz {n:,}' for rate, n in self.rates.items())}",
            f"channels: {', '.join(f'{channels} {n:,}' for channels, n in self.channels.items())}",
            f"coding: {', '.join(f'{coding} {n:,}' for coding, n in self.codings.items())}",
        ]
        if self.classes:
            lines.append(
                f"{len(self.classes)} classes: {', '.join(f'{name} {n:,}' for name, n in self.classes.items())}"
            )
        if self.cut:
            lines.append(f"{self.cut:,} end before their header says")
        if self.unreadable:
            lines += [
                f"unreadable: {len(self.unreadable):,}",
                *(f"  {name}: {why}" for name, why in self.unreadable[:10]),
            ]
        return "\n".join([*lines, *self.notes])


def describe_sounds(source: Source) -> Description:
    """Reads every file. Raises UserError where there is none, or no soundfile to read with."""
    listing = source.listing()

    def one(index: int) -> tuple[float, int, int, str, bool] | str:
        try:
            heard = read(listing.read(index))
        except Unreadable as error:
            return str(error)
        return len(heard.samples) / heard.rate, heard.rate, heard.channels, heard.coding, heard.cut

    results = [result for block in in_order(one, len(listing.names), 256) for result in block]
    faults = [(name, why) for name, why in zip(listing.names, results, strict=True) if isinstance(why, str)]
    found = [result for result in results if not isinstance(result, str)]
    if not found:
        raise UserError(f"{source.address} has no sound that can be read: {in_short([*faults, *listing.skipped])}")
    seconds, rates, channels, codings, cut = zip(*found, strict=True)
    good = [index for index, result in enumerate(results) if not isinstance(result, str)]
    labels = Counter() if listing.labels is None else Counter(listing.labels[good].tolist())
    return Description(
        source.name,
        str(source.address),
        len(found),
        (min(seconds), float(np.median(seconds)), max(seconds)),
        dict(Counter(rates).most_common()),
        dict(Counter(channels).most_common()),
        dict(Counter(codings).most_common()),
        {name: labels[place] for place, name in enumerate(listing.classes)},
        sum(cut),
        (*faults, *listing.skipped),
        listing.notes,
    )
