"""Training speed of CycleGAN and CUT against the same networks in a plain eager float32 script.

Plain means as the well-known scripts do it: NCHW, nothing frozen, unfused Adam, one call a picture and purpose, the keys
of PatchNCE with a graph. They take turns; how far the weights are apart after two steps of SGD shows that both compute the same.
"""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn

from benchmarks.arguments import Names
from benchmarks.results import Row
from benchmarks.timing import against_plain, apart, several
from elegan.core import rng
from elegan.data.feed import Pair
from elegan.games.game import Shape
from elegan.games.translate import PATCHES
from elegan.losses.criteria import patch_nce
from elegan.recipes import find_recipe
from elegan.run import build_game
from elegan.training.engine import Engine
from elegan.training.optimizers import adam, sgd
from elegan.training.trainer import Trainer

QUICK = {"recipes": ["cut"], "resolution": 32, "rounds": 1, "steps": 1}
FIXED = ["task.pool=0", "batch=1"]

Variant = tuple[Callable[[int], object], nn.ModuleDict]  # plays a step, and the networks that learn
Optimize = Callable[..., torch.optim.Optimizer]


def benchmark(
    recipes: Names = None, resolution: int = 128, rounds: int = 6, steps: int = 2, precision: str = "auto"
) -> list[Row]:
    return [compared(recipe, resolution, rounds, steps, precision) for recipe in recipes or ("cyclegan", "cut")]


def compared(recipe: str, resolution: int, rounds: int, steps: int, precision: str) -> Row:
    (play_plain, _), (play_ours, _) = (make(recipe, resolution, precision) for make in (plain, ours))
    speed = against_plain(several(play_plain, steps), several(play_ours, steps), rounds, steps)
    nets = []
    for make in (plain, ours):
        play, trained = make(recipe, resolution, "fp32", partial(sgd, lr=1e-4))
        for step in range(2):
            play(step)
        nets.append(trained)
    used = {"recipe": recipe, "pixels": resolution, "precision": Engine("cpu", precision).precision}
    return used | speed | {"weights apart": apart(*nets)}


def feed(resolution: int) -> Callable[[int, range], Pair]:
    """Smooth random pictures, by position."""

    def at(position: int, rows: range) -> Pair:
        g = rng.generator("pictures", position)
        small = torch.rand(2, 1, 3, 8, 8, generator=g) * 2 - 1
        a, b = (nn.functional.interpolate(x, (resolution, resolution), mode="bicubic").clamp(-1, 1) for x in small)
        return Pair(a, b)

    return at


def ours(name: str, resolution: int, precision: str, optimizer: Optimize = adam) -> Variant:
    torch.manual_seed(0)
    recipe = find_recipe(name).override(FIXED)
    game = build_game(recipe, Shape(resolution, 3, 0))
    engine = Engine("cpu", precision)
    engine.place(game.nets)
    optimizers = {player: optimizer(game.owned(player)) for player in game.players}
    trainer = Trainer(game, optimizers, feed(resolution), engine, batch=1, decay=0.0)
    return trainer.play, game.nets


def plain_adam(parameters: list[nn.Parameter]) -> torch.optim.Optimizer:
    return torch.optim.Adam(parameters, lr=2e-4, betas=(0.5, 0.999))


def square(scores: list[Tensor], target: float) -> Tensor:
    return 0.5 * (scores[0] - target).square().mean()


def plain(name: str, resolution: int, precision: str, optimizer: Optimize = plain_adam) -> Variant:
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


def plain_cycle(nets: nn.ModuleDict, batch: Pair, other: Pair) -> tuple[Tensor, Callable[[], Tensor]]:
    G, F, D_A, D_B = nets["AtoB"], nets["BtoA"], nets["discriminator_A"], nets["discriminator_B"]
    fake_B, fake_A = G(batch.A), F(batch.B)
    loss = square(D_B(fake_B), 1) + square(D_A(fake_A), 1)
    loss = loss + 5 * ((F(fake_B) - batch.A).abs().mean() + (G(fake_A) - batch.B).abs().mean())
    loss = loss + 2.5 * ((G(batch.B) - batch.B).abs().mean() + (F(batch.A) - batch.A).abs().mean())

    def judge() -> Tensor:
        pairs = ((D_A, other.A, fake_A), (D_B, other.B, fake_B))
        return torch.stack([square(D(x), 1) + square(D(y.detach()), 0) for D, x, y in pairs]).sum()

    return loss, judge


def plain_cut(nets: nn.ModuleDict, batch: Pair, other: Pair) -> tuple[Tensor, Callable[[], Tensor]]:
    G, heads, D = nets["AtoB"], nets["heads"], nets["discriminator"]
    fake, same = G(batch.A), G(batch.B)
    loss = square(D(fake), 1)
    for made, source in ((fake, batch.A), (same, batch.B)):
        shown = G.features(source)
        places = [rng.subsets(1, min(PATCHES, f[0, 0].numel()), f[0, 0].numel()) for f in shown]
        keys, queries = heads(shown, places), heads(G.features(made), places)
        loss = loss + 0.25 * torch.stack([patch_nce(q, k) for q, k in zip(queries, keys, strict=True)]).mean()
    return loss, lambda: square(D(other.B), 1) + square(D(fake.detach()), 0)
