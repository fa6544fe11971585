"""A metric as one object: its names, what it needs, how it is estimated, its floor and what to beware of."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from elegan.core.errors import UserError
from elegan.metrics.intervals import Estimate
from elegan.metrics.sets import Sets

if TYPE_CHECKING:
    from torch import Tensor

Better = Literal["lower", "higher", "neither"]
NEEDS = {
    "probabilities": "class probabilities, which {extractor!r} does not give; use classifier or inception",
    "classes": "real images with classes: a named set that has them, or a sub-folder a class",
    "labels": "generated images of known classes: a run of cgan or projection, or --generated with a sub-folder a class",
    "held-out": "real images held out of training: --split train of data with a test part, such as folders train/ and test/",
    "pairs": "for each picture the one that it should be: a run that restores, or one that translates pairs",
    "sounds": "for each sound the one that it should be: a run of vocoder, enhance or widen",
    "table": "rows of a table: a run that learnt one, as of ctgan",
    "windows": "windows of a series: a run that learnt one, as of rpgan-series",
    "lines": "lines of text: a run that learnt one, as of lm or textgan",
    "likelihood": "the likelihood of lines held out: a run that learnt a text of 100 lines or more",
    "pictures": "the pictures beside their features",
}


class Described:
    """The facts that every metric states of itself."""

    name: ClassVar[str]  # as asked for
    help: ClassVar[str]  # a sentence without its full stop
    aliases: ClassVar[tuple[str, ...]] = ()  # other names to ask for it by
    lower: ClassVar[tuple[str, ...]] = ()  # its lines, by their names before a colon, of which a lower value is better
    higher: ClassVar[tuple[str, ...]] = ()  # ... or a higher one
    neither: ClassVar[tuple[str, ...]] = ()  # ... or one in between
    needs: ClassVar[frozenset[str]] = frozenset()  # keys of NEEDS

    @property
    def lines(self) -> dict[str, Better]:
        """The better values, by line."""
        kinds: dict[Better, tuple[str, ...]] = {"lower": self.lower, "higher": self.higher, "neither": self.neither}
        return {line: kind for kind, lines in kinds.items() for line in lines}


class Metric(Described, ABC):
    """A metric of a set of generated images against real ones. Each has a file of its own in `elegan.metrics.catalogue`,
    or stands in anybody's package and is asked for as `package.module:Class`."""

    least: ClassVar[int] = 2  # images a set
    even: ClassVar[bool] = False  # compares class with class, so wants as many generated images of each
    published: ClassVar[tuple[str, str] | None] = (
        None  # a line, and what it is called on the original Inception weights alone
    )
    floorless: ClassVar[bool] = False  # real images get no number of their own
    reference: ClassVar[str] = ""  # what its floor is, where that is not real images against others

    @abstractmethod
    def estimate(self, sets: Sets, seed: int) -> list[Estimate]:
        """The numbers with their intervals; `seed` draws subsets. Raises UserError where there is nothing to measure."""

    def floor(self, sets: Sets, estimates: Sequence[Estimate], seed: int) -> list[Estimate]:
        """Numbers of a perfect generator: by default the metric between parts of the real set, none where it is too small."""
        parts = self.real_parts(sets, estimates, seed)
        return self.estimate(parts, seed) if parts else []

    def real_parts(self, sets: Sets, estimates: Sequence[Estimate], seed: int) -> Sets | None:
        """Random halves of the real set, or parts as large as what was measured if that is less, as real and generated
        images; None where they are smaller than `least`."""
        import torch

        n = min(len(sets.real) // 2, max(e.n_real for e in estimates))
        if n < self.least:
            return None
        order = torch.from_numpy(np.random.default_rng(seed).permutation(len(sets.real)))
        real, fake = (sets.real.take(rows, "pictures" in self.needs) for rows in (order[:n], order[n : 2 * n]))
        return replace(sets, real=real, fake=fake)

    def warnings(self, sets: Sets, estimates: Sequence[Estimate]) -> Iterable[str]:
        """Sentences that a reader of these numbers must know."""
        return ()

    def watched(self, real: "Tensor") -> "Callable[[Tensor], float]":
        """The quick distance of features N x d from the features `real`, for watching a training; lower is better.

        Raises UserError where the metric is not to be watched.
        """
        raise UserError(f"{self.name!r} cannot be watched during training")

    def watched_floor(self, real: "Tensor", count: int) -> float | None:
        """Estimates what `watched` gives for the features of `count` other real images from those of `real` alone, N x d; None
        where these are too few to say."""
        return None


class PairMetric(Described, ABC):
    """A metric of each picture against the one that it should be; its value is the mean over the pictures."""

    needs: ClassVar[frozenset[str]] = frozenset({"pairs"})

    @property
    def label(self) -> str:
        """The name of its only line."""
        return next(iter(self.lines))

    @abstractmethod
    def each(self, made: np.ndarray, wanted: np.ndarray) -> np.ndarray:
        """float64 N, the value of each of the pictures `made` (uint8 N x H x W x C) against that of `wanted`."""


class SoundMetric(Described, ABC):
    """A metric of each sound against the one that it should be; its value is the mean over the sounds."""

    needs: ClassVar[frozenset[str]] = frozenset({"sounds"})

    @property
    def label(self) -> str:
        """The name of its only line."""
        return next(iter(self.lines))

    @abstractmethod
    def each(self, made: "Tensor", wanted: "Tensor", rate: int) -> "Tensor":
        """The value of each of the sounds `made`, N x T in [-1, 1] of `rate` samples a second, against that of `wanted`, N."""
