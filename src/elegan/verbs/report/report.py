"""All that is known of a run as one HTML page that loads nothing: pictures stand inside it, and there is no script."""

import shlex
from pathlib import Path
from statistics import median
from typing import Any

from pydantic import BaseModel

from elegan.core import files
from elegan.core.errors import UserError
from elegan.core.facts import read_lines
from elegan.core.files import file_for
from elegan.core.ranges import check
from elegan.core.sizes import size_of
from elegan.core.version import __version__
from elegan.games.abilities import MakesSound
from elegan.metrics import METRICS
from elegan.recipes import CATALOGUE
from elegan.recipes.show import differences, full
from elegan.record.course import Logged, Timed
from elegan.run import Run
from elegan.training.curves import panels
from elegan.verbs.report.charts import chart
from elegan.verbs.report.evaluations import COLUMNS, evaluations, legend, newest
from elegan.verbs.report.page import page
from elegan.verbs.report.pictures import moments, neighbours, sheet
from elegan.verbs.sample_sounds import clips_of
from elegan.workflows import workflow_of

Facts = list[tuple[str, str]]


class Copies(BaseModel):
    """The facts of copies.json that are shown."""

    share: float
    n_images: int
    alpha: float


def report(run: Run, out: str | Path | None = None) -> Path:
    """Writes the page to `out` (RUN/report.html by default) and gives its path; the same run gives the same bytes.

    Where a run has no evaluation or checkpoint yet, the page says so in its place, and so where a picture is damaged.
    Raises UserError for a checkpoint that the run does not have, for records that are damaged and for a place that cannot be,
    Failure on a full disk.

    >>> import elegan
    >>> elegan.report(elegan.Run.open("runs/digits")).as_posix()
    'runs/digits/report.html'
    """
    path = file_for(run.file("report.html") if out is None else out)
    if run.wanted != "newest":
        _ = run.step
    samples, copies, suspects = (
        run.file(name) for name in ("samples.png", "copies/copies.json", "copies/suspects-001.png")
    )
    workflow, measured = workflow_of(run.recipe), newest(run)
    log = read_lines(run.file("log.jsonl"), Logged)
    alarms = [record for record in log if record.get("alarm")]
    html = page(
        version=__version__,
        name=run.name,
        look="coarse" if size_of(run.shape.resolution).short <= 32 else "fine",
        summary=_summary(run),
        tiles=_tiles(run, measured),
        samples=sheet(samples, "generated images") if samples.is_file() else None,
        told=_told(run),
        how_chosen=workflow.how_chosen(run),
        clips=clips_of(run) if run.steps and run.game.find(MakesSound) else [],
        columns=COLUMNS,
        evaluations=evaluations(measured),
        legend=legend(measured),
        evaluate=f"elegan evaluate {_quoted(run)}",
        neighbours=neighbours(run, _name(run)),
        copies=_copies(copies),
        suspects=sheet(suspects, "suspects, each beside its nearest training images")
        if copies.is_file() and suspects.is_file()
        else None,
        charts=[chart(title, lines, [r["images"] for r in alarms]) for title, lines in panels(log).items()],
        alarms=[(f"step {r['step']:,}", r["alarm"], r.get("text") or "") for r in alarms],
        moments=moments(run),
        data=_data(run),
        differences=_differences(run),
        recipe="\n".join(full(run.trained_by.shared())),
        machine=_machine(run),
        commands=_commands(run),
    )
    files.write(path, html.encode())
    return path


def _told(run: Run) -> list[str]:
    """What it makes in words; none of a run without a checkpoint."""
    return workflow_of(run.recipe).told(run) if run.steps else []


def _summary(run: Run) -> str:
    done = run.steps[-1] if run.steps else 0
    state = f"{done:,} steps" if run.finished else f"{done:,} of {run.recipe.steps:,} steps"
    about = f": {run.recipe.about}" if run.recipe.about else ""
    return f"{run.recipe.name}{about}. Trained on {run.info['data']['name']} for {state}."


