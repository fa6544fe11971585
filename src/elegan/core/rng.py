"""Randomness as a function of progress: a move's draws follow from (seed, position), a row's also from its place in the batch.

A draw is made for the whole batch of all processes on the CPU, and each process and each accumulated part takes its own
rows of it. So a batch gives the same numbers however it is split and on whatever device, and no state needs saving.
Latents are by seed: image 7 is the same picture alone, in a grid and in any batch.
"""

import contextlib
import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor


def mix(*values: int | str) -> int:
    """A 63-bit seed from any numbers and words; nearby values give unrelated seeds.

    >>> mix(0, "latents") == mix(0, "latents"), mix(0, "latents") == mix(1, "latents")
    (True, False)
    """
    return int.from_bytes(hashlib.blake2b(repr(values).encode(), digest_size=8).digest(), "big") >> 1


def generator(*values: int | str) -> torch.Generator:
    """A CPU generator seeded with `mix(*values)`."""
    return torch.Generator().manual_seed(mix(*values))


@dataclass
class Draws:
    """The random stream of one move: `rows` of a batch of `total`."""

    stream: torch.Generator
    total: int
    rows: range

    def own(self, draw: Tensor) -> Tensor:
        return draw[:, self.rows.start : self.rows.stop].flatten(0, 1)


# Each thread has its own, so that two that play or make images at once do not draw from one another's.
_draws: ContextVar[Draws | None] = ContextVar("draws", default=None)


@contextlib.contextmanager
def drawing(*seed: int | str, total: int, rows: range) -> Iterator[None]:
    """A context in which `normal` and `uniform` belong to `rows` of a batch of `total` rows under this seed.

    Torch's own stream is seeded as well, for layers such as dropout.
    """
    torch.manual_seed(mix(*seed, "own", rows.start))
    before = _draws.set(Draws(generator(*seed), total, rows))
    try:
        yield
    finally:
        _draws.reset(before)


def _draw(kind: Callable[..., Tensor], n: int, *shape: int) -> Tensor:
    draws = _draws.get()
    if draws is None:
        return kind(n, *shape)
    copies, rest = divmod(n, len(draws.rows))
    if rest or not copies:
        raise ValueError(
            f"asked for {n} random rows where this part of the batch has {len(draws.rows)}; ask for a multiple"
        )
    return draws.own(kind(copies, draws.total, *shape, generator=draws.stream))


def places(n: int, among: int) -> Tensor:
    """Distinct numbers below `among`, int64 n, one a row: no two rows of a batch share one. Outside a move: torch's own stream."""
    draws = _draws.get()
    if draws is None:
        return torch.randperm(among)[:n]
    return torch.randperm(among, generator=draws.stream)[draws.rows.start : draws.rows.stop]


def subsets(n: int, size: int, among: int, device: torch.device | str = "cpu") -> Tensor:
    """Sets of distinct numbers below `among`, n x size, every set as likely as another; see `normal`."""
    return _draw(torch.rand, n, among).topk(size, 1).indices.to(device, non_blocking=True)


def normal(n: int, *shape: int, device: torch.device | str = "cpu") -> Tensor:
    """Standard normal float32 of n x shape; n is a multiple of the rows being played. Outside a move: torch's own stream."""
    return _draw(torch.randn, n, *shape).to(device, non_blocking=True)


def uniform(n: int, *shape: int, device: torch.device | str = "cpu") -> Tensor:
    """Uniform float32 in [0, 1) of n x shape; see `normal`."""
    return _draw(torch.rand, n, *shape).to(device, non_blocking=True)


def latents(seeds: Sequence[int], size: int, truncation: float | None = None) -> Tensor:
    """Standard normal float32 N x size, one row a seed.

    With a truncation T > 0 the same draws are squeezed through the quantiles of the normal cut at |z| < T
    (the distribution of Brock et al. 2019, section 3.1), so pictures change smoothly with T.
    """
    z = torch.stack([torch.randn(size, generator=generator("latent", seed)) for seed in seeds])
    if truncation is None:
        return z
    low = torch.special.ndtr(torch.tensor(-truncation, dtype=torch.float64))
    squeezed: Tensor = torch.special.ndtri(low + (1 - 2 * low) * torch.special.ndtr(z.double()))
    return squeezed.float()


def labels_of(seeds: Sequence[int], counts: Sequence[int]) -> Tensor:
    """Labels, int64, one a seed, drawn in the shares of `counts`, the items of each class."""
    shares = np.cumsum(counts) / np.sum(counts)
    drawn = [torch.rand(1, generator=generator("label", seed), dtype=torch.float64).item() for seed in seeds]
    return torch.from_numpy(np.searchsorted(shares, drawn, "right"))


def labels(counts: Sequence[int], num: int, seed: int = 0) -> Tensor:
    """Labels, int64 `num`, each drawn independently in the shares of `counts`, the images of each class.

    Fewer labels are the first of more.
    """
    shares = np.asarray(counts) / np.sum(counts)
    return torch.from_numpy(np.random.default_rng(mix("labels", seed)).choice(len(shares), num, p=shares))
