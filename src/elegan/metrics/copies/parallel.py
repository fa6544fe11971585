"""Slices of work on several cores, each on one thread: several threads to a tile so small would spend their time waiting."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch

T = TypeVar("T")


def in_parallel(work: Callable[[slice], T], slices: Iterable[slice]) -> Iterator[T]:
    """Yields work(slice) for each slice, in their order, on as many workers as torch has threads.

    Meanwhile torch runs every operation on one thread.
    """
    workers = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with ThreadPoolExecutor(workers) as pool:
            yield from pool.map(work, slices)
    finally:
        torch.set_num_threads(workers)
