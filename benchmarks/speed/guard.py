"""What the guard costs: steps of a training that is watched beside those of one that is not, in turn.

    python -m benchmarks guard digits cifar10.zip:dcgan flowers64.zip

Each argument is a set, behind a colon the recipe; without one `elegan train` chooses. A round is what lies between two probes, of two
trainings with one seed, one with the guard and one without; `with over without` compares their times of a round. `guard, %`
is what the guard took of a round, and its share of what a look costs it, over the steps of that very round: the same cost,
without the noise of the steps. Runs are as long as the shortest that elegan chooses; in longer ones probes are as much rarer.
"""

import tempfile
from pathlib import Path

from benchmarks.arguments import Names
from benchmarks.estimates import median
from benchmarks.results import Row
from benchmarks.timing import CLOCK, UNIT, ratio, seconds
from elegan.recipes.fit import LEAST
from elegan.training.assembly import make_trainer
from elegan.training.plan import Plan, plan_for
from elegan.training.recorder import Recorder

QUICK = {"data": ["digits:dcgan"], "rounds": 1, "images": 1280}


def benchmark(data: Names = None, rounds: int = 8, images: int = LEAST) -> list[Row]:
    return [row(*name.partition(":")[::2], rounds, images) for name in data or ["digits"]]


def row(data: str, recipe: str, rounds: int, images: int) -> Row:
    with tempfile.TemporaryDirectory() as folder:
        plans = [
            plan_for(data, recipe or None, images=images, out=folder, name=name, device="cpu")
            for name in ("with", "without")
        ]
        guarded, alone = Watched(plans[0], guarded=True), Watched(plans[1], guarded=False)
        assert guarded.recorder.guard
        every, plan = guarded.recorder.guard.every, plans[0]
        times = seconds({"with": lambda: guarded.play(every), "without": lambda: alone.play(every)}, rounds)
        look = median([guarded.look() for _ in range(3)]).value / plan.every  # a step's share
        pairs = list(zip(guarded.own[-rounds:], times["with"], strict=True))
        return {
            "data": Path(data).name,
            "recipe": plan.recipe.name,
            "pixels": str(plan.shape.resolution),
            "batch": plan.recipe.batch,
            "steps to a probe": every,
            f"step, {UNIT}": median([time / every for time in times["without"]]),
            "guard, %": median([100 * (own + look * every) / (whole - own) for own, whole in pairs]),
            "with over without": ratio(times["with"], times["without"]),
        }


class Watched:
    """A training, guarded or not; `own`: the times that watching it took, of each round."""

    def __init__(self, plan: Plan, guarded: bool):
        plan.path.mkdir()
        self.trainer = make_trainer(plan)
        self.recorder = Recorder(plan, self.trainer, guarded)
        self.step, self.own = self.recorder.begin(), list[float]()

    def play(self, steps: int) -> None:
        self.own.append(0.0)
        for _ in range(steps):
            terms = self.trainer.play(self.step)
            self.step += 1
            began = CLOCK()
            self.recorder.watch(self.step, terms, looking=False)
            self.own[-1] += CLOCK() - began

    def look(self) -> float:
        """What a look's probe takes, but for the batch statistics that any look asks for."""
        assert self.recorder.guard
        began = CLOCK()
        self.recorder.guard.after(self.step, {}, self.trainer.norms, self.trainer.average, self.trainer.game.nets, True)
        return CLOCK() - began
