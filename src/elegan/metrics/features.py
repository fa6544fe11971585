"""Checks of features, which every metric wants as a finite N x d matrix with enough rows, and their distances."""

from collections.abc import Iterator
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from elegan.core.errors import UserError


def as_features(x: Any, name: str, least: int = 2) -> Tensor:
    """`x` (tensor or array, N x d) as a floating tensor on its own device.

    Raises UserError where `x` is not a matrix, has fewer than `least` rows, or holds a NaN or an infinity.
    """
    matrix: Tensor = torch.as_tensor(x)
    matrix = matrix if matrix.is_floating_point() else matrix.double()
    n = len(matrix)
    if matrix.ndim != 2 or matrix.shape[1] == 0:
        raise UserError(f"{name} features must be a matrix, images x dimensions; got the shape {tuple(matrix.shape)}")
    if n < least:
        raise UserError(f"{n} {name} images are too few; at least {least} are needed")
    if not torch.isfinite(matrix.sum()):  # one pass without a mask; the sum may also overflow, so the rows decide
        faulty = (~torch.isfinite(matrix).all(1)).nonzero().flatten().tolist()
        if faulty:
            raise UserError(f"{len(faulty)} of {n} {name} feature rows are not finite, the first is {faulty[0]}")
    return matrix


def as_pair(real: Any, fake: Any, least: int = 2) -> tuple[Tensor, Tensor]:
    """Two feature matrices of one width, checked by `as_features`."""
    real, fake = as_features(real, "real", least), as_features(fake, "generated", least)
    same_width(real.shape[1], fake.shape[1])
    return real, fake


def same_width(real: int, fake: int) -> None:
    """Raises UserError unless both sets of features have the same number of dimensions."""
    if real != fake:
        raise UserError(f"real features have {real} dimensions and generated ones {fake}; use one extractor for both")


def tiles(rows: int, size: int) -> Iterator[slice]:
    """Consecutive slices that cover `rows` rows, `size` at a time."""
    return (slice(i, min(i + size, rows)) for i in range(0, rows, size))


def squared_distances(a: Tensor, b: Tensor) -> Tensor:
    """|a_i - b_j|^2 as an n x m float64 matrix; what rounding leaves of equal rows is set to zero."""
    a, b = a.double(), b.double()
    aa, bb = a.square().sum(1), b.square().sum(1)
    rounding = a.shape[1] * torch.finfo(torch.float64).eps * float(aa.max() + bb.max())
    d2 = torch.addmm(bb, a, b.T, alpha=-2).add_(aa[:, None])
    return F.threshold(d2, rounding, 0.0, inplace=True)
