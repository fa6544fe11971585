"""Frechet distance between the Gaussians of two sets of features (Heusel et al. 2017, eq. 6; Dowson and Landau 1982).

    FD = |m1 - m2|^2 + Tr S1 + Tr S2 - 2 Tr (S1 S2)^(1/2)

With any roots S1 = F1 F1^T and S2 = F2 F2^T the last trace is the nuclear norm of F1^T F2. That needs no square root
of a product, which is not symmetric, and loses nothing on rank-deficient covariances. With no more images than
dimensions the centred data are such roots themselves.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from scipy.linalg.lapack import dpstrf
from torch import Tensor

from elegan.core.errors import UserError
from elegan.metrics.features import as_features, same_width, tiles

ROWS = 4096  # rows turned to float64 at a time


class Moments:
    """Mean and covariance of a stream of features, as float64 sums that shards and processes combine.

    The sums are taken about a fixed origin, the mean of the first batch: about zero, the squares of a large common
    offset would drown the variance.
    """

    def __init__(self) -> None:
        self.n = 0
        self.origin = torch.zeros(0, dtype=torch.float64)
        self.first = torch.zeros(0, dtype=torch.float64)  # sum of x - origin, d
        self.second = torch.zeros(0, 0, dtype=torch.float64)  # sum of (x - origin)(x - origin)^T, d x d

    def update(self, features: Any) -> "Moments":
        """Adds the rows of an N x d matrix. Raises UserError on NaN, infinity or another width."""
        x = as_features(features, "added", least=1)
        if not self.n:
            self._start(x.double().mean(0).cpu())
        same_width(len(self.origin), x.shape[1])
        for rows in tiles(len(x), ROWS):
            shifted = x[rows].double().cpu() - self.origin
            self.first += shifted.sum(0)
            self.second.addmm_(shifted.T, shifted)
        self.n += len(x)
        return self

    def _start(self, origin: Tensor) -> None:
        d = len(origin)
        self.origin, self.first = origin, torch.zeros(d, dtype=torch.float64)
        self.second = torch.zeros(d, d, dtype=torch.float64)

    def merge(self, other: "Moments") -> "Moments":
        """Adds everything that `other` has seen; its sums are moved to this origin, which is exact but for rounding."""
        if not other.n:
            return self
        if not self.n:
            self._start(other.origin)
        same_width(len(self.origin), len(other.origin))
        shift = other.origin - self.origin
        cross = torch.outer(other.first, shift)
        self.second += other.second + cross + cross.T + other.n * torch.outer(shift, shift)
        self.first += other.first + other.n * shift
        self.n += other.n
        return self

    @property
    def mean(self) -> Tensor:
        return self.origin + self.first / self.n

    @property
    def cov(self) -> Tensor:
        """Unbiased covariance, d x d (divisor n - 1). Raises UserError below two images."""
        if self.n < 2:
            raise UserError(f"{self.n} images are too few; at least 2 are needed for a covariance")
        m = self.first / self.n
        return (self.second - self.n * torch.outer(m, m)) / (self.n - 1)

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Everything, as float64 arrays that can be sent to another process or saved."""
        sums = {"origin": self.origin, "first": self.first, "second": self.second}
        return {"n": np.array(self.n)} | {name: value.numpy() for name, value in sums.items()}

    @classmethod
    def from_arrays(cls, arrays: dict[str, np.ndarray]) -> "Moments":
        self = cls()
        self.n = int(arrays["n"])
        self.origin, self.first, self.second = (
            torch.from_numpy(np.array(arrays[name], dtype=np.float64)) for name in ("origin", "first", "second")
        )
        return self


@dataclass
class Root:
    """Mean and F with F F^T = S. `pivots`: coordinates that F's triangle solves for; None: F is the centred data."""

    n: int
    mean: Tensor
    F: Tensor
    pivots: Tensor | None

    @property
    def trace(self) -> Tensor:
        return (self.F * self.F).sum()

    def coordinates(self, x: Tensor) -> Tensor:
        """g with x - mean = F g, as rows; the null space of F, where g is free, is left at zero."""
        assert self.pivots is not None
        r = len(self.pivots)
        rows = (x.double() - self.mean)[:, self.pivots]
        return torch.linalg.solve_triangular(self.F[self.pivots].T, rows, upper=True, left=False) if r else rows


def _covariance_root(moments: Moments) -> Root:
    """Pivoted Cholesky: shows the rank like an eigendecomposition (cut at d eps max), ten times as fast at d = 2048."""
    factor, pivots, rank, _ = dpstrf(moments.cov.numpy(), lower=1)
    order = torch.from_numpy(pivots.astype(np.int64) - 1)
    F = torch.empty(len(order), rank, dtype=torch.float64)
    F[order] = torch.from_numpy(np.tril(factor)[:, :rank])
    return Root(moments.n, moments.mean, F, order[:rank])


def _root(x: Any, name: str) -> Root:
    if isinstance(x, Moments):
        return _covariance_root(x)
    x = as_features(x, name)
    if len(x) > x.shape[1]:
        return _covariance_root(Moments().update(x))
    x = x.double().cpu()
    mean = x.mean(0)
    return Root(len(x), mean, (x - mean).T / math.sqrt(len(x) - 1), None)


def _roots(real: Any, fake: Any) -> tuple[Root, Root]:
    a, b = _root(real, "real"), _root(fake, "generated")
    same_width(len(a.mean), len(b.mean))
    return a, b


def _distance(a: Root, b: Root, nuclear: Tensor) -> float:
    return float((a.mean - b.mean).square().sum() + (a.trace - nuclear) + (b.trace - nuclear))


