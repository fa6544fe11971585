"""Pictures that a set holds more than once, as they are or mirrored: exact copies, new encodings, other colours."""

import torch
from torch import Tensor

from elegan.core.progress import counted
from elegan.metrics.copies.approximate import Index, index_of
from elegan.metrics.copies.parallel import in_parallel
from elegan.metrics.copies.residual import Poses
from elegan.metrics.features import tiles

SAME = 0.03  # residual below which two pictures are one; other versions of a photograph leave more
ALIKE = 0.9  # cosine of descriptors above which the pixels are looked at
ROWS, COLUMNS = 256, 1024  # a tile stays in the processor's cache
NEAR = 16  # neighbours by index, among which the earlier ones count
PAIRS = 256


def duplicate_groups(pictures: Tensor, plain: Tensor, mirrored: Tensor, poses: Poses) -> list[list[int]]:
    """Groups of two or more indices that show one picture, each in rising order.

    `plain`, `mirrored`: descriptors of the pictures and of their mirror images. Every picture is compared at its pixels
    with the most similar earlier one, so a set of N needs N comparisons.
    """
    cosine, earlier, flip = _most_similar_earlier(plain, mirrored)
    later = (cosine > ALIKE).nonzero().flatten()
    leader = list(range(len(pictures)))
    for part in tiles(len(later), PAIRS):
        i, j = later[part], earlier[later[part]]
        same = poses.residual(pictures[i], pictures[j], flip[i] * poses.count) < SAME
        for a, b in zip(i[same].tolist(), j[same].tolist(), strict=True):
            leader[a] = leader[b]  # b comes before a, so its leader is final
    return _groups(leader)


def _most_similar_earlier(plain: Tensor, mirrored: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Per image: the cosine of the most similar one before it, the index of that one, and 1 where it matches mirrored."""
    index = index_of(plain)

    def of(rows: slice) -> tuple[Tensor, Tensor, Tensor]:
        best = [
            _best_before(described[rows], plain, rows) if index is None else _indexed(index, described[rows], rows)
            for described in (plain, mirrored)
        ]
        cosine, flip = torch.stack([cosine for cosine, _ in best]).max(0)
        return cosine, torch.stack([place for _, place in best]).gather(0, flip[None])[0], flip

    compared = in_parallel(of, tiles(len(plain), ROWS))
    parts = counted(compared, "looking for duplicates", len(plain), parts=lambda part: len(part[0]))
    cosine, earlier, flip = zip(*parts, strict=True)
    return torch.cat(cosine), torch.cat(earlier), torch.cat(flip)


def _indexed(index: Index, described: Tensor, rows: slice) -> tuple[Tensor, Tensor]:
    """The result of `_best_before`, where the most similar earlier image is among the NEAR nearest."""
    cosine, near = index.search(described, NEAR)
    later = near >= torch.arange(rows.start, rows.stop)[:, None]
    best = cosine.masked_fill(later | (near < 0), -2.0).max(1)
    return best.values, near.gather(1, best.indices[:, None])[:, 0].clamp(min=0)


def _best_before(described: Tensor, plain: Tensor, rows: slice) -> tuple[Tensor, Tensor]:
    """Highest cosine of each row with the rows before it, and the index of that row; the first image gets -2."""
    cosine, index = torch.full((len(described),), -2.0), torch.zeros(len(described), dtype=torch.long)
    for columns in tiles(rows.stop, COLUMNS):
        product = described @ plain[columns].T
        if columns.stop > rows.start:
            later = torch.arange(columns.start, columns.stop) >= torch.arange(rows.start, rows.stop)[:, None]
            product.masked_fill_(later, -2.0)
        best = product.max(1)
        index = torch.where(best.values > cosine, best.indices + columns.start, index)
        cosine = torch.maximum(cosine, best.values)
    return cosine, index


def _groups(leader: list[int]) -> list[list[int]]:
    members: dict[int, list[int]] = {}
    for index, first in enumerate(leader):
        members.setdefault(first, []).append(index)
    return [group for group in members.values() if len(group) > 1]
