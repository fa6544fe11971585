"""Speed of the data path: the first open (decode and write), the second, and random images as float batches.

The second open is one in a new process. Batches come out of the mapped file in one process, on one thread. Processor
seconds stand beside the wall clock, as other work on the machine slows the second only.
"""

import os
import subprocess
import sys
import tempfile

import torch

from benchmarks.arguments import Names
from benchmarks.estimates import median
from benchmarks.results import Row
from benchmarks.timing import in_a_process_of_its_own, peak, timed
from elegan.data import open_data
from elegan.data.feed import Feed

QUICK = {"data": ["digits"], "rounds": 1}
BATCH = 256
SECOND = """
import sys, time
from elegan.data import open_data
start = time.perf_counter(), time.process_time()
open_data(sys.argv[1])
print(time.perf_counter() - start[0], time.process_time() - start[1])
"""


def benchmark(data: Names = None, rounds: int = 5) -> list[Row]:
    with tempfile.TemporaryDirectory() as cache:
        os.environ["ELEGAN_CACHE"] = cache
        return [in_a_process_of_its_own(opened, source, rounds) for source in data or ("digits",)]


def opened(source: str, rounds: int) -> Row:
    torch.set_num_threads(1)
    data, wall, processor = timed(lambda: open_data(source))
    row = {"data": data.name, "images": len(data.images), "pixels": data.resolution, "channels": data.channels}
    row |= {"cache, MB": data.images.nbytes / 1e6, "peak memory, GB": peak()}
    row |= {"first open, s": wall, "processor's s": processor}
    done = subprocess.run([sys.executable, "-c", SECOND, source], capture_output=True, text=True, check=True)
    row["second open, s"], row["second, processor's s"] = map(float, done.stdout.split())

    feed = Feed(data.images, data.labels, BATCH, seed=0)
    batches = max(1, len(data.images) // BATCH)

    def epoch() -> None:
        for position in range(batches):
            feed(position, range(BATCH))

    epoch()  # the file comes from the disk
    passes = [timed(epoch) for _ in range(rounds)]
    row["images/s"] = median([batches * BATCH / wall for _, wall, _ in passes])
    row["images / processor's s"] = median([batches * BATCH / processor for _, _, processor in passes])
    return row
