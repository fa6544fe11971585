"""Signs of health: what networks make while they train, in numbers that the guard's rules read.

Each kind of task has a probe of its own, which gives its signs by group: "" for a generator, the direction of a translator.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import numpy as np
import torch
from torch import Tensor, nn

from elegan.core import rng
from elegan.core.pixels import to_tensor
from elegan.core.rng import latents
from elegan.data import Dataset
from elegan.data.feed import middles
from elegan.data.sides import Direction, Sides, Some
from elegan.games.abilities import Generates, Judges, Restores, Translates
from elegan.metrics.signals import (
    centres_of,
    diversity,
    energy_distance,
    lost_classes,
    lost_clusters,
    overfitting,
    separation,
    small,
)

FEW, MANY = 64, 256  # generated pictures of a probe, and of a thorough one
JUDGED = 32  # real, held-out and generated pictures that the discriminator scores, of each
HELD = 8  # held-out pictures that translators and restorers are probed with
BATCHES = 8  # of real pictures, which say what is usual
TOLD = 0.8  # of pictures, whose class the nearest other one must tell for classes to be counted
KINDS = 20  # clusters of the real pictures, at most
KNOWN = 2_500  # training pictures that generated ones are compared with, at most

Signs = dict[str, dict[str, float]]


class Probe(Protocol):
    """`probe(average, nets, thorough)`: the signs of the averaged networks, beside those that learn; more of them where it is
    to be thorough, which costs about as much as a sheet. `pictures`: how many a plain one makes."""

    pictures: int

    def __call__(self, average: nn.ModuleDict, nets: nn.ModuleDict, thorough: bool) -> Signs: ...


class GenerationProbe:
    """Signs of a generator, in units of what real pictures show among themselves.

    `distance`: the energy distance to the data over the data's own spread, and `noise`, its standard deviation between batches
    of real pictures; `repeated`, the share of the data that are its most frequent picture; `spread`, `closest`, `directions`
    and, by class, `within`: see `elegan.metrics.signals.Diversity`; `separation` by the discriminator, and its `overfitting`
    where `held_out` pictures are given. Thorough: `lost`, the clusters of the data that are hardly made; `gone`, its classes
    that are hardly made, where the nearest picture tells the class; and `copied`, the share of pictures that are nearer to one
    of the data than all but a hundredth of those are to another.
    """

    pictures = FEW

    def __init__(
        self, data: Dataset, held_out: Dataset | None, generates: Generates, judges: Judges | None, device: torch.device
    ):
        self.generates, self.judges, self.device = generates, judges, device
        self.z = latents(range(MANY), generates.latent).to(device)
        order = np.random.default_rng(rng.mix("guard")).permutation(len(data.images))
        self.label = self._labels(data, order[np.arange(MANY) % len(order)])
        self.real = self._batch(data, order[:JUDGED])
        self.held_out = None if held_out is None else self._batch(held_out, np.arange(min(JUDGED, held_out.count)))
        places = np.sort(order[:KNOWN])
        self.known = torch.cat(
            [small(to_tensor(data.images[part], device)) for part in np.array_split(places, len(places) // 500 + 1)]
        )
        self.classes = self._labels(data, places)
        self._calibrate(self.classes if generates.classes else None)

    def _labels(self, data: Dataset, places: np.ndarray) -> Tensor | None:
        return None if data.labels is None else torch.from_numpy(data.labels[places]).to(self.device)

    def _batch(self, data: Dataset, places: np.ndarray) -> tuple[Tensor, Tensor | None]:
        places = np.sort(places)
        return to_tensor(data.images[places], self.device), self._labels(data, places)

    def _calibrate(self, label: Tensor | None) -> None:
        """Takes from real batches what is usual among them."""
        stream = rng.generator("guard", "calibration")
        count = len(self.known)
        batches = [torch.randperm(count, generator=stream)[:FEW].to(self.device) for _ in range(BATCHES)]
        chosen = torch.randperm(count, generator=stream)[: 8 * FEW].to(self.device)
        self.reference = self.known[chosen]
        usual = [diversity(self.known[rows], None if label is None else label[rows]) for rows in batches]
        self.usual = {name: float(np.median([getattr(d, name) for d in usual])) for name in usual[0]._fields}
        self.usual["closest"] = max(self.usual["closest"], self.usual["spread"] / 20)  # where pictures stand twice
        self.among = float(torch.pdist(self.reference).mean())
        # With replacement: of no more pictures than a batch has, each would be the whole set.
        again = [torch.randint(count, (FEW,), generator=stream).to(self.device) for _ in range(BATCHES)]
        distances = [energy_distance(self.known[rows], self.reference, self.among) for rows in again]
        self.noise = float(np.std(distances)) / self.usual["spread"]
        distinct = len(torch.unique(self.reference, dim=0))
        self.centres = centres_of(self.reference, max(1, min(KINDS, len(self.reference) // 16, distinct)))
        apart = torch.cdist(self.reference, self.known)
        # A picture that stands twice is no neighbour of itself.
        others, nearest = apart.masked_fill(apart < 1e-4 * self.usual["spread"], math.inf).min(1)
        self.near = float(others.quantile(0.01))
        if self.classes is not None and float((self.classes[nearest] == self.classes[chosen]).double().mean()) < TOLD:
            self.classes = None
        self.repeated = float(torch.unique(self.known, dim=0, return_counts=True)[1].max()) / count

    @torch.no_grad()
    def __call__(self, average: nn.ModuleDict, nets: nn.ModuleDict, thorough: bool) -> Signs:
        fake, label = self._fakes(average, slice(FEW))
        rows, by_class = small(fake), label if self.generates.classes else None
        own = diversity(rows, by_class)
        signs = {name: getattr(own, name) / max(self.usual[name], 1e-12) for name in own._fields}
        if by_class is None:
            del signs["within"]
        distance = energy_distance(rows, self.reference, self.among)
        signs |= {"distance": distance / self.usual["spread"], "noise": self.noise, "repeated": self.repeated}
        if self.judges:
            signs |= self._judged(self.judges, nets, fake[:JUDGED], None if label is None else label[:JUDGED])
        if thorough:
            many = torch.cat([rows, small(self._fakes(average, slice(FEW, MANY))[0])])
            apart, nearest = torch.cdist(many, self.known).min(1)
            copied = float((apart < self.near).double().mean())
            signs |= {"lost": lost_clusters(self.reference, many, self.centres), "copied": copied}
            if self.classes is not None:
                signs["gone"] = lost_classes(self.classes, self.classes[nearest])
        return {"": signs}

    def _fakes(self, average: nn.ModuleDict, rows: slice) -> tuple[Tensor, Tensor | None]:
        label = None if self.label is None else self.label[rows]
        return self.generates.generate(average, self.z[rows], label), label

    def _judged(self, judges: Judges, nets: nn.ModuleDict, fake: Tensor, label: Tensor | None) -> dict[str, float]:
        with _evaluating(nets):
            real, generated = judges.judge(nets, *self.real), judges.judge(nets, fake, label)
            signs = {"separation": separation(real, generated)}
            if self.held_out:
                signs["overfitting"] = overfitting(real, judges.judge(nets, *self.held_out), generated)
        return signs


class TranslationProbe:
    """Signs of a translator, by direction: `change`, how far it moves a picture, over the distance of two pictures; `nearness`,
    the energy distance of what it makes to the target side over that of what it is given; `answer`, the spread of what it
    makes over that of the target side."""

    pictures = HELD

    def __init__(self, data: Sides, translates: Translates, device: torch.device):
        self.translates = translates
        self.given: dict[Direction, tuple[Tensor, Tensor, Tensor]] = {}  # pictures, their rows, the target side's
        for way in translates.ways:
            source, _ = way.of(data.held_out)
            _, target = way.of(data.train)
            x, y = (
                to_tensor(middles(Some(part, range(min(most, len(part)))), data.resolution), device)
                for part, most in ((source, HELD), (target, 4 * HELD))
            )
            self.given[way] = x, small(x), small(y)

    @torch.no_grad()
    def __call__(self, average: nn.ModuleDict, nets: nn.ModuleDict, thorough: bool) -> Signs:
        signs: Signs = {}
        for way, (x, given, target) in self.given.items():
            made = small(self.translates.ways[way](average, x))
            apart = max(energy_distance(given, target), 1e-6)
            signs[way] = {
                "change": float((made - given).norm(dim=1).mean() / torch.pdist(given).mean().clamp(min=1e-12)),
                "nearness": energy_distance(made, target) / apart,
                "answer": float(torch.pdist(made).mean() / torch.pdist(target).mean().clamp(min=1e-12)),
            }
        return signs


class RestorationProbe:
    """The sign of a restorer: `gain`, how many times as far (L1) the damaged picture, merely enlarged, is from the original as
    what is restored. Pictures N x C x H x W in [-1, 1]; `x` what the game takes."""

    pictures = HELD

    def __init__(self, restores: Restores, x: Tensor, enlarged: Tensor, original: Tensor):
        self.restores, self.x, self.original = restores, x, original
        self.plain = float((enlarged - original).abs().mean())

    @torch.no_grad()
    def __call__(self, average: nn.ModuleDict, nets: nn.ModuleDict, thorough: bool) -> Signs:
        left = (self.restores.restore(average, self.x).clamp(-1, 1) - self.original).abs().mean()
        return {"": {"gain": self.plain / max(float(left), 1e-12)}}


@contextmanager
def _evaluating(nets: nn.ModuleDict) -> Iterator[None]:
    """Within it no network keeps statistics of what it sees."""
    training = [module for module in nets.modules() if module.training]
    nets.eval()
    try:
        yield
    finally:
        for module in training:
            module.training = True
