"""elegan: a folder of images in, a trained and honestly measured GAN out.

run = elegan.train("photos/")
images = run.generate(16)
elegan.evaluate(run)
elegan.Run.open("runs/photos-rpgan")

What `elegan.__all__` lists is what programs may rely on; docs/python.md shows each at work.
"""

import importlib
from typing import TYPE_CHECKING, Any

from elegan.core.version import __version__

__all__ = [
    "Failure", "Game", "Recipe", "Run", "Turn", "UserError", "__version__", "anomaly", "augment", "bundle", "compare", "copies",
    "demo", "doctor", "evaluate", "export", "fetch", "film", "latent", "pack", "push", "report", "restore", "runs", "sample", "serve", "train",
    "translate",
]  # fmt: skip

if TYPE_CHECKING:
    from elegan.core.errors import Failure, UserError
    from elegan.games.game import Game, Turn
    from elegan.metrics.weights import fetch
    from elegan.recipes.recipe import Recipe
    from elegan.run import Run
    from elegan.training.session import train
    from elegan.verbs import latent
    from elegan.verbs.anomaly import anomaly
    from elegan.verbs.augment import augment
    from elegan.verbs.bundle import bundle
    from elegan.verbs.compare import compare
    from elegan.verbs.copies import copies
    from elegan.verbs.demo import demo
    from elegan.verbs.doctor.doctor import doctor
    from elegan.verbs.evaluate import evaluate
    from elegan.verbs.export import export
    from elegan.verbs.film import film
    from elegan.verbs.pack import pack
    from elegan.verbs.push import push
    from elegan.verbs.report.report import report
    from elegan.verbs.restore import restore
    from elegan.verbs.runs import runs
    from elegan.verbs.sample import sample
    from elegan.verbs.serve import serve
    from elegan.verbs.translate import translate

_HOMES = {
    "train": "training.session",
    "sample": "verbs.sample",
    "serve": "verbs.serve",
    "translate": "verbs.translate",
    "restore": "verbs.restore",
    "evaluate": "verbs.evaluate",
    "copies": "verbs.copies",
    "runs": "verbs.runs",
    "compare": "verbs.compare",
    "report": "verbs.report.report",
    "export": "verbs.export",
    "fetch": "metrics.weights",
    "pack": "verbs.pack",
    "bundle": "verbs.bundle",
    "push": "verbs.push",
    "film": "verbs.film",
    "anomaly": "verbs.anomaly",
    "augment": "verbs.augment",
    "demo": "verbs.demo.demo",
    "doctor": "verbs.doctor.doctor",
    "Run": "run",
    "Recipe": "recipes.recipe",
    "Game": "games.game",
    "Turn": "games.game",
    "UserError": "core.errors",
    "Failure": "core.errors",
}


def __getattr__(name: str) -> Any:
    # On demand, because torch takes a second to import and `elegan --help` should not wait for it.
    if name == "latent":
        return importlib.import_module("elegan.verbs.latent")
    if name not in _HOMES:
        raise AttributeError(f"module 'elegan' has no attribute {name!r}")
    return getattr(importlib.import_module(f"elegan.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
