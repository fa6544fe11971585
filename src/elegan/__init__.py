"""elegan: a folder of images in, a trained and honestly measured GAN out.

run = elegan.train("photos/")
images = run.generate(16)
run.evaluate()
elegan.Run.open("runs/photos-rpgan")
"""

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["Failure", "Recipe", "Run", "UserError", "train"]

if TYPE_CHECKING:
    from elegan.core.errors import Failure, UserError
    from elegan.recipes.recipe import Recipe
    from elegan.run import Run
    from elegan.training.session import train

_HOMES = {
    "train": "training.session",
    "Run": "run",
    "Recipe": "recipes.recipe",
    "UserError": "core.errors",
    "Failure": "core.errors",
}


def __getattr__(name: str) -> Any:
    # On demand, because torch takes a second to import and `elegan --help` should not wait for it.
    if name not in _HOMES:
        raise AttributeError(f"module 'elegan' has no attribute {name!r}")
    return getattr(importlib.import_module(f"elegan.{_HOMES[name]}"), name)
