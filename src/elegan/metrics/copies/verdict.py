"""The report on copies: a verdict per image, and the evidence for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class CopyReport:
    """The verdicts on Q query images against N training images.

    p_values: Q, conformal: a fresh real image has p <= a with probability at most a. q_values: Q, the smallest false
    discovery rate at which an image is among the copies (Benjamini and Hochberg 1995). suspects: Q, True where
    p <= alpha. residuals: Q, 0 for a copy, near 1 for another image. neighbours: Q x k training indices, the likeliest
    source first. duplicates: groups of training indices that show one picture. calibration: "held-out" or
    "leave-one-out", of `n_calibration` real images, after `set_aside` were left out as duplicates of training images.
    threshold: suspects have residuals below it. search: how training images were searched. c_t (None: too few images),
    authenticity and authenticity_real (of the calibration images): tests of the set as a whole.
    """

    alpha: float
    seed: int
    n_train: int
    calibration: str
    n_calibration: int
    set_aside: int
    threshold: float
    search: str
    duplicates: list[list[int]]
    p_values: np.ndarray
    q_values: np.ndarray
    suspects: np.ndarray
    residuals: np.ndarray
    neighbours: np.ndarray
    c_t: float | None
    authenticity: float
    authenticity_real: float

    @property
    def share(self) -> float:
        """The share of suspects; fresh real images give alpha or less."""
        return float(self.suspects.mean())

    @property
    def ranking(self) -> np.ndarray:
        """Indices of the suspects, the surest copy first."""
        order = np.argsort(self.residuals, kind="stable")
        ranked: np.ndarray = order[self.suspects[order]]
        return ranked

    def lines(self) -> list[str]:
        """The report as lines for people."""
        count, n = int(self.suspects.sum()), len(self.suspects)
        of_set = "too few images" if self.c_t is None else f"{self.c_t:+.2f} (below -3: nearer to the training images)"
        return [
            f"suspects      {count:,} of {n:,} images ({self.share:.2%}); fresh real images: {self.alpha:.2%} or less",
            f"calibration   {self.n_calibration:,} {self.calibration} real images; {self.set_aside} set aside",
            f"training      {self.n_train:,} images, {self._repeated():,} of them duplicates; search: {self.search}",
            f"C_T           {of_set}",
            f"authenticity  {self.authenticity:.3f}; real images: {self.authenticity_real:.3f}",
        ]

    def _repeated(self) -> int:
        return sum(len(group) - 1 for group in self.duplicates)

    def to_record(self, names: Sequence[str] | None = None, training: Sequence[str] | None = None) -> dict[str, Any]:
        """The report for JSON: settings, values of the set, one entry an image; by index, or by name where names are given."""
        shown = range(len(self.suspects)) if names is None else names
        known = range(self.n_train) if training is None else training
        images = [
            {
                "image": shown[i],
                "suspect": bool(self.suspects[i]),
                "p": float(self.p_values[i]),
                "q": float(self.q_values[i]),
                "residual": round(float(self.residuals[i]), 6),
                "nearest": [known[j] for j in self.neighbours[i].tolist()],
            }
            for i in range(len(self.suspects))
        ]
        duplicates = [[known[j] for j in group] for group in self.duplicates]
        return {
            **self._plain(),
            "duplicates": duplicates,
            "n_images": len(images),
            "share": self.share,
            "images": images,
        }

    def summary(self) -> dict[str, Any]:
        """The values of the set for JSON, without an entry an image."""
        counts = {"n_images": len(self.suspects), "n_suspects": int(self.suspects.sum()), "share": self.share}
        return {**self._plain(), "duplicates": self._repeated(), **counts}

    def _plain(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if not isinstance(value, np.ndarray)}
