"""The items of a file of text, with all that was found wrong in words: its lines, or what blank lines set apart."""

import codecs
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from elegan.core.errors import UserError
from elegan.data.rows import file_of

SUFFIXES = (".txt", ".text")
Apart = Literal["auto", "lines", "blank"]
MARKS = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}  # at the beginning of a file
BLANK = re.compile(rb"\n[^\S\n]*\n\s*")


@dataclass(frozen=True)
class Items:
    """The items of a file in its order. `apart`: whether each is a line, or blank lines stand between them."""

    name: str
    address: str
    items: tuple[str, ...]
    apart: Literal["lines", "blank"]
    notes: tuple[str, ...]


def is_text(source: Any) -> bool:
    """Whether this names a file of text, by its ending."""
    return isinstance(source, str) and source.lower().endswith(SUFFIXES)


def read(source: str, apart: Apart = "auto") -> Items:
    """Reads a file of text. `apart`: "auto" takes blank lines to set items apart where these hold more than one line on average.

    Blanks at the ends of an item and control characters are left out, and so are items that are not UTF-8. Raises UserError
    where there is no such file, where it is no text, and for fewer than two items.
    """
    path = file_of(source, SUFFIXES)
    content, notes = _bytes_of(path), list[str]()
    if b"\0" in content:
        raise UserError(f"{path} is no text: it holds bytes of value 0")
    blocks = [block for block in BLANK.split(content) if block.strip()]
    lines = [line for line in content.split(b"\n") if line.strip()]
    if apart == "auto":
        apart = "blank" if len(blocks) > 1 and len(lines) >= 2 * len(blocks) else "lines"
    parts, items, broken = blocks if apart == "blank" else lines, list[str](), 0
    for part in parts:
        try:
            items.append(_clean(part.decode("utf-8")))
        except UnicodeDecodeError:
            broken += 1
    items = [item for item in items if item]
    words = "lines" if apart == "lines" else "paragraphs"
    if broken:
        notes.append(f"{broken:,} of {len(parts):,} {words} are not UTF-8 and were left out")
    if len(items) < 2:
        hint = "" if apart == "lines" else "; --set data.apart=lines takes each line by itself"
        raise UserError(f"{path} holds {len(items)} of the {words} to learn, and at least two are needed{hint}")
    return Items(path.stem, str(path.resolve()), tuple(items), apart, tuple(notes))


def _bytes_of(path: Path) -> bytes:
    """The content as UTF-8 with plain ends of lines."""
    content = path.read_bytes()
    for mark, encoding in MARKS.items():
        if content.startswith(mark):
            content = content.decode(encoding, "replace").encode("utf-8", "replace")
    return content.removeprefix(codecs.BOM_UTF8).replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _clean(item: str) -> str:
    """Without control characters, which would speak to a terminal, and without blanks at the ends of lines."""
    lines = ["".join(c if c.isprintable() else " " if c.isspace() else "" for c in line) for line in item.split("\n")]
    return "\n".join(line.strip() for line in lines).strip()
