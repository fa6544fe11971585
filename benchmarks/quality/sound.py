"""What runs have learnt of sounds: each measure beside that of real sounds, or of what is to be surpassed.

    python -m benchmarks sound runs/digits-specgan runs/digits-vocoder runs/digits-enhance

Of specgan and wavegan by `elegan evaluate`: `named` is the share that a classifier of the real training part takes for the class
asked for, beside its accuracy on held-out sounds; FD is in its features, beside one random half of the real ones against the
other. Of vocoder, enhance and widen on held-out sounds: beside Griffin and Lim's phases of the same pictures, or the sound as it
was given, with babble or white noise at 5 dB.
"""

from pathlib import Path

from benchmarks.results import Estimate, Row
from elegan.games.abilities import MakesSound
from elegan.metrics import Result
from elegan.run import Run
from elegan.workflows import workflow_of
from elegan.workflows.workflow import Asked

QUICK = {"num": 40}


def benchmark(runs: list[Path], num: int = 1000) -> list[Row]:
    return [row for run in runs for row in measured(Run.open(run), num)]


def measured(run: Run, num: int) -> list[Row]:
    makes = run.game.find(MakesSound)
    metrics = None if makes is None else ("named", "fd") if makes.classes else ("fd",)
    results = workflow_of(run.recipe).evaluate(run, Asked(None, metrics, num, "auto", "train", 0))
    by_name = {result.metric: result for result in results}
    rows = []
    for name, result in by_name.items():
        beside = next(
            (by_name[f"{name} {kind}"] for kind in ("griffin-lim", "untreated") if f"{name} {kind}" in by_name), None
        )
        if beside is None and result.floor is None:
            continue  # what others stand beside
        rows.append({
            "run": run.path.name, "steps": run.step, "measure": name, "N": result.n_fake, "value": estimate(result),
            "beside": floor(result) if beside is None else estimate(beside),
        })  # fmt: skip
    return rows


def estimate(result: Result) -> Estimate:
    return Estimate(result.value, result.low, result.high, result.n_fake, f"95 %, {result.interval}")


def floor(result: Result) -> Estimate:
    assert result.floor is not None
    assert result.floor_low is not None
    assert result.floor_high is not None
    return Estimate(result.floor, result.floor_low, result.floor_high, result.floor_n, f"95 %, {result.interval}")
