"""What the speed benchmarks share: taking turns in one process, and how far results are apart."""

import statistics
import time
from collections.abc import Callable, Mapping
from itertools import count

import torch
from torch import nn

from elegan.core.machine import hardware


def heading() -> str:
    """The machine, in a line."""
    machine = hardware()
    accelerator = [machine["accelerator"]] if machine["accelerator"] else []
    cores = [f"{machine['cores']} cores", f"{machine['threads']} threads", f"torch {machine['torch']}"]
    return ", ".join([machine["processor"], *accelerator, *cores])


def seconds(work: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """What each of `work` took in each of `rounds` rounds through all of them, after one that does not count."""
    found: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(rounds + 1):
        for name, run in work.items():
            began = time.perf_counter()
            run()
            if torch.cuda.is_available():
                torch.cuda.synchronize()
            found[name].append(time.perf_counter() - began)
    return {name: times[1:] for name, times in found.items()}


def several(play: Callable[[int], object], steps: int) -> Callable[[], None]:
    """Work that plays the next so many steps."""
    numbers = count()

    def work() -> None:
        for _ in range(steps):
            play(next(numbers))

    return work


def medians(times: Mapping[str, list[float]]) -> dict[str, float]:
    return {name: statistics.median(values) for name, values in times.items()}


def apart(a: nn.Module, b: nn.Module) -> float:
    """The largest difference of any weight."""
    return max((p.cpu() - q.cpu()).abs().max().item() for p, q in zip(a.parameters(), b.parameters(), strict=True))
