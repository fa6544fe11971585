"""Whether the guard keeps silent: healthy trainings of every recipe, and what it says of them.

    python -m benchmarks healthy DATA [--seed 10] [--only lsgan,flowers] [--runs runs/healthy]

DATA is the folder of the public sets; `digits` elegan brings itself. Recipes are fitted to their data as `elegan train` does it,
but with narrow networks, and cgan has its class in the norms: embedded at the input, as published, it makes one picture a class.
`first` and `last`, of the untrained and the trained network, are what the guard reads: the `distance` to the data over their
spread, the `nearness` of a translator's pictures to their side, over that of its inputs, the `gain` of a restorer over the
picture merely enlarged; where the guard reads gradients alone, what is watched at the first and the last look. `--only`: recipes
or sets. `--runs` keeps the runs with their sheets; those that are whole there are not trained again, so that other rules can be
tried on what the guard saw in them. `--seed` is added to every seed: what the rules were made by is not what shows that they hold.
"""

import json
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import elegan
from benchmarks.results import Row, table
from elegan.core import files
from elegan.core.errors import UserError
from elegan.core.screen import say
from elegan.data import open_data
from elegan.recipes import find_recipe
from elegan.training.guard.guard import Alarm, Guard

QUICK = {"data": ".", "only": "gan", "steps": 4, "width": 8}


class Case(NamedTuple):
    """A training: `count` pictures of a set, 0 for all, brought to `size` pixels, by networks no wider than `width`."""

    recipe: str
    data: str
    size: int
    steps: int
    count: int = 0
    seed: int = 0
    width: int = 16
    settings: tuple[str, ...] = ()


BY_NORM = ("nets.generator.condition=norm",)
CASES = (
    Case("lsgan", "digits", 8, 1100, width=32),
    Case("sngan", "digits", 8, 1100),
    Case("infogan", "digits", 8, 1100, width=32),
    Case("cgan", "digits", 8, 1100, width=32, settings=BY_NORM),
    Case("projection", "cifar10", 16, 350),
    Case("dcgan", "digits", 8, 1100, width=32),
    Case("rpgan", "digits", 8, 1100, count=60),
    Case("pix2pix", "facades128", 64, 400),
    Case("sr-x2", "bsds400", 32, 400),
    Case("dcgan", "flowers64", 32, 500, count=1000, seed=1),
    Case("rpgan", "flowers64", 32, 500, count=200, seed=1),
    Case("ganomaly", "digits", 8, 600),
    Case("rpgan-series", "stock", 24, 600),
    Case("gan", "digits", 8, 1100, seed=1),
    Case("vaegan", "digits", 8, 1000),
    Case("sr-x4", "bsds400", 32, 400),
    Case("inpaint", "bsds400", 32, 400),
    Case("denoise", "bsds400", 32, 400),
    Case("colorize", "bsds400", 32, 400),
    Case("scratches", "bsds400", 32, 400),
    Case("rpgan", "digits", 8, 1100, width=32),
    Case("acgan", "digits", 8, 1100, seed=1, width=32),
    Case("wgan", "digits", 8, 600),
    Case("dcgan", "digits", 8, 1100, count=100, seed=1, width=32),
    Case("lapgan", "flowers64", 16, 500),
    Case("progressive", "flowers64", 16, 1500, width=128),
    Case("dragan", "mnist", 16, 500),
    Case("lsgan", "mnist", 16, 600, seed=1, width=32),
    Case("infogan", "mnist", 16, 600, seed=1, width=32),
    Case("cgan", "mnist", 16, 600, seed=1, width=32, settings=BY_NORM),
    Case("rpgan", "mnist", 28, 500, count=500, seed=1),
    Case("fastcut", "monet2photo", 32, 600, seed=1),
    Case("cut", "monet2photo", 32, 600),
    Case("cyclegan", "monet2photo", 32, 600),
    Case("oldphoto", "bsds400", 32, 400),
    Case("fastgan", "flowers64", 32, 400, count=300),
    Case("sr-x4-detail", "bsds400", 32, 350),
    Case("inpaint-detail", "bsds400", 32, 350),
    Case("dcgan", "mnist", 28, 500, seed=2),
    Case("rpgan", "cifar10", 32, 500, seed=2),
    Case("dcgan", "cifar10", 32, 500, seed=3),
    Case("stylegan2", "flowers64", 16, 600),
    Case("stylegan2-ada", "flowers64", 16, 600, count=500),
    Case("r3gan", "flowers64", 16, 600),
    Case("rpgan", "flowers64", 64, 320, seed=3),
    Case("wgan-gp", "mnist", 16, 320),
    Case("projection", "digits", 8, 600),
    Case("sngan", "cifar10", 16, 350, seed=1),
    Case("sagan", "cifar10", 16, 350),
    Case("biggan", "cifar10", 16, 350),
)
NAMED = ("digits",)  # sets that elegan itself brings


