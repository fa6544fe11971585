"""Parts of benchmarks of speed: taking turns in one process, ratios of what ran side by side, the memory of a process."""

import multiprocessing
import resource
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import count
from typing import TypeVar

import torch
from torch import nn

from benchmarks.estimates import median
from benchmarks.results import Estimate, Row

T = TypeVar("T")
PLAIN, OURS = "plain", "ours"
# What other work on the machine takes does not count where one thread does all, and cannot be told apart elsewhere.
ONE_THREAD = torch.get_num_threads() == 1 and not torch.cuda.is_available()
CLOCK, UNIT = (time.process_time, "processor's s") if ONE_THREAD else (time.perf_counter, "s")


def timed(work: Callable[[], T]) -> tuple[T, float, float]:
    """The result, wall seconds, and the processor's seconds of this process, which other work on the machine slows less."""
    wall, processor = time.perf_counter(), time.process_time()
    result = work()
    return result, time.perf_counter() - wall, time.process_time() - processor


def repeated(work: Callable[[], object], rounds: int) -> Row:
    """Medians of the wall's and the processor's seconds over so many rounds."""
    times = [timed(work)[1:] for _ in range(rounds)]
    return {name: median(values) for name, values in zip(("s", "processor's s"), zip(*times, strict=True), strict=True)}


def seconds(work: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Times by CLOCK of each of `work` in `rounds` rounds through all of them, after one that does not count."""
    times: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(rounds + 1):
        for name, run in work.items():
            began = CLOCK()
            run()
            if torch.cuda.is_available():
                torch.cuda.synchronize()
            times[name].append(CLOCK() - began)
    return {name: measured[1:] for name, measured in times.items()}


def several(play: Callable[[int], object], steps: int) -> Callable[[], None]:
    """Work that plays the next so many steps."""
    numbers = count()

    def work() -> None:
        for _ in range(steps):
            play(next(numbers))

    return work


def ratio(above: Sequence[float], below: Sequence[float]) -> Estimate:
    """The median over rounds of what one took over what the other took in the same round, when the machine was equally busy."""
    return median([a / b for a, b in zip(above, below, strict=True)])


def against_plain(plain: Callable[[], object], ours: Callable[[], object], rounds: int, parts: int = 1) -> Row:
    """Times of one of `parts` parts of two works that take turns, and how many times as fast ours is."""
    times = seconds({PLAIN: plain, OURS: ours}, rounds)
    each = {f"{name}, {UNIT}": median([value / parts for value in values]) for name, values in times.items()}
    return each | {"times as fast": ratio(times[PLAIN], times[OURS])}


def apart(a: nn.Module, b: nn.Module) -> float:
    """The largest difference of any weight."""
    return max((p.cpu() - q.cpu()).abs().max().item() for p, q in zip(a.parameters(), b.parameters(), strict=True))


def peak() -> float:
    """The largest memory of this process so far, in GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e9


def in_a_process_of_its_own(work: Callable[..., T], *arguments: object) -> T:
    """Does the work in a new process, whose peak of memory is the work's alone."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(work, *arguments).result()
