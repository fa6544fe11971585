"""The peak memory that `elegan train --dry-run` foretells, beside that of a short training with its look at the end.

Recipes are all of the catalogue that learn from images where none is named, `--data` and `--set` may be repeated. A
training's is `ru_maxrss` of its process; the ratio is to be within 20 % of 1. Data that is decoded for the first time adds
to the dry run.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.arguments import Names
from benchmarks.results import Row
from elegan.recipes import CATALOGUE

# It stays clear of PyTorch, because a process begins with the peak of the one that started it.
QUICK = {"recipes": ["dcgan"], "steps": 1, "settings": ["nets.generator.width=8", "batch=8"]}
Settings = Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE")]


def benchmark(
    recipes: Names = None, data: list[str] | None = None, steps: int = 20, settings: Settings = None
) -> list[Row]:
    names = recipes or [recipe.name for recipe in CATALOGUE.values() if recipe.data.kind == "images"]
    return [compared(recipe, source, steps, settings or []) for source in data or ["digits"] for recipe in names]


def compared(recipe: str, source: str, steps: int, settings: list[str]) -> Row:
    source = str(Path(source).absolute()) if Path(source).exists() else source
    arguments = [source, "--recipe", recipe, "--steps", str(steps), "--device", "cpu"]
    arguments += [part for setting in (f"watch.every={steps}", *settings) for part in ("--set", setting)]
    row = {"recipe": recipe, "data": Path(source).name}
    with tempfile.TemporaryDirectory() as folder:
        try:
            printed, _ = trained(Path(folder), *arguments, "--dry-run")
            _, measured = trained(Path(folder), *arguments)
        except RuntimeError as error:
            return {**row, "failed": str(error)}
    words = re.search(r"memory +([\d,]+) MB", printed)
    assert words, printed
    foretold = int(words[1].replace(",", ""))
    return {**row, "foretold, MB": foretold, "measured, MB": measured, "ratio": foretold / measured}


def trained(folder: Path, *arguments: str) -> tuple[str, float]:
    """What `elegan train` printed, and its peak in MB. Raises RuntimeError where it failed."""
    command = [sys.executable, "-m", "elegan", "train", *arguments]
    with (folder / "printed").open("w+") as printed:
        process = subprocess.Popen(command, stdout=printed, stderr=subprocess.STDOUT, cwd=folder)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        printed.seek(0)
        text = printed.read()
    if process.returncode:
        raise RuntimeError(text.strip().splitlines()[-1])
    return text, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6
