"""All that is known of a run as one HTML page that loads nothing: pictures stand inside it, and there is no script."""

import io
import itertools
import shlex
from collections.abc import Sequence
from html import escape
from pathlib import Path
from statistics import median
from string import Template
from typing import Any

import numpy as np
from PIL import Image
from pydantic import BaseModel

from elegan.core import files, paths
from elegan.core.errors import Failure, UserError, in_a_line
from elegan.core.facts import read_lines
from elegan.core.files import file_for
from elegan.core.grid import png
from elegan.core.ranges import check, whole
from elegan.core.version import __version__
from elegan.data import Dataset
from elegan.metrics import extract, open_extractor
from elegan.metrics.features import squared_distances
from elegan.metrics.records import recorded
from elegan.recipes import CATALOGUE
from elegan.recipes.show import differences, full
from elegan.run import Run
from elegan.training.curves import panels
from elegan.verbs.report.charts import chart
from elegan.verbs.report.page import folded, items, note, picture, table
from elegan.workflows import workflow_of

TEMPLATE = Path(__file__).with_suffix(".html")
STRIPS = 12  # moments of the training shown
SHEET_WIDTH, STRIP_WIDTH = 660, 500  # pixels on the page, about
SHEET_ROWS = 8  # of a grid of samples
NEIGHBOURS, SHOWN = 6, 8
UNREADABLE = (OSError, ValueError, SyntaxError, Image.DecompressionBombError)  # what Pillow raises of a broken picture
HIGHER = {"IS", "precision", "recall", "density", "coverage", "modes", "CAS"}  # is better; of all else lower is


class Logged(BaseModel, extra="allow"):
    """A line of log.jsonl: beside the place, numbers by name."""

    __pydantic_extra__: dict[str, float]
    step: int
    images: int


class Timed(BaseModel):
    """A line of timing.jsonl."""

    seconds: float
    images_per_second: float


class Found(BaseModel):
    """What is shown of copies.json."""

    share: float
    n_images: int
    alpha: float


def report(run: Run, out: str | Path | None = None) -> Path:
    """Writes the page to `out` (RUN/report.html by default) and gives its path; the same run gives the same bytes.

    What a run does not have yet, an evaluation or a checkpoint, is said in its place, and so is a picture that is damaged.
    Raises UserError for a checkpoint that the run has not, for records that are damaged and for a place that cannot be,
    Failure on a full disk.

    >>> import elegan
    >>> elegan.report(elegan.Run.open("runs/digits")).as_posix()
    'runs/digits/report.html'
    """
    path = file_for(run.path / "report.html" if out is None else out)
    if run.wanted != "newest":
        _ = run.step
    sections = {
        "version": escape(__version__),
        "name": escape(run.path.resolve().name),
        "look": "coarse" if run.shape.resolution <= 32 else "fine",
        "summary": _summary(run),
        "tiles": _tiles(run),
        "samples": _samples(run),
        "metrics": _metrics(run),
        "neighbours": _neighbours(run),
        "copies": _copies(run),
        "history": _history(run),
        "data": _data(run),
        "recipe": _recipe(run),
        "machine": _machine(run),
        "commands": _commands(run),
    }
    files.write(path, Template(TEMPLATE.read_text(encoding="utf-8")).substitute(sections).encode())
    return path


def _summary(run: Run) -> str:
    done = run.steps[-1] if run.steps else 0
    state = f"{done:,} steps" if run.finished else f"{done:,} of {run.recipe.steps:,} steps"
    about = f": {run.recipe.about}" if run.recipe.about else ""
    return escape(f"{run.recipe.name}{about}. Trained on {run.info['data']['name']} for {state}.")


def _tiles(run: Run) -> str:
    shape, count = run.shape, run.info["data"]["count"]
    done = run.steps[-1] if run.steps else 0
    tiles = [
        workflow_of(run.recipe).size(shape),
        (f"{count:,}", "training images" + (f", {shape.classes} classes" if shape.classes else "")),
        (f"{done * run.recipe.batch:,}", "images seen in training"),
    ]
    newest = next((r for r in reversed(_newest(run)) if r["metric"] == "FD"), None)
    if newest:
        floor = "" if newest["floor"] is None else f", real images {newest['floor']:.3g}"
        tiles.append((f"{newest['value']:.3g}", f"{newest['label'].partition(':')[0].replace('[', ' of ')}{floor}"))
    return "".join(f"<div><b>{escape(value)}</b><span>{escape(what)}</span></div>" for value, what in tiles)


def _samples(run: Run) -> str:
    sheet = run.file("samples.png")
    if not sheet.is_file():
        return note("No samples were drawn yet.")
    return _sheet(sheet, "generated images") + note(workflow_of(run.recipe).how_chosen(run))


