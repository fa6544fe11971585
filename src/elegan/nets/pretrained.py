"""Trained restorers as single files: weights in half precision, and the recipe and shape that build the network again.

Some are shipped with the package and known by name; `elegan pack` makes one from any restoring run.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Literal, get_args

import torch
from torch import nn

from elegan.core import files
from elegan.core.errors import UserError, nearest
from elegan.core.ranges import Few, check
from elegan.recipes import parts
from elegan.recipes.recipe import Recipe

Side = Literal["channels", "hints", "scale"]  # what a restorer is built for
SHIPPED = Path(__file__).parent / "weights"


def shipped() -> list[str]:
    """The names of the models that come with the package."""
    return sorted(path.stem for path in SHIPPED.glob("*.safetensors"))


def pack(path: Path, net: nn.Module, recipe: Recipe) -> None:
    """Writes a restorer of `recipe` to a file. Raises UserError where there cannot be one, Failure on a full disk."""
    files.file_for(path)
    tensors = {name: tensor.half() for name, tensor in net.state_dict().items()}
    shape = {"channels": net.channels, "hints": net.hints, "scale": net.scale}
    files.write_tensors(path, tensors, {"shape": shape, "recipe": recipe.shared().full()})


def unpack(name: str | Path, trust: Iterable[str] = ()) -> tuple[nn.Module, Recipe]:
    """The frozen restorer of a packed file or a shipped model, in float32, and the recipe that made it.

    Raises UserError for anything else, and for a restorer from a module that is not among `trust`.
    """
    path = Path(name) if str(name).endswith(".safetensors") else SHIPPED / f"{name}.safetensors"
    if not path.is_file():
        raise UserError(f"no model {str(name)!r}{nearest(str(name), shipped())}")
    tensors, plain = files.read_tensors(path)
    if not {"shape", "recipe"} <= plain.keys():
        raise UserError(f"{path} is not a packed model")
    recipe = Recipe.parse(check(str(path), plain["recipe"], dict)).trusting(trust)
    shape = check(str(path), plain["shape"], dict[Side, Few])
    if shape.keys() != set(get_args(Side)) or "restorer" not in recipe.nets:
        raise UserError(f"{path} is not a packed model")
    return load(build(recipe, **shape), {k: v.float() for k, v in tensors.items()}, path), recipe


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
    """The adversarial network with its weights moved towards those of the faithful one that it was trained from (Wang et al.
    2019, section 3.4): `detail` 0 is the faithful one, 1 the adversarial.

    Raises UserError for a value outside 0..1.
    """
    if not 0 <= detail <= 1:
        raise UserError(f"detail = {detail} must be in 0..1")
    with torch.no_grad():
        for mine, theirs in zip(adversarial.parameters(), faithful.parameters(), strict=True):
            mine.lerp_(theirs, 1 - detail)
    return adversarial
