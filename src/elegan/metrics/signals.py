"""Numbers that tell a healthy training from a sick one, each cheap enough to be taken a hundred times in a run.

They are taken of few pictures made small, so they say that something is wrong and not how good a run is.
"""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

SIDE = 16  # pixels that pictures are compared at


class Diversity(NamedTuple):
    """The unlikeness of the pictures of a batch; distances in standard units, the root mean square over pixels.

    `spread`: the mean distance of two pictures; `closest`: that of the most alike pair in a thousand, which near-duplicates
    move alone; `directions`: the participation ratio (tr C)^2 / tr C^2 of their covariance C, in how many directions they
    vary; `within`: the mean distance of two pictures of one class, the spread where there are no classes.
    """

    spread: float
    closest: float
    directions: float
    within: float


def small(images: Tensor) -> Tensor:
    """Pictures N x C x H x W in [-1, 1] as float64 rows of unit scale: N x F, at no more than `SIDE` pixels a side."""
    rows = adaptive_avg_pool2d(images.float(), (min(SIDE, images.shape[2]), min(SIDE, images.shape[3]))).flatten(1)
    scaled: Tensor = rows.double() / rows.shape[1] ** 0.5
    return scaled


def diversity(rows: Tensor, label: Tensor | None = None) -> Diversity:
    """The diversity of the rows that `small` gives, N at least 3, and of their classes (int64 N)."""
    distances = torch.pdist(rows)
    closest = distances.kthvalue(max(1, round(len(distances) / 1000))).values
    centred = rows - rows.mean(0)
    gram = centred @ centred.T
    directions = gram.trace() ** 2 / gram.square().sum().clamp(min=1e-30)
    within = distances
    if label is not None:
        first, second = torch.triu_indices(len(label), len(label), 1, device=label.device)
        within = distances[label[first] == label[second]]
    return Diversity(
        float(distances.mean()), float(closest), float(directions), float((within if len(within) else distances).mean())
    )


def energy_distance(x: Tensor, y: Tensor, among_y: float | None = None) -> float:
    """2 E|x - y| - E|x - x'| - E|y - y'| of rows N x F and M x F, without bias: about 0 for two samples of one distribution,
    and then below 0 as often as above (Székely and Rizzo 2013, equation 5). `among_y`: the last term, where it is known."""
    own = float(torch.pdist(x).mean()) + (float(torch.pdist(y).mean()) if among_y is None else among_y)
    return 2 * float(torch.cdist(x, y).mean()) - own


def separation(real: Tensor, fake: Tensor) -> float:
    """The share of pairs of a real and a generated picture in which the real one scores higher: .5 where the discriminator
    cannot tell them apart, 1 where it always can (the area under the ROC curve)."""
    difference = real.flatten().float()[:, None] - fake.flatten().float()[None]
    return float((difference > 0).double().mean() + (difference == 0).double().mean() / 2)


def overfitting(train: Tensor, held_out: Tensor, fake: Tensor) -> float:
    """r_v of scores (Karras et al. 2020a, equation 1): 0 where held-out pictures score as those of training do, 1 where they
    score as generated ones; 0 where the discriminator tells nothing apart."""
    of_train, of_held_out, of_fake = (float(scores.float().mean()) for scores in (train, held_out, fake))
    return (of_train - of_held_out) / (of_train - of_fake) if of_train != of_fake else 0.0


def centres_of(rows: Tensor, count: int) -> Tensor:
    """The centres of `count` clusters of N x F rows, K x F by k-means; the same for the same rows."""
    from sklearn.cluster import KMeans  # which takes longer to import than most verbs need in all

    clusters = KMeans(count, n_init=1, random_state=0).fit(rows.cpu().numpy())
    return torch.from_numpy(clusters.cluster_centers_).to(rows)


def lost_clusters(real: Tensor, fake: Tensor, centres: Tensor, share: float = 0.1) -> int:
    """The number of clusters (centres K x F) that have less than `share` of the generated rows that they should have, by the
    real rows nearest to them, where chance alone would hardly leave so few (a Poisson count below a ten-thousandth)."""
    expected = torch.bincount(torch.cdist(real, centres).argmin(1), minlength=len(centres)) / len(real) * len(fake)
    count = torch.bincount(torch.cdist(fake, centres).argmin(1), minlength=len(centres))
    return _missing(count, expected, share)


def lost_classes(label: Tensor, found: Tensor, share: float = 0.25) -> int:
    """The number of classes of real pictures (int64 N) that have less than `share` of the generated ones (int64 M, by the real
    picture nearest to each) that they should have, where chance alone would hardly leave so few, see `lost_clusters`."""
    expected = torch.bincount(label) / len(label) * len(found)
    return _missing(torch.bincount(found, minlength=len(expected)), expected, share)


def _missing(count: Tensor, expected: Tensor, share: float) -> int:
    unlikely = torch.special.gammaincc(count.double() + 1, expected.double()) < 1e-4
    return int(((count < share * expected) & unlikely).sum())
