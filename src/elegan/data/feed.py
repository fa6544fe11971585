"""Training batches as a function of position: no iterator, no worker, nothing to save.

Image i of the endless stream is image i mod N of epoch i div N, each epoch in its own order from the seed.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch

from elegan.core import rng
from elegan.core.pixels import to_tensor
from elegan.core.sizes import Resolution, size_of
from elegan.data import transforms
from elegan.data.cache import Part
from elegan.data.damage.apply import MARGIN, Damaged
from elegan.data.photographs import Photographs
from elegan.data.sides import Sides
from elegan.recipes.recipe import Data


class Batch(NamedTuple):
    """Real images N x C x H x W in [-1, 1] and their labels N (int64), None without classes."""

    real: torch.Tensor
    label: torch.Tensor | None


class Feed:
    """`feed(position, rows)` gives those rows of the position-th batch, on the device and augmented.

    `images` is uint8 N x H x W x C (memory-mapped), `labels` int64 N or None.
    """

    def __init__(
        self,
        images: np.ndarray,
        labels: np.ndarray | None,
        batch: int,
        seed: int,
        device: torch.device | str = "cpu",
        varied: Data | None = None,
    ):
        self.images, self.labels = images, labels
        self.device, self.varied = torch.device(device), varied or Data()
        if labels is None or self.varied.balance == "none":
            self.order = Order(len(images), batch, seed, "epoch")
        else:
            self.order = Balanced(labels, self.varied.balance == "full", batch, seed, "epoch")

    def __call__(self, position: int, rows: range) -> Batch:
        indices = self.indices(position, rows)
        label = None if self.labels is None else torch.from_numpy(self.labels[indices]).to(self.device)
        return Batch(self.vary(to_tensor(self.images[indices], self.device)), label)

    def indices(self, position: int, rows: range) -> np.ndarray:
        """Places among the images of those rows of the position-th batch."""
        return self.order(position, rows)

    def vary(self, x: torch.Tensor) -> torch.Tensor:
        """The recipe's augmentation of the data; its draws belong to the move."""
        if self.varied.flip:
            x = transforms.flip(x)
        if self.varied.crop:
            x = transforms.shift(x, self.varied.crop)
        return transforms.rotate(x, self.varied.rotate) if self.varied.rotate else x


class Order:
    """`order(position, rows)` says which of `count` stand in those rows of the batch there; every epoch in an order of
    its own."""

    def __init__(self, count: int, batch: int, *seed: int | str):
        self.count, self.batch, self.seed = count, batch, seed
        self.epoch = lru_cache(maxsize=2)(self._epoch)

    def __call__(self, position: int, rows: range) -> np.ndarray:
        epochs, inside = np.divmod(np.arange(rows.start, rows.stop) + position * self.batch, self.count)
        return np.concatenate([self.epoch(int(e))[inside[epochs == e]] for e in np.unique(epochs)])

    def _epoch(self, epoch: int) -> np.ndarray:
        return torch.randperm(self.count, generator=rng.generator(*self.seed, epoch)).numpy()


class Balanced(Order):
    """The same with more of rare classes: an epoch holds every class as often as the largest (`full`), or as the geometric mean
    of both, so that shares are those of the roots. No picture of a class comes once more before all others have come as often.
    """

    def __init__(self, labels: np.ndarray, full: bool, batch: int, *seed: int | str):
        self.members = [np.flatnonzero(labels == label) for label in np.unique(labels)]
        counts = np.array(list(map(len, self.members)))
        most = counts.max()
        self.goals = np.full_like(counts, most) if full else np.rint(np.sqrt(counts * most)).astype(int)
        super().__init__(int(self.goals.sum()), batch, *seed)

    def _epoch(self, epoch: int) -> np.ndarray:
        places = []
        for number, (members, goal) in enumerate(zip(self.members, self.goals, strict=True)):
            times, rest = divmod(int(goal), len(members))
            chosen = torch.randperm(len(members), generator=rng.generator(*self.seed, epoch, "class", number))
            places += [np.tile(members, times), members[chosen[:rest].numpy()]]
        ordered: np.ndarray = np.concatenate(places)[super()._epoch(epoch)]
        return ordered


class Pair(NamedTuple):
    """Pictures of both sides, N x C x H x W in [-1, 1] each; of one scene where the data is paired."""

    A: torch.Tensor
    B: torch.Tensor


class SidesFeed:
    """`feed(position, rows)` gives random crops of both sides; of a pair the same crop, mirrored together.

    Unpaired sides run through epochs of their own.
    """

    def __init__(self, sides: Sides, batch: int, seed: int, device: torch.device | str = "cpu", flip: bool = True):
        self.sides, self.device, self.flip = sides, torch.device(device), flip
        self.size = size_of(sides.resolution)
        kinds = ("pair", "pair") if sides.paired else ("A", "B")
        self.orders = [
            Order(len(part), batch, seed, "epoch", kind) for part, kind in zip(sides.train, kinds, strict=True)
        ]

    def __call__(self, position: int, rows: range) -> Pair:
        draws = [rng.uniform(len(rows), 3).tolist()] * 2
        if not self.sides.paired:
            draws[1] = rng.uniform(len(rows), 3).tolist()
        indices = [order(position, rows) for order in self.orders]
        return Pair(*map(self._side, self.sides.train, indices, draws))

    def _side(self, part: Part, indices: np.ndarray, draws: list[list[float]]) -> torch.Tensor:
        crops = [self._crop(part[i], *draw) for i, draw in zip(indices, draws, strict=True)]
        return to_tensor(np.stack(crops), self.device)

    def _crop(self, picture: np.ndarray, down: float, right: float, mirror: float) -> np.ndarray:
        h, w = self.size
        top, left = int(down * (picture.shape[0] - h + 1)), int(right * (picture.shape[1] - w + 1))
        crop = picture[top : top + h, left : left + w]
        return crop[:, ::-1] if self.flip and mirror < 0.5 else crop


class PhotographFeed:
    """`feed(position, rows)` gives random square crops, damaged and whole, in one of their eight positions if `turn`."""

    def __init__(
        self,
        photographs: Photographs,
        spoil: Callable[[np.ndarray], Damaged],
        batch: int,
        seed: int,
        turn: bool = True,
    ):
        self.photographs, self.spoil, self.turn = photographs, spoil, turn
        self.order = Order(len(photographs.train), batch, seed, "epoch")

    def __call__(self, position: int, rows: range) -> Damaged:
        draws, indices = rng.uniform(len(rows), 3).tolist(), self.order(position, rows)
        crops = [self._crop(self.photographs.train[i], *draw) for i, draw in zip(indices, draws, strict=True)]
        return self.spoil(np.stack(crops))

    def _crop(self, picture: np.ndarray, down: float, right: float, turn: float) -> np.ndarray:
        size = self.photographs.resolution + 2 * MARGIN
        top, left = (int(u * (side - size + 1)) for u, side in zip((down, right), picture.shape, strict=False))
        crop, way = picture[top : top + size, left : left + size], int(8 * turn) if self.turn else 0
        return np.rot90(crop, way % 4)[:, :: -1 if way >= 4 else 1]


def middles(part: Part, resolution: Resolution) -> np.ndarray:
    """The middle of each picture in this size, uint8 N x H x W x C."""
    h, w = size_of(resolution)
    corners = [((p.shape[0] - h) // 2, (p.shape[1] - w) // 2) for p in part]
    crops = [p[top : top + h, left : left + w] for p, (top, left) in zip(part, corners, strict=True)]
    return np.stack(crops)
