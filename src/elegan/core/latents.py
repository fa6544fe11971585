"""Latents by seed: image 7 is the same picture alone, in a grid and in any batch. Labels as often as the data has them."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from elegan.core import rng


def latents(seeds: Sequence[int], size: int, truncation: float | None = None) -> Tensor:
    """Standard normal float32 N x size, one row a seed.

    With a truncation T > 0 the same draws are squeezed through the quantiles of the normal cut at |z| < T
    (the distribution of Brock et al. 2019, section 3.1), so pictures change smoothly with T.
    """
    z = torch.stack([torch.randn(size, generator=rng.generator("latent", seed)) for seed in seeds])
    if truncation is None:
        return z
    low = torch.special.ndtr(torch.tensor(-truncation, dtype=torch.float64))
    return torch.special.ndtri(low + (1 - 2 * low) * torch.special.ndtr(z.double())).float()


def labels(counts: Sequence[int], num: int, seed: int = 0) -> Tensor:
    """`num` labels, int64, each drawn by itself in the shares of `counts`, the images of each class; fewer are the first ones."""
    shares = np.asarray(counts) / np.sum(counts)
    return torch.from_numpy(np.random.default_rng(rng.mix("labels", seed)).choice(len(shares), num, p=shares))