def _nuclear_norm(M: Tensor, tolerance: float) -> Tensor:
    """Sum of the singular values, from the eigenvalues of the Gram matrix, in a seventh of the time, where that is safe.

    An eigenvalue w of error e, about sqrt(n) eps max, has a root of error min(sqrt e, e / 2 sqrt w): harmless unless
    some are tiny. Where those errors might add up to `tolerance`, as on rank-deficient sets, the SVD is taken.
    """
    w: Tensor = torch.linalg.eigvalsh(M.T @ M if M.shape[0] > M.shape[1] else M @ M.T)
    if not len(w):
        return M.new_zeros(())
    error = len(w) ** 0.5 * torch.finfo(M.dtype).eps * w[-1]
    roots = w.clamp(min=0).sqrt()
    if torch.minimum(error.sqrt(), error / (2 * roots)).sum() < tolerance:
        return roots.sum()
    singular: Tensor = torch.linalg.svdvals(M)
    return singular.sum()


def _identical(real: Any, fake: Any) -> bool:
    if isinstance(real, Moments) and isinstance(fake, Moments):
        return real.n == fake.n > 1 and torch.equal(real.mean, fake.mean) and torch.equal(real.cov, fake.cov)
    if isinstance(real, Moments) or isinstance(fake, Moments):
        return False
    x, y = torch.as_tensor(real), torch.as_tensor(fake)
    return x.shape == y.shape and bool((x == y).all())


def frechet_distance(real: Any, fake: Any) -> float:
    """Frechet distance of two sets, each an N x d feature matrix (N >= 2) or `Moments`; the same set gives exactly 0.

    The estimate is biased upwards by about 1 / N: compare only results of equal N. A value below zero can only be
    rounding and is returned as it is. Raises UserError on NaN, too few images, or sets of different width.

    >>> x = np.random.default_rng(0).normal(size=(1000, 2))
    >>> round(frechet_distance(x, x + [3, 4]), 6)  # moved by 5
    25.0
    """
    a, b = _roots(real, fake)
    if _identical(real, fake):
        return 0.0
    return _distance(a, b, _nuclear_norm(a.F.T @ b.F, 1e-11 * float(a.trace + b.trace)))


def frechet_with_error(real: Any, fake: Any) -> tuple[float, float]:
    """Frechet distance of two feature matrices and its standard error by the delta method.

    A row x of the fake set moves the value by |x - m2|^2 - 2 (m1 - m2).(x - m2) - g^T (F2^T S1 F2)^(1/2) g, where x -
    m2 = F2 g, and a real row likewise (the derivative of the Bures distance: Rippl, Munk, Sturm 2016); the error is
    the spread of these influences. It says how far another sample of the same size would differ, not how biased N
    makes it.
    """
    value, of_real, of_fake = _influences(real, fake)
    return value, math.sqrt(float(of_real.var()) / len(of_real) + float(of_fake.var()) / len(of_fake))


def _influences(real: Any, fake: Any) -> tuple[float, Tensor, Tensor]:
    """Frechet distance, and by how much each real and each generated row moves it, up to constants and over N."""
    real, fake = as_features(real, "real"), as_features(fake, "generated")
    a, b = _roots(real, fake)
    U, s, Vh = torch.linalg.svd(a.F.T @ b.F, full_matrices=False)
    value = 0.0 if _identical(real, fake) else _distance(a, b, s.sum())
    return value, _influence(a, b, real, U * s.sqrt()), _influence(b, a, fake, Vh.T * s.sqrt())


def _influence(own: Root, other: Root, x: Tensor, B: Tensor) -> Tensor:
    """Influence of each row of `x`, up to a constant; B B^T is the square root of F^T S' F, F the root of its set."""
    terms = []
    for rows in tiles(len(x), ROWS):
        centred = x[rows].double().cpu() - own.mean
        if own.pivots is None:
            quadratic = (own.n - 1) * B[rows].square().sum(1)
        else:
            quadratic = (own.coordinates(x[rows].cpu()) @ B).square().sum(1)
        terms.append(centred.square().sum(1) - 2 * centred @ (other.mean - own.mean) - quadratic)
    return torch.cat(terms)


def fd_infinity(real: Any, fake: Any, points: int = 15, least: int = 1000, seed: int = 0) -> tuple[float, float]:
    """Frechet distance extrapolated to infinitely many generated images, with its standard error; features N x d.

    The value is linear in 1 / N to first order (Chong and Forsyth 2020): a line is fitted through `points` random
    subsets of evenly spaced sizes from `least` to all, and its intercept is returned. The error is the delta method's
    over both sets: the intercept is a sum of the subsets' distances with known weights, so a generated image moves it
    by its influence times the weights over the sizes of all subsets it is in. The bias that the finite real set gives
    stays. Raises UserError below 2 `least` generated images.
    """
    real, fake = as_features(real, "real"), as_features(fake, "generated")
    if len(fake) < 2 * least:
        raise UserError(
            f"{len(fake)} generated images are too few to extrapolate from; at least {2 * least} are needed"
        )
    a, rng = Moments().update(real), np.random.default_rng(seed)
    sizes = np.linspace(least, len(fake), points).astype(int)
    subsets = [torch.from_numpy(rng.permutation(len(fake))[:n]) for n in sizes]
    weights = np.linalg.pinv(np.stack([np.ones(points), 1 / sizes], 1))[0]  # of the least squares, for the intercept
    weight = torch.zeros(len(fake), dtype=torch.float64)
    for w, n, rows in zip(weights, sizes, subsets, strict=True):
        weight[rows] += w / n
    _, of_real, of_fake = _influences(real, fake)
    variance = of_real.var() / len(of_real) + of_fake.var() * weight.square().sum()
    return float(weights @ [frechet_distance(a, fake[rows]) for rows in subsets]), math.sqrt(float(variance))
