"""What is learnt of few pictures: chosen settings, and a run on other pictures, against dcgan as published.

    python -m benchmarks few flowers64.zip --runs runs/few [--sheet sheet.png]

DATA has a folder a class. The `kinds` largest are the pictures that there are few of: the first of them, in an order drawn with seed
0, train (`sizes`: how many; each holds the smaller ones), and the last `held_out` are held out. The others are other
pictures: a run on them lends its weights, and a classifier of them, which has seen none of the former, gives the features. Every
training has the same networks, steps and batch; each row has one for each of `seeds`. Distances and shares against all held-out
pictures, of as many generated ones; suspected copies of 1,000 (fresh real pictures: up to 1 %, of 100 pictures up to 2 %). `--frozen`:
so many layers of the discriminator stay in one more row of each size. Runs in the folder `runs` are not trained again.
"""

from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import elegan
from benchmarks.estimates import mean
from benchmarks.results import Row
from elegan.core import grid
from elegan.core.errors import UserError
from elegan.data import Dataset, open_data
from elegan.data.cache import default_root
from elegan.metrics import Extractor, measure, open_extractor
from elegan.metrics.copies import find_copies

QUICK = {
    "sizes": "20,30",
    "seeds": 2,
    "steps": 2,
    "before": 2,
    "width": 8,
    "kinds": 4,
    "size": 8,
    "held_out": 60,
    "extractor": "random",
}
COPIES, ALPHA = 1000, 0.01
METRICS = ("FD", "precision", "recall", "coverage")


class Method(NamedTuple):
    recipe: str | None
    options: dict[str, Any]


def benchmark(
    data: str,
    runs: Path = Path("runs/few"),
    size: int = 32,
    width: int = 32,
    kinds: int = 10,
    held_out: int = 800,
    sizes: str = "200,100,1000",
    seeds: int = 3,
    steps: int = 1000,
    before: int = 2000,
    frozen: int = 0,
    extractor: str = "classifier",
    sheet: Path | None = None,
) -> list[Row]:
    counts = [int(part) for part in sizes.split(",")]
    whole = open_data(data, size)
    assert whole.labels is not None, "a folder a class"
    mine, other = parted(whole, kinds)
    train, real = mine[:-held_out], mine[-held_out:]
    if max(counts) > len(train):
        raise UserError(
            f"sizes = {sizes}: beside the {held_out} held out there are {len(train):,} pictures of these kinds"
        )
    network = open_extractor(
        extractor, whole.images[other], whole.labels[other], whole.classes, cache=default_root().parent / "extractors"
    )
    settings = [f"nets.{name}.width={width}" for name in ("generator", "discriminator")] + ["watch.metric=none"]
    options: dict[str, Any] = {"settings": settings, "out": runs, "quiet": True}
    lent = elegan.train(whole.images[other], steps=before, name="other", **options)
    methods = {
        "dcgan as published": Method("dcgan", {"as_published": True}),
        "chosen": Method(None, {}),
        "chosen, from other pictures": Method(None, {"start": lent.path}),
    }
    if frozen:
        held: dict[str, Any] = {"start": lent.path, "settings": [*settings, f"task.freeze={frozen}"]}
        methods[f"the same, {frozen} frozen"] = Method(None, held)
    rows, strips = [], []
    for count in counts:
        values: dict[str, list[dict[str, float]]] = {}
        for name, method in methods.items():
            values[name] = []
            for seed in range(seeds):
                called = f"{count}-{name.replace(',', '').replace(' ', '-')}-{seed}"
                run = elegan.train(
                    train[:count], method.recipe, steps=steps, seed=seed, name=called, **(options | method.options)
                )
                values[name].append(judged(run, network, train[:count], real, seed))
                if seed == 0:
                    strips.append(run.generate(16))
            rows.append(row(count, name, values[name], values["dcgan as published"]))
    rows.append(floor(network, train[:held_out], real))
    if sheet:
        grid.save_png(sheet, grid.grid(np.concatenate(strips), 16))
    return rows


def parted(data: Dataset, kinds: int) -> tuple[np.ndarray, np.ndarray]:
    """(pictures of the largest kinds in a drawn order, places of all others)."""
    assert data.labels is not None
    largest = [label for label, _ in Counter(data.labels.tolist()).most_common(kinds)]
    among = np.isin(data.labels, largest)
    order = np.random.default_rng(0).permutation(np.flatnonzero(among))
    return data.images[order], np.flatnonzero(~among)


def judged(run: elegan.Run, network: Extractor, train: np.ndarray, held_out: np.ndarray, seed: int) -> dict[str, float]:
    images = run.generate(seeds=range(seed * COPIES, (seed + 1) * COPIES))
    results = measure(network, held_out, images[: len(held_out)], ["fd", "prdc"], 0, {})
    found = find_copies(train, images, max(ALPHA, 2 / len(train)))
    return {r.metric: r.value for r in results} | {"suspects": 100 * float(found.suspects.mean())}


def floor(network: Extractor, some: np.ndarray, held_out: np.ndarray) -> Row:
    """What other real pictures of the same kinds get."""
    values = {r.metric: r.value for r in measure(network, held_out, some, ["fd", "prdc"], 0, {})}
    return {
        "pictures": "real",
        "training": f"none, N = {len(held_out)}",
        **{metric: values[metric] for metric in METRICS},
    }


def row(count: int, name: str, values: list[dict[str, float]], plain: list[dict[str, float]]) -> Row:
    lower = [100 * (1 - a["FD"] / b["FD"]) for a, b in zip(values, plain, strict=True)]
    return {
        "pictures": f"{count:,}",
        "training": name,
        **{metric: mean([v[metric] for v in values]) for metric in METRICS},
        **({} if values is plain else {"FD lower by, %": mean(lower)}),
        "suspects, %": mean([v["suspects"] for v in values]),
    }
