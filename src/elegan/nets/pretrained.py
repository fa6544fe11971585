"""Restorers that were trained before: out of packed files, and shipped with the package."""

import copy
from collections.abc import Iterable
from pathlib import Path

import torch
from torch import nn

from elegan.core.errors import UserError, nearest
from elegan.core.ranges import Few, check
from elegan.recipes import parts
from elegan.recipes.recipe import Recipe
from elegan.record import packed
from elegan.record.packed import shipped


def unpack(name: str | Path, trust: Iterable[str] = ()) -> tuple[nn.Module, Recipe]:
    """The frozen restorer of a packed file or a shipped model, in float32, and the recipe that made it.

    Raises UserError for anything else, and for a restorer from a module that is not among `trust`.
    """
    path = packed.place_of(name)
    if path is None:
        raise UserError(f"no model {str(name)!r}{nearest(str(name), shipped())}")
    model = packed.read(path)
    sides = model.header.abilities.get("Restores")
    if sides is None:
        raise UserError(f"{path} does not restore")
    hints, scale = (check(f"{path}: {side}", sides.get(side), Few) for side in ("hints", "scale"))
    recipe = model.recipe.trusting(trust)
    weights = {name.removeprefix("restorer."): tensor for name, tensor in model.tensors().items()}
    return load(build(recipe, model.header.facts["shape"]["channels"], hints, scale), weights, path), recipe


def build(recipe: Recipe, channels: int, hints: int, scale: int) -> nn.Module:
    """The recipe's restorer with fresh weights."""
    part = recipe.nets["restorer"]
    net: nn.Module = parts.build("nets", part, "nets.restorer", channels, hints, scale, trusted=recipe.trust)
    return net


def load(net: nn.Module, tensors: dict[str, torch.Tensor], path: Path) -> nn.Module:
    """The network with these weights, frozen. Raises UserError where they do not fit it."""
    try:
        net.load_state_dict(tensors)
    except RuntimeError as error:
        raise UserError(f"{path} does not fit its recipe: {str(error).splitlines()[-1].strip()}") from None
    net = net.eval().requires_grad_(False).to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # not in torch's overloads
    return net


def between(faithful: nn.Module, adversarial: nn.Module, detail: float) -> nn.Module:
    """A network between the faithful one and the adversarial one that was trained from it, by their weights (Wang et al. 2019,
    section 3.4): `detail` 0 is the faithful one, 1 the adversarial.

    Raises UserError for a value outside 0..1.
    """
    if not 0 <= detail <= 1:
        raise UserError(f"detail = {detail} must be in 0..1")
    mixed = copy.deepcopy(adversarial)
    with torch.no_grad():
        for mine, theirs in zip(mixed.parameters(), faithful.parameters(), strict=True):
            mine.lerp_(theirs, 1 - detail)
    return mixed
