"""Damaged photographs back to what they were: by distance alone, or with a discriminator that asks for detail."""

from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn

from elegan.core import rng
from elegan.core.errors import UserError, in_a_line
from elegan.core.sizes import size_of
from elegan.data.cache import Part
from elegan.data.damage.apply import MARGIN, Damaged, Steps, damage
from elegan.data.feed import middles
from elegan.games.abilities import Restores
from elegan.games.game import Game, Shape, Terms, Turn
from elegan.games.patch_losses import fool, judge
from elegan.games.wiring import adversarial, criterion, discriminator, net
from elegan.nets.augment.diffaugment import Augmented
from elegan.nets.restorers import whole
from elegan.recipes import parts
from elegan.recipes.recipe import Recipe, filled


def spoiler(recipe: Recipe, device: torch.device | str = "cpu") -> Callable[[np.ndarray], Damaged]:
    """The recipe's damage as a function of crops with a margin; see `elegan.data.damage.apply.damage`."""
    return partial(damage, steps=_steps(recipe), learn=recipe.data.learn, device=device)


def spoiled_middles(
    recipe: Recipe, part: Part, size: int, count: int, device: torch.device, *seed: int | str
) -> Damaged:
    """The middles of the first `count` photographs, `size` pixels a side, damaged by this seed."""
    crops = middles(part, size + 2 * MARGIN)[:count]
    with rng.drawing(*seed, total=len(crops), rows=range(len(crops))):
        return spoiler(recipe, device)(crops)


def _steps(recipe: Recipe) -> Steps:
    steps = []
    for name, part in recipe.damage.items():
        options = filled("damage", part, f"damage.{name}", recipe.trusted())
        function = parts.find("damage", part.name, recipe.trusted())
        probability = options.pop("chance")
        steps.append((partial(function, **options), probability))
    return steps


def restore(recipe: Recipe, shape: Shape, *, augment: str = "") -> Game:
    """A restorer of what the recipe's damage does, learnt from losses.reconstruction.

    losses.perceptual compares in the features of nets.features, losses.matching in those of the discriminator, and
    losses.adversarial brings the discriminator in (Ledig et al. 2017). `augment` is its DiffAugment policy.
    """
    hints, scale = _told(recipe, shape)
    G = net(recipe, "restorer", shape.channels, hints, scale, carries="multiple")
    if size_of(shape.resolution).short % (G.multiple * scale):
        raise UserError(
            f"data.resolution = {shape.resolution} is no multiple of {G.multiple * scale}, which {recipe.name!r} needs"
        )
    nets = nn.ModuleDict({"restorer": G})
    reconstruct = criterion(recipe, "reconstruction")
    perceptual, matching = criterion(recipe, "perceptual"), criterion(recipe, "matching")
    if perceptual:
        nets["features"] = net(recipe, "features", shape.channels)
    loss = adversarial(recipe) if "adversarial" in recipe.losses else None
    if loss:
        D = discriminator(recipe, *shape)
        nets["discriminator"] = Augmented(D, augment)
    elif matching:
        raise UserError("losses.matching compares in the discriminator, which losses.adversarial brings")

    def repair(nets: nn.ModuleDict, batch: Damaged) -> Terms:
        restored = nets["restorer"](batch.x)
        terms = {"reconstruction": reconstruct(restored, batch.y)} if reconstruct else {}
        if perceptual:
            terms["perceptual"] = _between(perceptual, nets["features"](restored), nets["features"](batch.y))
        if loss:
            real = batch.y if loss.paired else None
            terms["adversarial"] = fool(loss, nets["discriminator"], restored, real)
        if matching:
            terms["matching"] = _between(matching, *(D.features(x) for x in (restored, batch.y)))
        return terms

    def discriminate(nets: nn.ModuleDict, batch: Damaged) -> Terms:
        assert loss
        with torch.no_grad():
            restored = nets["restorer"](batch.x)
        value, watched = judge(loss, nets["discriminator"], batch.y, restored)
        return {"adversarial": value} | watched

    players: dict[str, tuple[str, ...]] = {"generator": ("restorer",)}
    if loss:
        players["discriminator"] = ("discriminator",)
    moves = {"generator": repair, "discriminator": discriminate}
    return Game(
        nets=nets,
        players=players,
        turns=tuple(Turn(player, moves[player]) for player in players),
        averaged=("restorer",),
        abilities=(Restores(lambda nets, x: whole(nets["restorer"], x), hints, scale, _telling(recipe, hints)),),
    )


def _telling(recipe: Recipe, hints: int) -> tuple[str, ...]:
    """The damages that tell the restorer a plane each; none where planes come otherwise."""
    options = {f"damage.{name}": part for name, part in recipe.damage.items()}
    telling = [
        part.name for path, part in options.items() if filled("damage", part, path, recipe.trusted()).get("tell")
    ]
    return tuple(telling) if len(telling) == hints else ()


def _between(distance: Callable[..., Tensor], features: list[Tensor], target: list[Tensor]) -> Tensor:
    return torch.stack([distance(a, b.detach()) for a, b in zip(features, target, strict=True)]).mean()


def _told(recipe: Recipe, shape: Shape) -> tuple[int, int]:
    """(planes that the damage tells the restorer, how many times smaller it makes a picture).

    Raises UserError for damage that cannot be done to crops of this size.
    """
    side = size_of(shape.resolution).short + 2 * MARGIN
    try:
        with rng.drawing("probe", total=1, rows=range(1)):
            x, y = spoiler(recipe)(np.full((1, side, side, shape.channels), 128, np.uint8))
    except (UserError, MemoryError):
        raise
    except Exception as error:  # whatever sizes and colours a damage cannot do
        said = str(error).splitlines()[0] if isinstance(error, ValueError) else in_a_line(error)
        raise UserError(f"damage of {recipe.name!r} on crops of {side} pixels (margin included): {said}") from error
    return x.shape[1] - shape.channels, y.shape[2] // x.shape[2]
