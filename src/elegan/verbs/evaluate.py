"""A run measured against real images."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from elegan.core import files, grid
from elegan.data import source_of
from elegan.metrics.results import Results
from elegan.record.result import keep
from elegan.run import Run
from elegan.workflows import workflow_of
from elegan.workflows.workflow import Asked


def evaluate(
    run: Run,
    data: Any = None,
    *,
    labels: Any = None,
    metrics: Sequence[str] | None = None,
    num: int = 10_000,
    extractor: str = "auto",
    split: str = "train",
    seed: int = 0,
    out: str | Path | None = None,
) -> Results:
    """Measures `num` generated images against the run's data or `data`, and adds the records to evaluations.jsonl of the
    run's folder or `out`; of a run that learnt a series also the picture likeness.png.

    `data` and `labels` as `elegan.train` takes them. The latents' seeds start at `seed`; classes come as often as the training data has them, and in turn for
    class-fd. See `elegan.metrics.evaluate.evaluate` for the rest and the errors. A run that
    translates is measured on the middles of held-out pictures, against the other side's pictures of `split`; one that
    restores on those of held-out photographs, damaged anew, against the photographs.

    >>> import elegan
    >>> run = elegan.Run.open("runs/digits")
    >>> (fd,) = elegan.evaluate(run, metrics=["fd"], num=200, extractor="random")
    >>> fd.metric, fd.low < fd.value < fd.high
    ('FD', True)
    """
    place = files.folder_for(out or run.folder)
    workflow = workflow_of(run.recipe)
    asked = Asked(source_of(data, labels), metrics, num, extractor, split, seed)
    results = Results(workflow.evaluate(run, asked))
    keep(place, results)
    if (picture := workflow.likeness(run, asked)) is not None:
        grid.save_png(place / "likeness.png", picture)
    return results
