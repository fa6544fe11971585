"""Signs of health of each kind of task: what its networks make, in numbers that the guard's rules read.

Each gives its signs by group: "" for a generator, a direction of a translator.
"""

from collections.abc import Callable
from typing import Protocol

import numpy as np
import torch
from sklearn.cluster import KMeans
from torch import Tensor, nn

from elegan.core import rng
from elegan.core.pixels import to_tensor
from elegan.core.rng import latents
from elegan.metrics.signals import diversity, energy_distance, lost_clusters, overfitting, separation, small

ONE_BATCH, MANY = 64, 512  # generated pictures of a probe, and of a thorough one
CALIBRATIONS = 8  # batches of real pictures that say what is usual
KINDS = 20  # clusters of the real pictures, at most
COPIES_AMONG = 20_000  # training pictures that generated ones are compared with, at most

Signs = dict[str, dict[str, float]]


class Probe(Protocol):
    """`probe(average, nets, thorough)`: the signs of the averaged networks, beside those that learn; more of them where it is
    to be thorough, which costs as much as a sheet."""

    def __call__(self, average: nn.ModuleDict, nets: nn.ModuleDict, thorough: bool) -> Signs: ...


class GeneratorProbe:
    """Signs of a generator, in units of what real pictures show among themselves.

    `distance`: the energy distance to the data over the data's own spread, with `noise`, its standard deviation between
    batches of real pictures; `spread`, `closest`, `directions`, `within`: see `elegan.metrics.signals.Diversity`, of real
    pictures' own; `separation` and `overfitting` of the discriminator, where one judges single pictures. Thorough:
    `lost`, the clusters of the data that are hardly made any more, and `copied`, the share of pictures nearer to a training
    picture than one in a hundred of those is to another.

    `generate(nets, z, label)` and `judge(nets, x, label)` are the game's; `held_out` uint8 N x H x W x C that was not trained
    on, if there is any.
    """

    def __init__(
        self,
        images: np.ndarray,
        labels: np.ndarray | None,
        latent: int,
        generate: Callable[[nn.ModuleDict, Tensor, Tensor | None], Tensor],
        judge: Callable[[nn.ModuleDict, Tensor, Tensor | None], Tensor] | None,
        held_out: tuple[np.ndarray, np.ndarray | None] | None,
        device: torch.device,
    ):
        self.generate, self.judge, self.device = generate, judge, device
        self.z = latents(range(MANY), latent).to(device)
        order = np.random.default_rng(rng.mix("guard")).permutation(len(images))
        self.label = (
            None if labels is None else torch.from_numpy(labels[order[np.arange(MANY) % len(order)]]).to(device)
        )
        self.real = self._batch(images, labels, order[:ONE_BATCH])
        self.held_out = held_out and self._batch(*held_out, np.arange(min(ONE_BATCH, len(held_out[0]))))
        self.known = small(to_tensor(np.array(images[np.sort(order[:COPIES_AMONG])]), device))
        self.reference = self.known[: 8 * ONE_BATCH]
        self._calibrate(labels, order)

    def _batch(self, images: np.ndarray, labels: np.ndarray | None, rows: np.ndarray) -> tuple[Tensor, Tensor | None]:
        rows = np.sort(rows)
        label = None if labels is None else torch.from_numpy(labels[rows]).to(self.device)
        return to_tensor(np.array(images[rows]), self.device), label

    def _calibrate(self, labels: np.ndarray | None, order: np.ndarray) -> None:
        """What real batches show among themselves."""
        places = np.sort(order[:COPIES_AMONG])
        stream = np.random.default_rng(rng.mix("guard", "calibration"))
        rows = [stream.choice(len(self.known), min(ONE_BATCH, len(self.known)), False) for _ in range(CALIBRATIONS)]
        own = [None if labels is None else torch.from_numpy(labels[places[r]]).to(self.device) for r in rows]
        usual = [diversity(self.known[r], label) for r, label in zip(rows, own, strict=True)]
        self.usual = {name: float(np.median([getattr(d, name) for d in usual])) for name in usual[0]._fields}
        self.usual["closest"] = max(self.usual["closest"], self.usual["spread"] / 20)  # where pictures stand twice
        distances = [energy_distance(self.known[r], self.reference) for r in rows]
        self.noise = float(np.std(distances)) / self.usual["spread"]
        kinds = min(KINDS, len(self.reference) // 8)
        clusters = KMeans(kinds, n_init=1, random_state=0).fit(self.reference.cpu().numpy())
        self.centres = torch.from_numpy(clusters.cluster_centers_).to(self.known)
        nearest = torch.cdist(self.reference, self.known).kthvalue(min(2, len(self.known)), 1).values
        self.near = float(nearest.quantile(0.01))

    @torch.no_grad()
    def __call__(self, average: nn.ModuleDict, nets: nn.ModuleDict, thorough: bool) -> Signs:
        fake, label = self._fakes(average, ONE_BATCH)
        rows = small(fake)
        own = diversity(rows, label)
        signs = {
            name: getattr(own, name) / self.usual[name] for name in own._fields if name != "within" or label is not None
        }
        signs |= {"distance": energy_distance(rows, self.reference) / self.usual["spread"], "noise": self.noise}
        if self.judge:
            signs |= self._judged(nets, fake, label)
        if thorough:
            many = torch.cat([small(self._fakes(average, ONE_BATCH, start)[0]) for start in range(0, MANY, ONE_BATCH)])
            copied = (torch.cdist(many, self.known).min(1).values < self.near).double().mean()
            signs |= {"lost": lost_clusters(self.reference, many, self.centres), "copied": float(copied)}
        return {"": signs}

    def _fakes(self, average: nn.ModuleDict, count: int, start: int = 0) -> tuple[Tensor, Tensor | None]:
        label = None if self.label is None else self.label[start : start + count]
        return self.generate(average, self.z[start : start + count], label), label

    def _judged(self, nets: nn.ModuleDict, fake: Tensor, label: Tensor | None) -> dict[str, float]:
        """The discriminator as it is, in evaluation mode so that nothing of it moves."""
        assert self.judge
        training = {module: module.training for module in nets.modules()}
        nets.eval()
        scores = [
            self.judge(nets, x, own)
            for x, own in (self.real, (fake, label), *([self.held_out] if self.held_out else []))
        ]
        for module, mode in training.items():
            module.training = mode
        signs = {"separation": separation(scores[0], scores[1])}
        return signs | ({"overfitting": overfitting(scores[0], scores[2], scores[1])} if self.held_out else {})
