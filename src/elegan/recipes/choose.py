"""The choice of a recipe for a set of images on this machine, by stated rules; `elegan.recipes.fit` then fits it to them."""

from dataclasses import dataclass

import numpy as np

from elegan.recipes.fit import FEW, Given

FEWEST = 1_000  # below this many images fastgan is the choice
PER_CLASS = 50  # images that make a class worth conditioning on


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


def choose(given: Given, labels: np.ndarray | None, classes: int) -> Choice:
    """The choice for images with `labels` (int64 N) of `classes`, on this machine.

    Up to 32 pixels, and without a GPU at any size: rpgan. With one: stylegan2, stylegan2-ada below `FEW` images, fastgan
    below `FEWEST` without classes.
    """
    conditional = labels is not None and classes > 1 and int(np.bincount(labels, minlength=classes).min()) >= PER_CLASS
    of_classes = f"{classes} classes" if conditional else "no classes to condition on"
    machine = "" if given.resolution <= 32 else ", a GPU" if given.accelerated else ", no GPU"
    recipe, settings = (_large if given.accelerated and given.resolution > 32 else _small)(given.count, conditional)
    return Choice(recipe, settings, f"{given.size} px{machine}, {of_classes}")


def _small(count: int, conditional: bool) -> tuple[str, tuple[str, ...]]:
    """(recipe, settings) with the networks of dcgan."""
    # Embedded at the input, the class outweighed the latent on the digits: one picture a class.
    return "rpgan", _by_class("norm") if conditional else ()


def _large(count: int, conditional: bool) -> tuple[str, tuple[str, ...]]:
    """(recipe, settings) for a GPU."""
    if count < FEWEST and not conditional:
        return "fastgan", ()
    return "stylegan2-ada" if count < FEW else "stylegan2", _by_class("embedding") if conditional else ()


def _by_class(of_generator: str) -> tuple[str, ...]:
    return f"nets.generator.condition={of_generator}", "nets.discriminator.condition=projection"
