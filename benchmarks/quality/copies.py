"""Are copies found, and are fresh images left alone? Plants altered training images among real ones that were held out.

    python benchmarks/copies.py DATA [--alpha 0.001] [--planted 1000] [--train 0]

DATA with train/ and test/: the test images are the fresh ones. Without: the images are split into four parts, each is
fresh once, and counts are summed. Fresh images that show the same picture as another image (found as training
duplicates are, over all images) are counted apart. Two calibrations are measured: training images left out in turn, and
half of the fresh images, the other half of which is then judged. Printed: recall by kind, share of fresh images flagged
with its 95 % interval (Clopper and Pearson 1934), seconds. `--train N` keeps the first N training images, for a quick
look.
"""

import argparse
import io
import time
from collections import Counter
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy.stats import binomtest

from elegan.core.errors import UserError
from elegan.core.machine import hardware
from elegan.core.pixels import as_pictures
from elegan.data import open_data
from elegan.metrics.copies import find_copies
from elegan.metrics.copies.scoring import Judge

FOLDS = 4
Alter = Callable[[np.ndarray, np.random.Generator], np.ndarray]


def add(change: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(change), 0, 255).astype(np.uint8)


def jpeg(quality: int) -> Alter:
    def alter(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        buffer = io.BytesIO()
        Image.fromarray(x).save(buffer, "JPEG", quality=quality)
        return np.asarray(Image.open(buffer).convert("RGB"))

    return alter


def shift(mode: str) -> Alter:
    """By 4 pixels in one direction and 0 to 4 in the other; what comes in from outside is by numpy's `mode`."""

    def alter(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        by = [int(rng.choice([-4, 4])), int(rng.integers(-4, 5))]
        top, left = rng.permutation(by) + 4
        return np.pad(x, ((4, 4), (4, 4), (0, 0)), mode)[top : top + len(x), left : left + x.shape[1]]

    return alter


def crop(keep: float) -> Alter:
    """A random square of `keep` of the side, enlarged again (bicubic)."""

    def alter(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        size = round(len(x) * keep)
        top, left = rng.integers(0, len(x) - size + 1, 2)
        part = Image.fromarray(x[top : top + size, left : left + size])
        return np.asarray(part.resize((x.shape[1], len(x)), Image.Resampling.BICUBIC))

    return alter


def mirror(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return np.ascontiguousarray(x[:, ::-1])


def together(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return jpeg(75)(shift("edge")(mirror(x, rng), rng), rng)


def grey(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return np.asarray(Image.fromarray(x).convert("L").convert("RGB"))


def opposite_hue(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Hue by 180 degrees in HSV, which keeps the largest and the smallest channel of a pixel and so not its luma."""
    hue, saturation, value = Image.fromarray(x).convert("HSV").split()
    turned = Image.fromarray(np.asarray(hue) + np.uint8(128))
    return np.asarray(Image.merge("HSV", (turned, saturation, value)).convert("RGB"))


def opposite_chroma(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Hue by 180 degrees in YCbCr, which keeps luma but for what leaves the range."""
    y, blue, red = Image.fromarray(x).convert("YCbCr").split()
    turned = [Image.fromarray(255 - np.asarray(chroma)) for chroma in (blue, red)]
    return np.asarray(Image.merge("YCbCr", (y, *turned)).convert("RGB"))


def rotate(mode: str) -> Alter:
    """By 2 to 5 degrees either way about the centre (bilinear); what comes in from outside is by numpy's `mode`."""

    def alter(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        angle, margin = rng.uniform(2, 5) * rng.choice([-1, 1]), len(x) // 4
        wide = Image.fromarray(np.pad(x, ((margin, margin), (margin, margin), (0, 0)), mode))
        turned = np.asarray(wide.rotate(angle, Image.Resampling.BILINEAR))
        return turned[margin : margin + len(x), margin : margin + x.shape[1]]

    return alter


def rotate_and_crop(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """As `rotate`, and then the largest square without a corner from outside, enlarged again."""
    angle = rng.uniform(2, 5) * rng.choice([-1, 1])
    radians = abs(np.deg2rad(angle))
    cut = len(x) / 2 * (1 - 1 / (np.cos(radians) + np.sin(radians)))
    turned = Image.fromarray(x).rotate(angle, Image.Resampling.BICUBIC)
    box = (cut, cut, x.shape[1] - cut, len(x) - cut)
    return np.asarray(turned.resize((x.shape[1], len(x)), Image.Resampling.BICUBIC, box))


def caption(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A bar over the lower or the upper quarter with random letters on it, black on white or white on black."""
    image, high = Image.fromarray(x), len(x) // 4
    ink, paper = (0, 255) if rng.random() < 0.5 else (255, 0)
    top = int(rng.choice([0, len(x) - high]))
    drawing = ImageDraw.Draw(image)
    drawing.rectangle((0, top, x.shape[1], top + high - 1), (paper,) * 3)
    words = "".join(rng.choice([*"abcdefghijklmnopqrstuvwxyz    "], 20))
    drawing.text((1, top - high // 8), words, (ink,) * 3, ImageFont.load_default(0.9 * high))
    return np.asarray(image)


WANTED: dict[str, Alter] = {
    "exact": lambda x, rng: x,
    "noise, sigma 13": lambda x, rng: add(x + rng.normal(0, 12.75, x.shape)),
    "JPEG, quality 50": jpeg(50),
    "darker, x 0.6": lambda x, rng: add(x * 0.6),
    "brighter, x 1.4": lambda x, rng: add(x * 1.4),
    "brighter, + 40": lambda x, rng: add(x + 40.0),
    "mirrored": mirror,
    "shifted 4 px, edge repeated": shift("edge"),
    "shifted 4 px, black": shift("constant"),
    "shifted 4 px, reflected": shift("reflect"),
    "cropped to 90 %": crop(0.9),
    "mirrored, shifted, JPEG 75": together,
    "grey": grey,
    "hue by 180 degrees, HSV": opposite_hue,
    "hue by 180 degrees, YCbCr": opposite_chroma,
    "negative": lambda x, rng: 255 - x,
    "rotated 2 to 5 degrees, black": rotate("constant"),
    "rotated 2 to 5 degrees, reflected": rotate("reflect"),
    "rotated 2 to 5 degrees, cropped": rotate_and_crop,
    "caption over a quarter": caption,
}
BEYOND: dict[str, Alter] = {
    "noise, sigma 25": lambda x, rng: add(x + rng.normal(0, 25, x.shape)),
    "JPEG, quality 20": jpeg(20),
    "cropped to 80 %": crop(0.8),
}
KINDS = WANTED | BEYOND


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("data")
    parser.add_argument("--alpha", type=float, default=0.001)
    parser.add_argument("--planted", type=int, default=1000)
    parser.add_argument("--train", type=int, default=0)
    options = parser.parse_args()

    counts: Counter[str] = Counter()
    folds = parts(options.data, options.train)
    for number, (train, fresh, repeats) in enumerate(folds):
        counts += judged(train, fresh, repeats, options.planted // len(folds), options.alpha, number)
    train, fresh, _ = folds[0]
    machine = hardware()
    print(f"alpha = {options.alpha:g}; {len(folds)} x ({len(train):,} training images, {len(fresh):,} fresh); ", end="")
    print(f"{counts['seconds']} s to judge the fresh ones by training images left out in turn; ", end="")
    print(f"{machine['processor']}, {machine['threads']} threads, torch {machine['torch']}\n")
    print_table(counts)


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
    """Counts of one fold: images judged and flagged, by kind and calibration; seconds."""
    counts: Counter[str] = Counter()
    began = time.monotonic()
    left_out = find_copies(train, fresh, alpha)
    counts["seconds"] = round(time.monotonic() - began)
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


def print_table(counts: Counter[str]) -> None:
    print(
        "| planted | images | left-one-out calibration | held-out calibration | source first |\n|---|---|---|---|---|"
    )
    for kind in KINDS:
        n = counts[f"{kind} | planted"]
        found = (f"{counts[f'{kind} | {what}'] / n:.1%}" for what in ("left out", "held out", "source first"))
        print(f"| {kind}{'' if kind in WANTED else ' (not promised)'} | {n:,} | {' | '.join(found)} |")
    for calibration in ("left out", "held out"):
        for group in ("fresh", "repeats"):
            k, n = counts[f"{group} flagged | {calibration}"], counts[f"{group} | {calibration}"]
            if n:
                low, high = binomtest(k, n).proportion_ci()
                print(f"\n{group}, {calibration}: {k} of {n:,} flagged, {k / n:.3%} ({low:.3%} .. {high:.3%})")


if __name__ == "__main__":
    main()
