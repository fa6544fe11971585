"""Directions in a latent space along which pictures change most, found without labels."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import torch
from torch import Tensor, nn

from elegan.core.errors import UserError, nearest
from elegan.nets.equalized import EqualizedLinear
from elegan.verbs.latent.space import Space

SAMPLES = 1000  # points, for their deviation and for principal components
LINEAR = (nn.Linear, EqualizedLinear)
LEARNED = (*LINEAR, nn.Conv2d, nn.ConvTranspose2d)


class Directions(NamedTuple):
    """Directions as unit rows `vectors` K x size, the strongest first; the deviation K of points along each; each one's
    share K of the total.
    """

    vectors: Tensor
    deviations: Tensor
    shares: Tensor


def directions(space: Space, method: str, count: int) -> Directions:
    """The first `count` directions by "sefa" or "ganspace". Raises UserError for another method, or where it finds none."""
    methods = {"sefa": sefa, "ganspace": ganspace}
    if method not in methods:
        raise UserError(f"unknown method {method!r}{nearest(method, methods)}")
    vectors, strengths = methods[method](space)
    largest = vectors.gather(1, vectors.abs().argmax(1, keepdim=True))
    vectors = (vectors * largest.sign())[:count].float()
    points = _points(space)
    return Directions(vectors, (points @ vectors.T).std(0), (strengths / strengths.sum())[:count].float())


def sefa(space: Space) -> tuple[Tensor, Tensor]:
    """Eigenvectors of A^T A, size x size in rows, and their eigenvalues, the largest first (Shen & Zhou 2021).

    A holds the rows of every linear layer that the latent enters: a step along the first eigenvector changes their
    outputs most. Columns of the latent that enter none, such as codes, have part in no eigenvector above 0. Raises
    UserError where there is no such layer.
    """
    layers = fed(space)
    if not layers:
        raise UserError(
            f"no linear layer of {space.run.path} takes the latent itself, which sefa needs; use --method ganspace"
        )
    A = torch.cat([matrix for _, matrix in layers]).double()
    values, vectors = torch.linalg.eigh(A.T @ A)
    return vectors.T.flip(0), values.flip(0).clamp(min=0)


def ganspace(space: Space) -> tuple[Tensor, Tensor]:
    """Principal components K x size and their variances K, the largest first (Haerkoenen et al. 2020, section 2).

    They are those of w itself; without a mapping network those of the input of the first learnt layer after the latent's
    own, and each component x_k is taken back to the latent by regression, u_k = Z^T x_k.
    """
    points = _points(space)
    seen = points if space.mapped else _activations(space, points)
    points, seen = ((x - x.mean(0)).double() for x in (points, seen))
    values, vectors = torch.linalg.eigh(
        seen @ seen.T
    )  # by the samples' inner products: there are fewer samples than features
    kept = min(len(points) - 1, *points.shape[1:], *seen.shape[1:])
    components = nn.functional.normalize(vectors.T.flip(0)[:kept] @ points, dim=1)
    return components, values.flip(0)[:kept] / (len(points) - 1)


def fed(space: Space) -> list[tuple[nn.Module, Tensor]]:
    """The linear layers that a point enters, wholly or in part, each with its matrix, outputs x size.

    Such a layer is recognised by its input, some of whose columns are a point's own.
    """
    probe = nn.functional.normalize(_points(space)[:4], dim=1) * space.size**0.5  # which no pixel norm changes
    layers = []
    with _watching(space, LINEAR) as inputs, torch.no_grad():
        space.images(probe)
    for layer, x in inputs.items():
        match = ((x[:, :, None] - probe[:, None]).abs().amax(0) < 1e-4).float() if x.ndim == 2 else torch.zeros(1)
        if match.any():
            with torch.no_grad():
                matrix = layer(torch.eye(x.shape[1]).to(x)) - layer(torch.zeros(1, x.shape[1]).to(x))
            layers.append((layer, matrix.T @ match))
    return layers


def _points(space: Space) -> Tensor:
    return space.points(range(SAMPLES))


def _activations(space: Space, points: Tensor) -> Tensor:
    """The input N x features of the first learnt layer that is none of `fed`."""
    own, parts = {layer for layer, _ in fed(space)}, []
    for part in points.split(100):
        with _watching(space, LEARNED) as inputs, torch.no_grad():
            space.images(part)
        parts.append(next(x for layer, x in inputs.items() if layer not in own).flatten(1))
    return torch.cat(parts)


@contextmanager
def _watching(space: Space, kinds: tuple[type[nn.Module], ...]) -> Iterator[dict[nn.Module, Tensor]]:
    """A context that gives the first input of every layer of these `kinds` that is used in it, in order of use."""
    inputs: dict[nn.Module, Tensor] = {}

    def see(layer: nn.Module, arguments: tuple[Tensor, ...]) -> None:
        inputs.setdefault(layer, arguments[0])

    layers = [layer for layer in space.run.nets.modules() if isinstance(layer, kinds)]
    hooks = [layer.register_forward_pre_hook(see) for layer in layers]
    try:
        yield inputs
    finally:
        for hook in hooks:
            hook.remove()
