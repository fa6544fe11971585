"""Training beside a busy process: how long OpenMP's threads spin for each other before they give way.

Every training is a process of its own, with as many threads as the machine has cores, and each setting has its turn in every
round, alone and beside a process that takes a core: `usual` is what OpenMP does of itself, `short` a thirtieth of that,
`passive` gives way at once. Seconds are the wall's, of the steps alone.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from benchmarks.estimates import median
from benchmarks.results import Row
from benchmarks.timing import ratio
from elegan.core.threads import NAMES, WAITING

QUICK = {"steps": 4, "rounds": 1}
USUAL = ("GOMP_SPINCOUNT", "300000")  # what libgomp takes where nothing is set
SETTINGS = {"usual": USUAL, "short": ("GOMP_SPINCOUNT", "10000"), "passive": WAITING}
TRAIN = ["train", "digits", "--recipe", "rpgan", "--set", "watch.metric=none", "--guard", "off", "--quiet"]


def benchmark(steps: int = 60, rounds: int = 6) -> list[Row]:
    seconds: dict[tuple[bool, str], list[float]] = {}
    for number in range(rounds):
        for busy in (False, True):
            with _busy_process() if busy else nullcontext():
                for name in list(SETTINGS)[:: 1 if number % 2 else -1]:
                    seconds.setdefault((busy, name), []).append(_trained(SETTINGS[name], steps))
    return [_row(busy, name, seconds) for busy in (False, True) for name in SETTINGS]


def _row(busy: bool, name: str, seconds: dict[tuple[bool, str], list[float]]) -> Row:
    own, usual = seconds[busy, name], seconds[busy, "usual"]
    row = {"machine": "one process busy" if busy else "quiet", "setting": name, "=": "=".join(SETTINGS[name])}
    return row | {"s": median(own), "times as fast": ratio(usual, own)}


def _trained(setting: tuple[str, str], steps: int) -> float:
    """The seconds of the steps of a training with this setting."""
    environment = {key: value for key, value in os.environ.items() if key not in (*NAMES, "OMP_NUM_THREADS")}
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "elegan", *TRAIN, "--steps", str(steps), "--out", folder, "--name", "run"]
        subprocess.run(command, env=environment | dict([setting]), check=True, stdout=subprocess.DEVNULL)
        lines = Path(folder, "run", "timing.jsonl").read_text(encoding="utf-8").splitlines()
        return sum(json.loads(line)["seconds"] for line in lines[1:] or lines)  # the first also sets up


@contextmanager
def _busy_process() -> Iterator[None]:
    process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        process.kill()
        process.wait()
