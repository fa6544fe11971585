"""The trainings of a lesson: one recipe for two small networks, and the recipes of three failures and their cures beside it."""

from dataclasses import dataclass

from elegan.recipes.classic import both, gan
from elegan.recipes.recipe import Recipe

ADAM = {"name": "adam", "lr": 1e-3, "betas": [0.5, 0.99]}

lesson = gan.vary(
    "lesson",
    "points of the plane: two small networks, each score's slope at real and generated points held down (R1 and R2)",
    nets={
        "generator": {"latent": 2, "widths": [64, 64], "norm": "none"},
        "discriminator": {"widths": [64, 64]},
    },
    losses={"r1": {"name": "r1", "weight": 0.1}, "r2": {"name": "r2", "weight": 0.1}},
    optimizers=both(ADAM | {"betas": [0.0, 0.99]}),
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
        "The samples (orange) are drawn along the arrows, up the slope of what the discriminator says, to the real points (blue). "
        "Were the samples perfect, the best answer would be 1/2 (white) wherever there are points.",
    )


UNPENALISED = {"r1": None, "r2": None}

# Collapse: one thing differs, the discriminator's rate. R1 or the relativistic loss in its place did not mend it (docs/log.md).
keeping_up = lesson.vary("keeping-up", "the non-saturating loss alone", losses=UNPENALISED, optimizers=both(ADAM))
outrun = keeping_up.vary(
    "outrun", "a generator ten times as quick as its discriminator", optimizers={"discriminator": {"lr": 1e-4}}
)

# Oscillation: one thing differs, the penalty.
unheld = lesson.vary(
    "unheld",
    "the Wasserstein loss without a bound on the critic, with momentum",
    losses=UNPENALISED | {"adversarial": "wasserstein"},
    optimizers=both(ADAM | {"betas": [0.5, 0.9]}),
    steps=800,
)
held = unheld.vary(
    "held",
    "the critic's slope held near 0 between real and generated points (Thanh-Tung et al. 2019)",
    losses={"gradient_penalty": {"name": "gradient_penalty", "weight": 1.0, "target": 0.0}},
)

# Vanishing: one thing differs, the generator's loss. It steps along the gradient as it is (SGD): Adam would scale it up.
saturating = lesson.vary(
    "saturating",
    "a discriminator far ahead, and a generator that minimises log(1 - D)",
    task={"n_critic": 5},
    losses=UNPENALISED | {"adversarial": "minimax"},
    optimizers={
        "discriminator": ADAM | {"lr": 0.02},
        "generator": {"name": "sgd", "lr": 1e-3, "momentum": 0.0},
    },
    steps=150,
)
rescued = saturating.vary(
    "rescued", "the same with a generator that maximises log D", losses={"adversarial": "non_saturating"}
)

# By name: (the failure, its cure).
CASES: dict[str, tuple[Part, Part]] = {
    "collapse": (
        Part(
            "collapse: the generator is ten times as quick",
            outrun,
            "All samples run to the place that the discriminator likes best, and on to the next one when it has learnt: one mode "
            "or two at a time, never all.",
        ),
        Part(
            "cure: both learn at the same rate",
            keeping_up,
            "The discriminator sees in time where there are too many samples, and they spread over all modes.",
        ),
    ),
    "oscillation": (
        Part(
            "oscillation: Wasserstein loss, no penalty",
            unheld,
            "The critic's slope is not bounded: the samples are thrown past the points, the critic turns round, and so on without "
            "end. The losses swing with them.",
        ),
        Part(
            "cure: a gradient penalty (slope held near 0)",
            held,
            "The slope flattens as the samples come near, so they are not thrown past, and settle on the points.",
        ),
    ),
    "vanishing": (
        Part(
            "vanishing: minimax, discriminator far ahead",
            saturating,
            "The discriminator is sure that the samples are generated. There log(1 - D) is flat: the arrows vanish, and the samples "
            "stay where they began.",
        ),
        Part(
            "cure: the non-saturating loss",
            rescued,
            "The surer the discriminator is, the harder log D pulls: the samples reach the points, though with a discriminator so "
            "far ahead only some modes.",
        ),
    ),
}
