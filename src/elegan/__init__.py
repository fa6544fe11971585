"""elegan: a folder of images in, a trained and honestly measured GAN out.

run = elegan.train("photos/")
images = run.generate(16)
elegan.evaluate(run)
elegan.Run.open("runs/photos-rpgan")
"""

import importlib
from typing import TYPE_CHECKING, Any

from elegan.core.version import __version__

__all__ = ["Failure", "Recipe", "Run", "UserError", "__version__", "copies", "evaluate", "train"]

if TYPE_CHECKING:
    from elegan.core.errors import Failure, UserError
    from elegan.recipes.recipe import Recipe
    from elegan.run import Run
    from elegan.training.session import train
    from elegan.verbs.copies import copies
    from elegan.verbs.evaluate import evaluate

_HOMES = {
    "train": "training.session",
    "evaluate": "verbs.evaluate",
    "copies": "verbs.copies",
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
