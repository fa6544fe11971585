"""Scores of queries by the training image that explains each best: the search and the last look together."""

from dataclasses import dataclass

import torch
from torch import Tensor

from elegan.core.errors import UserError
from elegan.core.progress import counted
from elegan.metrics.copies import descriptors, geometry
from elegan.metrics.copies.approximate import exact
from elegan.metrics.copies.duplicates import duplicate_groups
from elegan.metrics.copies.parallel import in_parallel
from elegan.metrics.copies.residual import Poses
from elegan.metrics.copies.search import Search
from elegan.metrics.copies.thumbs import THUMB, thumbnails
from elegan.metrics.features import tiles

LEAST = 20  # training images
SHOWN = 10  # neighbours kept
BATCH, PAIRS = 128, 256
RECALL = 200  # images whose first neighbour by exact search the index should find


@dataclass(frozen=True)
class Scores:
    """The scores of Q images: `residual` (Q; small means copied, see `Poses.residual`), `neighbours` (Q x SHOWN training
    indices, first the source that the residual belongs to) and `features` (Q x d), the images' descriptors.
    """

    residual: Tensor
    neighbours: Tensor
    features: Tensor


class Judge:
    """Training images (uint8, N x H x W x C) without duplicates, ready to be compared with others.

    Raises UserError for fewer than LEAST different ones.
    """

    def __init__(self, pictures: Tensor, seed: int):
        self.pictures = pictures
        side = geometry.working_side(*pictures.shape[1:3])
        self.thumb = min(THUMB, side)
        placements = geometry.placements(side)
        self.poses = Poses(placements, side)
        self.bank = descriptors.filters(pictures, self.thumb, seed)
        plain, mirrored = (descriptors.describe_all(pictures, self.bank, self.thumb, flip) for flip in (False, True))
        self.duplicates = duplicate_groups(pictures, plain, mirrored, self.poses)
        repeated = {index for group in self.duplicates for index in group[1:]}
        self.kept = torch.tensor([index for index in range(len(pictures)) if index not in repeated])
        if len(self.kept) < LEAST:
            raise UserError(f"too few different training images: {len(self.kept)}; at least {LEAST} are needed")
        self.search = Search(plain[self.kept], self.bank, placements, self.thumb)

    def how(self) -> str:
        """A line on how the training images are searched and how many an index finds."""
        if self.search.index is None:
            return exact(len(self.kept))
        sample = torch.linspace(0, len(self.kept) - 1, RECALL).long()
        recall = self.search.recall(thumbnails(self.pictures[self.kept[sample]], self.thumb), sample)
        return f"faiss, which found the nearest training image of {recall:.1%} of {RECALL} images"

    def scores(self, pictures: Tensor, without: Tensor | None = None) -> Scores:
        """Judges uint8 images of the training images' size. `without`: an index into `kept` to leave out, per image."""

        def part_of(rows: slice) -> tuple[Tensor, Tensor, Tensor]:
            return self._part(pictures[rows], None if without is None else without[rows])

        judged = in_parallel(part_of, tiles(len(pictures), BATCH))
        parts = counted(judged, "comparing pictures", len(pictures), parts=lambda part: len(part[0]))
        return Scores(*(torch.cat(column) for column in zip(*parts, strict=True)))

    def _part(self, pictures: Tensor, without: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
        matches = self.search.matches(thumbnails(pictures, self.thumb), without)
        residual, best = self._residuals(pictures, matches.looks, matches.poses).min(1)
        others = matches.candidates != matches.looks.gather(1, best[:, None])
        order = torch.argsort(others.int(), dim=1, stable=True)[:, :SHOWN]  # the source first, the rest as they were
        neighbours = self.kept[matches.candidates.gather(1, order)]
        return residual, neighbours, descriptors.describe_all(pictures, self.bank, self.thumb)

    def _residuals(self, pictures: Tensor, looks: Tensor, poses: Tensor) -> Tensor:
        """Residuals of each query by each of its looks, Q x LOOKS."""
        query = torch.arange(len(pictures)).repeat_interleave(looks.shape[1])
        training, pose = self.kept[looks.flatten()], poses.flatten()
        parts = [
            self.poses.residual(pictures[query[rows]], self.pictures[training[rows]], pose[rows])
            for rows in tiles(len(query), PAIRS)
        ]
        return torch.cat(parts).view(looks.shape)
