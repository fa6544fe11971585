"""Seconds and memory of a photograph through a restorer, and its speed against plain eager float32.

A case is MODEL:WIDTHxHEIGHT, MODEL a packed file or a shipped model. Plain is the same network in NCHW, on at most 512
pixels a side; the two take turns. Each case is measured in a process of its own.
"""

from functools import partial

import numpy as np
import torch

from benchmarks.arguments import Names
from benchmarks.results import Row
from benchmarks.timing import OURS, PLAIN, in_a_process_of_its_own, peak, ratio, repeated, seconds
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
    times = repeated(lambda: in_tiles(partial(whole, net), x, net, None, net.scale), rounds)
    row = {"model": model, "photograph": size, **times, "peak memory, GB": peak()}
    small = x[..., :SIDE, :SIDE]
    last = small.contiguous(memory_format=torch.channels_last)
    sides = seconds({PLAIN: partial(whole, plain, small), OURS: partial(whole, net, last)}, rounds)
    return row | {"times as fast": ratio(sides[PLAIN], sides[OURS])}
