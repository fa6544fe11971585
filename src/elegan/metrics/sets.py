"""The sets of images that a metric looks at, as an extractor and their labels describe them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from torch import Tensor


class Layout(NamedTuple):
    """The columns of rows of a table as features, side by side: a number in [0, 1] has width 1, one of K kinds width K with a
    single value above 0. `target`: the place of the column that is to be told from the others."""

    widths: tuple[int, ...]
    target: int

    def entries(self, values: "Tensor") -> "list[np.ndarray]":
        """Features N x F by column: float64 N or, of kinds, int64 N."""
        parts = values.double().split(self.widths, 1)
        return [(part[:, 0] if part.shape[1] == 1 else part.argmax(1)).numpy() for part in parts]


@dataclass(frozen=True)
class Features:
    """A set of images as it is known: features N x d, class probabilities N x K, labels (N integers), the pictures.

    `pictures` (uint8, N x H x W x C) are kept only for a metric that learns from them. `window` says that the features are
    windows of a series themselves: the (steps, columns) of each, in [0, 1]; `layout` that they are rows of a table. `lines`: the
    items of a text themselves; `nats`: of items held out and
    nowhere learnt, M x 2, -log p of each and its characters. All but the features may be None.
    """

    values: "Tensor"
    probabilities: "Tensor | None" = None
    labels: "Tensor | None" = None
    pictures: Any = None
    window: tuple[int, int] | None = None
    layout: Layout | None = None
    lines: "Sequence[str] | None" = None
    nats: "Tensor | None" = None

    def __len__(self) -> int:
        return len(self.values)

    @property
    def known_labels(self) -> "Tensor":
        """The labels of a set that has them, which metrics that need them are only given."""
        assert self.labels is not None
        return self.labels

    @property
    def known_lines(self) -> "Sequence[str]":
        """The lines of a set of them."""
        assert self.lines is not None
        return self.lines

    def take(self, rows: "Tensor", pictures: bool = False) -> "Features":
        """Some of the images, with their `pictures` where these are wanted and there."""
        probabilities, labels = (None if x is None else x[rows] for x in (self.probabilities, self.labels))
        kept = None if self.pictures is None or not pictures else self.pictures[rows.numpy()]
        lines = None if self.lines is None else [self.lines[row] for row in rows.tolist()]
        return Features(self.values[rows], probabilities, labels, kept, self.window, self.layout, lines)

    @property
    def windows(self) -> "Tensor":
        """The windows of a set of them, N x steps x columns in [0, 1]."""
        assert self.window is not None
        windows: Tensor = self.values.unflatten(1, self.window)
        return windows

    @property
    def entries(self) -> "list[np.ndarray]":
        """The columns of a set of rows: numbers in [0, 1], float64 N, or places among kinds, int64 N."""
        assert self.layout is not None
        return self.layout.entries(self.values)


@dataclass(frozen=True)
class Sets:
    """Real and generated images, real ones held out of training, and the names that the labels of all three index."""

    real: Features
    fake: Features
    held_out: Features | None = None
    classes: tuple[str, ...] = ()

    def has(self) -> set[str]:
        """The keys of `elegan.metrics.metric.NEEDS` that these sets fulfil."""
        known = {
            "probabilities": self.real.probabilities is not None and self.fake.probabilities is not None,
            "classes": self.real.labels is not None,
            "labels": self.fake.labels is not None,
            "held-out": self.held_out is not None,
            "table": self.real.layout is not None and self.fake.layout is not None,
            "windows": self.real.window is not None and self.fake.window is not None,
            "lines": self.real.lines is not None and self.fake.lines is not None,
            "likelihood": self.held_out is not None and self.held_out.nats is not None,
            "pictures": self.real.pictures is not None and self.fake.pictures is not None,
        }
        return {name for name, there in known.items() if there}
