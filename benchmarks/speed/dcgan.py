"""Training speed of dcgan against the same networks in a plain eager float32 script.

Plain means as the well-known scripts do it: NCHW, nothing frozen, unfused Adam, the generator's graph kept in the
discriminator's step. They take turns; how far the weights are apart after three steps of SGD shows that the gain is not
bought with another result (in float32; bfloat16 differs by rounding).
"""

from collections.abc import Callable
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from benchmarks.results import Row
from benchmarks.timing import against_plain, apart, several
from elegan.core import rng
from elegan.data.feed import Feed
from elegan.games.game import Shape
from elegan.recipes import find_recipe
from elegan.recipes.recipe import Recipe
from elegan.run import build_game
from elegan.training.engine import Engine
from elegan.training.optimizers import adam, sgd
from elegan.training.trainer import Trainer

QUICK = {"width": 8, "batch": 8, "rounds": 1, "steps": 1}

Variant = tuple[Callable[[int], object], nn.ModuleDict]  # plays a step, and the networks that learn
Optimize = Callable[..., torch.optim.Optimizer]


def benchmark(
    resolution: int = 32,
    channels: int = 3,
    width: int = 64,
    batch: int = 64,
    rounds: int = 6,
    steps: int = 4,
    precision: str = "auto",
) -> list[Row]:
    shape = Shape(resolution, channels, 0)
    images = np.random.default_rng(0).integers(0, 256, (2048, resolution, resolution, channels), dtype=np.uint8)
    recipe = find_recipe("dcgan").override([f"nets.{net}.width={width}" for net in ("generator", "discriminator")])
    make_plain, make_ours = (
        partial(make, recipe, shape, images, batch, engine)
        for make, engine in ((plain, Engine("auto", "fp32")), (ours, Engine("auto", precision)))
    )
    (play_plain, _), (play_ours, _) = make_plain(plain_adam), make_ours(adam)
    speed = against_plain(several(play_plain, steps), several(play_ours, steps), rounds, steps)
    used = {"precision": Engine("auto", precision).precision}
    return [
        {"pixels": resolution, "batch": batch}
        | used
        | speed
        | {"weights apart": apart_after_sgd(make_plain, make_ours)}
    ]


def ours(recipe: Recipe, shape: Shape, images: np.ndarray, batch: int, engine: Engine, optimizer: Optimize) -> Variant:
    """The trainer."""
    torch.manual_seed(0)
    game = build_game(recipe, shape)
    engine.place(game.nets)
    feed = Feed(images, None, batch, 0, engine.device)
    optimizers = {player: optimizer(game.owned(player)) for player in game.players}
    return Trainer(game, optimizers, feed, engine, batch=batch, decay=0.0).play, game.nets


def plain_adam(parameters: list[nn.Parameter]) -> torch.optim.Optimizer:
    return torch.optim.Adam(parameters, lr=2e-4, betas=(0.5, 0.999))


def plain(recipe: Recipe, shape: Shape, images: np.ndarray, batch: int, engine: Engine, optimizer: Optimize) -> Variant:
    """The plain script."""
    torch.manual_seed(0)
    nets = build_game(recipe, shape).nets.to(engine.device)
    G, D = nets["generator"], nets["discriminator"]
    feed = Feed(images, None, batch, 0, engine.device)
    opt_G, opt_D = (optimizer(net.parameters()) for net in (G, D))

    def noise(position: int) -> torch.Tensor:
        with rng.drawing(0, position, total=batch, rows=range(batch)):
            return rng.normal(batch, G.latent, device=engine.device)

    def play(step: int) -> None:
        x = feed(2 * step, range(batch)).real.contiguous()
        fake = G(noise(2 * step))
        loss = F.softplus(-D(x)).mean() + F.softplus(D(fake)).mean()
        opt_D.zero_grad()
        loss.backward()
        opt_D.step()
        opt_G.zero_grad()
        F.softplus(-D(G(noise(2 * step + 1)))).mean().backward()
        opt_G.step()

    return play, nets


def apart_after_sgd(*variants: Callable[[Optimize], Variant]) -> float:
    """How far the weights are apart after three steps of SGD.

    Adam's first moves are signs, which rounding may turn; long steps of SGD make rounding grow a hundredfold.
    """
    trained = []
    for make in variants:
        play, nets = make(partial(sgd, lr=1e-4))
        for step in range(3):
            play(step)
        trained.append(nets)
    return apart(*trained)
