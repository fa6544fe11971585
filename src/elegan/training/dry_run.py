"""The cost of a training, measured by playing a few of its steps and a look at them, and keeping nothing."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch.utils.flop_counter import FlopCounterMode

from elegan.core import memory
from elegan.core.progress import duration
from elegan.training.assembly import make_trainer
from elegan.training.pace import measure
from elegan.training.plan import Plan
from elegan.training.progress import outlook


@dataclass(frozen=True)
class Cost:
    """The cost of a training. `parameters` by network; FLOPs of `making` an image and of `training` on one; `memory`, bytes at
    the peak on `device`; `seconds` of all `steps` of `batch` images, with those of a `step`, and of a `look` `every` so many;
    `taken` says what fits of the run begun with, a line each.
    """

    parameters: dict[str, int]
    making: int
    training: float
    memory: int
    device: str
    steps: int
    batch: int
    step: float
    look: float
    every: int
    seconds: float
    taken: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """For people."""
        counts = [f"{name} {size:,}" for name, size in self.parameters.items() if size]
        return [
            *(f"            {line}" for line in self.taken),
            f"parameters  {', '.join(counts)}",
            f"FLOPs       {self.making / 1e6:,.1f} million to make an image, "
            f"{self.training / 1e6:,.1f} million to train on one",
            f"memory      {self.memory / 1e6:,.0f} MB at the peak ({self.device})",
            f"time        {self.steps:,} steps of {self.batch} images at {self.batch / self.step:,.0f} images/s and a look of "
            f"{duration(self.look)} every {self.every:,}: {outlook(self.seconds)}",
        ]


def estimate(plan: Plan) -> Cost:
    """Measures what a training costs. Leaves nothing behind."""
    recipe, device = plan.recipe, plan.engine.device
    trainer = make_trainer(plan)
    making = _flops(lambda: plan.workflow.make_one(trainer.game, trainer.average, plan.shape, device))
    # At the end of progress, when what grows has grown.
    training = _flops(lambda: trainer.play(0, t=1.0)) / (recipe.batch / plan.engine.world)
    pace = measure(plan, trainer)
    return Cost(
        parameters={name: sum(p.numel() for p in net.parameters()) for name, net in trainer.game.nets.items()},
        making=making,
        training=training,
        memory=torch.cuda.max_memory_allocated(device) if device.type == "cuda" else memory.peak(),
        device=str(device),
        steps=recipe.steps,
        batch=recipe.batch,
        step=pace.step,
        look=pace.look,
        every=plan.every,
        seconds=pace.seconds(recipe.steps, plan.every),
        taken=tuple(line for taken in trainer.taken for line in taken.lines()),
    )


def _flops(work: Callable[[], object]) -> int:
    with FlopCounterMode(display=False) as counter:
        work()
    flops: int = counter.get_total_flops()
    return flops
