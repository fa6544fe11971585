"""The installation and the machine: versions, devices, speed, extras, disk."""

import os
import re
import shlex
import time
from collections.abc import Callable
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from statistics import median
from typing import Any

import torch
from torch.nn import functional as F

from elegan.core import memory, room
from elegan.core.devices import present
from elegan.core.errors import UserError
from elegan.core.machine import hardware
from elegan.core.memory import in_bytes
from elegan.core.threads import WAITING, chosen
from elegan.data.cache import default_root
from elegan.record.record import Record
from elegan.training.engine import gains_from_bfloat16
from elegan.verbs.doctor.finding import Examination, Finding
from elegan.verbs.runs import runs as list_runs

ROUNDS = 5
DEVELOPERS = ("dev", "docs")  # extras that users have no use for


def installation(runs: Path = Path("runs")) -> Examination:
    """What elegan runs on here, measured within a few seconds, and what of it stands in the way."""
    cache = default_root()
    free = {"runs": room.free(runs), "cache": room.free(cache)}
    held, extras, gains = _held(cache), _extras(), _gains()
    facts: dict[str, Any] = hardware() | {
        "devices": present(),
        "waiting threads": chosen() or "spin for as long as OpenMP likes",
        "gain from bfloat16": {name: f"{gain:.2f} times" for name, gain in gains.items()},
        "precision auto": "bf16" if gains_from_bfloat16(torch.device(present()[-1])) else "fp32",
        "extras": [name for name, missing in extras.items() if not missing],
        "extras missing": [name for name, missing in extras.items() if missing],
        "memory free": in_bytes(memory.free()),
        "disk free": {name: in_bytes(count) for name, count in free.items()},
        "cache": f"{in_bytes(held)} in {cache}",
    }
    return Examination((*_disks(free, cache, held), *_threads(), *_precision(gains, runs), *_missing(extras)), facts)


def _disks(free: dict[str, int], cache: Path, held: int) -> list[Finding]:
    low = {name: count for name, count in free.items() if count < room.LITTLE}
    where = " and ".join(f"{in_bytes(count)} are free for the {name}" for name, count in low.items())
    mend = f"rm -r {cache}" if held > room.LITTLE - min(free.values()) else ""
    decoded = f"; {in_bytes(held)} are decoded pictures, which are decoded again when they are needed" if mend else ""
    return [Finding(f"The disk is nearly full: {where}{decoded}.", mend, problem=True)] if low else []


def _threads() -> list[Finding]:
    cores = _cores()
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    threads = torch.get_num_threads()
    found = []
    if threads > cores:
        found.append(
            Finding(f"{threads} threads share {cores} cores.", f"export OMP_NUM_THREADS={cores}", problem=True)
        )
    if threads > 1 and load > cores:
        words = f"Other programs are at work (load {load:.1f} on {cores} cores): one thread is then mostly faster."
        found.append(Finding(words, "export OMP_NUM_THREADS=1"))
    if not chosen() and threads > 1 and load > cores:
        name, value = WAITING
        words = "Threads spin for each other, which costs much where other programs run; before Python starts:"
        found.append(Finding(words, f"export {name}={value}"))
    return found


def _cores() -> int:
    """The cores that this process may use."""
    allowed = getattr(os, "sched_getaffinity", None)  # of Linux
    return len(allowed(0)) if allowed else os.cpu_count() or 1


def _precision(gains: dict[str, float], runs: Path) -> list[Finding]:
    low, auto = min(gains.values()), gains_from_bfloat16(torch.device(present()[-1]))
    if not auto and low > 1.2:
        words = (
            f"bfloat16 is {low:.2f} times as fast here, and `auto` stays with float32: other numbers, learnt as well."
        )
        return [Finding(words, f"elegan train {shlex.quote(_newest_data(runs))} --precision bf16")]
    return []


def _newest_data(runs: Path) -> str:
    """The data that were trained on last, by a run of this folder; digits, which come along, where there is none."""
    for found in list_runs(runs) if runs.is_dir() else []:
        with suppress(UserError):
            return Record.open(found.path).source
    return "digits"


def _missing(extras: dict[str, list[str]]) -> list[Finding]:
    names = [name for name, missing in extras.items() if missing]
    words = "Not installed, each needed for something of its own (docs/install.md): "
    return [Finding(f"{words}{', '.join(names)}.", f"pip install 'elegan[{','.join(names)}]'")] if names else []


def _extras() -> dict[str, list[str]]:
    """The packages of each extra that are not there."""
    found: dict[str, list[str]] = {}
    for line in metadata.requires("elegan") or []:
        package, extra = re.match(r"[\w.-]+", line), re.search(r"extra == ['\"]([\w-]+)['\"]", line)
        if package and extra and extra[1] not in DEVELOPERS:
            found.setdefault(extra[1], []).extend([] if _installed(package[0]) else [package[0]])
    return found


def _installed(package: str) -> bool:
    try:
        return bool(metadata.version(package))
    except metadata.PackageNotFoundError:
        return False


def _gains() -> dict[str, float]:
    """How many times as fast bfloat16 is as float32, forwards and backwards, on what training spends its time with."""
    device = torch.device(present()[-1])
    x = torch.randn(32, 64, 16, 16, device=device).contiguous(memory_format=torch.channels_last).requires_grad_()
    kernel = torch.randn(64, 64, 3, 3, device=device).contiguous(memory_format=torch.channels_last).requires_grad_()
    a, b = (torch.randn(512, 512, device=device, requires_grad=True) for _ in range(2))
    works: dict[str, Callable[[], torch.Tensor]] = {
        "convolution": lambda: F.conv2d(x, kernel, padding=1),
        "matrix product": lambda: a @ b,
    }
    return {name: _ratio(work, device) for name, work in works.items()}


def _ratio(work: Callable[[], torch.Tensor], device: torch.device) -> float:
    def seconds(enabled: bool) -> float:
        began = time.perf_counter()
        with torch.autocast(device.type, torch.bfloat16, enabled=enabled):
            y = work()
        y.float().sum().backward()
        if device.type == "cuda":
            torch.cuda.synchronize()
        return time.perf_counter() - began

    seconds(False), seconds(True)  # which set up
    return median(seconds(False) / seconds(True) for _ in range(ROUNDS))


def _held(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) if folder.is_dir() else 0
