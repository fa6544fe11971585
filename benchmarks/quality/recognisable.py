"""Minutes to a recognisable picture: each generating recipe as `elegan train digits --recipe NAME --epochs 200` fits it, stopped as soon as it shows digits.

    python -m benchmarks recognisable [RECIPE ...]

It shows digits when a judge names enough of its samples: at least half of the share that it names of real test pictures,
and at least eight of the ten digits, each in one of a hundred samples or more. A judge of the ten digits alone is sure of much that is no digit,
so this one knows an eleventh class, made of the training pictures: two unlike digits laid over one another, halves of two joined,
the mean of eight, and one whose quarters have changed places. It names a sample when it is at least 0.9 sure of one digit. Samples are those
of `elegan sample`, of classes in turn where the recipe knows them. Minutes are the processor's own, of one thread, without
the judging, which comes every 50 steps. "not in" stands before the minutes of a recipe that was not there at the end of its
training, or of `--minutes`; the other columns say how far it came. The last rows have the real test pictures, and what was made of these
to be no digits. `--sheets FOLDER` keeps what each showed last.
"""

import shutil
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.neural_network import MLPClassifier

import elegan
from benchmarks.arguments import Names
from benchmarks.estimates import percent
from benchmarks.results import Row, table
from elegan.core.screen import say
from elegan.data import Dataset, open_data
from elegan.recipes.show import listed
from elegan.run import Run
from elegan.training.look import Look

DATA, EVERY = "digits", 50
SURE, SHARE, DIGITS, OCCURS = 0.9, 0.5, 8, 0.01
MEAN = 8  # pictures of which one is the mean
QUICK = {"recipes": ["gan", "dcgan"], "minutes": 0.02, "num": 100}


def benchmark(
    recipes: Names = None, minutes: float = 1.5, epochs: int = 200, num: int = 500, sheets: str = ""
) -> list[Row]:
    train, test = (open_data(DATA, split=split) for split in ("train", "test"))
    judge = Judge(train, test)
    rows: list[Row] = []
    for recipe in recipes or [known["name"] for known in listed() if known["task"] == "generate"]:
        with tempfile.TemporaryDirectory() as folder:
            rows.append(Watched(recipe, judge, minutes, num).train(Path(folder), epochs))
            if sheets:
                Path(sheets).mkdir(parents=True, exist_ok=True)
                shutil.copy(Path(folder) / recipe / "samples.png", Path(sheets) / f"{recipe}.png")
        say(table(rows[-1:]).splitlines()[-1].strip("| "), to=sys.stderr)
    no_digits = judge.of(spoilt(test, np.random.default_rng(1)))
    return [*rows, {"recipe": "(real test pictures)"} | judge.real.row(), {"recipe": "(no digits)"} | no_digits.row()]


@dataclass(frozen=True)
class Judgement:
    """Of `num` pictures so many are `named`, and so many digits occur among them."""

    named: int
    digits: int
    num: int

    def row(self) -> Row:
        return {"N": self.num, "named, %": percent(self.named, self.num), "digits": self.digits}


class Judge:
    """A classifier of digits that also knows what is none; `real` is what it sees in the test pictures."""

    def __init__(self, train: Dataset, test: Dataset):
        none = spoilt(train, np.random.default_rng(0))
        pictures = np.concatenate([train.images, none])
        labels = np.concatenate([train.labels, np.full(len(none), len(train.classes))])
        self.classifier = MLPClassifier(256, max_iter=500, random_state=0).fit(_rows(pictures), labels)
        self.real = self.of(test.images)

    def of(self, images: np.ndarray) -> Judgement:
        sure = self.classifier.predict_proba(_rows(images))[:, :-1]
        named = sure.max(1) >= SURE
        counts = np.bincount(sure.argmax(1)[named], minlength=sure.shape[1])
        return Judgement(int(named.sum()), int((counts >= OCCURS * len(images)).sum()), len(images))

    def recognises(self, seen: Judgement) -> bool:
        share = self.real.named / self.real.num
        return seen.named >= SHARE * share * seen.num and seen.digits >= DIGITS


def _rows(images: np.ndarray) -> np.ndarray:
    return images.reshape(len(images), -1) / 255


def spoilt(data: Dataset, rng: np.random.Generator) -> np.ndarray:
    """What is no digit, of each picture in its turn made in one of four ways: uint8 like the pictures."""
    images, labels = data.images.astype(float), data.labels
    assert labels is not None
    others = [rng.choice(np.flatnonzero(labels != own)) for own in labels]
    made = []
    for number, (one, other) in enumerate(zip(images, images[others], strict=True)):
        way, turned = WAYS[number % len(WAYS)], bool(rng.integers(2))
        made.append(_turned(way(_turned(one, turned), _turned(other, turned), images, rng), turned))
    return np.stack(made).round().astype(np.uint8)


def _turned(picture: np.ndarray, turned: bool) -> np.ndarray:
    return picture.swapaxes(0, 1) if turned else picture


def _over(one: np.ndarray, other: np.ndarray, images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return np.maximum(one, other)


def _joined(one: np.ndarray, other: np.ndarray, images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return np.concatenate([one[: len(one) // 2], other[len(one) // 2 :]])


def _mean(one: np.ndarray, other: np.ndarray, images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return images[rng.integers(len(images), size=MEAN)].mean(0)


def _moved(one: np.ndarray, other: np.ndarray, images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    half = len(one) // 2
    return np.roll(one, (half, half if rng.integers(2) else 0), (0, 1))


WAYS = (_over, _joined, _mean, _moved)


class _Enough(Exception):
    """Ends a training from within: it shows digits, or its time is up."""


class Watched:
    """A training that is judged as it goes on."""

    def __init__(self, recipe: str, judge: Judge, minutes: float, num: int):
        self.recipe, self.judge, self.minutes, self.num = recipe, judge, minutes, num
        self.judging, self.began = 0.0, 0.0
        self.seen = Judgement(0, 0, num)

    def train(self, folder: Path, epochs: int) -> Row:
        """Trains in this folder, up to the end that comes first."""
        settings = [f"watch.every={EVERY}", "watch.metric=none", f"watch.log={EVERY}"]
        options = {"settings": settings, "out": folder, "name": self.recipe, "quiet": True, "epochs": epochs}
        self.began = time.process_time()
        with suppress(_Enough):
            elegan.train(DATA, self.recipe, device="cpu", on_look=self.look, **options)
        steps = Run.open(folder / self.recipe).step
        minutes = self.spent if self.judge.recognises(self.seen) else f"not in {self.spent:.2f}"
        return {"recipe": self.recipe, "minutes": minutes, "steps": steps} | self.seen.row()

    @property
    def spent(self) -> float:
        """Minutes of processor time, without the judging."""
        return (time.process_time() - self.began - self.judging) / 60

    def look(self, look: Look) -> None:
        before, spent = time.process_time(), self.spent
        run = Run.open(look.sheet.parents[1])
        self.seen = self.judge.of(np.concatenate(list(run.stream(range(self.num)))))
        self.judging += time.process_time() - before
        if self.judge.recognises(self.seen) or spent > self.minutes:
            raise _Enough
