"""Parts that make a training sick on purpose from progress `begins` in [0, 1) on: what a recipe names in place of its own."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from elegan.core import ramp
from elegan.core.ranges import Count, Share
from elegan.data.feed import Batch, Pair
from elegan.games.game import Game, Shape
from elegan.games.generate import generate
from elegan.games.translate import translate_cycle
from elegan.losses.adversarial import Adversarial, non_saturating
from elegan.recipes.recipe import Recipe


class Passing:
    """What befalls a training once: it is over when the run is taken back, and would come again in one that is played anew."""

    def __init__(self) -> None:
        self.reached, self.over = 0.0, False

    def is_here(self, begins: float) -> bool:
        self.over |= ramp.t() < self.reached
        self.reached = ramp.t()
        return self.reached >= begins and not self.over


passing = Passing()


def healthy_again() -> None:
    """Before another training: what passed in the last one may come."""
    global passing
    passing = Passing()


def random_labels(*, begins: Share = 0.0) -> Adversarial:
    """The discriminator is told of half of the pictures, real and generated, that they are of the other kind."""
    loss = non_saturating()

    def discriminator(real: Tensor, fake: Tensor) -> Tensor:
        if ramp.t() < begins:
            return loss.discriminator(real, fake)
        half = len(real) // 2
        told_real, told_fake = (torch.cat([a[:half], b[half:]]) for a, b in ((real, fake), (fake, real)))
        return loss.discriminator(told_real, told_fake)

    return loss._replace(discriminator=discriminator)


def growing(*, begins: Share = 0.0) -> Adversarial:
    """Losses times a scale that doubles at every move and is never taken out again, until it leaves bfloat16's range. It passes."""
    loss, scale = non_saturating(), 1.0

    def scaled(expression: Callable[[Tensor, Tensor], Tensor]) -> Callable[[Tensor, Tensor], Tensor]:
        def term(real: Tensor, fake: Tensor) -> Tensor:
            nonlocal scale
            scale = 2 * scale if passing.is_here(begins) else 1.0
            return (expression(real, fake).bfloat16() * scale).float()

        return term

    return Adversarial(scaled(loss.discriminator), scaled(loss.generator))


def nan_in_a_batch(recipe: Recipe, shape: Shape, *, begins: Share = 0.0) -> Game:
    """A real picture in which a pixel is NaN. It passes."""

    def spoiled(batch: Batch) -> Batch:
        if not passing.is_here(begins):
            return batch
        real = batch.real.clone()
        real[0, 0, 0, 0] = torch.nan
        return batch._replace(real=real)

    return _fed(generate(recipe, shape), spoiled)


def without_class(recipe: Recipe, shape: Shape, *, begins: Share = 0.0, gone: Count = 1) -> Game:
    """No more pictures of class `gone`."""
    return _fed(generate(recipe, shape), lambda batch: batch if ramp.t() < begins else others(batch, gone))


def others(batch: Batch, gone: int) -> Batch:
    """The batch with others of its pictures in the places of those of class `gone`."""
    assert batch.label is not None
    kept = torch.nonzero(batch.label != gone).flatten()
    if not len(kept):
        return batch
    rows = torch.arange(len(batch.label))
    rows = torch.where(batch.label == gone, kept[rows % len(kept)], rows)
    return Batch(batch.real[rows], batch.label[rows])


def same_sides(recipe: Recipe, shape: Shape, *, begins: Share = 0.0) -> Game:
    """A cyclegan that is given pictures of side A for those of side B too, so that returning its input is all that is asked."""
    return _fed(translate_cycle(recipe, shape), lambda batch: batch if ramp.t() < begins else Pair(batch.A, batch.A))


def _fed(game: Game, change: Callable[[Any], Any]) -> Game:
    """The game whose batches are changed before they are played."""
    turns = (replace(turn, loss=lambda nets, batch, loss=turn.loss: loss(nets, change(batch))) for turn in game.turns)
    return replace(game, turns=tuple(turns))
