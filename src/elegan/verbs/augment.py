"""A labelled set balanced by generated images, and whether these help a classifier on real ones that nobody trained on."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from elegan.core import files, grid, memory, paths, ranges
from elegan.core.errors import Interrupted, UserError
from elegan.core.progress import counted
from elegan.core.sizes import size_of
from elegan.core.tables import table
from elegan.data import Dataset, open_data, open_held_out, source_of
from elegan.games.abilities import Generates
from elegan.metrics.usefulness import AGAINST, Usefulness, usefulness
from elegan.run import Run


@dataclass(frozen=True)
class Augmented:
    """A set in the folder `path`, `real` images and `generated` ones by class, and what these do to a classifier (`help`), measured
    over `seeds` on `held_out` real images."""

    path: Path
    real: dict[str, int]
    generated: dict[str, int]
    help: Usefulness
    seeds: int
    held_out: int

    def as_dict(self) -> dict[str, Any]:
        counts = {"real": self.real, "generated": self.generated, "held_out": self.held_out, "seeds": self.seeds}
        return {"path": str(self.path), **counts, "usefulness": self.help.as_dict()}

    def lines(self) -> list[str]:
        """For people."""
        head = ("trained on", "right, %", "in filled classes, %")
        gains = []
        for name in AGAINST:
            gain = self.help.gain(name)
            gains.append(
                f"{name}: {100 * gain.mean:+.1f} points ({100 * gain.low:+.1f} to {100 * gain.high:+.1f}), p {gain.p:.2g}"
            )
        total = sum(self.generated.values())
        return [
            *table(head, self.help.rows(), right=True),
            f"mean over classes on {self.held_out:,} held-out real images, 95 % over {self.seeds} seeds",
            *gains,
            f"generated images {self.help.verdict()} beside the usual augmentation",
            f"{sum(self.real.values()):,} real and {total:,} generated images by class: {self.path}",
        ]


def augment(
    run: Run,
    data: Any,
    *,
    labels: Any = None,
    per_class: int | None = None,
    seeds: int = 5,
    images: int = 60_000,
    out: str | Path | None = None,
) -> Augmented:
    """Fills every class of `data` with fewer than `per_class` images (default: as many as the largest has) up to that by
    images of `run`, writes all into a folder by class (RUN/augmented or `out`; `generated-...` are generated), and says whether
    they help a classifier on the held-out part of `data`: see `elegan.metrics.usefulness`, which trains on `images` each time.

    Raises UserError for data without classes or without a held-out part, for a run that makes no images by class or lacks one,
    for fewer than two `seeds`, and for a folder that already holds something.

    >>> import elegan
    >>> made = elegan.augment(elegan.Run.open("runs/by-class"), "rare", per_class=12, seeds=2, images=300)
    >>> made.generated, made.help.verdict() in ("help", "harm", "show no effect")
    ({'0': 0, '1': 8}, True)
    """
    run.ability(Generates)
    ranges.check("per_class", 1 if per_class is None else per_class, ranges.Count)
    ranges.check("images", images, ranges.Count)
    if seeds < 2:
        raise UserError(f"seeds = {seeds}: two at least show how much chance does")
    folder = _empty(Path(out or run.file("augmented")))
    source = source_of(data, labels)
    if source is None:
        raise UserError("name the data to fill up: folders train/ and test/, in each a folder a class")
    real = open_data(source, *run.shape[:2], run.recipe.data.fit)
    held_out = open_held_out(source, run.shape[:2], run.recipe.data.fit)
    known, asked = _labelled(real, run), _labelled(held_out, run) if held_out else None
    if held_out is None or asked is None:
        raise UserError(
            f"{real.name} has no held-out part to try classifiers on, which the run must not have seen: make folders train/ and test/"
        )
    goal = per_class or max(real.class_counts)
    lacking = [max(0, goal - count) for count in real.class_counts]
    if not any(lacking):
        raise UserError(
            f"per_class = {goal}: every class has {min(real.class_counts):,} images or more, so there is nothing to fill up"
        )
    side, channels, _ = run.shape
    memory.check_room(sum(lacking), 3 * size_of(side).area * channels, "generated images")
    names = [name for name, count in zip(real.classes, lacking, strict=True) for _ in range(count)]
    wanted = torch.tensor([run.label_of(name) for name in names])

    def filling(seed: int) -> tuple[np.ndarray, np.ndarray]:
        latents = range(seed * len(names), (seed + 1) * len(names))
        made = np.concatenate(list(run.stream(latents, labels=wanted)))
        return made, np.array([real.classes.index(name) for name in names])

    mirror = bool(run.recipe.data.flip)
    device = str(run.device)
    found = usefulness(known, asked, filling, goal, seeds=seeds, seen=images, mirror=mirror, device=device)
    _write(folder, real, filling(0), run)
    return Augmented(
        path=folder,
        real=dict(zip(real.classes, real.class_counts, strict=True)),
        generated=dict(zip(real.classes, lacking, strict=True)),
        help=found,
        seeds=seeds,
        held_out=held_out.count,
    )


def _empty(folder: Path) -> Path:
    """A folder to write into. Raises UserError for one that holds something, which would be mixed up with the new."""
    files.folder_for(folder)
    if folder.is_dir() and any(folder.iterdir()):
        raise UserError(f"{folder} already holds something; --out names another folder")
    return folder


def _labelled(data: Dataset, run: Run) -> tuple[np.ndarray, np.ndarray]:
    """Images and labels. Raises UserError where there are no classes, or one that the run does not make."""
    if data.labels is None or len(data.classes) < 2:
        raise UserError(f"{data.name} has no classes to fill up: put the images into one folder a class")
    for name in data.classes:
        run.label_of(name)
    return np.asarray(data.images), data.labels


def _write(folder: Path, real: Dataset, fake: tuple[np.ndarray, np.ndarray], run: Run) -> None:
    """Writes the images as PNG by class. Raises Interrupted after Ctrl-C, Failure on a full disk."""
    assert real.labels is not None
    total, done = len(real.labels) + len(fake[1]), 0

    def named() -> Iterator[tuple[int, str, np.ndarray]]:
        for number, (label, image) in enumerate(zip(real.labels.tolist(), real.images, strict=True)):  # type: ignore[union-attr]  # checked above
            yield label, f"real-{number:06d}", image
        for number, (label, image) in enumerate(zip(fake[1].tolist(), fake[0], strict=True)):
            yield label, f"generated-{paths.portable(run.path.stem)}-step{run.step}-{number:06d}", image

    try:
        for label, name, image in counted(named(), "writing pictures", total):
            grid.save_png(paths.inside(folder, folder / paths.portable(real.classes[label]) / f"{name}.png"), image)
            done += 1
    except KeyboardInterrupt:
        raise Interrupted(f"stopped after {done} of {total} pictures, which are in {folder}") from None
