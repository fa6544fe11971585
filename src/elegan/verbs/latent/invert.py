"""Inversion: the latent whose picture is nearest to a real one."""

import math
from typing import Annotated, NamedTuple

import numpy as np
import torch
from pydantic import Field
from torch import Tensor
from torch.nn.functional import avg_pool2d

from elegan.core.errors import UserError, nearest
from elegan.core.pixels import to_bytes, to_tensor
from elegan.core.progress import counted
from elegan.core.ranges import Count, check
from elegan.games.inference import BATCH
from elegan.metrics.fidelity import psnr
from elegan.verbs.latent.space import Space

BEST = 4  # starts that are followed
RATE = 0.1  # of Adam, in deviations of a coordinate
LEAST = 4  # pixels a side at the coarsest scale that is compared


class Inverted(NamedTuple):
    """A `point` (size, or levels x size in w+) and its picture `image`, uint8 H x W x C; L1 on the scale 0-255, PSNR in dB;
    `far`, the point's distance from the mean as a multiple of the usual one (1), at which pictures look as trained.
    """

    point: Tensor
    label: int | None
    image: np.ndarray
    L1: float
    PSNR: float
    far: float


def spaces(space: Space) -> tuple[str, ...]:
    """The names of the spaces in which pictures can be looked for."""
    return ("w", "w+") if space.mapped else ("z",)


def invert(space: Space, image: np.ndarray, where: str | None = None, steps: int = 300, starts: int = 256) -> Inverted:
    """Descends by Adam from the nearest few of `starts` random points to a picture, uint8 H x W x C at the run's resolution.

    `where`: "z", "w", or "w+", a w for each level of the generator (Abdal et al. 2019), which comes nearer to
    the picture and lies further from what the run has learnt. A run with classes also tries them all, unless the space is
    of one. Raises UserError for a `where` that the run does not have, or fewer than one step or start.
    """
    where = where or spaces(space)[0]
    if where not in spaces(space):
        raise UserError(f"{space.run.path} has no space {where!r}{nearest(where, spaces(space))}")
    for name, value in (("steps", steps), ("starts", starts)):
        check(name, value, Annotated[Count, Field(le=1_000_000)])
    target = to_tensor(np.array(image[None]), space.device).contiguous()
    cloud, labels, point = _nearest(space, target, starts)
    if where == "w+":
        point = point[:, None].repeat(1, space.levels, 1)
    point, label = _descended(space, point, labels, target, float(cloud.std(0).mean()), steps)
    with torch.no_grad():
        pictures = to_bytes(space.images(point[None], label))
    L1 = float(np.abs(pictures[0].astype(np.int16) - image).mean())
    far = float((point - cloud.mean(0)).norm(dim=-1).mean() / (cloud - cloud.mean(0)).norm(dim=1).mean())
    return Inverted(
        point.cpu(), None if label is None else int(label), pictures[0], L1, psnr(pictures, image[None]), far
    )


def difference(x: Tensor, y: Tensor) -> Tensor:
    """Mean squared differences N of pictures N x C x H x W, on average over scales down to 4 pixels by halves.

    Coarse structure counts at every scale, so a descent finds the layout before the detail.
    """
    terms = [(x - y).square().mean((1, 2, 3))]
    while min(x.shape[2:]) >= 2 * LEAST:
        x, y = avg_pool2d(x, 2), avg_pool2d(y, 2)
        terms.append((x - y).square().mean((1, 2, 3)))
    return torch.stack(terms).mean(0)


def _nearest(space: Space, target: Tensor, starts: int) -> tuple[Tensor, Tensor | None, Tensor]:
    """(random points, the labels of the best few, the best few); all classes in turn unless one is asked for."""
    every = space.generates.classes and space.label is None
    labels = torch.arange(starts, device=space.device) % space.run.shape.classes if every else space.labels(starts)
    cloud = space.place(space.z(range(starts)), labels=labels)
    losses = []
    with torch.no_grad():
        for rows in torch.arange(starts, device=space.device).split(BATCH):
            pictures = space.images(cloud[rows], None if labels is None else labels[rows])
            losses.append(difference(pictures, target.expand_as(pictures)))
    best = torch.cat(losses).argsort(stable=True)[:BEST]
    return cloud, None if labels is None else labels[best], cloud[best]


def _descended(
    space: Space, starts: Tensor, labels: Tensor | None, target: Tensor, scale: float, steps: int
) -> tuple[Tensor, Tensor | None]:
    """The best point that Adam reaches from these starts, and its label (1); the rate falls to 0 by a cosine."""
    points, best = starts.clone().requires_grad_(), (math.inf, starts[0], 0)
    optimizer = torch.optim.Adam([points])
    for step in counted(range(steps + 1), "looking for the latent", steps + 1):
        pictures = space.images(points, labels)
        losses = difference(pictures, target.expand_as(pictures))
        loss, least = losses.detach().min(0)
        if float(loss) < best[0]:
            best = float(loss), points[least].detach().clone(), int(least)
        optimizer.param_groups[0]["lr"] = RATE * scale * (1 + math.cos(math.pi * step / (steps + 1))) / 2
        (points.grad,) = torch.autograd.grad(losses.sum(), points)
        optimizer.step()
    return best[1], None if labels is None else labels[best[2] : best[2] + 1]
