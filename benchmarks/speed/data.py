"""How fast the data path is: `python benchmarks/data.py mnist.zip cifar10.zip`.

For each set: the first open (decode and write), the size of the cache, the second open in a fresh process, and the rate
at which random images come out of the mapped file as float batches in one process. Processor seconds stand beside the
wall clock, as other work on the machine slows the second only.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import torch

from elegan.data import open_data
from elegan.data.feed import Feed

BATCH = 256
T = TypeVar("T")
SECOND = """
import sys, time
from elegan.data import open_data
start = time.perf_counter(), time.process_time()
open_data(sys.argv[1])
print(time.perf_counter() - start[0], time.process_time() - start[1])
"""


def timed(work: Callable[[], T]) -> tuple[T, float, float]:
    """The result, wall seconds, processor seconds of this process."""
    wall, processor = time.perf_counter(), time.process_time()
    result = work()
    return result, time.perf_counter() - wall, time.process_time() - processor


def measure(source: str) -> None:
    data, wall, processor = timed(lambda: open_data(source))
    count = len(data.images)
    size = f"{data.images.shape[1]}x{data.images.shape[2]}x{data.channels}"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{data.name}: {count} images {size}, {data.images.nbytes / 1e6:.0f} MB cache")
    print(f"  first open   {wall:7.2f} s ({processor:.2f} s processor), peak memory {peak:.0f} MB")

    done = subprocess.run([sys.executable, "-c", SECOND, source], capture_output=True, text=True, check=True)
    wall, processor = map(float, done.stdout.split())
    print(f"  second open  {wall:7.3f} s ({processor:.3f} s processor)")

    feed = Feed(data.images, data.labels, BATCH, seed=0)
    batches = max(1, count // BATCH)
    feed(0, range(BATCH))
    _, wall, processor = timed(lambda: [feed(position, range(BATCH)).real.shape for position in range(batches)])
    images = batches * BATCH
    print(
        f"  random batches of {BATCH}: {images / wall:,.0f} images/s ({images / processor:,.0f} per processor second)"
    )


if __name__ == "__main__":
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as cache:
        os.environ["ELEGAN_CACHE"] = cache
        print(f"{os.cpu_count()} cores, torch {torch.__version__}, one thread for batches")
        for argument in sys.argv[1:] or ["digits"]:
            measure(str(Path(argument).resolve()) if Path(argument).exists() else argument)
