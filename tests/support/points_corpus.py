"""Files of points that are none, by what is wrong with them."""

from pathlib import Path

ROWS = "\n".join(f"{number},{number * number % 7}" for number in range(20))
WRONG: dict[str, bytes] = {
    "text": b"once\nupon\na time\n",
    "nan": f"{ROWS}\nnan,1\n".encode(),
    "inf": f"{ROWS}\n1,1e999\n".encode(),
    "one-column": b"\n".join(b"%d" % number for number in range(20)),
    "three": b"\n".join(b"%d,2,%d" % (number, number % 3) for number in range(20)),
    "one-row": b"1,2\n",
    "empty": b"",
    "header": b"x,y\n",
    "line": b"\n".join(b"%d,5" % number for number in range(20)),
    "bytes": bytes(range(128, 256)),
}


def write_points(folder: Path) -> None:
    """Writes each of them into the folder, as NAME.csv."""
    folder.mkdir()
    for name, content in WRONG.items():
        (folder / f"{name}.csv").write_bytes(content)
