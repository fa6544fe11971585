"""Minutes to a recognisable picture: each generating recipe as `elegan train digits --recipe NAME` fits it, stopped as soon as it shows digits.

    python -m benchmarks recognisable [RECIPE ...]

It shows digits when a classifier of the data is surer than 0.9 of at least half of the samples, no digit is rarer among them than
4 %, and, as classifiers are sure of much that is no digit, at least a third of them lie among the training pictures (precision of
Kynkäänniemi et al. 2019, in the classifier's features). Samples are those of `elegan sample`, of classes in turn where the
recipe knows them. Minutes are the processor's own, of one thread, without the judging, which comes every 50 steps. "not in"
stands before the minutes of a recipe that was not there at the end of its training, or of `--minutes`; the other columns say how
far it came. The last row has the real test pictures, judged alike. `--sheets FOLDER`
keeps what each showed last.
"""

import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from torch import Tensor

import elegan
from benchmarks.arguments import Names
from benchmarks.estimates import percent
from benchmarks.results import Row, table
from elegan.core.screen import say
from elegan.data import open_data
from elegan.metrics.evaluate import extractor_for
from elegan.metrics.extractor import Extractor
from elegan.metrics.precision_recall import prdc
from elegan.recipes.show import listed
from elegan.run import Run
from elegan.training.look import Look

DATA, EVERY = "digits", 50
SURE, HALF, RAREST, THIRD = 0.9, 0.5, 0.04, 1 / 3
QUICK = {"recipes": ["gan", "dcgan"], "minutes": 0.02, "num": 100}


def benchmark(recipes: Names = None, minutes: float = 1.5, num: int = 500, sheets: str = "") -> list[Row]:
    real, held_out = (open_data(DATA, split=split) for split in ("train", "test"))
    classifier = extractor_for("classifier", real, (real.resolution, real.channels), "crop")
    assert held_out.labels is not None
    features, _ = classifier.features(real.images)
    judge = partial(judged, classifier, features)
    rows: list[Row] = []
    for recipe in recipes or [known["name"] for known in listed() if known["task"] == "generate"]:
        with tempfile.TemporaryDirectory() as folder:
            rows.append(Watched(recipe, judge, minutes, num).train(Path(folder)))
            if sheets:
                Path(sheets).mkdir(parents=True, exist_ok=True)
                shutil.copy(Path(folder) / recipe / "samples.png", Path(sheets) / f"{recipe}.png")
        say(table(rows[-1:]).splitlines()[-1], to=sys.stderr)
    return [*rows, {"recipe": "(real test pictures)"} | judge(held_out.images).row()]


@dataclass(frozen=True)
class Judgement:
    """What the classifier sees in pictures: the shares it is sure of and of the rarest class, and of how many pictures."""

    sure: int
    rarest: int
    precision: float
    num: int

    @property
    def good(self) -> bool:
        return self.sure >= HALF * self.num and self.rarest >= RAREST * self.num and self.precision >= THIRD

    def row(self) -> Row:
        return {
            "N": self.num,
            "surer than 0.9, %": percent(self.sure, self.num),
            "rarest digit, %": percent(self.rarest, self.num),
            "among real, %": 100 * self.precision,
        }


def judged(classifier: Extractor, real: Tensor, images: np.ndarray) -> Judgement:
    features, probabilities = classifier.features(images)
    assert probabilities is not None
    confidence, shown = probabilities.max(1)
    counts = np.bincount(shown.numpy(), minlength=len(classifier.classes))
    return Judgement(int((confidence > SURE).sum()), int(counts.min()), prdc(real, features)["precision"], len(images))


class _Enough(Exception):
    """Ends a training from within: it shows digits, or its time is up."""


class Watched:
    """A training that is judged as it goes on."""

    def __init__(self, recipe: str, judged: Callable[[np.ndarray], Judgement], minutes: float, num: int):
        self.recipe, self.judged, self.minutes, self.num = recipe, judged, minutes, num
        self.judging, self.began = 0.0, 0.0
        self.judgement = Judgement(0, 0, 0.0, num)

    def train(self, folder: Path) -> Row:
        """Trains in this folder, up to the end that comes first."""
        settings = [f"watch.every={EVERY}", "watch.metric=none", f"watch.log={EVERY}"]
        options = {"settings": settings, "out": folder, "name": self.recipe, "quiet": True}
        self.began = time.process_time()
        with suppress(_Enough):
            elegan.train(DATA, self.recipe, device="cpu", on_look=self.judge, **options)
        good, steps = self.judgement.good, Run.open(folder / self.recipe).step
        return {
            "recipe": self.recipe,
            "minutes": self.spent if good else f"not in {self.spent:.2f}",
            "steps": steps,
        } | self.judgement.row()

    @property
    def spent(self) -> float:
        """Minutes of processor time, without the judging."""
        return (time.process_time() - self.began - self.judging) / 60

    def judge(self, look: Look) -> None:
        before, spent = time.process_time(), self.spent
        run = Run.open(look.sheet.parents[1])
        self.judgement = self.judged(np.concatenate(list(run.stream(range(self.num)))))
        self.judging += time.process_time() - before
        if self.judgement.good or spent > self.minutes:
            raise _Enough
