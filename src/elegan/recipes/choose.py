"""The choice of a recipe that suits a set of images on this device, by stated rules."""

import math
from dataclasses import dataclass

import numpy as np

FEW = 10_000  # below this many images a discriminator learns them by heart, and augmentation pays (Zhao et al. 2020)
FEWEST = 1_000  # below this many images fastgan is the choice
PER_CLASS = 50  # images that make a class worth conditioning on
PASSES, LEAST, MOST = 50, 64_000, 5_000_000  # images seen: passes over the data, between a floor and a ceiling
BATCH = 64


@dataclass(frozen=True)
class Choice:
    """A recipe's name, settings on top of it (its length among them), and one line saying why."""

    recipe: str
    settings: tuple[str, ...]
    why: str


# For data of two sides.
SIDES = {
    "pairs": Choice("pix2pix", (), "folders A and B with the same file names: pairs"),
    "sides": Choice("fastcut", (), "folders A and B with unlike file names: no pairs"),
}


def choose(count: int, resolution: int, labels: np.ndarray | None, classes: int, accelerated: bool) -> Choice:
    """The choice for `count` images of `resolution` pixels a side with `labels` (int64 N) of `classes`, with or without a GPU.

    Up to 32 pixels, and without a GPU at any size: rpgan. With one: stylegan2, stylegan2-ada below `FEW` images, fastgan
    below `FEWEST` without classes.
    """
    conditional = labels is not None and classes > 1 and int(np.bincount(labels, minlength=classes).min()) >= PER_CLASS
    seen = min(max(PASSES * count, LEAST), MOST)
    reasons = [f"{resolution} px", f"{classes} classes" if conditional else "no classes to condition on"]
    suited = _large if accelerated and resolution > 32 else _small
    recipe, batch, settings, because = suited(count, resolution, conditional)
    reasons += [*because, f"{seen:,} images seen"]
    return Choice(recipe, (f"steps={math.ceil(seen / batch)}", *settings), ", ".join(reasons))


def _small(count: int, resolution: int, conditional: bool) -> tuple[str, int, list[str], list[str]]:
    """(recipe, its batch, settings, reasons) with the networks of dcgan."""
    settings, why = [], []
    if resolution > 32:
        width = max(16, BATCH * 32 // resolution)
        settings += [f"nets.generator.width={width}", f"nets.discriminator.width={width}"]
        why.append(f"no GPU, so networks of width {width}, which keeps a step as cheap as at 32 px")
    if conditional:
        # Embedded at the input, the class outweighed the latent on the digits: one picture a class.
        settings += ["nets.generator.condition=norm", "nets.discriminator.condition=projection"]
    if count < FEW:
        settings.append("task.augment=translation" if resolution <= 32 else "task.augment=color,translation")
        why.append(f"only {count:,} images, so the discriminator sees them through DiffAugment")
    return "rpgan", BATCH, settings, why


def _large(count: int, resolution: int, conditional: bool) -> tuple[str, int, list[str], list[str]]:
    """(recipe, its batch, settings, reasons) for a GPU."""
    if count < FEWEST and not conditional:
        return "fastgan", 8, [], [f"only {count:,} images"]
    batch = max(4, min(32, 32 * 128 // resolution))
    settings = [f"batch={batch}", f"losses.r1.weight={2e-4 / batch}"]  # gamma = .0002 H W / batch
    width = _published(resolution)
    settings += [f"nets.generator.width={width}", f"nets.discriminator.width={width}"]
    settings += ["nets.generator.depth=8"] if resolution >= 256 else []
    if conditional:
        settings += ["nets.generator.condition=embedding", "nets.discriminator.condition=projection"]
    if count < FEW:
        return "stylegan2-ada", batch, settings, [f"only {count:,} images, so augmentation adapts"]
    return "stylegan2", batch, settings, [f"{count:,} images on a GPU"]


def _published(resolution: int) -> int:
    """Channels at the full size in the authors' networks (Karras et al. 2020b); from 1024 px, where they have 32, more."""
    size = 1 << (resolution - 1).bit_length()
    return max(64, min(512, 16384 // size))
