"""Pictures that are unlike those that a run was trained on, found by how they score among normal ones."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from elegan.core import rng
from elegan.core.errors import UserError
from elegan.core.progress import counted
from elegan.core.sizes import size_of
from elegan.data import open_data, source_of
from elegan.data.decode import brought_to
from elegan.data.deep import Unreadable
from elegan.data.sources import read_file
from elegan.run import Run
from elegan.verbs.inputs import Named, pictures_in

NORMAL = 1000  # normal pictures that are scored


@dataclass(frozen=True)
class Anomalies:
    """`scores` of the pictures that were read, in order, and `faults` of the others.

    `normal`: the sorted scores of normal pictures. A picture above `threshold`, which at most a share of `alpha` of
    normal pictures passes, is an anomaly. `remark`: a caution about the normal pictures, or "".
    """

    scores: dict[Path, float]
    faults: dict[Path, str]
    normal: np.ndarray
    alpha: float
    remark: str = ""

    @property
    def threshold(self) -> float:
        return float(self.normal[-math.floor(self.alpha * (len(self.normal) + 1))])

    def p_value(self, score: float) -> float:
        """The share of normal pictures that score as high, this one counted among them."""
        return (1 + int((self.normal >= score).sum())) / (len(self.normal) + 1)

    def as_dict(self) -> dict[str, Any]:
        pictures = [
            {"file": str(path), "score": score, "p_value": self.p_value(score), "anomaly": score > self.threshold}
            for path, score in self.scores.items()
        ]
        faults = [{"file": str(path), "fault": fault} for path, fault in self.faults.items()]
        return {
            "threshold": self.threshold,
            "alpha": self.alpha,
            "normal": len(self.normal),
            **({"remark": self.remark} if self.remark else {}),
            "pictures": pictures + faults,
        }

    def __str__(self) -> str:
        lines = [
            f"{score:.4f}  p {self.p_value(score):.3f}  {'anomaly' if score > self.threshold else '       '}  {path}"
            for path, score in self.scores.items()
        ]
        lines += [f"{path}: {fault}" for path, fault in self.faults.items()]
        above = sum(score > self.threshold for score in self.scores.values())
        return "\n".join([
            *lines,
            f"{above} of {len(self.scores)} above {self.threshold:.4f}, as {self.alpha:.1%} of "
            f"{len(self.normal):,} normal pictures are",
            *filter(None, [self.remark]),
        ])  # fmt: skip


def anomaly(run: Run, inputs: Named, data: Any = None, *, alpha: float = 0.01) -> Anomalies:
    """Scores every picture among the files, folders and globs `inputs`, and as many as 1000 normal ones of `data`.

    `data`, as `elegan.train` takes them, are the run's own by default. Those it was trained on score a little lower than
    others, so that more than `alpha` of fresh normal pictures pass for anomalies; a set of fresh ones as `data` mends that.
    Raises UserError for inputs that name nothing, a run that does not score, an alpha that the normal pictures are too
    few for.

    >>> import elegan
    >>> odd = elegan.anomaly(elegan.Run.open("runs/detector"), "pictures", alpha=0.05)
    >>> [path.name for path in odd.scores], odd.faults, 0 < odd.threshold
    (['pagoda.png'], {}, True)
    """
    if not 0 < alpha < 1:
        raise UserError(f"alpha = {alpha} is not between 0 and 1")
    source = source_of(data)
    size, channels, _ = run.shape
    scores, faults = {}, {}
    given = pictures_in(inputs)
    for path in (one.source for one in counted(given, "scoring pictures", len(given))):
        try:
            pixels = brought_to(size_of(size), read_file(str(path)), channels, run.recipe.data.fit).pixels
        except Unreadable as error:
            faults[path] = str(error)
            continue
        scores[path] = float(run.scores(pixels[None])[0])
    normal, remark = normal_scores(run, source)
    if not 1 / (len(normal) + 1) <= alpha < 1:
        raise UserError(
            f"alpha = {alpha} is not in {1 / (len(normal) + 1):.4f}..1, as {len(normal)} normal pictures allow"
        )
    return Anomalies(scores, faults, normal, alpha, remark)


def normal_scores(run: Run, source: Any = None) -> tuple[np.ndarray, str]:
    """The sorted scores of as many as NORMAL pictures of `source`, see `open_data`, or of the run's own data, and a caution
    about these or ""."""
    if source:
        images, remark = open_data(source, *run.shape[:2], run.recipe.data.fit).images, ""
    else:
        own, remark = run.training_images()
        images = own.images
    indices = np.random.default_rng(rng.mix("normal")).permutation(len(images))[:NORMAL]
    return np.sort(run.scores(images[np.sort(indices)])), remark
