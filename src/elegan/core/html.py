"""Pieces of HTML that notebooks show of elegan's objects: words are escaped, pictures lie inside, nothing is loaded."""

import base64
from collections.abc import Iterable, Sequence
from html import escape


def inside(encoded: bytes, kind: str = "png", of: str = "image") -> str:
    """An encoded picture, or a file `of` audio, as an address that holds it."""
    return f"data:{of}/{kind};base64,{base64.b64encode(encoded).decode()}"


def picture(png: bytes, alt: str) -> str:
    """A PNG, inside the page."""
    return f'<img alt="{escape(alt)}" src="{inside(png)}" style="max-width: 100%; image-rendering: pixelated">'


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of words."""
    lines = [_row("th", head), *(_row("td", row) for row in rows)]
    return f"<table>{''.join(lines)}</table>"


def _row(kind: str, cells: Sequence[str]) -> str:
    return f"<tr>{''.join(f'<{kind}>{escape(cell)}</{kind}>' for cell in cells)}</tr>"


def lines(*words: str) -> str:
    """Lines of words, the first of them the title."""
    title, *rest = words
    return f"<b>{escape(title)}</b><br>{'<br>'.join(map(escape, rest))}"
