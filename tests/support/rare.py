"""A set of real digits in which some are rare, with a held-out part."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image
from sklearn.datasets import load_digits


def write_rare(folder: Path, counts: Mapping[int, int], held_out: int) -> Path:
    """Writes so many pictures of each digit to folder/train/DIGIT, and `held_out` others to folder/test/DIGIT."""
    digits = load_digits()
    images = np.rint(digits.images * (255 / 16)).astype(np.uint8)
    for label, count in counts.items():
        own = images[digits.target == label]
        for part, some in (("train", own[:count]), ("test", own[count : count + held_out])):
            place = folder / part / str(label)
            place.mkdir(parents=True, exist_ok=True)
            for number, image in enumerate(some):
                Image.fromarray(image).save(place / f"{number:03d}.png")
    return folder
