"""Search for the training images nearest to queries, which may be negatives and placed as in `geometry`: coarse, then aligned.

The poses are applied to the query, so each training image is described once. A filter composed with a pose is a linear
map of the query's thumbnail, so all poses of a query come from one matrix product.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from elegan.metrics.copies import descriptors
from elegan.metrics.copies.approximate import Index, index_of
from elegan.metrics.copies.geometry import Placements, coarse_placements
from elegan.metrics.features import tiles

COARSE = 32  # components in the coarse search: few enough to tolerate a pixel of misplacement
CANDIDATES = 64  # training images that go on to alignment
LOOKS = 4  # best pairs of training image and pose that go on to the pixels
TRAINING = 1024  # rows of a tile of the coarse search; with 128 queries it stays in the processor's cache
ALIGNED = 64  # queries aligned at a time


@dataclass(frozen=True)
class Matches:
    """The matches of Q queries: `candidates`, Q x K training indices, nearest in their best pose first; `looks` and
    `poses`, the Q x LOOKS best pairs of training image and pose, the last of which is the best image unmoved: a change
    of colours may turn a descriptor as much as a small movement does. Poses from V on are the V placements mirrored.
    """

    candidates: Tensor
    looks: Tensor
    poses: Tensor


class Search:
    """Training images, as descriptors of unit length, ready to be searched."""

    def __init__(self, features: Tensor, bank: Tensor, placements: Placements, side: int):
        self.features = features
        self.coarse = F.normalize(features[:, :COARSE], dim=1)
        self.index = index_of(self.coarse)
        self.count = len(placements)
        self.poses = _maps(bank, placements, side, len(bank))
        self.coarse_poses = _maps(bank, coarse_placements(), side, COARSE)

    def matches(self, thumbs: Tensor, without: Tensor | None = None) -> Matches:
        """The matches of thumbnails, Q x side x side. `without`: per query a training index to leave out."""
        candidates = self._candidates(thumbs, without, self.index)
        parts = [self._align(thumbs[q], candidates[q]) for q in tiles(len(thumbs), ALIGNED)]
        return Matches(*(torch.cat(part) for part in zip(*parts, strict=True)))

    def recall(self, thumbs: Tensor, without: Tensor | None = None) -> float:
        """Share of thumbnails whose first training image by exact search is among the candidates."""
        first = self._candidates(thumbs, without, None)[:, :1]
        return float((self._candidates(thumbs, without, self.index) == first).any(1).double().mean())

    def _candidates(self, thumbs: Tensor, without: Tensor | None, index: Index | None) -> Tensor:
        """Training indices by their largest cosine over the coarse poses, Q x at most CANDIDATES, nearest first."""
        poses = descriptors.describe(thumbs, self.coarse_poses, self.coarse.shape[1]).transpose(0, 1).contiguous()
        kept = min(CANDIDATES, len(self.coarse) - (without is not None))
        return self._exact(poses, without, kept) if index is None else _indexed(index, poses, without, kept)

    def _exact(self, poses: Tensor, without: Tensor | None, kept: int) -> Tensor:
        best = torch.empty(poses.shape[1], len(self.coarse))
        for rows in tiles(len(self.coarse), TRAINING):
            training = self.coarse[rows].T
            highest = (poses[0] @ training).abs_()
            cosine = torch.empty_like(highest)
            for pose in poses[1:]:
                torch.maximum(highest, torch.mm(pose, training, out=cosine).abs_(), out=highest)
            best[:, rows] = highest
        if without is not None:
            best[torch.arange(len(best)), without] = -2.0
        return best.topk(kept, 1).indices

    def _align(self, thumbs: Tensor, candidates: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        poses = descriptors.describe(thumbs, self.poses, self.features.shape[1])
        cosine = (self.features[candidates] @ poses.transpose(1, 2)).abs_()  # Q x K x V
        order = cosine.amax(2).argsort(1, descending=True)
        best = cosine.flatten(1).topk(LOOKS - 1, 1).indices
        image, pose = best // cosine.shape[2], best % cosine.shape[2]
        looks = torch.cat([candidates.gather(1, image), candidates.gather(1, image[:, :1])], 1)
        unmoved = pose[:, :1] // self.count * self.count
        return candidates.gather(1, order), looks, torch.cat([pose, unmoved], 1)


def _indexed(index: Index, poses: Tensor, without: Tensor | None, kept: int) -> Tensor:
    """The result of `_exact`, from the nearest of each pose by `index`."""
    both = torch.cat([poses, -poses]).transpose(0, 1)
    cosine, near = (x.view(len(both), -1) for x in index.search(both.flatten(0, 1), kept + 1))
    if without is not None:
        cosine = cosine.masked_fill(near == without[:, None], -2.0)
    near = near.gather(1, cosine.argsort(dim=1, descending=True, stable=True))
    ordered, place = near.sort(dim=1, stable=True)
    again = F.pad(ordered[:, 1:] == ordered[:, :-1], (1, 0))  # images that an earlier pose found already
    again = torch.empty_like(again).scatter_(1, place, again)
    return near.gather(1, again.int().argsort(dim=1, stable=True)[:, :kept])


def _maps(bank: Tensor, placements: Placements, side: int, width: int) -> Tensor:
    """Maps that describe a thumbnail's middle as it was before it was placed; then the same mirrored."""
    placed = descriptors.placed(bank, placements, side)[:, :width]
    return descriptors.as_maps(torch.cat([placed, placed.flip(3)]))
