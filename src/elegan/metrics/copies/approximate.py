"""Approximate search by faiss, an optional extra, where exact search would take too long."""

import importlib.util
import math
from typing import Any

import torch
from torch import Tensor

EXACT = 200_000  # training images up to which exact search is a matter of minutes
PROBES = 32  # cells searched for each query


class Index:
    """An index of unit vectors (N x d, float32) in cells (Jegou et al. 2011, section IV), searched by cosine. Needs faiss."""

    def __init__(self, vectors: Tensor):
        n, width = vectors.shape
        faiss = _library()
        self.index = faiss.index_factory(width, f"IVF{round(4 * math.sqrt(n))},Flat", faiss.METRIC_INNER_PRODUCT)
        self.index.cp.max_points_per_centroid = 64  # a quarter of its default, for speed
        self.index.train(vectors.numpy())
        self.index.add(vectors.numpy())
        self.index.nprobe = PROBES

    def search(self, queries: Tensor, k: int) -> tuple[Tensor, Tensor]:
        """Cosines and indices of the k vectors nearest to Q queries, Q x k; the index is -1 where the cells held fewer."""
        _library().omp_set_num_threads(1)  # for the calling thread: slices of work already run side by side
        cosine, index = self.index.search(queries.numpy(), k)
        return torch.from_numpy(cosine), torch.from_numpy(index)


def index_of(vectors: Tensor) -> Index | None:
    """An index of more than EXACT vectors where faiss is installed; None stands for exact search."""
    return Index(vectors) if len(vectors) > EXACT and _available() else None


def exact(n: int) -> str:
    """A line on exact search among n training images."""
    return "exact; pip install 'elegan[faiss]' makes it faster" if n > EXACT and not _available() else "exact"


def _library() -> Any:
    import faiss

    return faiss


def _available() -> bool:
    return importlib.util.find_spec("faiss") is not None
