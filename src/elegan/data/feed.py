"""Training batches as a function of position: no iterator, no worker, nothing to save.

Image i of the endless stream is image i mod N of epoch i div N, each epoch in its own order from the seed.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch

from elegan import chance
from elegan.data import augment
from elegan.recipe import Data


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
        self.images, self.labels, self.batch, self.seed = images, labels, batch, seed
        self.device, self.varied = torch.device(device), varied or Data()
        self.order = lru_cache(maxsize=2)(self._order)

    def __call__(self, position: int, rows: range) -> Batch:
        indices = self.indices(position, rows)
        label = None if self.labels is None else torch.from_numpy(self.labels[indices]).to(self.device)
        return Batch(self.vary(pictures(self.images[indices], self.device)), label)

    def indices(self, position: int, rows: range) -> np.ndarray:
        """Which images stand there."""
        stream = np.arange(rows.start, rows.stop) + position * self.batch
        epochs, places = np.divmod(stream, len(self.images))
        return np.concatenate([self.order(int(e))[places[epochs == e]] for e in np.unique(epochs)])

    def _order(self, epoch: int) -> np.ndarray:
        return torch.randperm(len(self.images), generator=chance.generator(self.seed, "epoch", epoch)).numpy()

    def vary(self, x: torch.Tensor) -> torch.Tensor:
        """The recipe's augmentation of the data; its draws belong to the move."""
        if self.varied.flip:
            x = augment.flip(x)
        if self.varied.crop:
            x = augment.shift(x, self.varied.crop)
        return augment.rotate(x, self.varied.rotate) if self.varied.rotate else x


def pictures(images: np.ndarray, device: torch.device | str = "cpu") -> torch.Tensor:
    """uint8 N x H x W x C to float32 N x C x H x W in [-1, 1], channels last."""
    x = torch.from_numpy(np.ascontiguousarray(images)).to(device, non_blocking=True)
    return x.permute(0, 3, 1, 2).float().div_(127.5).sub_(1)


def to_bytes(x: torch.Tensor) -> np.ndarray:
    """float N x C x H x W in [-1, 1] to uint8 N x H x W x C."""
    x = (x.float() * 127.5 + 127.5).round_().clamp_(0, 255)
    return x.to(torch.uint8).permute(0, 2, 3, 1).contiguous().cpu().numpy()
