"""Descriptors of images: whitened principal components of the middle of a thumbnail, whose angles say how alike two are.

Brightness and contrast drop out, as the mean is removed and the length divided away. Whitening makes every direction of
natural images count alike; without it two bright skies are neighbours whatever stands in front of them. Every shifted or
cropped copy still shows the middle three quarters.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from elegan.core.rng import generator
from elegan.metrics.copies.geometry import Placements, bilinear, pixels, unchanged
from elegan.metrics.copies.thumbs import thumbnails
from elegan.metrics.features import tiles

WIDTH = 64  # components at most
LEAST = 1e-4  # of the first variance: enlarged images have fewer meaningful components
SAMPLE = 10_000  # images that the components are computed from
BATCH = 1024


def middle(side: int) -> Tensor:
    """The pixels of a row that belong to the middle."""
    margin = round(side / 8)
    return torch.arange(margin, side - margin)


def filters(pictures: Tensor, side: int, seed: int) -> Tensor:
    """Whitening filters of the middle of thumbnails of `side` pixels, d x t x t with d <= WIDTH, most variance first.

    Second moments are taken about zero and not about the mean image, so that a change of contrast scales a descriptor.
    """
    at = middle(side)
    sample = torch.randperm(len(pictures), generator=generator(seed, "filters"))[:SAMPLE]
    x = thumbnails(pictures[sample], side)[:, at[:, None], at].flatten(1).double()
    x -= x.mean(1, keepdim=True)
    variance, axes = torch.linalg.eigh(x.T @ x / len(x))
    variance, axes = variance.flip(0)[:WIDTH], axes.flip(1)[:, :WIDTH]
    kept = variance >= LEAST * variance[0]
    whitened = axes[:, kept] / variance[kept].clamp(min=1e-12).sqrt()
    whitened -= whitened.mean(0)
    bank: Tensor = whitened.T.reshape(-1, len(at), len(at)).float()
    return bank


def placed(bank: Tensor, placements: Placements, side: int) -> Tensor:
    """The filters of a thumbnail's middle as filters of a thumbnail in which it stands in each of V placements:
    V x d x side x side.
    """
    points = placements.targets(pixels(middle(side), side))
    flat, free = bank.flatten(1), placements.uncovered(points)
    read = torch.stack([flat if bool(seen.all()) else _likeliest(flat, seen) for seen in free])
    index, weight = bilinear(points, side)
    placed = torch.zeros(len(placements), len(bank), side * side)
    for corner in range(4):
        where = index[:, None, :, corner].expand_as(read)
        placed.scatter_add_(2, where, read * weight[:, None, :, corner])
    maps: Tensor = placed.unflatten(2, (side, side))
    return maps


def _likeliest(bank: Tensor, seen: Tensor) -> Tensor:
    """Filters (d x M) that read only the pixels `seen` (M) and give the likeliest descriptor, whatever the brightness.

    Components are taken for normal with variance 1 and independent, the pixels' other differences for noise as strong
    as the weakest component.
    """
    components = torch.linalg.pinv(bank)
    shown = components[seen] - components[seen].mean(0)
    noise = components.square().sum(0).min() * torch.eye(len(bank))
    likeliest = torch.zeros_like(bank)
    likeliest[:, seen] = torch.linalg.solve(shown.T @ shown + noise, shown.T)
    return likeliest


def as_maps(placed: Tensor) -> Tensor:
    """Filters V x d x side x side as a matrix, side^2 x (V * d): one product describes a thumbnail in all placements."""
    return placed.flatten(2).permute(2, 0, 1).flatten(1).contiguous()


def describe(thumbs: Tensor, maps: Tensor, width: int) -> Tensor:
    """Descriptors of unit length, N x V x width; a featureless image has the zero vector."""
    return F.normalize((thumbs.flatten(1) @ maps).unflatten(1, (-1, width)), dim=2)


def describe_all(pictures: Tensor, bank: Tensor, side: int, mirrored: bool = False) -> Tensor:
    """Descriptors of uint8 images as they stand, or of their mirror images, N x d."""
    whole = placed(bank, unchanged(), side)
    maps = as_maps(whole.flip(3) if mirrored else whole)
    parts = [describe(thumbnails(pictures[rows], side), maps, len(bank)) for rows in tiles(len(pictures), BATCH)]
    return torch.cat(parts)[:, 0]
