"""Copies of training images among the images that a run makes."""

from pathlib import Path
from typing import Any

from elegan.core import memory
from elegan.core.errors import UserError
from elegan.core.sizes import size_of
from elegan.data import source_of
from elegan.games.abilities import Generates
from elegan.metrics.copies import CopyReport, audit
from elegan.run import Run


def copies(
    run: Run,
    data: Any = None,
    *,
    num: int = 10_000,
    alpha: float = 0.001,
    max_share: float | None = None,
    out: str | Path | None = None,
    seed: int = 0,
) -> CopyReport:
    """Searches `num` generated images for copies of the run's data or of `data`; the findings go to RUN/copies or `out`.

    `data` as `elegan.train` takes them. The latents' seeds start at `seed`. See `elegan.metrics.copies.audit.copies` for the
    rest and the errors. Raises UserError for a run that makes no images from latents, and where its own data are others by
    now, unless `data` says what to compare with.

    >>> import elegan
    >>> report = elegan.copies(elegan.Run.open("runs/digits"), num=40, alpha=0.01)
    >>> len(report.lines()) > 1
    True
    """
    run.ability(Generates)
    source = source_of(data)
    side, channels, _ = run.shape
    memory.check_room(num, 3 * size_of(side).area * channels, "images to search")
    if source is None and (remark := run.training_images()[1]):
        raise UserError(f"{remark}; --data names the pictures to compare with")
    return audit.copies(
        run.stream(range(seed, seed + num)),
        source or run.source,
        run.shape[:2],
        fit=run.recipe.data.fit,
        distinct=run.recipe.data.distinct,
        alpha=alpha,
        max_share=max_share,
        out=Path(out or run.file("copies")),
        seed=seed,
        settings=run.record | {"images from seed": seed},
    )
