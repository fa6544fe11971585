"""Lines of text by runs over temperature, beside real ones: n-grams in common with held-out lines and with one another, FD, copies.

    python -m benchmarks text names.txt runs/names-lm,runs/names-textgan

`BLEU-5` is against lines that no run has learnt, `self-BLEU-5` of one half of the lines against the other, `FD` in hashed n-grams
of characters, against the lines learnt; `verbatim` is the share of lines that stand among these, `repeated` of those that were
written before. Of two runs with the same self-BLEU the one with the greater BLEU is better. The first row is of held-out lines in
place of generated ones (for BLEU of lines learnt); `perplexity` is of a character of held-out lines, at temperature 1.
"""

from dataclasses import replace

import torch

from benchmarks.results import Estimate, Row
from elegan.core import rng
from elegan.metrics import find_metric
from elegan.metrics.metric import Metric
from elegan.metrics.sets import Sets
from elegan.run import Run
from elegan.workflows import workflow_of
from elegan.workflows.text import TextWorkflow, sets_of

QUICK = {"most": 80, "temperatures": "1", "metrics": "novelty,fd"}
METRICS = "bleu,self-bleu,fd,novelty,perplexity"
SHOWN = {"BLEU-2", "BLEU-5", "self-BLEU-5", "FD", "verbatim", "repeated", "perplexity"}


def benchmark(
    data: str, runs: str, most: int = 2000, temperatures: str = "0.6,0.8,1,1.2", metrics: str = METRICS
) -> list[Row]:
    rows, real = [], Row()
    for run in [Run.open(place) for place in runs.split(",")]:
        workflow = workflow_of(run.recipe)
        assert isinstance(workflow, TextWorkflow)
        text = workflow.open(run.recipe, data)
        for T in map(float, temperatures.split(",")):
            sets = sets_of(text, run.lines(most, temperature=T), run if T == 1 else None)
            real = real or of_real_lines(sets, metrics)
            rows.append({"lines": run.name, "temperature": f"{T:g}", "N": most} | cells(sets, metrics))
    return [{"lines": "real", "temperature": "", "N": most} | real, *rows]


def of_real_lines(sets: Sets, metrics: str) -> Row:
    """Held-out lines, as many as were generated or all, in place of these; for BLEU, which looks for them, lines learnt."""
    kept = sets.held_out
    assert kept is not None
    held = replace(sets, fake=kept.take(torch.randperm(len(kept), generator=rng.generator("held"))[: len(sets.fake)]))
    learnt = replace(
        sets, fake=sets.real.take(torch.randperm(len(sets.real), generator=rng.generator("learnt"))[: len(sets.fake)])
    )
    kinds = [kind for kind in metrics.split(",") if kind != "perplexity"]
    return {name: cell for kind in kinds for name, cell in cells(learnt if kind == "bleu" else held, kind).items()}


def cells(sets: Sets, metrics: str) -> Row:
    """The lines of these metrics that are shown."""
    row: Row = {}
    for kind in metrics.split(","):
        metric = find_metric(kind)
        assert isinstance(metric, Metric)
        for one in metric.estimate(sets, 0) if metric.needs <= sets.has() else ():
            if one.metric in SHOWN:
                n = one.n_fake or one.n_real
                row[one.metric] = Estimate(one.value, one.low, one.high, n, f"95 %, {one.interval}")
    return row
