"""Tables of the documentation that name a benchmark's result say what stands in it.

Above such a table stands `<!-- benchmarks/results/NAME.json -->`, or several of them in one comment; it counts where these are kept.
"""

import json
import re
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from benchmarks.__main__ import FILES

ROOT = Path(__file__).parents[2]
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
MARKED = re.compile(r"^<!-- ((?:benchmarks/results/[\w-]+\.json ?)+)-->\n\n?((?:\|.*\n)+)", re.M)
NUMBER = re.compile(r"(?<![\w.])-?(?:\d[\d,]*\d|\d)?(?:\.\d+)?(?!\w)")
TABLES = [
    pytest.param(names.split(), table, id=f"{page.name}-{Path(names.split()[0]).stem}-{number}")
    for page in PAGES
    for number, (names, table) in enumerate(MARKED.findall(page.read_text(encoding="utf-8")))
]


def values(row: Any) -> list[float]:
    """All numbers of a row of a result, also those in its words."""
    if isinstance(row, dict):
        return [number for value in row.values() for number in values(value)]
    return [number for number, _ in numbers(row)] if isinstance(row, str) else [row] if row is not None else []


def numbers(text: str) -> list[tuple[float, float]]:
    """(number, half of its last digit's unit) of each number in a text; of 508,000 three digits are meant."""
    read = []
    for word in filter(None, NUMBER.findall(text)):
        digits = word.replace(",", "").lstrip("-")
        whole, _, decimals = digits.partition(".")
        zeros = 0 if decimals else len(whole) - len(whole.rstrip("0"))
        unit = 10.0 ** (min(zeros, max(0, len(whole) - 3)) - len(decimals))
        read.append((float(word.replace(",", "")), unit / 2))
    return read


def unquoted(table: str, results: list[list[dict[str, Any]]]) -> list[str]:
    """The lines of a table of which no row of the result, or one of each result, has all the numbers behind the first column."""
    known = [[number for row in rows for number in values(row)] for rows in product(*results)]

    def stands(line: str) -> bool:
        cells = re.sub(r"`[^`]*`", "", line.strip().strip("|").partition("|")[2])
        said = numbers(cells)
        return any(all(any(abs(n - k) <= half * 1.0001 for k in row) for n, half in said) for row in known)

    return [line for line in table.splitlines()[2:] if not stands(line)]


@pytest.mark.parametrize(("names", "table"), TABLES)
def test_a_table_says_what_was_measured(names, table):
    if missing := [name for name in names if not (ROOT / name).is_file()]:
        pytest.skip(f"{', '.join(missing)} is not kept")
    assert not unquoted(table, [json.loads((ROOT / name).read_text())["rows"] for name in names])


def test_what_is_named_is_a_benchmark_and_what_is_kept_is_quoted():
    named = {
        Path(name).stem for page in PAGES for names, _ in MARKED.findall(page.read_text()) for name in names.split()
    }
    kept = {path.stem for path in (ROOT / "benchmarks" / "results").glob("*.json")}
    assert kept <= named
    assert not {name for name in named if not any(name == known or name.startswith(f"{known}-") for known in FILES)}


RESULT = [
    {"kind": "64 px", "PSNR": {"value": 31.2543, "low": 30.1, "high": 32.4, "n": 5}, "rate": 507_812},
    {"kind": "32 px", "PSNR": {"value": 28.0, "low": 27.0, "high": 29.0, "n": 5}, "rate": 1.30},
]


@pytest.mark.parametrize(
    ("line", "stands"),
    [
        ("| large, 18 minutes | 31.25 (30.1 to 32.4) | 508,000 |", True),
        ("| large | 31.3, N = 5, `x4` | 507,812 |", True),
        ("| small | **28.00** | 1.3 |", True),
        ("| large | 31.26 | 508,000 |", False),
        ("| large | 31.25 | 509,000 |", False),
        ("| large | 31.25 | 1.3 |", False),  # each stands somewhere, and not in one row
        ("| small | 28.01 | |", False),
        ("| small | .30 | |", False),
    ],
)
def test_a_number_that_was_not_measured_is_seen(line, stands):
    table = f"| what | PSNR | rate |\n|---|---|---|\n{line}\n"
    assert (not unquoted(table, [RESULT])) is stands
