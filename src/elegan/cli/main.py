"""The command line: one verb a command, each over the same function as the Python API. Torch is imported by the verb."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from elegan.cli.boundary import Verbs, check_given, end, hush, stopping
from elegan.cli.latent import latent
from elegan.cli.options import MOST, Checkpoint, Device, RunPath, Seed, Trust, place
from elegan.core.errors import Failure, UserError, shown
from elegan.core.ranges import whole
from elegan.core.screen import say as _say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from elegan.verbs.inputs import Outcome


app = typer.Typer(
    cls=Verbs,
    help="A folder of images in, a trained and honestly measured GAN out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(latent, name="latent")


@app.command()
def train(
    data: Annotated[str | None, typer.Argument(help="A folder, a zip, or a set: digits, mnist, ..., hf:NAME.")] = None,
    recipe: Annotated[str | None, typer.Option(help="A recipe's name or TOML file; default: by the data.")] = None,
    steps: Annotated[int | None, typer.Option(min=1, help="Length in steps.")] = None,
    direction: Annotated[str | None, typer.Option(help="AtoB or BtoA, for translation: from what to what.")] = None,
    images: Annotated[int | None, typer.Option(min=1, help="Length in images seen, instead of steps.")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Changes the recipe.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Where run folders are made.")] = Path("runs"),
    name: Annotated[str | None, typer.Option(help="The run's name; default: by data and recipe.")] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**63 - 1, help="Of weights, order and latents.")] = 0,
    device: Device = "auto",
    precision: Annotated[str, typer.Option(help="auto, fp32, bf16 or fp16.")] = "auto",
    resume: Annotated[Path | None, typer.Option(metavar="RUN", help="Goes on with this run by its own recipe.")] = None,
    start: Annotated[Path | None, typer.Option("--from", metavar="RUN", help="Begins with this run's weights.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only says what it would do and cost.")] = False,
    trust: Trust = None,
) -> None:
    """Trains a generator; the same command again goes on where it stopped."""
    from elegan.training.session import plan_for
    from elegan.training.session import train as train_run

    settings = [*(settings or []), *([f"data.direction={direction}"] if direction is not None else [])]
    options: dict[str, Any] = {
        "data": data, "recipe": recipe, "settings": settings, "steps": steps, "images": images, "out": out,
        "name": name, "seed": seed, "device": device, "precision": precision, "resume": resume, "start": start,
        "trust": trust or (),
    }  # fmt: skip
    if dry_run:
        from elegan.training.dry_run import estimate

        plan = plan_for(**options)
        _say(*plan.lines(), *estimate(plan))
        return
    from elegan.training.alike import alike

    run = train_run(**options)
    _say(f"{run.path}/samples.png shows what it makes; more with: {run.use}", *alike(run))


@app.command()
def sample(
    run: RunPath,
    num: Annotated[int, typer.Option(min=1, max=MOST, help="How many images.")] = 64,
    seeds: Annotated[str | None, typer.Option(help="Which ones: 0-63, or 3,7,20-29.")] = None,
    label: Annotated[str | None, typer.Option("--class", help="Only this class, by name or number.")] = None,
    truncation: Annotated[
        float | None,
        typer.Option(
            help="Safer, less varied pictures: latents within |z| < T; of stylegan2, w at T of its distance from the mean."
        ),
    ] = None,
    separate: Annotated[bool, typer.Option("--separate/--grid", help="A file an image, or one sheet.")] = False,
    codes: Annotated[bool, typer.Option("--codes", help="A sheet a code: what it changes (infogan).")] = False,
    out: Annotated[Path | None, typer.Option(help="Folder; default: RUN/generated.")] = None,
    checkpoint: Checkpoint = "newest",
    device: Device = "cpu",
    trust: Trust = None,
) -> None:
    """Makes images with a trained run."""
    from elegan.run import Run
    from elegan.verbs.sample import parse_seeds, save_codes, save_samples

    opened = Run.open(run, checkpoint, device, trust or ())
    chosen = parse_seeds(seeds) if seeds is not None else range(num)
    folder = place(out, opened.file("generated"))
    if codes:
        _say(*map(str, save_codes(opened, chosen[0], folder)))
        return
    _say(str(save_samples(opened, chosen, label, truncation, separate, folder)))


@app.command()
def translate(
    run: RunPath,
    inputs: Annotated[list[str], typer.Argument(metavar="PICTURE...", help="Files, folders or quoted globs.")],
    direction: Annotated[str | None, typer.Option(help="AtoB or BtoA, where the run knows both.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder; default: RUN/translated.")] = None,
    strength: Annotated[float, typer.Option(help="From 0, the input, to 1, the result.")] = 1.0,
    tile: Annotated[str, typer.Option(help="auto, none, or the side of the tiles in pixels.")] = "auto",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Also what stands in the folder already.")] = False,
    checkpoint: Checkpoint = "newest",
    device: Device = "cpu",
    trust: Trust = None,
) -> None:
    """Turns pictures of any size into those of the other side; format, profile, alpha and depth are kept."""
    from elegan.run import Run
    from elegan.verbs.translate import translate_files

    opened, side = Run.open(run, checkpoint, device, trust or ()), _tile(tile)
    folder = place(out, opened.file("translated"))
    outcomes = translate_files(
        opened, inputs, folder, direction=direction, strength=strength, tile=side, overwrite=overwrite
    )
    _work_through(outcomes, "translated", str(folder), "--overwrite makes them anew")


@app.command()
def restore(
    inputs: Annotated[list[str], typer.Argument(metavar="PHOTO...", help="Files, folders or quoted globs.")],
    task: Annotated[str, typer.Option(help="upscale, denoise, inpaint, oldphoto or colorize.")] = "upscale",
    scale: Annotated[float, typer.Option(help="Of upscale: above 1, up to 4.")] = 2.0,
    sigma: Annotated[str, typer.Option(help="Of the noise, on the 0-255 scale; auto: unknown.")] = "auto",
    mask: Annotated[str | None, typer.Option(help="White where to fill: a file, a folder, or auto-scratches.")] = None,
    detail: Annotated[float | None, typer.Option(help="From 0, faithful, to 1: more detail, invented.")] = None,
    model: Annotated[str | None, typer.Option(help="A run or packed model, in place of the shipped ones.")] = None,
    tile: Annotated[str, typer.Option(help="auto, none, or the side of the tiles in pixels.")] = "auto",
    out: Annotated[Path | None, typer.Option(help="Folder; default: beside each photo.")] = None,
    format: Annotated[str | None, typer.Option(help="png, jpg, webp or tiff; default: that of the photo.")] = None,
    device: Device = "cpu",
    trust: Trust = None,
) -> None:
    """Makes photographs larger, cleaner, whole; format, profile, alpha and depth are kept, nothing is written over."""
    from elegan.verbs.restore import open_restorer, restore_files

    options: dict[str, Any] = {
        "task": task, "scale": scale, "sigma": _number("sigma", sigma), "mask": mask, "detail": detail, "model": model,
        "tile": _tile(tile), "device": device, "trust": trust or (),
    }  # fmt: skip
    outcomes = restore_files(open_restorer(**options), inputs, out, format)
    _work_through(outcomes, "restored", str(out or "the folders they came from"), "they are not written over")


@app.command()
def pack(
    run: RunPath,
    out: Annotated[Path, typer.Option(metavar="FILE", help="Ends in .safetensors.")],
    checkpoint: Checkpoint = "newest",
    trust: Trust = None,
) -> None:
    """Writes a run's restorer as one small file, for `elegan restore --model`."""
    from elegan.nets.pretrained import pack as write
    from elegan.run import Run

    if out.suffix != ".safetensors":
        raise UserError(f"{shown(str(out))} does not end in .safetensors")
    opened = Run.open(run, checkpoint, trust=trust or ())
    write(out, opened.restorer, opened.recipe)
    _say(f"{out} ({out.stat().st_size / 1e6:.2f} MB)")


