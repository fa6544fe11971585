"""elegan: a folder of images in, a trained and honestly measured GAN out.

run = elegan.train("photos/")
images = run.generate(16)
elegan.evaluate(run)
elegan.Run.open("runs/photos-rpgan")

What `elegan.__all__` lists is what programs may rely on; docs/python.md shows each at work.
"""

from typing import TYPE_CHECKING

from elegan.core.demand import on_demand
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

__getattr__ = on_demand(__name__, {
    "core.errors": "Failure UserError",
    "games.game": "Game Turn",
    "metrics.weights": "fetch",
    "recipes.recipe": "Recipe",
    "run": "Run",
    "training.session": "train",
    "verbs": "latent",
    "verbs.anomaly": "anomaly",
    "verbs.augment": "augment",
    "verbs.bundle": "bundle",
    "verbs.compare": "compare",
    "verbs.copies": "copies",
    "verbs.demo": "demo",
    "verbs.doctor.doctor": "doctor",
    "verbs.evaluate": "evaluate",
    "verbs.export": "export",
    "verbs.film": "film",
    "verbs.pack": "pack",
    "verbs.push": "push",
    "verbs.report.report": "report",
    "verbs.restore": "restore",
    "verbs.runs": "runs",
    "verbs.sample": "sample",
    "verbs.serve": "serve",
    "verbs.translate": "translate",
})  # fmt: skip


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
