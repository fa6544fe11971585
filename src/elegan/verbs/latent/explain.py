"""A direction's changes in words: simple measures of pictures along it, and the class that a classifier sees."""

from collections import Counter
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from elegan.core.pixels import with_channels
from elegan.metrics.extractor import Extractor
from elegan.verbs.latent.space import Space

PICTURES = 32  # pictures that are moved along a direction
NOTABLE = 0.5  # of the deviation between pictures; a smaller change is not mentioned


class Change(NamedTuple):
    """The change of a measure from one end of a direction to the other: the mean `amount`, in the measure's own unit; the
    same in deviations of the measure between random pictures, `effect`; the share of pictures that change that way,
    `agree`.
    """

    name: str
    amount: float
    effect: float
    agree: float

    def __str__(self) -> str:
        return f"{self.name} {self.amount:+.0%} ({self.agree:.0%} of pictures)"


def measures(images: np.ndarray) -> dict[str, np.ndarray]:
    """Measures N of pictures, uint8 N x H x W x C, by name. Shares of the full range: brightness (mean luma), contrast (its deviation),
    saturation (largest less smallest colour, of RGB), detail (difference of neighbours). Shares of the side: the place
    (right, down) of the centre of mass of everything that differs from the border, and its extent around it (size).
    """
    x = images.astype(np.float32) / 255
    luma = np.stack([with_channels(picture[..., :3], 1)[..., 0] for picture in x])
    h, w = luma.shape[1:]
    border = np.concatenate([luma[:, [0, -1]].reshape(len(x), -1), luma[:, :, [0, -1]].reshape(len(x), -1)], 1)
    mass = np.abs(luma - np.median(border, 1)[:, None, None]) + 1e-6
    mass /= mass.sum((1, 2), keepdims=True)
    down, right = (np.arange(h) + 0.5) / h, (np.arange(w) + 0.5) / w
    y, x_ = (mass.sum(2) * down).sum(1), (mass.sum(1) * right).sum(1)
    square = (down[None, :, None] - y[:, None, None]) ** 2 + (right[None, None] - x_[:, None, None]) ** 2
    steps = np.abs(np.diff(luma, axis=1)).mean((1, 2)) + np.abs(np.diff(luma, axis=2)).mean((1, 2))
    by_name = {"brightness": luma.mean((1, 2)), "contrast": luma.std((1, 2)), "detail": steps,
               "to the right": x_, "downwards": y, "size": np.sqrt((mass * square).sum((1, 2)))}  # fmt: skip
    return by_name | ({"saturation": np.ptp(x[..., :3], 3).mean((1, 2))} if images.shape[3] > 1 else {})


def moved(space: Space, vector: Tensor, reach: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pictures of the first seeds, and those `reach` vectors behind and ahead of them, uint8 N x H x W x C each."""
    points, step = space.points(range(PICTURES)), reach * vector.to(space.device)
    return space.paint(points), space.paint(points - step), space.paint(points + step)


def changes(plain: np.ndarray, behind: np.ndarray, ahead: np.ndarray) -> list[Change]:
    """The changes of every measure, the strongest effect first."""
    usual, before, after = map(measures, (plain, behind, ahead))
    by_measure = []
    for name, spread in usual.items():
        difference = after[name] - before[name]
        amount = float(difference.mean())
        agree = float((np.sign(difference) == np.sign(amount)).mean())
        by_measure.append(Change(name, amount, amount / max(float(spread.std()), 1e-6), agree))
    return sorted(by_measure, key=lambda change: -abs(change.effect))


def explained(by_measure: list[Change]) -> str:
    """A line that names at most three notable changes, or says that there are none."""
    notable = [change for change in by_measure if abs(change.effect) >= NOTABLE][:3]
    if notable:
        return "changes " + ", ".join(map(str, notable))
    return f"changes none of {', '.join(sorted(change.name for change in by_measure))} by half of what pictures differ in it"


def classes_changed(extractor: Extractor, behind: np.ndarray, ahead: np.ndarray) -> str:
    """A line on the share of pictures that change class in the eyes of a classifier, and the most frequent change."""
    a, b = (torch.as_tensor(extractor.features(images)[1]).argmax(1).tolist() for images in (behind, ahead))
    ways = Counter((x, y) for x, y in zip(a, b, strict=True) if x != y)
    if not ways:
        return "the class never changes"
    (x, y), count = ways.most_common(1)[0]
    name = extractor.classes or list(map(str, range(max(x, y) + 1)))
    return f"the class in {ways.total() / len(a):.0%} of pictures, most often {name[x]} to {name[y]} ({count})"
