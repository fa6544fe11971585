"""The cost of a training, measured by playing a few of its steps and a look at them, and keeping nothing."""

import resource
import sys
from collections.abc import Callable
from pathlib import Path

import torch
from torch.utils.flop_counter import FlopCounterMode

from elegan.training.assembly import make_trainer
from elegan.training.pace import measure
from elegan.training.plan import Plan
from elegan.training.progress import duration, outlook


def estimate(plan: Plan) -> list[str]:
    """Lines on parameters by network, FLOPs an image, peak memory and time. Leaves nothing behind."""
    recipe, device = plan.recipe, plan.engine.device
    trainer = make_trainer(plan)
    making = _flops(lambda: plan.workflow.make_one(trainer.game, trainer.average, plan.shape, device))
    # At the end of progress, when what grows has grown.
    training = _flops(lambda: trainer.play(0, t=1.0)) / (recipe.batch / plan.engine.world)
    pace = measure(plan, trainer)
    sizes = {name: sum(p.numel() for p in net.parameters()) for name, net in trainer.game.nets.items()}
    counts = [f"{name} {size:,}" for name, size in sizes.items() if size]
    return [
        f"parameters  {', '.join(counts)}",
        f"FLOPs       {making / 1e6:,.1f} million to make an image, {training / 1e6:,.1f} million to train on one",
        f"memory      {_peak(device) / 1e6:,.0f} MB at the peak ({device})",
        f"time        {recipe.steps:,} steps of {recipe.batch} images at {recipe.batch / pace.step:,.0f} images/s and a look of "
        f"{duration(pace.look)} every {plan.every:,}: {outlook(pace.seconds(recipe.steps, plan.every))}",
    ]


def _flops(work: Callable[[], object]) -> int:
    with FlopCounterMode(display=False) as counter:
        work()
    flops: int = counter.get_total_flops()
    return flops


def _peak(device: torch.device) -> int:
    """The peak memory in bytes of the whole process, PyTorch itself included; on CUDA that of the device."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    if sys.platform == "linux":  # getrusage's begins with the peak of the process that started this one
        status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
        return 1024 * int(status["VmHWM"].removesuffix("kB"))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
