"""Pieces of an HTML page that loads nothing; every text is escaped here."""

import base64
import io
from collections.abc import Iterable, Sequence
from html import escape

from PIL import Image


def picture(data: bytes, alt: str, width: int = 0) -> str:
    """A PNG inside the page, enlarged by a whole number to about `width` pixels where it is smaller."""
    with Image.open(io.BytesIO(data)) as image:
        size = image.width * max(1, round(width / image.width))
    shown = f' width="{size}"' if width else ""
    return f'<img{shown} alt="{escape(alt)}" src="data:image/png;base64,{base64.b64encode(data).decode()}">'


def table(head: Sequence[str], rows: Iterable[Sequence[str]], style: str = "") -> str:
    """Rows of cells; `head` may be empty: then the first cell of each row is its heading."""
    top = "<tr>" + "".join(f"<th>{escape(cell)}</th>" for cell in head) + "</tr>" if head else ""
    first = "td" if head else "th"
    body = "".join(
        f"<tr><{first}>{escape(cells[0])}</{first}>{''.join(f'<td>{escape(c)}</td>' for c in cells[1:])}</tr>"
        for cells in rows
    )
    return f'<div class="wide"><table class="{style}">{top}{body}</table></div>'


def items(lines: Iterable[str]) -> str:
    """A list."""
    return f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>"


def folded(title: str, inner: str) -> str:
    """`inner`, which is HTML, out of sight until the title is chosen."""
    return f"<details><summary>{escape(title)}</summary>{inner}</details>"


def note(text: str) -> str:
    """A quiet paragraph."""
    return f'<p class="soft">{escape(text)}</p>'
