"""Whether generated images help a classifier on real ones: trained with and without them, over several seeds."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from elegan.core.progress import work
from elegan.metrics.classifier import confusion, shifts, train_classifier
from elegan.metrics.seeds import Difference, difference, mean_interval

REAL, REPEATED, USUAL, GENERATED, BOTH = (
    "real, as they are",
    "rare ones repeated",
    "repeated, usual augmentation",
    "generated in their place",
    "generated, usual augmentation",
)
AGAINST = {GENERATED: REPEATED, BOTH: USUAL}  # the same but for the generated images

Labelled = tuple[np.ndarray, np.ndarray]  # uint8 N x H x W x C, int64 N


@dataclass(frozen=True)
class Usefulness:
    """What a classifier gets on held-out real images, by what it was trained on: per seed the mean over classes of the share that
    is right (`right`), and the same over the classes alone that were filled up (`rare`)."""

    right: dict[str, list[float]]
    rare: dict[str, list[float]]

    def gain(self, what: str, rare: bool = False) -> Difference:
        """What generated images change against the same training without them, paired over seeds."""
        values = self.rare if rare else self.right
        a, b = (dict(enumerate(values[name])) for name in (what, AGAINST[what]))
        return difference(a, b)

    def verdict(self) -> str:
        """Whether they help whoever augments as usual anyway, in a word; never where a training without any does better."""
        gain = self.gain(BOTH)
        best = max(np.mean(self.right[name]) for name in (REAL, REPEATED, USUAL))
        helps = gain.low > 0 and np.mean(self.right[BOTH]) > best
        return "help" if helps else "harm" if gain.high < 0 else "show no effect"

    def as_dict(self) -> dict[str, Any]:
        gains = {}
        for name in AGAINST:
            found = self.gain(name), self.gain(name, rare=True)
            gains[name] = {
                key: {"mean": gain.mean, "low": gain.low, "high": gain.high, "p": gain.p}
                for key, gain in zip(("right", "rare"), found, strict=True)
            }
        return {"right": self.right, "rare": self.rare, "against": AGAINST, "gain": gains, "verdict": self.verdict()}

    def rows(self) -> list[tuple[str, str, str]]:
        """For people, in per cent: (trained on, over all classes, over those that were filled up)."""
        return [(name, _percent(mean_interval(values)), _percent(mean_interval(self.rare[name]))) for name, values in self.right.items()]  # fmt: skip


def usefulness(
    real: Labelled,
    held_out: Labelled,
    filling: Callable[[int], Labelled],
    per_class: int,
    *,
    seeds: int = 5,
    seen: int = 60_000,
    mirror: bool = False,
    device: str = "cpu",
) -> Usefulness:
    """Trains elegan's small classifier five ways for each seed, on `seen` images with repeats each time.

    `filling(seed)` gives the generated images that fill every class up to `per_class`, other ones for each seed. In their place,
    `repeated` sets have the real images of those classes again, so that all classes are seen as often in both: else what balance
    alone gains would pass for the images' gain. The usual augmentation: shifts, brightness and contrast, and mirroring
    where `mirror` says that left and right do not matter.
    """
    images, labels = real
    classes = int(max(labels.max(), held_out[1].max())) + 1
    counts = np.bincount(labels, minlength=classes)
    rare = np.flatnonzero((counts < per_class) & (np.bincount(held_out[1], minlength=classes) > 0))
    usual = _usual(mirror)
    result = Usefulness({}, {})
    with work("training classifiers", 5 * seeds) as task:
        for seed in range(seeds):
            rows = repeated(labels, per_class, seed)
            fake = filling(seed)
            filled = np.concatenate([images, fake[0]]), np.concatenate([labels, fake[1]])
            for name, (x, y), change in (
                (REAL, real, None),
                (REPEATED, (images[rows], labels[rows]), None),
                (USUAL, (images[rows], labels[rows]), usual),
                (GENERATED, filled, None),
                (BOTH, filled, usual),
            ):
                net = train_classifier(x, y, classes, seen, seed, device, change=change)
                table = confusion(net, *held_out, classes, device)
                there = table.sum(1) > 0
                share = table.diagonal() / np.maximum(table.sum(1), 1)
                result.right.setdefault(name, []).append(float(share[there].mean()))
                result.rare.setdefault(name, []).append(float(share[rare].mean()) if len(rare) else float("nan"))
                task.advance()
    return result


def repeated(labels: np.ndarray, per_class: int, seed: int) -> np.ndarray:
    """Places of the images, those of classes with fewer than `per_class` again and again until there are as many."""
    stream = np.random.default_rng(seed)
    rows = [np.arange(len(labels))]
    for label, count in enumerate(np.bincount(labels)):
        if 0 < count < per_class:
            own = np.flatnonzero(labels == label)
            rows.append(np.resize(stream.permutation(own), per_class - count))
    return np.concatenate(rows)


def _usual(mirror: bool) -> Callable[[Tensor, torch.Generator], Tensor]:
    def change(x: Tensor, rng: torch.Generator) -> Tensor:
        x = shifts(x, rng)
        gain, offset, side = torch.rand(3, len(x), 1, 1, 1, generator=rng).unbind(0)
        x = (x * (0.8 + 0.4 * gain) + 0.4 * (offset - 0.5)).clamp(-1, 1)
        return torch.where(side < 0.5, x.flip(3), x) if mirror else x

    return change


def _percent(values: tuple[float, float, float]) -> str:
    mean, low, high = (100 * value for value in values)
    return f"{mean:.1f} ({low:.1f} to {high:.1f})"
