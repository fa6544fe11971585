"""The studio's page in Chromium: how soon it shows something and all runs, and what it takes from a training that it shows.

`runs`: how many there are in the folder, each a copy of a small one. Every load is in a new window of a browser that is open, with
the studio's server warm; seconds are the clock's, from asking for the page. Beside the training (dcgan on digits) the places take
turns in every round: processor time of the server and of all of the browser as a share of one core, and the steps that the
training makes in that time, against those of the same round without a page.
"""

import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil

import elegan
from benchmarks.estimates import median
from benchmarks.results import Row
from benchmarks.timing import ratio, timed
from elegan.core.errors import UserError
from elegan.core.journal import Journal
from elegan.studio.listing import Runs
from elegan.studio.place import Place

QUICK = {"runs": "4", "loads": 1, "seconds": 1, "rounds": 1}
SMALL = ["batch=8", "nets.generator.width=8", "nets.discriminator.width=8", "watch.images=32", "watch.every=2"]
PLACES = {"no page": None, "the list of runs": "#/runs", "the page of the run": "#/run/watched"}
SETTLED = 3.0  # seconds after a page was opened, that are not counted
SEEN = "count => document.querySelector('.run') && document.querySelector('.about').textContent.startsWith(`${count} `) && performance.now()"  # fmt: skip


def benchmark(runs: str = "4,1000", loads: int = 7, seconds: int = 20, rounds: int = 6) -> list[Row]:
    with tempfile.TemporaryDirectory() as name, _chromium() as browser:
        folder, rows = Path(name), list[Row]()
        run = elegan.train("digits", "dcgan", steps=4, settings=SMALL, out=folder, name="one", quiet=True)
        for count in map(int, runs.split(",")):
            place = folder / str(count)
            for number in range(count):
                shutil.copytree(run.path, place / f"{number:04d}", copy_function=os.link)
            rows += [*_listed(place, count, loads), *_loaded(browser, place, count, loads)]
        return rows + _beside(browser, folder / "watching", seconds, rounds)


def _listed(place: Path, count: int, loads: int) -> list[Row]:
    """Processor time of listing the runs, nothing of them known and all of them known."""
    took: dict[str, list[float]] = {"first": [], "again": []}
    for _ in range(loads):
        runs = Runs(Place(place))
        for values in took.values():
            values.append(timed(runs.all)[2])
    return [
        {"what": f"{count:,} runs listed, {name}", "processor's s": median(values)} for name, values in took.items()
    ]


def _loaded(browser: Any, place: Path, count: int, loads: int) -> list[Row]:
    """What a person waits for: the first paint, and the first of all runs with their number."""
    painted, seen = [], []
    with _studio(place) as (address, _):
        for number in range(loads + 1):  # after one that warms both
            with _page(browser, address, "#/runs") as page:
                shown = page.wait_for_function(SEEN, arg=count).json_value()
                first = page.evaluate("() => performance.getEntriesByName('first-contentful-paint')[0].startTime")
            if number:
                painted.append(first / 1000)
                seen.append(shown / 1000)
    return [
        {"what": f"first contentful paint, {count:,} runs", "s": median(painted)},
        {"what": f"runs in the page, {count:,}", "s": median(seen)},
    ]


def _beside(browser: Any, folder: Path, seconds: float, rounds: int) -> list[Row]:
    command = ["train", "digits", "--recipe", "dcgan", "--steps", "1000000", "--set", "watch.log=1", "--quiet"]
    training = subprocess.Popen(
        [sys.executable, "-m", "elegan", *command, "--name", "watched", "--out", str(folder)], stderr=subprocess.DEVNULL
    )  # of being stopped
    log = Journal(folder / "watched" / "log.jsonl")
    figures: dict[str, list[tuple[float, float, float]]] = {name: [] for name in PLACES}
    try:
        while not (folder / "watched" / "samples.png").exists() or log.last() is None:
            if training.poll() is not None:
                raise RuntimeError(f"the training ended with {training.returncode}")
            time.sleep(0.2)
        with _studio(folder) as (address, server):
            for _ in range(rounds):
                for name, room in PLACES.items():
                    with contextlib.nullcontext() if room is None else _page(browser, address, room):
                        figures[name].append(_watched(server, lambda: int((log.last() or {})["step"]), seconds))
    finally:
        training.terminate()
        training.wait()
    alone = [steps for *_, steps in figures["no page"]]
    return [
        {
            "what": f"{name} open while dcgan trains",
            "server, % of a core": median([100 * one for one, _, _ in measured]),
            "browser, % of a core": median([100 * one for _, one, _ in measured]),
            "training's steps": ratio([steps for *_, steps in measured], alone),
        }
        for name, measured in figures.items()
    ]


def _watched(server: int, step: Callable[[], int], seconds: float) -> tuple[float, float, float]:
    """(share of a core that the server takes, that the browser takes, steps a second) over some time."""
    time.sleep(SETTLED)
    began, first, taken = time.perf_counter(), step(), (_processor(server), _browsers())
    time.sleep(seconds)
    took = time.perf_counter() - began
    return (_processor(server) - taken[0]) / took, (_browsers() - taken[1]) / took, (step() - first) / took


def _processor(process: int) -> float:
    """Seconds of the processor that a process has taken."""
    times = psutil.Process(process).cpu_times()
    return float(times.user + times.system)


def _browsers() -> float:
    """Those of all processes of Chromium below this one; one that ended is not counted any more."""
    total = 0.0
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            total += _processor(child.pid) if "chrom" in child.name() else 0.0
    return total


@contextlib.contextmanager
def _chromium() -> Iterator[Any]:
    """A browser that shows no window. Raises UserError where there is none."""
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise UserError("this benchmark needs Playwright: pip install 'elegan[dev]'") from None
    if path is None:
        raise UserError("no Chromium on this machine: apt install chromium")
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-background-networking"])


@contextlib.contextmanager
def _page(browser: Any, address: str, room: str) -> Iterator[Any]:
    """A window of its own on a room of the studio, which knows it already."""
    host, token = re.fullmatch(r"(http://[^/]+)/\?token=(\S+)", address).groups()  # type: ignore[union-attr]  # the studio's own form
    context = browser.new_context()
    context.add_cookies([{"name": "elegan-studio", "value": token, "url": host}])
    page = context.new_page()
    page.set_default_timeout(120_000)
    try:
        page.goto(f"{host}/{room}")
        yield page
    finally:
        context.close()


@contextlib.contextmanager
def _studio(folder: Path) -> Iterator[tuple[str, int]]:
    """The address of a studio of the folder, with its token, and its process."""
    command = [sys.executable, "-m", "elegan", "studio", str(folder), "--port", "0", "--no-browser"]
    with tempfile.TemporaryDirectory() as own:  # where its token is kept
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | {"ELEGAN_CACHE": own})
        assert process.stdout
        try:
            line = next((line for line in process.stdout if "?token=" in line), "")
            if not line:
                raise RuntimeError(f"the studio ended with {process.wait()}")
            yield line.split()[-1], process.pid
        finally:
            process.terminate()
            process.wait()
