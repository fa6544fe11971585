"""A generator asked over HTTP by wrk, beside the same generator called in Python; and what the server's memory does meanwhile.

Each request is for one image, as PNG, of a seed of its own. `alone` calls the run in a loop of one process, without a server, a
seed at a time; the server is a process of its own on the same machine, as is wrk. Memory is the server's resident set after the
first `warm` requests and after all of them.
"""

import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import elegan
from benchmarks.results import Row
from elegan.core.errors import UserError
from elegan.core.grid import png
from elegan.run import Run

QUICK = {"requests": 60, "seconds": 1, "warm": 20, "connections": "1,4"}
MODELS = {"digits": ("rpgan", 8), "dcgan-64": ("dcgan", 64)}
SCRIPT = """
local seed = 0
request = function() seed = seed + 1; return wrk.format("GET", wrk.path .. "?seed=" .. seed) end
"""
UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4}


def benchmark(requests: int = 10_000, seconds: int = 10, warm: int = 1000, connections: str = "1,4,16") -> list[Row]:
    if shutil.which("wrk") is None:
        raise UserError("wrk is not installed; apt-get install wrk")
    with tempfile.TemporaryDirectory() as name:
        folder, rows = Path(name), list[Row]()
        for model, (recipe, size) in MODELS.items():
            run = elegan.train("digits", recipe, size=size, steps=1, settings=["batch=8", "watch.metric=none"], out=folder, name=model, quiet=True)  # fmt: skip
            with _server(run) as (address, process):
                rows.append({"model": model, "asked": "alone, in Python"} | _alone(run, seconds))
                for count in map(int, connections.split(",")):
                    figures = _loaded(address, count, seconds)
                    rows.append({"model": model, "asked": f"over HTTP, {count} at once"} | figures)
                if model == "digits":
                    asked = f"{requests:,} requests, one after the other"
                    rows.append({"model": model, "asked": asked} | _memory(address, process, requests, warm))
        return rows


@contextlib.contextmanager
def _server(run: Run) -> Iterator[tuple[str, int]]:
    """The address of a server for the run, and its process."""
    command = [sys.executable, "-m", "elegan", "serve", str(run.path), "--port", "0", "--queue", "64"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    try:
        address = next(line.strip() for line in process.stdout if line.strip().endswith("/generate"))
        yield address, process.pid
    finally:
        process.terminate()
        process.wait()


def _alone(run: Run, seconds: int) -> Row:
    run.generate(seeds=[0])
    times, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end:
        began = time.perf_counter()
        png(run.generate(seeds=[len(times)])[0])
        times.append(time.perf_counter() - began)
    p50, p99 = np.quantile(times, [0.5, 0.99]) * 1000
    return {"requests/s": len(times) / sum(times), "p50, ms": float(p50), "p99, ms": float(p99)}


def _loaded(address: str, connections: int, seconds: int) -> Row:
    """What wrk measures. Raises RuntimeError where a request was refused."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "seeds.lua")
        script.write_text(SCRIPT, encoding="utf-8")
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", str(script), address]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in said or "Socket errors" in said:
        raise RuntimeError(said)
    rate = re.search(r"Requests/sec:\s*([\d.]+)", said)
    quantiles = dict(re.findall(r"(50|99)%\s+([\d.]+\w+)", said))
    assert rate
    return {"requests/s": float(rate[1]), "p50, ms": _milliseconds(quantiles["50"]), "p99, ms": _milliseconds(quantiles["99"])}  # fmt: skip


def _milliseconds(text: str) -> float:
    number, unit = re.fullmatch(r"([\d.]+)(\w+)", text).groups()  # type: ignore[union-attr]  # wrk's own form
    return float(number) * UNITS[unit]


def _memory(address: str, process: int, requests: int, warm: int) -> Row:
    """Megabytes of the server after the first and after all requests, which come one after the other."""
    sizes = {}
    for number in range(1, requests + 1):
        with urllib.request.urlopen(f"{address}?seed={number}") as answer:
            answer.read()
        if number in (warm, requests):
            sizes[number] = _resident(process)
    return {"MB at first": sizes[warm], "MB at the end": sizes[requests]}


def _resident(process: int) -> float:
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
