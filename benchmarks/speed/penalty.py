"""The cost of gradient penalties: a discriminator's move with each over one without.

They take turns; with lazy R1 a move is the mean of sixteen. The recipes are dcgan and stylegan2, bare of their own penalties.
"""

from functools import partial

from benchmarks.arguments import Names
from benchmarks.digits import trainer_of
from benchmarks.estimates import median
from benchmarks.results import Row
from benchmarks.timing import UNIT, ratio, seconds

QUICK = {"recipes": ["dcgan"], "resolution": [16], "batch": 4, "rounds": 1}
PERIOD = 16  # steps between two turns of lazy R1
WITHOUT = {
    "dcgan": ["nets.generator.norm=none", "nets.discriminator.norm=none"],
    "stylegan2": ["losses.r1=none", "losses.path_length=none"],
}
LAZY = f"R1 every {PERIOD} steps"
PENALTIES = {
    "R1": ["losses.r1=r1"],
    "R1 and R2": ["losses.r1=r1", "losses.r2=r2"],
    "wgan-gp": ["losses.gradient_penalty=gradient_penalty"],
    "dragan": ["losses.dragan_penalty=dragan_penalty"],
    LAZY: ["losses.r1=r1", f"losses.r1.every={PERIOD}"],
}


def benchmark(
    recipes: Names = None,
    resolution: list[int] | None = None,
    batch: int = 8,
    rounds: int = 6,
    precision: str = "fp32",
) -> list[Row]:
    return [
        costs(recipe, pixels, batch, rounds, precision)
        for recipe in recipes or WITHOUT
        for pixels in resolution or (32, 64)
    ]


def costs(recipe: str, resolution: int, batch: int, rounds: int, precision: str) -> Row:
    """Seconds of the discriminator's part of a step without a penalty, and each penalty's as a ratio to that."""
    work = {}
    for name, added in {"without": [], **PENALTIES}.items():
        settings = [*WITHOUT[recipe], f"batch={batch}", *added]
        trainer = trainer_of(recipe, resolution, settings, precision)
        turn = [turn for turn in trainer.game.turns if turn.player == "discriminator"][-1]
        work[name] = partial(trainer.move, turn, 0)
    times = seconds(work, rounds)
    without = times.pop("without")
    times[LAZY] = [plain + lazy / PERIOD for plain, lazy in zip(without, times[LAZY], strict=True)]  # a turn of its own
    ratios = {name: ratio(values, without) for name, values in times.items()}
    return {"recipe": recipe, "pixels": resolution, "batch": batch, f"without, {UNIT}": median(without)} | ratios
