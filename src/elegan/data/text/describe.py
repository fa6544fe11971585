"""What a file of text consists of."""

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from elegan.data.text.read import read

SHOWN, LONG = 5, 72  # items that are shown, and of each so many characters
COMMON = 24  # characters


@dataclass(frozen=True)
class TextDescription:
    """The items of a file of text: how many, how many different, their lengths in characters, the alphabet and its most frequent
    characters, words where there are blanks, and a few items."""

    name: str
    source: str
    apart: str
    count: int
    different: int
    lengths: dict[str, int]
    alphabet: int
    common: str
    words: int
    examples: tuple[str, ...]
    notes: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """The description, ready for JSON."""
        return asdict(self)

    def __str__(self) -> str:
        """For people."""
        kind = "lines" if self.apart == "lines" else "paragraphs, which blank lines set apart"
        words = f", {self.words:,} different words" if self.words else ""
        lengths = ", ".join(f"{name} {length:,}" for name, length in self.lengths.items())
        return "\n".join(
            [
                f"{self.name}: {self.count:,} {kind}, {self.different:,} of them different ({self.source})",
                f"  characters an item: {lengths}",
                f"  {self.alphabet:,} different characters{words}; most frequent: {self.common}",
                *(f"  | {example}" for example in self.examples),
                *self.notes,
            ]
        )


def describe_text(source: str) -> TextDescription:
    """Reads the whole file. Raises UserError as `elegan.data.text.read.read` does."""
    found = read(source)
    lengths = np.array([len(item) for item in found.items])
    often = Counter[str]()
    for item in found.items:
        often.update(item)
    words = {word for item in found.items for word in item.split()}
    middle = {"shortest": lengths.min(), "median": np.median(lengths), "99 of 100 up to": np.quantile(lengths, 0.99, method="higher"),
              "longest": lengths.max()}  # fmt: skip
    places = np.linspace(0, len(found.items) - 1, SHOWN).astype(int)
    return TextDescription(
        found.name,
        found.address,
        found.apart,
        len(found.items),
        len(set(found.items)),
        {name: int(length) for name, length in middle.items()},
        len(often),
        "".join(c for c, _ in often.most_common(COMMON + 2) if not c.isspace())[:COMMON],
        len(words) if any(" " in item for item in found.items) else 0,
        tuple(_cut(found.items[place]) for place in places),
        found.notes,
    )


def _cut(item: str) -> str:
    line = item.replace("\n", " / ")
    return line if len(line) <= LONG else f"{line[:LONG]} ..."
