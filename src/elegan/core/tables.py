"""Tables of text that fit a terminal: long cells are wrapped, columns too many for the width go on below, nothing is cut."""

from collections.abc import Iterator, Sequence

WIDTH = 80  # columns of a usual terminal
WIDEST = 32  # columns of a cell, before it is wrapped
LONGEST_KEY = 42  # columns of the first cell, which is a name
GAP = 2

Row = Sequence[str]


def table(head: Row, rows: Sequence[Row], *, keys: int = 1, right: bool = False) -> list[str]:
    """Lines of at most `WIDTH` columns; the first `keys` columns stand before every part of the others.

    >>> for line in table(["run", "FD", "KD"], [["runs/a", "12.5", "0.31"]], right=True):
    ...     print(line)
    run       FD    KD
    runs/a  12.5  0.31
    """
    from rich.cells import cell_len

    natural = [max(map(cell_len, column)) for column in zip(head, *rows, strict=True)]
    before = [min(LONGEST_KEY if column == 0 else WIDEST, width) for column, width in enumerate(natural[:keys])]
    widths = before + [min(WIDEST, WIDTH - sum(before) - GAP * keys, width) for width in natural[keys:]]
    lines: list[str] = []
    for columns in _parts(widths, keys):
        part = [[row[column] for column in columns] for row in (head, *rows)]
        lines += ["", *_drawn(part, [widths[column] for column in columns], keys, right)]
    return lines[1:]


def _parts(widths: Sequence[int], keys: int) -> Iterator[list[int]]:
    """The columns of each part of the table."""
    before = list(range(keys))
    part, room = list(before), WIDTH - sum(widths[:keys]) - GAP * keys
    left = room
    for column, width in enumerate(widths[keys:], keys):
        if left < width and len(part) > keys:
            yield part
            part, left = list(before), room
        part.append(column)
        left -= width + GAP
    yield part


def _drawn(rows: Sequence[Row], widths: Sequence[int], keys: int, right: bool) -> list[str]:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    grid = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0), show_header=False)
    for number, width in enumerate(widths):
        grid.add_column(width=width, overflow="fold", justify="right" if right and number >= keys else "left")
    for row in rows:
        grid.add_row(*map(Text, row))
    console = Console(width=WIDTH + GAP, highlight=False, color_system=None)
    with console.capture() as capture:
        console.print(grid)
    return [line.rstrip() for line in capture.get().splitlines()]