@app.command()
def export(
    run: RunPath,
    out: Annotated[Path, typer.Option(metavar="FILE", help="Ends in .onnx.")],
    direction: Annotated[str | None, typer.Option(help="AtoB or BtoA, where the run knows both.")] = None,
    checkpoint: Checkpoint = "newest",
    trust: Trust = None,
) -> None:
    """Writes a run's generator, translator or restorer as ONNX, once it gives what torch gives."""
    from elegan.run import Run
    from elegan.verbs.export import export as write

    worst = write(Run.open(run, checkpoint, trust=trust or ()), out, direction)
    _say(f"{out} ({out.stat().st_size / 1e6:.2f} MB), within {worst:.1e} of torch")


@app.command()
def anomaly(
    run: RunPath,
    inputs: Annotated[list[str], typer.Argument(metavar="PICTURE...", help="Files, folders or quoted globs.")],
    data: Annotated[str | None, typer.Option(help="Normal pictures to compare with; default: the run's data.")] = None,
    alpha: Annotated[float, typer.Option(help="The share of normal pictures that may be taken for anomalies.")] = 0.01,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    checkpoint: Checkpoint = "newest",
    device: Device = "cpu",
    trust: Trust = None,
) -> None:
    """Scores how unlike a run's data pictures are, and says which are anomalies; for runs of ganomaly."""
    from elegan.run import Run
    from elegan.verbs.anomaly import anomaly as find_anomalies

    found = find_anomalies(Run.open(run, checkpoint, device, trust or ()), inputs, data, alpha=alpha)
    _say(json.dumps(found.as_dict(), indent=1, ensure_ascii=False) if as_json else str(found))
    if found.faults:
        source, fault = next(iter(found.faults.items()))
        raise Failure(f"{len(found.faults)} could not be read: {source} ({fault})")


