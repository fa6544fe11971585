"""Points along ways through a latent space: closed walks, rows between two, mixed styles, sweeps of truncation."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor

from elegan.core.errors import UserError
from elegan.core.ranges import Count, check
from elegan.nets.latents import check_truncation
from elegan.verbs.latent.space import Space, slerp


def walk(space: Space, seeds: Sequence[int], frames: int, truncation: float | None = None) -> Tensor:
    """Points of a closed walk from seed to seed and back to the first, `frames` to each: (seeds * frames) x size.

    Arcs in z, slowing down at each seed so that no corner shows. Raises UserError for fewer than two seeds.

    >>> import elegan
    >>> space = elegan.latent.Space(elegan.Run.open("runs/digits"))
    >>> space.paint(elegan.latent.walk(space, seeds=[0, 1], frames=4)).shape
    (8, 8, 8, 1)
    """
    _check_seeds(seeds, 2)
    z = space.z(seeds, truncation)
    eased = [t * t * (3 - 2 * t) for t in (frame / frames for frame in range(frames))]
    way = [slerp(a, b, t) for a, b in zip(z, z.roll(-1, 0), strict=True) for t in eased]
    return space.place(torch.stack(way), truncation)


def rows_between(space: Space, seeds: Sequence[int], steps: int, truncation: float | None = None) -> Tensor:
    """Rows of points from each seed to the next one, both included: (seeds - 1) x steps x size.

    Raises UserError for fewer than two seeds or steps.
    """
    _check_seeds(seeds, 2)
    points, shares = space.points(seeds, truncation), _even(0.0, 1.0, steps)
    return torch.stack([torch.stack([space.between(a, b, t) for t in shares]) for a, b in pairwise(points)])


def truncations(space: Space, seeds: Sequence[int], steps: int) -> tuple[Tensor, list[float]]:
    """(points seeds x steps x size, the values): each seed at psi from -1, its opposite, over 0, the mean picture, to 1.

    Raises UserError for fewer than two steps, and where the latents have no centre.
    """
    check_truncation(space.generates.prior, 1.0)
    points, values = space.points(seeds), _even(-1.0, 1.0, steps)
    return torch.stack([space.scaled(points, psi) for psi in values], 1), values


def mixed(space: Space, coarse: Sequence[int], fine: Sequence[int], crossover: int | None = None) -> Tensor:
    """Styles coarse x fine x levels x size: those of the row's seed below level `crossover`, of the column's from
    there on (Karras et al. 2019, section 3.1). By default that is the middle level.

    Raises UserError for a run without a mapping network, or a level that it does not have.
    """
    if space.levels < 2:
        raise UserError(f"{space.run.path} has one latent for all levels and no styles to mix; use a run of stylegan2")
    at = space.levels // 2 if crossover is None else crossover
    if not 0 < at < space.levels:
        raise UserError(f"crossover = {at} must be a level of this run, in 1..{space.levels - 1}")
    rows, columns = space.points(coarse), space.points(fine)
    below = torch.arange(space.levels, device=space.device)[:, None] < at
    return torch.where(below, rows[:, None, None], columns[None, :, None])


def _check_seeds(seeds: Sequence[int], least: int) -> None:
    if len(seeds) < least:
        raise UserError(f"{least} or more seeds are needed; got {len(seeds)}")


def _even(first: float, last: float, steps: int) -> list[float]:
    check("steps", steps, Annotated[Count, Field(ge=2, le=1000)])
    return torch.linspace(first, last, steps, dtype=torch.float64).tolist()
