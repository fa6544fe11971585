"""Copies found, and fresh images left alone: altered training images planted among real ones that were held out.

    python -m benchmarks copies DATA

DATA with train/ and test/: the test images are the fresh ones. Without: the images are split into four parts, each is
fresh once, and counts are summed. Fresh images that show the same picture as another image (found as training
duplicates are, over all images) are counted apart. Two calibrations are measured: training images left out in turn, and
half of the fresh images, the other half of which is then judged. `--train N` keeps the first N training images, for a
quick look.
"""

from collections import Counter

import numpy as np

from benchmarks.alterations import KINDS, WANTED
from benchmarks.estimates import percent
from benchmarks.results import Row
from elegan.core.errors import UserError
from elegan.core.pixels import as_pictures
from elegan.data import open_data
from elegan.metrics.copies import find_copies
from elegan.metrics.copies.scoring import Judge

QUICK = {"alpha": 0.05, "train": 400, "planted": 4}
FOLDS = 4
CALIBRATIONS = ("left out", "held out")


def benchmark(data: str, alpha: float = 0.001, planted: int = 1000, train: int = 0) -> list[Row]:
    folds = parts(data, train)
    counts: Counter[str] = Counter()
    for number, fold in enumerate(folds):
        counts += judged(*fold, planted // len(folds), alpha, number)
    return rows(counts)


def rows(counts: Counter[str]) -> list[Row]:
    """Per cent flagged of each kind planted, then of what is fresh and of what stands in the data twice."""
    table: list[Row] = []
    for kind in KINDS:
        n = counts[f"{kind} | planted"]
        flagged = {what: percent(counts[f"{kind} | {what}"], n) for what in (*CALIBRATIONS, "source first")}
        table.append({"images": kind if kind in WANTED else f"{kind} (not promised)", "N": n} | flagged)
    for group in ("fresh", "repeats"):
        numbers = {c: (counts[f"{group} flagged | {c}"], counts[f"{group} | {c}"]) for c in CALIBRATIONS}
        shares = {c: percent(k, n) for c, (k, n) in numbers.items() if n}
        of = {f"flagged, {c}": f"{k:,} of {n:,}" for c, (k, n) in numbers.items() if n}
        table += [{"images": group} | shares | of] if shares else []
    return table


def parts(source: str, limit: int) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """(training images, fresh images, which of these repeat another image) by fold."""
    try:
        sets = [open_data(source, split=split).images for split in ("train", "test")]
        sets[0] = sets[0][: limit or None]
        images, places = np.concatenate(sets), [np.arange(len(sets[0]), len(sets[0]) + len(sets[1]))]
    except UserError:  # no test part
        images = np.asarray(open_data(source).images)[: limit or None]
        places = np.array_split(np.random.default_rng(0).permutation(len(images)), FOLDS)
    repeated = np.zeros(len(images), bool)
    for group in Judge(as_pictures(images), 0).duplicates:
        repeated[group] = True
    return [(np.delete(images, place, 0), images[place], repeated[place]) for place in places]


def judged(train: np.ndarray, fresh: np.ndarray, repeats: np.ndarray, n: int, alpha: float, fold: int) -> Counter[str]:
    """Counts of one fold: images judged and flagged, by kind and calibration."""
    counts: Counter[str] = Counter()
    left_out = find_copies(train, fresh, alpha)
    count_fresh(counts, "left out", left_out.suspects, repeats)

    rng = np.random.default_rng(fold)
    order = rng.permutation(len(fresh))
    calibrating, asked = order[: len(fresh) // 2], order[len(fresh) // 2 :]
    chosen = rng.choice(len(train), n, replace=False)
    planted = [np.stack([alter(train[i], rng) for i in chosen]) for alter in KINDS.values()]
    held_out = find_copies(train, np.concatenate([*planted, fresh[asked]]), alpha, fresh[calibrating])
    assert held_out.calibration == "held-out"
    count_fresh(counts, "held out", held_out.suspects[-len(asked) :], repeats[asked])
    for number, kind in enumerate(KINDS):
        residuals = held_out.residuals[number * n :][:n]
        counts[f"{kind} | planted"] = n
        counts[f"{kind} | held out"] = int((residuals < held_out.threshold).sum())
        counts[f"{kind} | left out"] = int((residuals < left_out.threshold).sum())
        counts[f"{kind} | source first"] = int((held_out.neighbours[number * n :][:n, 0] == chosen).sum())
    return counts


def count_fresh(counts: Counter[str], calibration: str, suspects: np.ndarray, repeats: np.ndarray) -> None:
    counts[f"fresh | {calibration}"] = int((~repeats).sum())
    counts[f"fresh flagged | {calibration}"] = int((suspects & ~repeats).sum())
    counts[f"repeats | {calibration}"] = int(repeats.sum())
    counts[f"repeats flagged | {calibration}"] = int((suspects & repeats).sum())
