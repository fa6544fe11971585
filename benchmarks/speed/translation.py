"""Training speed of CycleGAN and CUT against the same networks in a plain eager float32 script, interleaved; then use.

    python benchmarks/translation_speed.py [--recipe cyclegan] [--resolution 128] [--precision auto] [--rounds 5] [--steps 2]
    python benchmarks/translation_speed.py --photo 1024x768     # seconds and peak memory of one photograph

Plain means as the well-known scripts do it: NCHW, nothing frozen, unfused Adam, one call a picture and purpose, the keys
of PatchNCE with a graph. The printed difference after SGD steps shows that both compute the same.
"""

import argparse
import resource
import statistics
import time
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.timing import apart, heading, seconds, several
from elegan.core import rng
from elegan.data.feed import Pair
from elegan.data.sides import Direction
from elegan.games.abilities import Translates
from elegan.games.game import Shape
from elegan.games.translate import PATCHES
from elegan.losses.criteria import patch_nce
from elegan.nets.tiling import in_tiles
from elegan.recipes import find_recipe
from elegan.run import build_game
from elegan.training.engine import Engine
from elegan.training.optimizers import adam, sgd
from elegan.training.trainer import Trainer

FIXED = ["task.pool=0", "batch=1"]


def feed(resolution: int):
    """Smooth random pictures, by position."""

    def at(position: int, rows: range) -> Pair:
        g = rng.generator("pictures", position)
        small = torch.rand(2, 1, 3, 8, 8, generator=g) * 2 - 1
        a, b = (nn.functional.interpolate(x, (resolution, resolution), mode="bicubic").clamp(-1, 1) for x in small)
        return Pair(a, b)

    return at


def ours(name: str, resolution: int, precision: str, optimizer=adam):
    torch.manual_seed(0)
    recipe = find_recipe(name).override(FIXED)
    game = build_game(recipe, Shape(resolution, 3, 0))
    engine = Engine("cpu", precision)
    engine.place(game.nets)
    optimizers = {player: optimizer(game.owned(player)) for player in game.players}
    trainer = Trainer(game, optimizers, feed(resolution), engine, batch=1, decay=0.0)
    return trainer.play, game.nets


def plain_adam(parameters) -> torch.optim.Optimizer:
    return torch.optim.Adam(parameters, lr=2e-4, betas=(0.5, 0.999))


def square(scores: list[Tensor], target: float) -> Tensor:
    return 0.5 * (scores[0] - target).square().mean()


def plain(name: str, resolution: int, precision: str, optimizer=plain_adam):
    torch.manual_seed(0)
    nets = build_game(find_recipe(name).override(FIXED), Shape(resolution, 3, 0)).nets
    step = plain_cycle if name == "cyclegan" else plain_cut
    players = (["AtoB", "BtoA"], ["discriminator_A", "discriminator_B"])
    if name != "cyclegan":
        players = (["AtoB", "heads"], ["discriminator"])
    opt_G, opt_D = (optimizer([p for n in names for p in nets[n].parameters()]) for names in players)
    at = feed(resolution)

    def play(number: int) -> None:
        with rng.drawing(0, 2 * number, total=1, rows=range(1)):
            loss_G, loss_D = step(nets, at(2 * number, range(1)), at(2 * number + 1, range(1)))
            opt_G.zero_grad()
            loss_G.backward()
            opt_G.step()
            loss = loss_D()
            opt_D.zero_grad()
            loss.backward()
            opt_D.step()

    return play, nets


def plain_cycle(nets: nn.ModuleDict, batch: Pair, other: Pair):
    G, F, D_A, D_B = nets["AtoB"], nets["BtoA"], nets["discriminator_A"], nets["discriminator_B"]
    fake_B, fake_A = G(batch.A), F(batch.B)
    loss = square(D_B(fake_B), 1) + square(D_A(fake_A), 1)
    loss = loss + 5 * ((F(fake_B) - batch.A).abs().mean() + (G(fake_A) - batch.B).abs().mean())
    loss = loss + 2.5 * ((G(batch.B) - batch.B).abs().mean() + (F(batch.A) - batch.A).abs().mean())

    def judge() -> Tensor:
        pairs = ((D_A, other.A, fake_A), (D_B, other.B, fake_B))
        return torch.stack([square(D(x), 1) + square(D(y.detach()), 0) for D, x, y in pairs]).sum()

    return loss, judge


def plain_cut(nets: nn.ModuleDict, batch: Pair, other: Pair):
    G, heads, D = nets["AtoB"], nets["heads"], nets["discriminator"]
    fake, same = G(batch.A), G(batch.B)
    loss = square(D(fake), 1)
    for made, source in ((fake, batch.A), (same, batch.B)):
        places = rng.uniform(1, PATCHES)
        keys, queries = heads(G.features(source), places), heads(G.features(made), places)
        loss = loss + 0.25 * torch.stack([patch_nce(q, k) for q, k in zip(queries, keys, strict=True)]).mean()
    return loss, lambda: square(D(other.B), 1) + square(D(fake.detach()), 0)


def training(options: argparse.Namespace) -> None:
    made = {}
    for name, make in (("plain", plain), ("ours", ours)):
        play, nets = make(options.recipe, options.resolution, "fp32", partial(sgd, lr=1e-4))
        for step in range(2):
            play(step)
        made[name] = nets
    variants = {
        n: m(options.recipe, options.resolution, options.precision)[0] for n, m in (("plain", plain), ("ours", ours))
    }
    times = seconds({name: several(play, options.steps) for name, play in variants.items()}, options.rounds)
    rates = {name: [options.steps / value for value in values] for name, values in times.items()}
    medians = {name: statistics.median(values) for name, values in rates.items()}
    print(f"{options.recipe} at {options.resolution} px, {Engine('cpu', options.precision).precision}")
    for name, value in medians.items():
        print(f"{name:6} {value:8.2f} images/s  ({min(rates[name]):.2f} to {max(rates[name]):.2f})")
    difference = apart(*made.values())
    print(
        f"ratio  {medians['ours'] / medians['plain']:.2f}   weights apart by at most {difference:.1e} after two steps of SGD, fp32"
    )


@torch.inference_mode()
def photograph(size: str) -> None:
    width, height = map(int, size.split("x"))
    game = build_game(find_recipe("cyclegan"), Shape(128, 3, 0))
    nets = Engine("cpu", "fp32").place(game.nets).eval()
    x = torch.from_numpy(np.random.default_rng(0).random((1, 3, height, width), dtype=np.float32))
    seconds = []
    for _ in range(3 if width * height < 2_000_000 else 1):
        began = time.perf_counter()
        in_tiles(lambda part: game.ability(Translates).ways[Direction("AtoB")](nets, part), x, nets["AtoB"])
        seconds.append(time.perf_counter() - began)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(
        f"{size}: {statistics.median(seconds):.2f} s (median of {len(seconds)}), peak memory of the process {peak:.2f} GB"
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--recipe", default="cyclegan", choices=("cyclegan", "cut"))
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--photo")
    for name, default in (("resolution", 128), ("rounds", 5), ("steps", 2)):
        parser.add_argument(f"--{name}", type=int, default=default)
    options = parser.parse_args()
    print(heading())
    photograph(options.photo) if options.photo else training(options)


if __name__ == "__main__":
    main()
