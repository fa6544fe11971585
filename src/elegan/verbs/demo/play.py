"""A lesson played: a recipe on points, by the trainer that plays every game, looked at now and then."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from elegan.core import rng
from elegan.core.errors import Failure
from elegan.core.progress import counted
from elegan.games.abilities import Generates
from elegan.games.game import Game, Shape
from elegan.games.wiring import adversarial
from elegan.losses.adversarial import Adversarial, non_saturating
from elegan.recipes import parts
from elegan.recipes.recipe import Recipe
from elegan.run import build_game
from elegan.training.engine import Engine
from elegan.training.guard.guard import Alarm, Guard
from elegan.training.trainer import Trainer
from elegan.verbs.demo.measures import best_answer, felt, placed
from elegan.verbs.demo.points import Points, as_pictures
from elegan.verbs.demo.probe import PointsProbe

POINT = Shape(resolution=1, channels=2, classes=0)  # a point of the plane as a picture of one pixel
SAMPLES = 1000
SIDE = 1.25  # the surface is that of the square [-SIDE, SIDE]^2
CELLS = 60  # of it along each side


@dataclass(frozen=True)
class Frame:
    """The view of a step: samples N x 2 and where each is drawn to, N x 2; what the discriminator says in [0, 1] of the
    square's cells, CELLS x CELLS from the lower left, and the best answer there, None without a known density; numbers by
    name: losses (after the first step), measures, `gradient`, the mean length of what the samples feel; and the guard's alarms
    up to this step.
    """

    step: int
    samples: Tensor
    drawn_to: Tensor
    answer: Tensor
    best: Tensor | None
    numbers: dict[str, float]
    alarms: tuple[Alarm, ...] = ()


def play(recipe: Recipe, points: Points, seed: int, frames: int, told: Callable[[Frame], None]) -> list[Frame]:
    """Trains the recipe on the points, watched by the guard that watches every training, and looks at it before, after and in
    between, `frames` + 1 times where it has so many steps. `told` hears of each frame as it comes.

    Raises Failure where the training diverges.
    """
    trainer = _trainer(recipe, points, seed)
    loss, looks = adversarial(recipe), min(frames, recipe.steps)
    steps = {recipe.steps * number // looks for number in range(1, looks + 1)}
    game, alarms = trainer.game, list[Alarm]()
    guard = Guard(PointsProbe(points, game.ability(Generates)), recipe.steps, recipe.batch)
    guard.begin(trainer.average, game.nets)
    seen = [_look(game, loss, points, 0, {})]
    told(seen[0])
    for step in counted(range(1, recipe.steps + 1), "training", recipe.steps):
        terms = trainer.play(step - 1, t=(step - 1) / recipe.steps)
        alarms += guard.after(step, terms, trainer.norms, trainer.average, game.nets)
        if step in steps:
            losses = {player: float(terms[f"{player}/adversarial"]) for player in game.players}
            seen.append(replace(_look(game, loss, points, step, losses), alarms=tuple(alarms)))
            told(seen[-1])
    return seen


def _trainer(recipe: Recipe, points: Points, seed: int) -> Trainer:
    torch.manual_seed(rng.mix(seed, "weights"))
    game = build_game(recipe, POINT)
    optimizers = {
        player: parts.build("optimizers", recipe.optimizers[player], f"optimizers.{player}", game.owned(player))
        for player in game.players
    }
    feed = points.feed(recipe.batch, seed)
    return Trainer(game, optimizers, feed, Engine("cpu", "fp32"), batch=recipe.batch, decay=recipe.ema, seed=seed)


def _look(game: Game, loss: Adversarial, points: Points, step: int, losses: dict[str, float]) -> Frame:
    D, real = game.nets["discriminator"].requires_grad_(False), points.draw(SAMPLES, "looked at")
    with torch.no_grad():
        samples = game.nets["generator"](rng.latents(range(SAMPLES), game.ability(Generates).latent), None)[..., 0, 0]
    if not samples.isfinite().all():
        raise Failure(f"the training diverged before step {step}; another loss, seed or number of steps may not")
    drawn_to = felt(D, loss, real, samples)
    return Frame(
        step,
        samples,
        drawn_to,
        _answer(D, loss, real, samples),
        best_answer(points.density, samples, cells()).view(CELLS, CELLS) if points.density else None,
        losses | placed(samples, points) | {"gradient": float(drawn_to.norm(dim=1).mean())},
    )


@torch.no_grad()
def _answer(D: nn.Module, loss: Adversarial, real: Tensor, samples: Tensor) -> Tensor:
    """The answers of D in [0, 1], CELLS x CELLS.

    A loss that fits a likelihood makes D's score a log-odds, so that it says how likely a point is real. What the scores of
    others mean is theirs: 1/2 stands for the middle between the means of real points and samples, 0 and 1 for what lies as
    far from it as all but the outermost of their scores.
    """
    scores: Tensor = D(as_pictures(cells()), None).view(CELLS, CELLS)
    if loss.discriminator is non_saturating().discriminator:
        return scores.sigmoid()
    of_real, of_samples = D(as_pictures(real), None), D(as_pictures(samples), None)
    middle: Tensor = (of_real.mean() + of_samples.mean()) / 2
    reach = (torch.cat([of_real, of_samples]) - middle).abs().quantile(0.98).clamp(min=1e-12)
    return ((scores - middle) / (2 * reach) + 0.5).clamp(0, 1)


def cells() -> Tensor:
    """The middles of the square's cells, float32 CELLS^2 x 2, row by row from the lower left."""
    middles = (torch.arange(CELLS) + 0.5) / CELLS * 2 * SIDE - SIDE
    y, x = torch.meshgrid(middles, middles, indexing="ij")
    return torch.stack([x, y], 2).view(-1, 2)
