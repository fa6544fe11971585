"""Seconds and memory of a photograph through a translator of 6 blocks and width 32, by its size.

A size is WIDTHxHEIGHT; those above 1.5 million pixels go in tiles. Each is measured in a process of its own.
"""

import numpy as np
import torch

from benchmarks.arguments import Names
from benchmarks.results import Row
from benchmarks.timing import in_a_process_of_its_own, peak, repeated
from elegan.data.sides import Direction
from elegan.games.abilities import Translates
from elegan.games.game import Shape
from elegan.nets.tiling import in_tiles
from elegan.recipes import find_recipe
from elegan.run import build_game
from elegan.training.engine import Engine

QUICK = {"sizes": ["64x48"], "rounds": 1}


def benchmark(sizes: Names = None, rounds: int = 3) -> list[Row]:
    return [in_a_process_of_its_own(translated, size, rounds) for size in sizes or ("1024x768", "4000x3000")]


@torch.inference_mode()
def translated(size: str, rounds: int) -> Row:
    width, height = map(int, size.split("x"))
    game = build_game(find_recipe("cyclegan"), Shape(128, 3, 0))
    nets = Engine("cpu", "fp32").place(game.nets).eval()
    translate = game.ability(Translates).ways[Direction("AtoB")]
    x = torch.from_numpy(np.random.default_rng(0).random((1, 3, height, width), dtype=np.float32))
    times = repeated(lambda: in_tiles(lambda part: translate(nets, part), x, nets["AtoB"]), rounds)
    return {"photograph": size, **times, "peak memory, GB": peak()}
