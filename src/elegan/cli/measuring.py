"""The verbs that measure runs and show the results: evaluate, copies, compare, report."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from elegan.cli.boundary import stopping
from elegan.cli.options import MOST, AsJson, Checkpoint, Device, RunPath, Seed, Trust, place
from elegan.core.errors import UserError
from elegan.core.screen import say


class Evaluate(TyperCommand):
    """The command `evaluate`, whose help lists the metrics as they describe themselves."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        from elegan.metrics import METRICS

        names = {metric: ", ".join((metric.name, *metric.aliases)) for metric in METRICS.values()}
        self.epilog = "\n\n".join(["Metrics:", *(f"{name}: {metric.help}." for metric, name in names.items())])
        super().format_help(ctx, formatter)


def evaluate(
    run: Annotated[Path | None, typer.Argument(metavar="RUN", help="A run folder, or a packed file.")] = None,
    data: Annotated[str | None, typer.Option("--data", "--real", help="Real images; default: the run's data.")] = None,
    generated: Annotated[str | None, typer.Option(help="A folder or zip of images, in place of a run.")] = None,
    metrics: Annotated[
        str | None,
        typer.Option(
            help="Metrics by name (below) or package.module:Class, separated by commas; "
            "default: fd, kd, prdc, and is with a classifier; of pairs l1, psnr, ssim."
        ),
    ] = None,
    num: Annotated[int, typer.Option(min=2, max=MOST, help="Images to generate.")] = 10_000,
    extractor: Annotated[
        str,
        typer.Option(
            help="auto (classifier for data with classes, else self), classifier[:DATA], self[:DATA], stacked:mnist, random, pixel, "
            "inception, a .onnx file or package.module:name."
        ),
    ] = "auto",
    split: Annotated[str, typer.Option(help="train, test or all of the real images.")] = "train",
    seed: Seed = 0,
    out: Annotated[Path | None, typer.Option(help="Folder for evaluations.jsonl; default: RUN.")] = None,
    checkpoint: Checkpoint = "newest",
    device: Device = "cpu",
    trust: Trust = None,
) -> None:
    """Measures a run, or a folder of images, against real ones, with intervals and the real-against-real floor."""
    from elegan.metrics import table
    from elegan.metrics.evaluate import evaluate_folder
    from elegan.metrics.records import keep
    from elegan.run import Run
    from elegan.verbs.evaluate import evaluate as evaluate_run

    options: dict[str, Any] = {
        "metrics": [name.strip() for name in metrics.split(",")] if metrics is not None else None,
        "extractor": extractor,
        "split": split,
        "seed": seed,
    }
    if (run is None) == (generated is None):
        raise UserError("give a RUN or --generated FOLDER")
    if run is not None:
        with stopping(f"stopped before {run} was measured; nothing was written"):
            opened = Run.open(run, checkpoint, device, trust or ())
            results = evaluate_run(opened, data, num=num, out=out, **options)
        say(table(results), f"appended to {out or opened.folder}/evaluations.jsonl")
    elif generated and data:
        if out:
            place(out, out)
        results = evaluate_folder(generated, data, device=device, **options)
        say(table(results))
        if out:
            keep(out, results)
            say(f"appended to {out}/evaluations.jsonl")
    else:
        raise UserError("--generated needs --real: the images to measure against")


def copies(
    generated: Annotated[Path, typer.Argument(metavar="RUN|FOLDER", help="A run, or a folder or zip of images.")],
    data: Annotated[str | None, typer.Option(help="The training images; default: the run's data.")] = None,
    alpha: Annotated[float, typer.Option(help="False-positive rate: the share of fresh real images flagged.")] = 0.001,
    num: Annotated[int, typer.Option(min=1, max=MOST, help="Images to generate with a run.")] = 10_000,
    max_share: Annotated[
        float | None, typer.Option(help="Exits with code 1 if more than this share are suspects.")
    ] = None,
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
    say(*report.lines(), f"each image: {out}/copies.json")


def compare(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN RUN...", help="Run folders, or packed files.")],
    as_json: AsJson = False,
) -> None:
    """Compares runs, those of the same settings and other seeds as one; refuses what was measured differently."""
    from elegan.verbs.compare import compare as side_by_side

    comparison = side_by_side(runs)
    say(json.dumps(comparison.as_dict(), indent=1, ensure_ascii=False) if as_json else str(comparison))


def report(
    run: RunPath,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="The page; default: RUN/report.html.")] = None,
    checkpoint: Checkpoint = "newest",
    trust: Trust = None,
) -> None:
    """Writes one HTML page with all that is known about a run; it loads nothing from outside."""
    from elegan.run import Run
    from elegan.verbs.report.report import report as write_page

    say(str(write_page(Run.open(run, checkpoint, trust=trust or ()), out)))
