"""Parts of a recipe as the functions that a game calls."""

import inspect
from collections.abc import Callable
from typing import Any

from torch import Tensor, nn

from elegan.core import ramp
from elegan.core.errors import UserError
from elegan.losses.adversarial import Adversarial
from elegan.losses.penalties import Generator
from elegan.recipes import parts
from elegan.recipes.parts import build
from elegan.recipes.recipe import Recipe, filled

# By attribute, the words for a network without it.
LACKS = {"latent": "makes no images from latents", "multiple": "makes no pictures from pictures"}


def net(recipe: Recipe, name: str, *arguments: Any, carries: str = "") -> Any:
    """The network `name`, a module with whatever attributes its kind has.

    Raises UserError where the recipe has none, or one without the attribute `carries`.
    """
    if name not in recipe.nets:
        raise UserError(f"recipe {recipe.name!r} has no nets.{name}")
    network = build("nets", recipe.nets[name], f"nets.{name}", *arguments, trusted=recipe.trusted())
    if carries and not hasattr(network, carries):
        raise UserError(
            f"nets.{name} = {recipe.nets[name].name!r} {LACKS[carries]}, which {recipe.task.name!r} asks of it"
        )
    return network


def discriminator(recipe: Recipe, *arguments: Any) -> Any:
    """The network nets.discriminator.

    Raises UserError where the recipe has none, or a network that makes pictures or knows no labels.
    """
    network = net(recipe, "discriminator", *arguments)
    named = f"nets.discriminator = {recipe.nets['discriminator'].name!r}"
    if any(hasattr(network, name) for name in LACKS):
        raise UserError(f"{named} makes pictures and judges none")
    parts.check_takes(network.forward, 2, named)
    return network


def adversarial(recipe: Recipe) -> Adversarial:
    """The loss losses.adversarial. Raises UserError where the recipe has none, or a loss of another kind."""
    if "adversarial" not in recipe.losses:
        raise UserError(f"{recipe.task.name!r} needs losses.adversarial")
    part = recipe.losses["adversarial"]
    loss = build("losses", part, "losses.adversarial", trusted=recipe.trusted())
    if not isinstance(loss, Adversarial):
        raise UserError(f"losses.adversarial = {part.name!r} is no game of two, such as hinge or relativistic")
    return loss


def weighted(
    recipe: Recipe, name: str, takes: int, nets: nn.ModuleDict | None = None
) -> tuple[Callable[..., Tensor], int]:
    """The loss losses.`name` times its weight, a function of `takes` arguments, and its `every`.

    A loss that remembers (see `remembers`) joins `nets`, so that its memory is saved. Raises UserError for a loss of another kind.
    """
    part = recipe.losses[name]
    named, place = f"losses.{name} = {part.name!r}", f"in {recipe.task.name!r}"
    options = filled("losses", part, f"losses.{name}", recipe.trusted())
    weight, every = options.pop("weight"), options.pop("every")
    function = parts.find("losses", options.pop("name", part.name), recipe.trusted())
    if nets is not None and remembers(function):
        parts.check_takes(function, 0, named, place)
        nets[f"losses_{name}"] = memory = function(**ramp.now(options))
        function, options = memory.forward, {}
    parts.check_takes(function, takes, named, place)
    return lambda *arguments: ramp.now(weight) * function(*arguments, **ramp.now(options)), every


def remembers(function: Callable[..., Any]) -> bool:
    """Whether a loss is a module with a memory: a class of modules, or a function that is annotated to return one."""
    gives = function if inspect.isclass(function) else inspect.signature(function, eval_str=True).return_annotation
    return inspect.isclass(gives) and issubclass(gives, nn.Module)


def is_of_generator(recipe: Recipe, name: str) -> bool:
    """Whether the penalty losses.`name` is one on a generator, as the annotation of its first argument says."""
    function = parts.find("losses", recipe.losses[name].name, recipe.trusted())
    first = next(iter(inspect.signature(function, eval_str=True).parameters.values()), None)
    return first is not None and Generator in getattr(first.annotation, "__mro__", ())


def criterion(recipe: Recipe, name: str) -> Callable[..., Tensor] | None:
    """The loss losses.`name` times its weight, a function of two pictures (or sets of vectors); None where it was taken away."""
    if name not in recipe.losses:
        return None
    function, every = weighted(recipe, name, 2)
    if every != 1:
        raise UserError(f"losses.{name}.every = {every}: only penalties of a discriminator may skip steps")
    return function


def required(recipe: Recipe, name: str) -> Callable[..., Tensor]:
    """The criterion losses.`name`. Raises UserError where it was taken away."""
    loss = criterion(recipe, name)
    if loss is None:
        raise UserError(f"{recipe.task.name!r} needs losses.{name}")
    return loss


def features_of(recipe: Recipe, D: Any) -> int:
    """Number of features that the discriminator D's score is computed from. Raises UserError where it does not show them."""
    if not (hasattr(D, "features") and hasattr(D, "score")):
        part = recipe.nets["discriminator"].name
        raise UserError(f"nets.discriminator = {part!r} shows no features to read; use dcgan_discriminator")
    features: int = D.score.features
    return features


def first_layers(recipe: Recipe, D: Any, count: int) -> tuple[nn.Parameter, ...]:
    """The weights of the discriminator D's first `count` layers, the picture's side first.

    Raises UserError where it does not say its layers, or has no more than these.
    """
    part = recipe.nets["discriminator"].name
    if not hasattr(D, "layers_in_order"):
        raise UserError(
            f"task.freeze = {count} counts layers, and nets.discriminator = {part!r} has no layers_in_order()"
        )
    layers = D.layers_in_order()
    if count > len(layers):
        raise UserError(
            f"task.freeze = {count}: nets.discriminator = {part!r} has {len(layers)} layers before its score"
        )
    return tuple(p for layer in layers[:count] for module in layer for p in module.parameters())
