"""Parts of a recipe as the functions that a game calls."""

import inspect
from collections.abc import Callable

from torch import Tensor, nn

from elegan import parts, ramp
from elegan.errors import UserError
from elegan.parts import build
from elegan.recipe import Recipe, filled


def net(recipe: Recipe, name: str, *given):
    """The network `name`. Raises UserError where the recipe has none."""
    if name not in recipe.nets:
        raise UserError(f"recipe {recipe.name!r} has no nets.{name}")
    return build("nets", recipe.nets[name], f"nets.{name}", *given, trusted=recipe.trusted())


def weighted(
    recipe: Recipe, name: str, takes: int, nets: nn.ModuleDict | None = None
) -> tuple[Callable[..., Tensor], int]:
    """(losses.`name` times its weight, played on every how many steps), a function of `takes` arguments.

    A loss that remembers is a module, made by a function of options alone; it joins `nets`, so that its memory is saved.
    Raises UserError for a loss of another kind.
    """
    part = recipe.losses[name]
    options = filled("losses", part, f"losses.{name}", recipe.trusted())
    weight, every = options.pop("weight"), options.pop("every")
    function = parts.find("losses", options.pop("name", part.name), recipe.trusted())
    if (
        nets is not None
        and not _positional(function)
        and isinstance(memory := function(**ramp.now(options)), nn.Module)
    ):
        nets[f"losses_{name}"], function, options = memory, memory.forward, {}
    positional = _positional(function)
    if len(positional) != takes:
        raise UserError(f"losses.{name} = {part.name!r} is a function of {', '.join(p.name for p in positional) or 'nothing'}"
                        f" and has no place in {recipe.task.name!r}")  # fmt: skip
    return lambda *given: ramp.now(weight) * function(*given, **ramp.now(options)), every


def _positional(function: Callable) -> list[inspect.Parameter]:
    return [p for p in inspect.signature(function).parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD]


def is_of_generator(recipe: Recipe, name: str) -> bool:
    """Whether the penalty losses.`name` is one on a generator: its first argument is G."""
    function = parts.find("losses", recipe.losses[name].name, recipe.trusted())
    return next(iter(inspect.signature(function).parameters), "") == "G"


def criterion(recipe: Recipe, name: str) -> Callable[..., Tensor] | None:
    """losses.`name` times its weight as a function of two pictures (or sets of vectors); None where it was taken away."""
    if name not in recipe.losses:
        return None
    function, every = weighted(recipe, name, 2)
    if every != 1:
        raise UserError(f"losses.{name}.every = {every}: only penalties of a discriminator may skip steps")
    return function


def required(recipe: Recipe, name: str) -> Callable[..., Tensor]:
    """The criterion losses.`name`. Raises UserError where it was taken away."""
    found = criterion(recipe, name)
    if found is None:
        raise UserError(f"{recipe.task.name!r} is nothing without losses.{name}")
    return found


def features_of(recipe: Recipe, D: nn.Module) -> int:
    """How many features the discriminator's score is computed from. Raises UserError where it does not show them."""
    if not (hasattr(D, "features") and hasattr(D, "score")):
        part = recipe.nets["discriminator"].name
        raise UserError(f"nets.discriminator = {part!r} shows no features to read; use dcgan_discriminator")
    return D.score.features  # type: ignore[union-attr, return-value]
