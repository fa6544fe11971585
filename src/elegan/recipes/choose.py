"""Which recipe suits a set of images, by stated rules."""

import math
from dataclasses import dataclass

import numpy as np

FEW = 10_000  # below this many images a discriminator learns them by heart, and DiffAugment pays (Zhao et al. 2020)
PASSES, LEAST, MOST = 50, 64_000, 5_000_000  # images seen: passes over the data, between a floor and a ceiling
BATCH = 64


@dataclass(frozen=True)
class Choice:
    """A recipe's name, settings on top of it (its length among them), and one line saying why."""

    recipe: str
    settings: tuple[str, ...]
    why: str


# Of two sides: what is trained, and why.
SIDES = {
    "pairs": Choice("pix2pix", (), "folders A and B with the same file names: pairs"),
    "sides": Choice("fastcut", (), "folders A and B with unlike file names: no pairs"),
}


def choose(count: int, resolution: int, labels: np.ndarray | None, classes: int) -> Choice:
    """From the number of images, their side and their classes (a class needs 50 images to be worth conditioning on)."""
    conditional = labels is not None and classes > 1 and int(np.bincount(labels, minlength=classes).min()) >= 50
    small = resolution <= 32
    name = ("cgan" if small else "projection") if conditional else ("dcgan" if small else "sngan")
    reasons = [f"{resolution} px", f"{classes} classes" if conditional else "no classes to condition on"]
    seen = min(max(PASSES * count, LEAST), MOST)
    settings = [f"steps={math.ceil(seen / BATCH)}"]
    if count < FEW:
        settings.append("task.augment=translation" if small else "task.augment=color,translation")
        settings += ["nets.discriminator.norm=none", "losses.r1=r1", "losses.r1.weight=0.1"]
        if name == "cgan":
            # Embedded at the input, the class outweighed the latent on the digits: one picture a class.
            settings += ["nets.generator.condition=norm", "nets.discriminator.condition=projection"]
        if seen < 20_000 * BATCH:
            settings.append("ema=0.99")  # 0.999 would show the mean of most of so short a run
        reasons.append(f"only {count:,} images, so the discriminator sees them through DiffAugment and is held by R1")
    reasons.append(f"{seen:,} images seen")
    return Choice(name, tuple(settings), ", ".join(reasons))
