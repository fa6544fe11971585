"""The guard's proof: real trainings made sick, when the guard says so, when their pictures are twice as bad, and what recovery makes of it.

    python -m benchmarks faults [FAULT ...] [--runs runs/faults]

Each fault is injected into a copy of a healthy training: dcgan as published on the digits (16 channels, an average over 100
steps), at seven tenths of it, where its distance hardly falls any more; a class is removed half-way, in a training of twice
the length, as it is slow to go; what cannot come later is there from the start; and cyclegan between digits and their
negatives learns to return its input. "alarm" is the step of the guard's first alarm, all its settings as they are, and
"doubled" that of the first of 60 looks at the same training without guard at which the Frechet distance is twice that at the
injection, or, from the start, twice the healthy run's at that step. "distance" is the last one of these looks, "healthy" the
healthy run's at its end. Distances are those of `num` generated pictures to all training pictures of the healthy data, in
features of a classifier of them, of negatives in random ones. "recovered" is what the same sick training ends at with
`--guard recover`, and it is well again within 1.3 times the healthy run's distance. What is called passing in
`benchmarks/sick.py` is over once the run was taken back. A fault without alarm is harmless where the distance never doubles
and ends within those 1.3 times. `--warn-only` leaves recovery out.
"""

import json
import shutil
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import elegan
from benchmarks import sick
from benchmarks.arguments import Names
from benchmarks.results import Row, table
from elegan.core.errors import Failure, UserError, nearest
from elegan.core.screen import say
from elegan.data import open_data
from elegan.games.abilities import Translates
from elegan.games.inference import translated
from elegan.metrics.evaluate import extractor_for, open_plain_extractor
from elegan.metrics.watched import Gauge
from elegan.record.course import actions
from elegan.record.record import Record
from elegan.run import Run
from elegan.training.look import Look

LOOKS = 60  # at the distance, in a training
WELL = 1.3  # times the healthy run's distance
QUICK = {"faults": ["rate x 20"], "steps": 40, "width": 8, "num": 100}

Measure = Callable[[Run], float]


class _Enough(Exception):
    """All that was to be seen was."""


@dataclass
class Curve:
    """The distances of a run's checkpoints, each measured when it is asked for."""

    path: Path
    measure: Measure
    known: dict[int, float] = field(default_factory=dict)

    @property
    def steps(self) -> list[int]:
        return Run(self.path).steps

    def __getitem__(self, step: int) -> float:
        if step not in self.known:
            self.known[step] = self.measure(Run.open(self.path, step, trust=["benchmarks.sick"]))
        return self.known[step]


