"""What a lesson trains: one recipe for two small networks, and the recipes of three failures and their cures beside it."""

from dataclasses import dataclass

from elegan.recipes.classic import both, gan
from elegan.recipes.recipe import Recipe

lesson = gan.vary(
    "lesson",
    "points of the plane: two small networks, each score's slope at real and generated points held down (R1 and R2)",
    nets={
        "generator": {"latent": 2, "widths": [64, 64], "norm": "none"},
        "discriminator": {"widths": [64, 64]},
    },
    losses={"r1": {"name": "r1", "weight": 0.02}, "r2": {"name": "r2", "weight": 0.02}},
    optimizers=both({"name": "adam", "lr": 1e-3, "betas": [0.5, 0.99]}),
    batch=256,
    ema=0.0,
    steps=1000,
)


@dataclass(frozen=True)
class Part:
    """One training of a lesson: its title, its recipe, and what one sees in it."""

    title: str
    recipe: Recipe
    words: str


def plain(loss: str) -> Part:
    """The lesson with an adversarial loss of the package."""
    recipe = lesson.changed({"losses": {"adversarial": loss}})
    return Part(
        f"{loss.replace('_', '-')} loss, R1 and R2",
        recipe,
        "The samples (orange) are drawn along the arrows, which climb what the discriminator says, towards the real points "
        "(blue). The nearer they come, the less it can tell the two apart: its best answer tends to 1/2, and the arrows shorten.",
    )


WITHOUT = {"r1": None, "r2": None}

_unpenalised = lesson.vary("unpenalised", "the non-saturating loss alone", losses=WITHOUT)
_outrun = _unpenalised.vary(
    "outrun", "a discriminator that learns at a tenth of the generator's rate", optimizers={"discriminator": {"lr": 1e-4}}
)
_unbounded = lesson.vary("unbounded", "a critic without a bound", losses=WITHOUT | {"adversarial": "wasserstein"})
_bounded = _unbounded.vary(
    "bounded",
    "a critic whose slope is held down between real and generated points (centred at 0: Thanh-Tung et al. 2019)",
    losses={"gradient_penalty": {"name": "gradient_penalty", "weight": 1.0, "target": 0.0}},
)
CASES: dict[str, tuple[Part, Part]] = {}
