"""Sets that look as if they were meant for another recipe: pictures in pairs, and the same pictures small and large."""

import os
import re
from collections import Counter, defaultdict
from contextlib import suppress
from itertools import combinations

import numpy as np

from elegan.data.decode import Facts, decode, open_image
from elegan.data.deep import Unreadable
from elegan.data.sources import Listing

MOST, FEWEST = 32, 4  # pictures that are looked at, and those that it takes
SHARE = 0.8  # of the set
ALIKE = 0.12  # by how much the outlines of two halves agree more than those of halves of different pictures
SIDE = 24
_SIZE_MARK = re.compile(r"(?i)[_.-]?(?:x[2348]|lr|hr|low|high)$")


def hints(listing: Listing, facts: Counter[Facts], address: str) -> list[str]:
    """A line, with the command, for each other thing that the set seems to be good for; `facts`: of its pictures."""
    # The last name alone: what the notes of a run say may be shown to others.
    place = os.path.basename(address) + ("/" if os.path.isdir(address) else "")
    return [*_pairs(listing, facts, place), *_twins(listing, place)]


def _pairs(listing: Listing, facts: Counter[Facts], place: str) -> list[str]:
    if sum(count for one, count in facts.items() if one.width == 2 * one.height) < SHARE * facts.total():
        return []
    halves = [both for index in _spread(len(listing.names)) if (both := _outlines(listing, index)) is not None]
    if len(halves) < FEWEST or _agreement(np.stack(halves)) < ALIKE:
        return []
    return [f"twice as wide as high, the halves alike: if they are pairs, elegan train {place} --recipe pix2pix"]


def _spread(count: int) -> range:
    return range(0, count, max(1, count // MOST))


def _outlines(listing: Listing, index: int) -> np.ndarray | None:
    """The edges of the left and the right half of a picture, 2 x SIDE^2 of mean 0 and length 1; None where it has no halves."""
    try:
        image = decode(listing.read(index))[0]
    except Unreadable:
        return None
    if image.width != 2 * image.height or image.height < SIDE:
        return None
    grey = np.asarray(image.convert("L").resize((4 * SIDE, 2 * SIDE)), np.float32)
    halves = np.stack([grey[:, : 2 * SIDE], grey[:, 2 * SIDE :]])
    down, across = np.gradient(halves, axis=(1, 2))
    edges: np.ndarray = np.hypot(down, across).reshape(2, SIDE, 2, SIDE, 2).mean((2, 4)).reshape(2, -1)
    edges -= edges.mean(1, keepdims=True)
    edges /= np.maximum(np.linalg.norm(edges, axis=1, keepdims=True), 1e-6)
    return edges


def _agreement(halves: np.ndarray) -> float:
    """The mean correlation of the two halves of a picture, less that of halves of different ones; N x 2 x P."""
    table = halves[:, 0] @ halves[:, 1].T
    count = len(table)
    own = np.trace(table) / count
    return float(own - (table.sum() - np.trace(table)) / (count * (count - 1)))


def _twins(listing: Listing, place: str) -> list[str]:
    """A line on two folders, or two endings of names, that hold the same pictures small and large."""
    by_name: dict[str, dict[tuple[str, str], int]] = defaultdict(dict)
    for index, name in enumerate(listing.names):
        folder, file = os.path.split(name)
        stem = os.path.splitext(file)[0]
        mark = _SIZE_MARK.search(stem)
        by_name[stem[: mark.start()] if mark else stem][folder, mark[0] if mark else ""] = index
    shared: Counter[tuple[tuple[str, str], tuple[str, str]]] = Counter()
    for variants in by_name.values():
        shared.update(combinations(sorted(variants), 2))
    if not shared:
        return []
    (one, other), count = shared.most_common(1)[0]
    if count < FEWEST or 2 * count < SHARE * len(listing.names):
        return []
    pairs = [(v[one], v[other]) for v in by_name.values() if one in v and other in v]
    ratios = {_ratio(listing, *pair) for pair in pairs[: MOST // 4]}
    times = ratios.pop() if len(ratios) == 1 else 0.0
    if max(times, 1 / times if times else 0) < 2:
        return []
    small, large = (one, other) if times > 1 else (other, one)
    factor = round(max(times, 1 / times))
    if place.endswith("/") and large[0] != small[0]:
        command = f"elegan train {place}{large[0]} --recipe sr-x{2 if factor == 2 else 4}"
    else:
        command = f"elegan train FOLDER --recipe sr-x{2 if factor == 2 else 4}, with the large ones alone in FOLDER"
    told = f"{_called(small)} and {_called(large)} are the same pictures, the latter {factor} times as large"
    return [f"{told}: to learn to enlarge, {command}; small ones are made from them"]


def _called(variant: tuple[str, str]) -> str:
    return variant[0] + (f"/*{variant[1]}" if variant[0] and variant[1] else variant[1] and f"*{variant[1]}")


def _ratio(listing: Listing, one: int, other: int) -> float:
    """The size of the other picture as a multiple of the one's, if a whole number either way, else 0."""
    with suppress(Unreadable):
        (w, h), (wide, high) = (open_image(listing.read(i)).size for i in (one, other))
        if max(w, wide) % min(w, wide) == max(h, high) % min(h, high) == 0 and w * high == h * wide:
            return wide / w
    return 0.0
