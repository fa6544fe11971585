"""Points in the plane to learn: mixtures of normals, whose density is known, and a file of anybody's points."""

import io
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from elegan.core import paths, rng
from elegan.core.errors import UserError, nearest, shown
from elegan.core.ranges import is_number
from elegan.data.feed import Batch

REACH = 0.95  # the generator ends in a tanh: no point lies farther out, in either direction
SPREAD = 0.35  # standard deviation of the points of a file, where REACH allows it
LEAST = 10  # points of a file
LARGEST = 100 << 20  # bytes of a file


@dataclass(frozen=True)
class Mixture:
    """Normals of one deviation in both directions around `centres`, float64 K x 2, each with the same weight.

    It is the data, with a few centres, or the kernel density estimate of samples, with one centre a sample.
    """

    centres: Tensor
    deviation: float

    def log_density(self, x: Tensor) -> Tensor:
        """The logarithm of the density at each row of x, N x 2: float64 N."""
        exponents = -torch.cdist(x.double(), self.centres).square() / (2 * self.deviation**2)
        return exponents.logsumexp(1) - math.log(len(self.centres) * 2 * math.pi * self.deviation**2)

    def draw(self, num: int, stream: torch.Generator) -> Tensor:
        """float32 num x 2."""
        around = self.centres[torch.randint(len(self.centres), (num,), generator=stream)]
        return (around + self.deviation * torch.randn(num, 2, generator=stream, dtype=torch.float64)).float()


@dataclass(frozen=True)
class Points:
    """The points to learn: a `density` to draw from, or the `rows` of a file, float32 N x 2; in [-1, 1] for all but stray draws.

    `parts` is what the centres of the density are called.
    """

    name: str
    density: Mixture | None = None
    rows: Tensor | None = None
    parts: str = "modes"

    def draw(self, num: int, *seed: int | str) -> Tensor:
        """float32 num x 2 that follow from the seed."""
        stream = rng.generator("points", *seed)
        if self.rows is None:
            assert self.density
            return self.density.draw(num, stream)
        return self.rows[torch.randint(len(self.rows), (num,), generator=stream)]

    def feed(self, batch: int, seed: int) -> Callable[[int, range], Batch]:
        """The feed of a trainer: points as pictures of one pixel and two channels, N x 2 x 1 x 1."""
        return lambda position, rows: Batch(as_pictures(self.draw(batch, seed, position)[rows.start : rows.stop]), None)


def as_pictures(points: Tensor) -> Tensor:
    """Points N x 2 as pictures N x 2 x 1 x 1."""
    return points[:, :, None, None]


def ring() -> Points:
    """Eight normals on a circle, as in Metz et al. (2017), section 3.1, and wider."""
    angles = torch.arange(8, dtype=torch.float64) * math.pi / 4
    return Points("ring", Mixture(0.7 * _circle(angles), 0.05))


def grid() -> Points:
    """Five times five normals."""
    places = torch.linspace(-0.8, 0.8, 5, dtype=torch.float64)
    return Points("grid", Mixture(torch.cartesian_prod(places, places), 0.04))


def spiral() -> Points:
    """One and a half turns outwards."""
    share = torch.linspace(0, 1, 40, dtype=torch.float64)[:, None].sqrt()  # as dense outside as inside
    return Points("spiral", Mixture((0.12 + 0.7 * share) * _circle(3 * math.pi * share[:, 0]), 0.04), parts="places")


def moons() -> Points:
    """Two half circles that reach into one another."""
    angles = torch.linspace(0, math.pi, 16, dtype=torch.float64)
    upper = _circle(angles)
    lower = torch.stack([1 - upper[:, 0], 0.5 - upper[:, 1]], 1)
    centres = (torch.cat([upper, lower]) - torch.tensor([0.5, 0.25], dtype=torch.float64)) * 0.5
    return Points("moons", Mixture(centres, 0.05), parts="places")


def _circle(angles: Tensor) -> Tensor:
    return torch.stack([angles.cos(), angles.sin()], 1)


KNOWN = {points.__name__: points for points in (ring, grid, spiral, moons)}


def open_points(data: str) -> Points:
    """Points by name, or of a .csv: two numbers a line, with a line of names above them or without.

    Those of a file are moved and scaled so that each column has mean 0 and the same deviation. Raises UserError for another
    name, and for a file that is not of that form, has fewer than ten points, or has them all on a line along an axis.
    """
    if data in KNOWN:
        return KNOWN[data]()
    if not data.lower().endswith(".csv"):
        raise UserError(f"unknown points {shown(data)}, neither a .csv nor known{nearest(data, KNOWN)}")
    return Points(Path(data).name, rows=_standardised(_numbers(data), data))


def _numbers(path: str) -> np.ndarray:
    """The numbers of a file, float64 N x 2."""
    try:
        text = paths.read(path, LARGEST).decode("utf-8-sig")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not text"
        raise UserError(f"{path} cannot be read: {reason}") from None
    lines = text.splitlines()
    header = bool(lines) and not any(map(is_number, lines[0].split(",")))
    if not any(line.strip() for line in lines[header:]):
        raise UserError(f"{path} holds no points: two numbers a line, with a comma between them")
    try:
        table = np.loadtxt(io.StringIO("\n".join(lines[header:])), delimiter=",", ndmin=2, comments=None)
    except ValueError:
        raise UserError(f"{path}, {_first_wrong(lines, header)}") from None
    if table.shape[1] != 2:
        raise UserError(f"{path} has {table.shape[1]} columns; points of the plane have 2")
    if not np.isfinite(table).all():
        raise UserError(f"{path}, {_first_wrong(lines, header)}")
    return table


def _first_wrong(lines: list[str], header: bool) -> str:
    """The first line that is not two finite numbers, in words."""
    for number, line in enumerate(lines[header:], 1 + header):
        cells = line.split(",")
        if line.strip() and not (len(cells) == 2 and all(is_number(c) and math.isfinite(float(c)) for c in cells)):
            return f"line {number}: {shown(line, 40)} is not two numbers with a comma between them"
    return "which is not two numbers a line"


def _standardised(table: np.ndarray, path: str) -> Tensor:
    if len(table) < LEAST:
        raise UserError(f"{path} has {len(table)} point{'s' * (len(table) > 1)}; a lesson takes at least {LEAST}")
    table = table / max(np.abs(table).max(), 1e-300)  # so that no square is infinite
    deviations = table.std(0)
    if (deviations < 1e-9).any():
        raise UserError(f"{path}: column {int(deviations.argmin()) + 1} says the same number for every point")
    table = (table - table.mean(0)) / deviations
    return torch.from_numpy(table * min(SPREAD, REACH / np.abs(table).max())).float()