@dataclass
class Base:
    """A healthy training that faults are injected into, with the measure of its pictures."""

    name: str
    data: Any
    recipe: str
    steps: int
    settings: list[str]
    measure: Measure
    out: Path
    seed: int
    precision: str = "fp32"

    @property
    def every(self) -> int:
        """Steps between two distances."""
        return max(1, self.steps // LOOKS)

    @cached_property
    def run(self) -> Run:
        """As users train: ten looks."""
        return self.train(self.data, f"{self.name}-healthy")

    @cached_property
    def curve(self) -> Curve:
        """The same training, unwatched, by its distances."""
        run = self.train(self.data, f"{self.name}-curve", [f"watch.every={self.every}"], guard="off")
        return Curve(run.path, self.measure)

    def train(self, data: Any, name: str, settings: Any = (), **options: Any) -> Run:
        own = {"settings": [*self.settings, *settings], "steps": self.steps, "as_published": True, "quiet": True}
        return elegan.train(
            data, self.recipe, name=name, out=self.out, seed=self.seed, precision=self.precision, **own, **options
        )


@dataclass
class Fault:
    """What is set from `begins` of the training on; of 0 from the start, with `spoil` of its data."""

    settings: list[str]
    begins: float = 0.7
    base: str = "digits"
    spoil: Callable[[Any], Any] = lambda data: data

    def train(self, base: Base, name: str, settings: Any = (), **options: Any) -> Run:
        """Plays the training in which it comes, from a copy of the healthy run."""
        sick.healthy_again()
        shutil.rmtree(base.out / name, ignore_errors=True)
        changes = [setting.format(begins=self.begins) for setting in self.settings] + list(settings)
        if not self.begins:
            return base.train(self.spoil(base.data), name, changes, **options)
        shutil.copytree(base.run.path, base.out / name)
        copy = Run(base.out / name)
        for step in copy.steps:
            if step > self.begins * base.steps:
                copy.checkpoint(step).unlink()
        return elegan.train(resume=copy.path, settings=changes, quiet=True, **options)


def repeated(data: str) -> np.ndarray:
    """The digits, nine tenths of which are one of them."""
    images = np.array(open_data(data).images)
    images[np.random.default_rng(0).permutation(len(images))[: round(0.9 * len(images))]] = images[0]
    return images


RATES = [f"optimizers.{player}.lr={20 * 2e-4}" for player in ("generator", "discriminator")]
FAULTS = {
    "rate x 20": Fault(RATES),
    "discriminator far too strong": Fault(["optimizers.discriminator.lr=0.004", "optimizers.generator.lr=0.00004"], 0),
    "normalisation removed": Fault(["nets.generator.norm=none", "nets.discriminator.norm=none"], 0),
    "label noise": Fault(["losses.adversarial=benchmarks.sick:random_labels", "losses.adversarial.begins={begins}"]),
    "latent of two": Fault(["nets.generator.latent=2"], 0),
    "NaN in a batch": Fault(["task=benchmarks.sick:nan_in_a_batch", "task.begins={begins}"]),
    "nine tenths one picture": Fault([], 0, spoil=repeated),
    "class removed": Fault(["task=benchmarks.sick:without_class", "task.begins={begins}"], 0.5, "long"),
    "bfloat16 overflow": Fault(
        ["losses.adversarial=benchmarks.sick:growing", "losses.adversarial.begins={begins}"], base="bfloat16"
    ),
    "identity translator": Fault(["task=benchmarks.sick:same_sides", "task.begins={begins}"], base="sides"),
}


def benchmark(
    faults: Names = None,
    runs: Path = Path("runs/faults"),
    steps: int = 1200,
    width: int = 16,
    num: int = 1000,
    seed: int = 0,
    warn_only: bool = False,
) -> list[Row]:
    for name in faults or ():
        if name not in FAULTS:
            raise UserError(f"unknown fault {name!r}{nearest(name, FAULTS)}")
    bases = {base.name: base for base in _bases(runs, steps, width, num, seed)}
    rows: list[Row] = []
    for name in faults or FAULTS:
        rows.append(judged(name, bases[FAULTS[name].base], warn_only))
        say(table(rows[-1:]).splitlines()[-1].strip("| "), to=sys.stderr)
    return rows


def _bases(runs: Path, steps: int, width: int, num: int, seed: int) -> list[Base]:
    real = open_data("digits")
    digits = real.images
    widths = [f"nets.{net}.width={width}" for net in ("generator", "discriminator")]
    watch = ["ema=0.99", "watch.metric=none", "watch.keep=100"]
    gauge = Gauge("fd", extractor_for("classifier", real, (real.resolution, real.channels), "crop"), digits)
    negatives = 255 - digits
    of_sides = Gauge("fd", open_plain_extractor("random", negatives), negatives)
    sides = _sides(runs / "sides", digits, negatives)
    small = [
        "data.resolution=8",
        "batch=16",
        "nets.generator.blocks=2",
        "nets.discriminator.layers=1",
    ]
    return [
        Base("digits", "digits", "dcgan", steps, [*widths, *watch], lambda run: gauge(run.generate(num)), runs, seed),
        Base("long", "digits", "dcgan", 2 * steps, [*widths, *watch], lambda run: gauge(run.generate(num)), runs, seed),
        Base(
            "bfloat16", "digits", "dcgan", steps, [*widths, *watch], lambda run: gauge(run.generate(num)), runs, seed, "bf16"
        ),
        Base(
            "sides", str(sides), "cyclegan", steps // 2, [*widths, *watch, *small],
            lambda run: of_sides(_translated(run, digits[:num])), runs, seed,
        ),
    ]  # fmt: skip


def _sides(folder: Path, a: np.ndarray, b: np.ndarray) -> Path:
    """trainA and trainB, the digits and the negatives of other digits."""
    for side, images in (("A", a[::2]), ("B", b[1::2])):
        (folder / f"train{side}").mkdir(parents=True, exist_ok=True)
        for number, image in enumerate(images):
            Image.fromarray(image[:, :, 0]).save(folder / f"train{side}" / f"{number:04d}.png")
    return folder


def _translated(run: Run, images: np.ndarray) -> np.ndarray:
    ability = run.ability(Translates)
    return translated(ability, run.nets, next(iter(ability.ways)), images, run.device)


def judged(name: str, base: Base, warn_only: bool) -> Row:
    """What became of a fault."""
    fault, called = FAULTS[name], name.replace(" ", "-")
    begins = round(fault.begins * base.steps)
    healthy = base.curve[base.steps]
    alarms = _alarms(fault, base, called)
    curve, ended = Curve(base.out / f"{called}-curve", base.measure), False
    doubled = None

    def look(look: Look) -> None:
        nonlocal doubled
        if curve[look.step] >= 2 * base.curve[begins or look.step]:
            doubled = look.step
            raise _Enough

    try:
        fault.train(base, curve.path.name, [f"watch.every={base.every}"], guard="off", on_look=look)
    except _Enough:
        pass
    except Failure:
        ended = True
    distance = curve[curve.steps[-1]]
    first = min(alarms.values(), default=None)
    row: Row = {
        "fault": name,
        "injected": begins,
        "alarm": "none" if first is None else first,
        "of": ", ".join(alarm for alarm, at in alarms.items() if at == first),
        "doubled": ("it ends" if ended else "never") if doubled is None else doubled,
        "caught": _caught(first, doubled, distance / healthy),
        "distance": distance,
        "healthy": healthy,
    }
    return row if warn_only else row | _recovered(fault, base, called, healthy)


def _alarms(fault: Fault, base: Base, called: str) -> dict[str, int]:
    """The step of each alarm up to the first look behind one, by name, in their order."""
    found: dict[str, int] = {}

    def read(_: object = None) -> None:
        for line in (base.out / called / "log.jsonl").read_text().splitlines():
            record = json.loads(line)
            if "alarm" in record and record["step"] > fault.begins * base.steps:
                found.setdefault(record["alarm"], record["step"])
        if found:
            raise _Enough

    with suppress(Failure, _Enough):
        fault.train(base, called, guard="warn", on_look=read)
    with suppress(_Enough):
        read()
    return found


def _caught(alarm: int | None, doubled: int | None, times: float) -> str:
    if alarm is None:
        return "harmless" if doubled is None and times <= WELL else "missed"
    return "before" if doubled is None or alarm < doubled else "at" if alarm == doubled else "after"


def _recovered(fault: Fault, base: Base, called: str, healthy: float) -> Row:
    """What the same training comes to that goes back."""
    try:
        run = fault.train(base, f"{called}-recover", guard="recover")
        distance: Any = base.measure(run)
        well = "yes" if distance <= WELL * healthy else "no"
    except Failure:
        distance, well = "gave up", "no"
    done = actions(Record(base.out / f"{called}-recover"))
    return {
        "recovered": distance,
        "well again": well,
        "by": "; ".join(f"{action.alarm}: {action.remedy} from {action.back_to}" for action in done),
    }
