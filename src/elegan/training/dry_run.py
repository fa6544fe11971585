"""The cost of a training, measured by playing a few of its steps and a look at them, and keeping nothing."""

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import torch
from torch.utils.flop_counter import FlopCounterMode

from elegan.core import memory
from elegan.training.plan import Plan
from elegan.training.progress import duration
from elegan.training.recorder import Recorder
from elegan.training.session import make_trainer
from elegan.training.trainer import Trainer

WARM, TIMED = 2, 3


@dataclass(frozen=True)
class Cost:
    """The cost of a training. `parameters` by network; FLOPs of `making` an image and of `training` on one; `memory`, bytes at
    the peak on `device`; `seconds` of all `steps` of `batch` images.
    """

    parameters: dict[str, int]
    making: int
    training: float
    memory: int
    device: str
    steps: int
    batch: int
    seconds: float

    def lines(self) -> list[str]:
        """For people."""
        counts = [f"{name} {size:,}" for name, size in self.parameters.items() if size]
        rate = self.batch * self.steps / self.seconds
        return [
            f"parameters  {', '.join(counts)}",
            f"FLOPs       {self.making / 1e6:,.1f} million to make an image, "
            f"{self.training / 1e6:,.1f} million to train on one",
            f"memory      {self.memory / 1e6:,.0f} MB at the peak ({self.device})",
            f"time        {self.steps:,} steps of {self.batch} images at {rate:,.0f} images/s: "
            f"{duration(self.seconds)} (from {TIMED} steps)",
        ]


def estimate(plan: Plan) -> Cost:
    """Measures what a training costs. Leaves nothing behind."""
    recipe, device = plan.recipe, plan.engine.device
    trainer = make_trainer(plan)
    making = _flops(lambda: plan.workflow.make_one(trainer.game, trainer.average, plan.shape, device))
    training, seconds = _rehearse(plan, trainer)
    return Cost(
        parameters={name: sum(p.numel() for p in net.parameters()) for name, net in trainer.game.nets.items()},
        making=making,
        training=training,
        memory=torch.cuda.max_memory_allocated(device) if device.type == "cuda" else memory.peak(),
        device=str(device),
        steps=recipe.steps,
        batch=recipe.batch,
        seconds=seconds * recipe.steps,
    )


def _rehearse(plan: Plan, trainer: Trainer) -> tuple[float, float]:
    """(FLOPs of training on an image, seconds a step) of a run as `session.play` has it, in a folder that is removed.

    It ends with a look, which can need more memory than the steps: with small networks the metric, with large ones the
    checkpoint, which holds the whole state once more.
    """
    # All steps at the end of progress, when what grows has grown.
    play = partial(trainer.play, t=1.0)
    with tempfile.TemporaryDirectory() as folder:
        recorder = Recorder(replace(plan, path=Path(folder)), trainer)
        recorder.begin()
        training = _flops(lambda: play(0)) / (plan.recipe.batch / plan.engine.world)
        for step in range(1, WARM):
            play(step)
        began = time.perf_counter()
        for step in range(WARM, WARM + TIMED):
            terms = play(step)
        if plan.engine.device.type == "cuda":
            torch.cuda.synchronize()
        seconds = (time.perf_counter() - began) / TIMED
        recorder.log(WARM + TIMED, terms)
        recorder.look(WARM + TIMED)
    return training, seconds


def _flops(work: Callable[[], object]) -> int:
    with FlopCounterMode(display=False) as counter:
        work()
    flops: int = counter.get_total_flops()
    return flops
