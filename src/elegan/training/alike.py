"""Whether what a run makes is dead: pictures that are (nearly) all the same, or each of one colour."""

import numpy as np

from elegan.core import rng
from elegan.core.errors import Failure, UserError
from elegan.games.abilities import Generates
from elegan.run import Run

NUM = 64  # pictures looked at, of the run and of its data
DEAD = 0.2  # of what the data have


def alike(run: Run) -> list[str]:
    """A line where the newest pictures differ from each other, or within themselves, by less than a fifth of what the
    data's do; none where they live, of runs that make no pictures from noise, and without the data to compare with.
    """
    if not run.game.find(Generates):
        return []
    try:
        (data, remark), made = run.training_images(), run.generate(NUM)
    except (UserError, Failure):
        return []
    chosen = np.random.default_rng(rng.mix("alike")).permutation(len(data.images))[:NUM]
    real = data.images[np.sort(chosen)]
    found = {
        "are nearly all alike: two of them differ by": (between(made), between(real)),
        "are nearly of one colour each: their pixels deviate by": (within(made), within(real)),
    }
    said = [
        f"{what} {ours:.1f}, of the data by {theirs:.1f}"
        for what, (ours, theirs) in found.items()
        if ours < DEAD * theirs
    ]
    advice = "(root mean square, 0-255); a lower optimizers.*.lr or a longer training helps"
    return [f"its pictures {said[0]} {advice}"] if said and not remark else []


def between(images: np.ndarray) -> float:
    """The mean root-mean-square difference of two of them: N x ... uint8 to 0..255."""
    flat = images.reshape(len(images), -1).astype(np.float64)
    squares = np.square(flat).mean(1)
    apart = (squares[:, None] + squares - 2 / flat.shape[1] * flat @ flat.T).clip(0)[np.triu_indices(len(flat), 1)]
    return float(np.sqrt(apart).mean()) if apart.size else 0.0


def within(images: np.ndarray) -> float:
    """The mean standard deviation over a picture's pixels, by channel: N x H x W x C uint8 to 0..128."""
    return float(images.astype(np.float64).std((1, 2)).mean())