def _tiles(run: Run, measured: list[dict[str, Any]]) -> Facts:
    """Figures and their words: how much of what was seen, and the newest value of the metric that was watched."""
    shape, count = run.shape, run.info["data"]["count"]
    done = run.steps[-1] if run.steps else 0
    tiles = [
        workflow_of(run.recipe).size(shape),
        *([(f"{count:,}", f"training images{f', {shape.classes} classes' if shape.classes else ''}")] if count else []),
        (f"{done * run.recipe.batch:,}", "images seen in training"),
    ]
    watched = METRICS.get(run.recipe.watch.metric)
    latest = next((r for r in reversed(measured) if watched and r["metric"] in watched.lines), None)
    if latest:
        floor = "" if latest["floor"] is None else f", real images {latest['floor']:.3g}"
        tiles.append((f"{latest['value']:.3g}", f"{latest['label'].partition(':')[0].replace('[', ' of ')}{floor}"))
    return tiles


def _copies(path: Path) -> str:
    """The finding of `elegan copies` in a sentence, or how to ask for it."""
    if not path.is_file():
        return "Whether any is a copy: elegan copies, followed by the run."
    try:
        record = check(str(path), files.read_json(path), Copies)
    except UserError as error:
        return f"{error}."
    return (
        f"{record.share:.2%} of {record.n_images:,} generated images are suspected copies at alpha = {record.alpha:g}; "
        f"of fresh real images {record.alpha:.2%} or less would be."
    )


def _name(run: Run) -> str:
    """The run's name for others, who need not know where it is on this machine."""
    return run.path.name if run.path.is_absolute() else str(run.path)


def _data(run: Run) -> Facts:
    data = run.info["data"]
    classes = ", ".join(data["classes"])
    return [
        ("name", data["name"]),
        ("images", f"{data['count']:,}"),
        *([("classes", classes)] if classes else []),
        *(("note", note) for note in data["notes"]),
        ("fingerprint", data["fingerprint"]),
        *([("licence of the model", run.licence)] if run.licence else []),
    ]


def _differences(run: Run) -> list[tuple[str, str, str, list[tuple[str, str, str]]]]:
    """Settings unlike those of the recipe of the same name, and that one's unlike its parent's: title, both names, settings."""
    recipe, named = run.trained_by.shared(), CATALOGUE.get(run.recipe.name)
    tables = []
    for own, base in ((recipe, named), (named or recipe, CATALOGUE.get(recipe.parent))):
        if base and (changes := differences(own, base)):
            set_here = base is named
            title = f"Set otherwise than in {base.name}" if set_here else f"How {own.name} differs from {base.name}"
            tables.append((title, "here" if set_here else own.name, base.name, changes))
    return tables


def _machine(run: Run) -> Facts:
    sessions, timing = run.info["sessions"], read_lines(run.file("timing.jsonl"), Timed)
    seed = run.info["seed"]  # an old packed file knows none
    facts = [("seed", "unknown" if seed is None else str(seed)), ("precision", run.info["precision"])]
    if timing:
        seconds, rates = sum(r["seconds"] for r in timing), [r["images_per_second"] for r in timing]
        facts.append(("time", f"{seconds / 60:,.1f} minutes, {median(rates):,.0f} images a second"))
    if len(sessions) > 1:
        facts.append(("went on from step", ", ".join(f"{s['from_step']:,}" for s in sessions[1:])))
    last = {k: v for k, v in sessions[-1].items() if k not in ("from_step", "precision") and v is not None}
    return [*facts, *((key, str(value)) for key, value in last.items())]


def _commands(run: Run) -> list[str]:
    return [
        run.training_on.format(run=_quoted(run)),
        run.game.use.format(run=_quoted(run), trust=run.recipe.trust_options),
        f"elegan evaluate {_quoted(run)}",
        f"elegan report {_quoted(run)}",
    ]


def _quoted(run: Run) -> str:
    return shlex.quote(_name(run))
