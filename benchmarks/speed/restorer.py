"""Seconds and memory of a photograph through a restorer, and its speed against plain eager float32.

A case is MODEL:WIDTHxHEIGHT, MODEL a packed file or a shipped model. Plain is the same network in NCHW, on at most 512
pixels a side; the two take turns. Each case is measured in a process of its own.
"""

import time
from functools import partial

import numpy as np
import torch

from benchmarks.arguments import Names
from benchmarks.estimates import median
from benchmarks.results import Row
from benchmarks.timing import in_a_process_of_its_own, peak, ratio, seconds
from elegan.nets.pretrained import unpack
from elegan.nets.restorers import whole
from elegan.nets.tiling import in_tiles

QUICK = {"cases": ["upscale-x2:64x48"], "rounds": 1}
SIDE = 512


def benchmark(cases: Names = None, rounds: int = 3) -> list[Row]:
    return [
        in_a_process_of_its_own(restored, *case.rsplit(":", 1), rounds)
        for case in cases or ("upscale-x2:1024x768", "denoise:4000x3000")
    ]


@torch.inference_mode()
def restored(model: str, size: str, rounds: int) -> Row:
    width, height = map(int, size.split("x"))
    net, plain = unpack(model)[0], unpack(model)[0].to(memory_format=torch.contiguous_format)
    x = torch.from_numpy(
        np.random.default_rng(0).random((1, net.channels + net.hints, height, width), dtype=np.float32)
    )
    took = []
    for _ in range(rounds):
        began = time.perf_counter()
        in_tiles(partial(whole, net), x, net, None, net.scale)
        took.append(time.perf_counter() - began)
    row = {"model": model, "photograph": size, "s": median(took), "peak memory, GB": peak()}
    small = x[..., :SIDE, :SIDE]
    last = small.contiguous(memory_format=torch.channels_last)
    times = seconds({"plain": partial(whole, plain, small), "ours": partial(whole, net, last)}, rounds)
    return row | {"times as fast": ratio(times["plain"], times["ours"])}