@app.command()
def evaluate(
    run: Annotated[Path | None, typer.Argument(metavar="RUN", help="A run folder.")] = None,
    data: Annotated[str | None, typer.Option("--data", "--real", help="Real images; default: the run's data.")] = None,
    generated: Annotated[str | None, typer.Option(help="A folder or zip of images, in place of a run.")] = None,
    metrics: Annotated[
        str | None,
        typer.Option(
            help="Some of fd, kd, is, prdc, sw, fd-infinity, class-fd, modes, fld, cas, c2st, by commas; "
            "default: fd, kd, prdc, and is with a classifier."
        ),
    ] = None,
    num: Annotated[int, typer.Option(min=2, max=MOST, help="Images to generate.")] = 10_000,
    extractor: Annotated[
        str,
        typer.Option(
            help="auto (classifier with classes, else self), classifier[:DATA], self[:DATA], stacked:mnist, random, pixel, "
            "inception, a .onnx file or package.module:name."
        ),
    ] = "auto",
    split: Annotated[str, typer.Option(help="train, test or all of the real images.")] = "train",
    seed: Seed = 0,
    out: Annotated[Path | None, typer.Option(help="Folder of evaluations.jsonl; default: RUN.")] = None,
    checkpoint: Checkpoint = "newest",
    device: Device = "cpu",
    trust: Trust = None,
) -> None:
    """Measures a run, or a folder of images, against real ones: intervals and the real-against-real floor."""
    from elegan.metrics import table
    from elegan.metrics.evaluate import evaluate_folder
    from elegan.run import Run
    from elegan.verbs.evaluate import evaluate as evaluate_run
    from elegan.workflows.evaluations import keep

    options: dict[str, Any] = {
        "metrics": [name.strip() for name in metrics.split(",")] if metrics is not None else None,
        "extractor": extractor,
        "split": split,
        "seed": seed,
    }
    if (run is None) == (generated is None):
        raise UserError("give a RUN or --generated FOLDER")
    if run is not None:
        with stopping(f"stopped before {run} was measured; nothing was written to {out or run}/evaluations.jsonl"):
            opened = Run.open(run, checkpoint, device, trust or ())
            results = evaluate_run(opened, data, num=num, out=out, **options)
        _say(table(results), f"appended to {out or run}/evaluations.jsonl")
    elif generated and data:
        if out:
            place(out, out)
        results = evaluate_folder(generated, data, device=device, **options)
        _say(table(results))
        if out:
            keep(out, results)
            _say(f"appended to {out}/evaluations.jsonl")
    else:
        raise UserError("--generated needs --real: the images to measure against")


