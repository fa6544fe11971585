"""A trained run as a single file: averaged weights, and in the header all that it takes to use and to judge them.

The file may be somebody else's: its header is checked before anything in it is used, and nothing of it is unpickled.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

from pydantic import BaseModel, Field

from elegan.core import files, hub
from elegan.core.errors import UserError
from elegan.core.facts import check_packed
from elegan.core.ranges import Few, NonNegativeCount, check
from elegan.core.version import __version__
from elegan.recipes import parts
from elegan.recipes.recipe import Recipe

if TYPE_CHECKING:
    from torch import Tensor

SHIPPED = Path(__file__).parents[1] / "nets" / "weights"
AVERAGE = "average/"  # before the names of the tensors
Text = Annotated[str, Field(max_length=10_000)]
Side = Literal["channels", "hints", "scale"]  # what a restorer is built for


class Header(BaseModel, extra="forbid"):
    """The header of a packed file. `facts`: see `elegan.core.facts`; `step`: of the checkpoint; `abilities`: what the
    networks can do, by name, and the numbers that belong to it; `evaluations`: records as in evaluations.jsonl; `licence` and
    `note`: what whoever packed it says of it; `elegan`: the version that packed it."""

    name: Annotated[str, Field(max_length=255)]
    recipe: dict[str, Any]
    facts: dict[str, Any]
    step: NonNegativeCount
    abilities: dict[str, dict[str, Any]]
    evaluations: list[dict[str, Any]] = []
    licence: Text = ""
    note: Text = ""
    elegan: Annotated[str, Field(max_length=100)] = __version__


@dataclass(frozen=True)
class Packed:
    """An opened packed file; `recipe` is the one that it was trained by."""

    path: Path
    header: Header
    recipe: Recipe
    prefix: str = ""  # what older files leave out of the names of their tensors

    def tensors(self) -> "dict[str, Tensor]":
        """The averaged weights by name, in float32 where they are no whole numbers. Raises Damaged for a broken file."""
        stored, _ = files.read_tensors(self.path, "" if self.prefix else AVERAGE)
        return {self.prefix + name: t.float() if t.is_floating_point() else t for name, t in stored.items()}


def shipped() -> list[str]:
    """The names of the models that come with the package."""
    return sorted(path.stem for path in SHIPPED.glob("*.safetensors"))


def place_of(name: str | Path) -> Path | None:
    """The path of a packed file, named by it or, of a shipped model, by its name; None where there is none. One on the hub is
    fetched; see `elegan.core.hub.fetched` for the errors."""
    path = Path(name)
    if hub.is_hub(path):
        return hub.fetched(path)
    try:
        if path.suffix == ".safetensors" and os.path.lexists(path) and not path.is_dir():
            return path
    except (OSError, ValueError):  # a name that no file can have
        return None
    return SHIPPED / f"{name}.safetensors" if str(name) in shipped() else None


def write(path: Path, weights: "dict[str, Tensor]", header: Header, half: bool = False) -> None:
    """Writes averaged weights by name and what is known of them. `half` halves the file: weights in half precision, but for
    those that it cannot hold. Raises UserError where there cannot be such a file, Failure on a full disk."""
    files.file_for(path)
    tensors = {AVERAGE + name: _halved(tensor) if half else tensor for name, tensor in weights.items()}
    files.write_tensors(path, tensors, header.model_dump())


def _halved(tensor: "Tensor") -> "Tensor":
    import torch

    if not tensor.is_floating_point():
        return tensor
    halved = tensor.half()
    return halved if bool(torch.isfinite(halved).all()) else tensor


def read(path: Path) -> Packed:
    """Reads what a packed file says. Raises UserError, naming what is wrong, for any other file."""
    plain = files.read_plain(path)
    if plain.keys() == {"shape", "recipe"}:
        return _restorer_of_old(path, plain)
    if not {"recipe", "facts"} <= plain.keys():
        raise UserError(f"{path} is not a packed model")
    header: Header = check(f"{path} is not a packed model", plain, Header)
    check_packed(path, header.facts)
    return Packed(path, header, _recipe(path, header.recipe))


def _recipe(path: Path, values: Any) -> Recipe:
    try:
        return Recipe.parse(check("recipe", values, dict))
    except UserError as error:
        raise UserError(f"{path}: {error}") from None


def _restorer_of_old(path: Path, plain: dict[str, Any]) -> Packed:
    """Reads a file of the time when `elegan pack` packed restorers alone: recipe, sides and weights, nothing of the data."""
    shape = check(str(path), plain["shape"], dict[Side, Few])
    recipe = _recipe(path, plain["recipe"])
    if shape.keys() != set(get_args(Side)) or "restorer" not in recipe.nets:
        raise UserError(f"{path} is not a packed model")
    unknown = "packed by an older version, which kept nothing of data, seed and machine"
    facts = {
        "data": {"name": "unknown", "fingerprint": "", "count": 0, "classes": [], "notes": [unknown]},
        "shape": {"resolution": recipe.data.resolution or 128, "channels": shape["channels"], "classes": 0},
        "seed": None,
        "precision": "unknown",
        "sessions": [{"from_step": 0}],
    }
    ours = path.parent == SHIPPED
    header = Header(
        name=path.stem,
        recipe=plain["recipe"],
        facts=facts,
        step=recipe.steps,
        abilities={"Restores": {"hints": shape["hints"], "scale": shape["scale"]}},
        licence="Apache-2.0" if ours else "",
        note=path.with_suffix(".md").read_text(encoding="utf-8") if ours else "",
        elegan="",
    )
    return Packed(path, header, recipe, "restorer.")


def for_use(recipe: Recipe) -> Recipe:
    """The recipe without what only a training asks for and others may not have: losses, optimizers and schedules of other
    packages, and features in which pictures are compared, whose weights lie in a file elsewhere."""
    foreign = {path: name for path, name in recipe.foreign().items() if path.partition(".")[0] != "watch"}
    losses: dict[str, Any] = {path.partition(".")[2]: None for path in foreign if path.startswith("losses.")}
    losses |= {"adversarial": {"name": "hinge"}} if "adversarial" in losses else {}
    return recipe.changed({
        "losses": losses | {"perceptual": None},
        "optimizers": {name: None for name in recipe.optimizers if f"optimizers.{name}" in foreign},
        "schedule": {"name": "constant"} if "schedule" in foreign else {},
        "watch": {"extractor": "random"} if parts.extractor_needs(recipe.watch.extractor) else {},
    })  # fmt: skip
