"""The peak memory that `elegan train --dry-run` foretells, beside that of a short training with its look at the end.

    python benchmarks/memory.py [RECIPE...] [--data digits flowers64.zip] [--steps 20] [--set batch=16]

Without a RECIPE all of the catalogue that learn from images. A line a recipe and data set: MB of the dry run, MB of the
training (`ru_maxrss` of its process) and their ratio, which is to be within 20 % of 1. Stays clear of PyTorch, because a
process begins with the peak of the one that started it; data that is decoded for the first time adds to the dry run.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from elegan.recipes import CATALOGUE


def run(out: Path, *arguments: str) -> tuple[str, float]:
    """What `elegan train` printed, and its peak in MB. Raises RuntimeError where it failed."""
    command = [sys.executable, "-m", "elegan", "train", *arguments]
    with (out / "printed").open("w+") as printed:
        process = subprocess.Popen(command, stdout=printed, stderr=subprocess.STDOUT, cwd=out)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        printed.seek(0)
        text = printed.read()
    if process.returncode:
        raise RuntimeError(text.strip().splitlines()[-1])
    return text, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6


def compare(recipe: str, data: str, options: argparse.Namespace) -> str:
    data = str(Path(data).absolute()) if Path(data).exists() else data
    settings = [data, "--recipe", recipe, "--steps", str(options.steps), "--device", "cpu"]
    settings += [part for key in (f"watch.every={options.steps}", *options.settings) for part in ("--set", key)]
    with tempfile.TemporaryDirectory() as out:
        try:
            foretold = float(re.search(r"memory +([\d,]+) MB", run(Path(out), *settings, "--dry-run")[0])[1].replace(",", ""))  # fmt: skip
            _, measured = run(Path(out), *settings)
        except RuntimeError as error:
            return str(error)
    return f"{foretold:8,.0f} {measured:8,.0f} {foretold / measured:6.2f}"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("recipes", nargs="*", default=[r.name for r in CATALOGUE.values() if r.data.kind == "images"])
    parser.add_argument("--data", nargs="+", default=["digits"])
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--set", dest="settings", nargs="+", default=[], metavar="KEY=VALUE")
    options = parser.parse_args()
    print(f"{'recipe':16} {'data':16} foretold measured  ratio")
    for data in options.data:
        for recipe in options.recipes:
            print(f"{recipe:16} {Path(data).name:16} {compare(recipe, data, options)}", flush=True)


if __name__ == "__main__":
    main()