@app.command()
def copies(
    generated: Annotated[Path, typer.Argument(metavar="RUN|FOLDER", help="A run, or a folder or zip of images.")],
    data: Annotated[str | None, typer.Option(help="The training images; default: the run's data.")] = None,
    alpha: Annotated[float, typer.Option(help="False-positive rate: the share of fresh real images flagged.")] = 0.001,
    num: Annotated[int, typer.Option(min=1, max=MOST, help="Images to generate with a run.")] = 10_000,
    max_share: Annotated[float | None, typer.Option(help="Exit code 1 where more than this are suspects.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder; default: RUN/copies, or copies.")] = None,
    seed: Seed = 0,
    checkpoint: Checkpoint = "newest",
    device: Device = "cpu",
    trust: Trust = None,
) -> None:
    """Finds copies of training images among generated ones, each with a p-value and its nearest training images."""
    from elegan.core.devices import find_device
    from elegan.metrics.copies.audit import copies as find
    from elegan.run import Run, is_run
    from elegan.verbs.copies import copies as copies_of

    options: dict[str, Any] = {"alpha": alpha, "max_share": max_share, "seed": seed}
    stopped = stopping("stopped before all images were searched; nothing was written")
    if is_run(generated):
        opened = Run.open(generated, checkpoint, device, trust or ())
        out = place(out, opened.file("copies"))
        with stopped:
            report = copies_of(opened, data, num=num, out=out, **options)
    elif data:
        out = out or Path("copies")
        find_device(device)
        with stopped:
            report = find(generated, data, out=out, **options)
    else:
        raise UserError(f"{generated} is no run; a folder of images needs --data: the training images to compare with")
    _say(*report.lines(), f"each image: {out}/copies.json")


@app.command()
def compare(runs: Annotated[list[Path], typer.Argument(metavar="RUN RUN...", help="Evaluated runs.")]) -> None:
    """Puts evaluated runs side by side, and refuses where their settings differ."""
    from elegan.verbs.compare import compare as side_by_side

    _say(side_by_side(runs))


@app.command()
def report(
    run: RunPath,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="The page; default: RUN/report.html.")] = None,
    checkpoint: Checkpoint = "newest",
    trust: Trust = None,
) -> None:
    """Writes all that is known of a run as one HTML page that loads nothing from outside."""
    from elegan.run import Run
    from elegan.verbs.report.report import report as write_page

    _say(str(write_page(Run.open(run, checkpoint, trust=trust or ()), out)))


@app.command()
def recipes(
    name: Annotated[
        str | None, typer.Argument(help="Prints this one in full, marking what its parent has not.")
    ] = None,
    trust: Trust = None,
) -> None:
    """Lists the recipes, or prints one."""
    from elegan.recipes import CATALOGUE, find_recipe
    from elegan.recipes.show import full

    if name:
        _say(*full(find_recipe(name).trusting(trust or ())))
    else:
        width = max(map(len, CATALOGUE))
        _say(*(f"{recipe.name:{width}}  {recipe.about}" for recipe in CATALOGUE.values()))


@app.command()
def data(
    source: Annotated[str, typer.Argument(metavar="DATA", help="A folder, a zip or a named set.")],
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Reports count, sizes, modes, classes, duplicates and unreadable files."""
    from elegan.data import survey

    report = survey(source)
    _say(json.dumps(report.as_dict(), indent=1, ensure_ascii=False) if as_json else str(report))


def _work_through(outcomes: "Iterator[Outcome]", done: str, where: str, again: str) -> None:
    """Raises Failure at the end where a picture failed."""
    from elegan.training.progress import counted
    from elegan.verbs.inputs import summary

    worked: list[Outcome] = []
    with stopping(lambda: f"stopped after {len(worked)} pictures were {done}, in {where}; {again}"):
        worked.extend(counted(outcomes, lambda o: f"{o.source}: {o.fault or o.remark}" if o.fault or o.remark else ""))
    lines, fault = summary(worked, done, where, again)
    _say(*lines)
    if fault:
        raise Failure(fault)


def _tile(text: str) -> int | None:
    if text in ("auto", "none"):
        return None if text == "auto" else 0
    side = whole(text)
    if side is None or not 16 <= side <= 65536:
        raise UserError(f"tile {shown(text)} is not auto, none or a number of pixels from 16 to 65536")
    return side


def _number(name: str, text: str) -> float | None:
    """None for auto."""
    try:
        return None if text == "auto" else float(text)
    except ValueError:
        raise UserError(f"{name} {shown(text)} is not auto or a number") from None


def main() -> None:
    """The entry point: exit code 2 for a user's mistake, 1 for failed work, 130 after Ctrl-C, each with one line."""
    try:
        hush()
        check_given(sys.argv[1:])
        app()
    except Exception as error:
        end(error)


if __name__ == "__main__":
    main()