def _history(run: Run) -> str:
    """The curves of the log, and the first row of samples over time."""
    lines = panels(read_lines(run.file("log.jsonl"), Logged))
    figures = [chart(title, curves) for title, curves in lines.items()]
    curves = f'<div class="charts">{"".join(figures)}</div>{note("Over images seen in training.")}' if figures else ""
    found = (paths.inside(run.path, path) for path in run.file("samples").glob("[0-9]*.png"))
    sheets = sorted(path for path in found if whole(path.stem) is not None)
    chosen = (
        [sheets[i] for i in np.unique(np.linspace(0, len(sheets) - 1, STRIPS).round().astype(int))] if sheets else []
    )
    strips = "".join(map(_moment, chosen))
    time = f'<h3>The same over time</h3><div class="strips">{strips}</div>' if chosen else ""
    return curves + time or note("Nothing is logged yet.")


def _sheet(path: Path, what: str) -> str:
    """A picture of the run, or where it is damaged that it is."""
    try:
        data = path.read_bytes()
        with Image.open(io.BytesIO(data)) as image:
            image.load()
        return picture(data, what, SHEET_WIDTH)
    except UNREADABLE as error:
        return note(f"{path.name} cannot be shown: {in_a_line(error)}.")


def _moment(path: Path) -> str:
    """The first row of a sheet, with its step."""
    step = int(path.stem)
    try:
        return f"<span>step {step:,}</span>{picture(_first_row(path), f'samples at step {step}', STRIP_WIDTH)}"
    except UNREADABLE as error:
        return f"<span>step {step:,}</span>{note(f'{path.name} cannot be shown: {in_a_line(error)}.')}"


