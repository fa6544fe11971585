"""A check for runs that died: pictures that are (nearly) all the same, or each of one colour."""

import numpy as np

from elegan.core import rng
from elegan.core.errors import Failure, UserError
from elegan.games.abilities import Generates
from elegan.run import Run

NUM = 64  # pictures that are compared, of the run and of its data
DEAD = 0.2  # of the data's own differences


def alike(run: Run) -> list[str]:
    """A line where the newest pictures differ from each other, or within themselves, by less than a fifth of what the
    data's do; no line where they differ more, for runs that make no pictures from noise, or without the data.
    """
    if not run.game.find(Generates):
        return []
    try:
        (data, remark), pictures = run.training_images(), run.generate(NUM)
    except (UserError, Failure):
        return []
    sample = np.random.default_rng(rng.mix("alike")).permutation(len(data.images))[:NUM]
    real = data.images[np.sort(sample)]
    deviations = {
        "are nearly all alike: two of them differ by": (between(pictures), between(real)),
        "are nearly of one colour each: their pixels deviate by": (within(pictures), within(real)),
    }
    symptoms = [
        f"{what} {ours:.1f}, those of the data by {theirs:.1f}"
        for what, (ours, theirs) in deviations.items()
        if ours < DEAD * theirs
    ]
    advice = "(root mean square, 0-255); a lower optimizers.*.lr or a longer training helps"
    return [f"its pictures {symptoms[0]} {advice}"] if symptoms and not remark else []


def between(images: np.ndarray) -> float:
    """The mean root-mean-square difference of two images, uint8 N x ..., in 0..255."""
    flat = images.reshape(len(images), -1).astype(np.float64)
    squares = np.square(flat).mean(1)
    apart = (squares[:, None] + squares - 2 / flat.shape[1] * flat @ flat.T).clip(0)[np.triu_indices(len(flat), 1)]
    return float(np.sqrt(apart).mean()) if apart.size else 0.0


def within(images: np.ndarray) -> float:
    """The mean standard deviation over a picture's pixels, by channel, of uint8 N x H x W x C, in 0..128."""
    return float(images.astype(np.float64).std((1, 2)).mean())
