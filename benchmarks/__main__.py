"""Measures elegan: `python -m benchmarks NAME [options]`, from the repository's root.

A benchmark is a file of speed/ or quality/: its docstring is the help, and the parameters of its function `benchmark`,
which gives the rows of a table, are the arguments and options. `QUICK` are the defaults of its quick form.
"""

import argparse
import ast
import functools
import importlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer

from benchmarks.results import FOLDER, keep, table
from elegan.cli.boundary import end
from elegan.core.errors import UserError, nearest
from elegan.core.files import file_for
from elegan.core.screen import say

FILES = {p.stem: p for k in ("speed", "quality") for p in sorted(Path(__file__).parent.glob(f"{k}/[a-z]*.py"))}


def listing() -> str:
    """Every benchmark with the first line of its help, which is read from its file."""
    lines = ["python -m benchmarks NAME [--quick] [--out FILE] [options]", ""]
    lines += [f"{name:12}  {_help(name).splitlines()[0]}" for name in FILES]
    return "\n".join([*lines, "", f"--out: the result, by default benchmarks/{FOLDER.name}/NAME.json; --quick: in seconds, and not kept by default"])  # fmt: skip


def _help(name: str) -> str:
    return ast.get_docstring(ast.parse(FILES[name].read_text(encoding="utf-8"))) or ""


def play(name: str, arguments: Sequence[str]) -> None:
    """Runs a benchmark, prints its table and keeps it. Raises UserError for an unknown name."""
    if name not in FILES:
        raise UserError(f"unknown benchmark {name!r}{nearest(name, FILES)}")
    common = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    common.add_argument("--quick", action="store_true")
    common.add_argument("--out", type=Path)
    given, options = common.parse_known_args(arguments)
    out = given.out or (None if given.quick else FOLDER / f"{name}.json")
    if out:
        file_for(out)
    module = importlib.import_module(f"benchmarks.{FILES[name].parent.name}.{name}")

    @functools.wraps(module.benchmark)
    def measured(**values: Any) -> None:
        rows = module.benchmark(**values)
        say(table(rows))
        if out:
            keep(out, _help(name).splitlines()[0], [name, *(["--quick"] if given.quick else []), *options], rows)
            say(f"kept in {out}")

    measured.__doc__ = f"{_help(name)}\n\nAlso --quick and --out FILE, as in --list."
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command(name)(measured)
    app(options, prog_name=f"python -m benchmarks {name}", default_map=module.QUICK if given.quick else None)


def main() -> None:
    try:
        if len(sys.argv) == 1 or sys.argv[1] in ("--list", "--help", "-h"):
            say(listing())
        else:
            play(sys.argv[1], sys.argv[2:])
    except Exception as error:
        end(error)


if __name__ == "__main__":
    main()