def _first_row(path: Path) -> bytes:
    with Image.open(path) as sheet:
        row, buffer = sheet.crop((0, 0, sheet.width, (sheet.height - 1) // SHEET_ROWS + 1)), io.BytesIO()
    row.save(buffer, "PNG")
    return buffer.getvalue()


def _newest(run: Run) -> list[dict[str, Any]]:
    """The last record of each metric on the same data, in the order in which they were taken."""
    kept: dict[tuple[Any, ...], dict[str, Any]] = {}
    for record in recorded(run.file("evaluations.jsonl")):
        settings = record["settings"]
        key = (record["label"], settings.get("data"), settings.get("split"))
        kept.pop(key, None)
        kept[key] = record
    return list(kept.values())


def _metrics(run: Run) -> str:
    """A table an evaluation: what was measured with the same extractor on the same images."""
    records = _newest(run)
    if not records:
        return note("Not measured yet.") + f"<pre>{escape(f'elegan evaluate {_quoted(run)}')}</pre>"
    tables = [_evaluation(list(group)) for _, group in itertools.groupby(records, key=_subject)]
    floor = "The floor is the same measure between real images and others of them: what a perfect generator would get."
    return "".join(tables) + note(f"{floor} For IS and CAS it is what the real images themselves score, for C2ST 0.5.")


def _subject(record: dict[str, Any]) -> tuple[str, str]:
    """What an evaluation looked at, as a heading and the line below."""
    s = record["settings"]
    accuracy = f" (accuracy {s['accuracy']:.2%} on held-out images)" if s.get("accuracy") is not None else ""
    step = f"Step {s['step']:,}" if "step" in s else "Generated images"
    return (
        f"{step} against {s.get('data', 'real images')}, {s.get('split', 'given')} part",
        f"Features of {s['extractor']} {s['digest'][:8]}{accuracy}, resizer {s['resizer']}; seed {s['seed']}; "
        f"elegan {s['versions']['elegan']}.",
    )


def _evaluation(records: Sequence[dict[str, Any]]) -> str:
    head = ("metric", "value", "95 % interval", "floor", "N real", "N generated", "N floor")
    whole, of_class = [r for r in records if ":" not in r["metric"]], [r for r in records if ":" in r["metric"]]
    tables = [table(head, map(_measured, whole), "numbers")] if whole else []
    if of_class:
        tables.append(folded(f"{len(of_class)} classes each", table(head, map(_measured, of_class), "numbers")))
    how = dict.fromkeys(f"{r['metric'].partition(':')[0]}: {r['interval']}" for r in records)
    warnings = dict.fromkeys(itertools.chain(*(r["warnings"] for r in records)))
    notes = "".join(f'<p class="warning">{escape(warning)}</p>' for warning in warnings)
    intervals = folded("How the intervals were obtained", items(how))
    title, about = _subject(records[0])
    return f"<h3>{escape(title)}</h3>{note(about)}{''.join(tables)}{notes}{intervals}"


def _measured(r: dict[str, Any]) -> list[str]:
    floor = "–" if r["floor"] is None else f"{r['floor']:.4g}"
    counts = (f"{n:,}" if n else "–" for n in (r["n_real"], r["n_fake"], r["floor_n"]))
    better = "↑" if r["metric"] in HIGHER else "↓"
    return [f"{r['metric']} {better}", f"{r['value']:.4g}", f"{r['low']:.4g} … {r['high']:.4g}", floor, *counts]


def _neighbours(run: Run) -> str:
    """A row a generated image: the image, then its nearest training images in the space of their pixels."""
    try:
        images, data = run.generate(SHOWN), _training_data(run)
    except (UserError, Failure) as error:
        return note(f"Cannot be shown: {str(error).replace(str(run.path), _name(run))}.")
    pixel = open_extractor("pixel", data.images)
    fake, real = (extract(pixel, x).values for x in (images, data.images))
    nearest = squared_distances(fake, real).topk(min(NEIGHBOURS, len(real)), largest=False).indices.tolist()
    pairs = []
    for image, rows in zip(images, nearest, strict=True):
        near = (picture(png(data.images[row]), f"training image {row}") for row in rows)
        pairs.append(f'<div class="pair">{picture(png(image), "generated")}<i>←</i>{"".join(near)}</div>')
    about = "Left a generated image, then the training images nearest to it in pixels (at 16 × 16 or less)."
    return f'<div class="pairs">{"".join(pairs)}</div>{note(about)}'


def _copies(run: Run) -> str:
    """What `elegan copies` found, where it was asked."""
    found, sheet = run.file("copies/copies.json"), run.file("copies/suspects-001.png")
    if not found.is_file():
        return note("Whether any is a copy: elegan copies, followed by the run.")
    try:
        record = check(str(found), files.read_json(found), Found)
    except UserError as error:
        return note(f"{error}.")
    about = note(
        f"{record.share:.2%} of {record.n_images:,} generated images are suspected copies at alpha = {record.alpha:g}; "
        f"of fresh real images {record.alpha:.2%} or less would be."
    )
    if not sheet.is_file():
        return about
    return about + _sheet(sheet, "suspects, each beside its nearest training images")


def _training_data(run: Run) -> Dataset:
    """The images that the run saw. Raises UserError where they cannot be opened any more or are others."""
    try:
        data, remark = run.training_images()
    except (UserError, Failure):  # whose text is for the user, and the page is for others
        raise UserError(f"{run.info['data']['name']} cannot be opened where it was") from None
    if remark:
        raise UserError(remark)
    return data


def _name(run: Run) -> str:
    """For others, who need not know where the run is on this machine."""
    return run.path.name if run.path.is_absolute() else str(run.path)


def _data(run: Run) -> str:
    data = run.info["data"]
    classes = ", ".join(data["classes"])
    facts = [
        ("name", data["name"]),
        ("images", f"{data['count']:,}"),
        *([("classes", classes)] if classes else []),
        *(("note", note) for note in data["notes"]),
        ("fingerprint", data["fingerprint"]),
    ]
    return table((), facts)


def _recipe(run: Run) -> str:
    recipe, named = run.recipe.shared(), CATALOGUE.get(run.recipe.name)
    parts = []
    for own, base in ((recipe, named), (named or recipe, CATALOGUE.get(recipe.parent))):
        if base and (changes := differences(own, base)):
            title, here = (
                (f"Set otherwise than in {base.name}", "here")
                if base is named
                else (f"How {own.name} differs from {base.name}", own.name)
            )
            parts.append(f"<h3>{escape(title)}</h3>{table(('setting', here, base.name), changes)}")
    whole = folded("All settings, as in recipe.toml", f"<pre>{escape(chr(10).join(full(recipe)))}</pre>")
    return "".join(parts) + whole


def _machine(run: Run) -> str:
    sessions, timing = run.info["sessions"], read_lines(run.file("timing.jsonl"), Timed)
    facts = [("seed", str(run.info["seed"])), ("precision", run.info["precision"])]
    if timing:
        seconds, rates = sum(r["seconds"] for r in timing), [r["images_per_second"] for r in timing]
        facts.append(("time", f"{seconds / 60:,.1f} minutes, {median(rates):,.0f} images a second"))
    if len(sessions) > 1:
        facts.append(("went on from step", ", ".join(f"{s['from_step']:,}" for s in sessions[1:])))
    newest = {k: v for k, v in sessions[-1].items() if k not in ("from_step", "precision") and v is not None}
    return table((), [*facts, *((key, str(value)) for key, value in newest.items())])


def _commands(run: Run) -> str:
    more = "" if not run.finished else f" --steps {2 * run.recipe.steps}"
    lines = [
        f"elegan train --resume {_quoted(run)}{more}",
        run.game.use.format(run=_quoted(run), trust=run.recipe.trust_options),
        f"elegan evaluate {_quoted(run)}",
        f"elegan report {_quoted(run)}",
    ]
    return escape("\n".join(lines))


def _quoted(run: Run) -> str:
    return shlex.quote(_name(run))
