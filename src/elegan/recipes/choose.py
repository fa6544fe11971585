"""The choice of a recipe for a set of images on this machine, by stated rules; `elegan.recipes.fit` then fits it to them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from elegan.recipes.fit import CHEAP, FEW, Given

FEWEST = 1_000  # below this many images fastgan is the choice
PER_CLASS = 50  # images that make a class worth conditioning on
# The largest side that is chosen: with a GPU, without one but with THREADS, with fewer.
GPU, MANY, FEWER = 1024, 128, 64
THREADS = 4  # a step at 128 px costs 3.5 times one at 64, which one thread learns in a minute (docs/log.md)
# For FEWEST pictures without a GPU: what shows something first (docs/log.md).
QUICK = ("nets.generator.width=16", "nets.discriminator.width=16", "batch=16")


@dataclass(frozen=True)
class Choice:
    """A recipe's name, settings on top of it, and one line saying why."""

    recipe: str
    settings: tuple[str, ...]
    why: str


# For data of two sides.
SIDES = {
    "pairs": Choice("pix2pix", (), "folders A and B with the same file names: pairs"),
    "sides": Choice("fastcut", (), "folders A and B with unlike file names: no pairs"),
}


def choose_of_rows(series: str) -> Choice:
    """The choice for a file of rows; `series` says why they are a series, "" where they are none."""
    if series:
        return Choice("rpgan-series", (), series)
    return Choice(
        "ctgan",
        (),
        "a table: no column says when, and a row tells little of the next; --recipe rpgan-series if it does",
    )


def choose_of_text(apart: str, count: int) -> Choice:
    """The choice for a file of text with so many items, which are its lines or what blank lines set apart."""
    kind = "lines" if apart == "lines" else "paragraphs"
    return Choice("textgan", (), f"a text of {count:,} {kind}; --recipe lm stops at maximum likelihood")


def choose_of_sounds(counts: Sequence[int]) -> Choice:
    """The choice for sounds, of which there are `counts` of each class."""
    by_class = len(counts) > 1 and min(counts) >= PER_CLASS
    why = f"sounds, {f'{len(counts)} classes' if by_class else 'no classes to condition on'}"
    return Choice("specgan", _by_class("norm") if by_class else (), why)


def choose(given: Given, labels: np.ndarray | None, classes: int) -> Choice:
    """The choice for images with `labels` (int64 N) of `classes`, on this machine.

    Up to 32 pixels, and without a GPU at any size: rpgan, from there on narrow and in small batches below `FEWEST` images. With
    one: stylegan2, stylegan2-ada below `FEW` images, fastgan below `FEWEST` without classes.
    """
    conditional = labels is not None and classes > 1 and int(np.bincount(labels, minlength=classes).min()) >= PER_CLASS
    of_classes = f"{classes} classes" if conditional else "no classes to condition on"
    machine = "" if given.resolution <= CHEAP else ", a GPU" if given.accelerated else ", no GPU"
    recipe, settings = (_large if given.accelerated and given.resolution > CHEAP else _small)(given, conditional)
    quick = "; few images: narrow, in small batches" if set(QUICK) <= set(settings) else ""
    return Choice(recipe, settings, f"{given.size} px{machine}, {of_classes}{quick}")


def largest_side(accelerated: bool, threads: int) -> int:
    """The largest side in pixels that is chosen on a machine, by what it can do and not by a clock, so that the same command
    always means the same there.

    >>> largest_side(True, 8), largest_side(False, 8), largest_side(False, 2)
    (1024, 128, 64)
    """
    if accelerated:
        return GPU
    return MANY if threads >= THREADS else FEWER


def _small(given: Given, conditional: bool) -> tuple[str, tuple[str, ...]]:
    """(recipe, settings) with the networks of dcgan."""
    # Embedded at the input, the class outweighed the latent on the digits: one picture a class.
    by_class = _by_class("norm") if conditional else ()
    return "rpgan", (*by_class, *(QUICK if given.resolution > CHEAP and given.count < FEWEST else ()))


def _large(given: Given, conditional: bool) -> tuple[str, tuple[str, ...]]:
    """(recipe, settings) for a GPU."""
    if given.count < FEWEST and not conditional:
        return "fastgan", ()
    return "stylegan2-ada" if given.count < FEW else "stylegan2", _by_class("embedding") if conditional else ()


def _by_class(of_generator: str) -> tuple[str, ...]:
    return f"nets.generator.condition={of_generator}", "nets.discriminator.condition=projection"