def benchmark(
    data: Path,
    only: str = "",
    runs: Path | None = None,
    seed: int = 0,
    steps: int | None = None,
    width: int | None = None,
) -> list[Row]:
    known = {name for case in CASES for name in (case.recipe, case.data)}
    wanted = set(filter(None, only.split(",")))
    if wanted - known:
        raise UserError(f"only = {only}: none of {', '.join(sorted(known))}")
    rows = []
    with ExitStack() as stack:
        folder = runs or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        for case in CASES:
            if not wanted or wanted & {case.recipe, case.data}:
                given = case._replace(seed=case.seed + seed, steps=steps or case.steps, width=width or case.width)
                rows.append(row(given, data, folder))
                say(table(rows[-1:]).splitlines()[-1].strip("| "), to=sys.stderr)
    return rows


def row(case: Case, folder: Path, runs: Path) -> Row:
    source, labels = pictures(case, folder)
    nets = find_recipe(case.recipe).full()["nets"]
    narrow = [f"nets.{name}.width={case.width}" for name, net in nets.items() if net.get("width", 0) > case.width]
    run = elegan.train(
        source,
        case.recipe,
        labels=labels,
        size=None if case.recipe == "rpgan-series" else case.size,
        steps=case.steps,
        seed=case.seed,
        settings=[*narrow, "watch.images=500", *case.settings],
        out=runs,
        name=f"{case.recipe}-{case.data}-{case.count}-{case.seed}",
        quiet=True,
    )
    series = files.read_plain(run.checkpoint(run.step))["guard"]["series"]
    records = [json.loads(line) for line in run.file("log.jsonl").read_text().splitlines()]
    return {
        "recipe": case.recipe,
        "data": case.data,
        "seed": case.seed,
        "pictures": run.info["data"]["count"],
        "size": case.size,
        "channels": run.shape.channels,
        "steps": run.step,
        **learnt(series, records),
        "alarms": ", ".join(f"{alarm.rule.name} at {alarm.step}" for alarm in alarms(run, series)) or "none",
    }


def pictures(case: Case, folder: Path) -> tuple[Any, Any]:
    """(what is trained on, the labels of pictures in memory)."""
    if case.data in NAMED:
        source = case.data
    else:
        source = str(next(iter(folder.glob(f"{case.data}.*")), folder / f"{case.data}.zip"))
    if not case.count:
        return source, None
    whole = open_data(source, case.size)
    some = range(0, len(whole.images), len(whole.images) // case.count)[: case.count]  # folders of classes lie in order
    return whole.images[list(some)], None if whole.labels is None else whole.labels[list(some)]


def alarms(run: elegan.Run, series: dict[str, dict[str, list[tuple[int, float]]]]) -> list[Alarm]:
    """What the guard's rules, as they are now, say of what it saw then: of a new run, what they said."""
    guard, found = Guard(None, run.recipe.steps, run.recipe.batch), list[Alarm]()
    for step in sorted({step for signs in series.values() for pairs in signs.values() for step, _ in pairs} - {0}):
        for group, signs in series.items():
            seen = {sign: [(at, value) for at, value in pairs if at <= step] for sign, pairs in signs.items()}
            guard.series[group] = {sign: pairs for sign, pairs in seen.items() if pairs}
        found += guard.alarms(step)
    return found


def learnt(series: dict[str, dict[str, list[tuple[int, float]]]], records: list[dict[str, Any]]) -> dict[str, Any]:
    """What the guard read at first and at last, by how many probes."""
    for signs in series.values():
        for sign in ("distance", "nearness", "gain"):
            if sign in signs:
                return _ends(sign, [value for _, value in signs[sign]], len(signs[sign]) - 1)
    watched = [(k, v) for record in records if "rate" not in record for k, v in record.items() if isinstance(v, float)]
    probes = max((len(values) for signs in series.values() for values in signs.values()), default=0)
    return _ends(watched[-1][0], [value for name, value in watched if name == watched[-1][0]], probes)


def _ends(sign: str, values: list[float], probes: int) -> dict[str, Any]:
    return {"measure": sign, "first": values[0], "last": values[-1], "probes": probes}
