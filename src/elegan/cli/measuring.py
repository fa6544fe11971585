"""The verbs that measure runs and show the results: evaluate, copies, compare, report."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from elegan.cli import completion
from elegan.cli.boundary import stopping
from elegan.cli.options import MOST, Checkpoint, Device, RunPath, Seed, Trust, place, run_argument
from elegan.cli.panels import how, what, where
from elegan.cli.verb import Verb
from elegan.core.errors import UserError
from elegan.core.screen import answer

if TYPE_CHECKING:
    from elegan.metrics import Result


class Evaluate(Verb):
    """The command `evaluate`, whose help lists the metrics as they describe themselves."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        self.epilog = "\n\n".join(["Metrics:", *_metrics()])
        super().format_help(ctx, formatter)


def _metrics() -> list[str]:
    """A line a metric."""
    from elegan.metrics.catalogue import METRICS

    return [f"{', '.join((metric.name, *metric.aliases))}: {metric.help}." for metric in METRICS.values()]


def evaluate(
    run: Annotated[Path | None, run_argument("RUN|FOLDER", "A run, or a folder or zip of images.")] = None,
    real: Annotated[
        str | None,
        typer.Argument(metavar="DATA", help="Real images; default: the run's data.", autocompletion=completion.data),
    ] = None,
    data: Annotated[str | None, what("--data", "--real", help="The same as DATA.")] = None,
    generated: Annotated[str | None, what(help="A folder or zip of images, in place of a run.")] = None,
    metrics: Annotated[
        str | None,
        what(
            help="Metrics by name (below) or package.module:Class, separated by commas; "
            "default: fd, kd, prdc, and is with a classifier; of pairs l1, psnr, ssim."
        ),
    ] = None,
    num: Annotated[int, what(min=2, max=MOST, help="Images to generate.")] = 10_000,
    extractor: Annotated[
        str,
        how(
            help="auto (classifier for data with classes, else self), classifier[:DATA], self[:DATA], stacked:mnist, random, pixel, "
            "inception, a .onnx file or package.module:name."
        ),
    ] = "auto",
    split: Annotated[str, what(help="train, test or all of the real images.")] = "train",
    seed: Seed = 0,
    out: Annotated[Path | None, where(help="Folder for evaluations.jsonl; default: RUN.")] = None,
    checkpoint: Checkpoint = "newest",
    device: Device = "auto",
    trust: Trust = None,
) -> None:
    """Measures a run, or a folder of images, against real ones, with intervals and the real-against-real floor."""
    if real and data:
        raise UserError("give the real images once: behind the run, or with --real")
    data = real or data
    if (run is None) == (generated is None):
        raise UserError("give a RUN or --generated FOLDER")
    if generated and not data:
        raise UserError("--generated needs --real: the images to measure against")
    from elegan.metrics.evaluate import evaluate_folder
    from elegan.record.record import is_run
    from elegan.record.result import keep
    from elegan.run import Run
    from elegan.verbs.evaluate import evaluate as evaluate_run

    options: dict[str, Any] = {
        "metrics": [name.strip() for name in metrics.split(",")] if metrics is not None else None,
        "extractor": extractor,
        "split": split,
        "seed": seed,
    }
    if run is not None and data and run.exists() and run.suffix != ".safetensors" and not is_run(run):
        run, generated = None, str(run)
    results: list[Result]
    if run is not None:
        with stopping(f"stopped before {run} was measured; nothing was written"):
            opened = Run.open(run, checkpoint, device, trust or ())
            results = evaluate_run(opened, data, num=num, out=out, **options)
        _answer(results, out or opened.folder)
    else:
        assert generated
        assert data
        if out:
            place(out, out)
        with stopping(f"stopped before {generated} was measured; nothing was written"):
            results = evaluate_folder(generated, data, device=device, **options)
        if out:
            keep(out, results)
        _answer(results, out)


def _answer(results: "list[Result]", folder: Path | None) -> None:
    """Prints the results, and where they were written to."""
    from elegan.metrics import table

    kept = folder / "evaluations.jsonl" if folder else None
    facts = {"results": [result.to_record() for result in results], "appended_to": kept}
    answer(facts, table(results), *([f"appended to {kept}"] if kept else []))


def copies(
    generated: Annotated[Path, typer.Argument(metavar="RUN|FOLDER", help="A run, or a folder or zip of images.")],
    data: Annotated[str | None, what(help="The training images; default: the run's data.")] = None,
    alpha: Annotated[float, how(help="False-positive rate: the share of fresh real images flagged.")] = 0.001,
    num: Annotated[int, what(min=1, max=MOST, help="Images to generate with a run.")] = 10_000,
    max_share: Annotated[float | None, how(help="Exits with code 1 if more than this share are suspects.")] = None,
    out: Annotated[Path | None, where(help="Folder; default: RUN/copies, or copies.")] = None,
    seed: Seed = 0,
    checkpoint: Checkpoint = "newest",
    device: Device = "auto",
    trust: Trust = None,
) -> None:
    """Finds copies of training images among generated ones, each with a p-value and its nearest training images."""
    from elegan.core.devices import find_device
    from elegan.metrics.copies.audit import copies as find
    from elegan.record.record import is_run
    from elegan.run import Run
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
    each = out / "copies.json"
    answer(report.summary() | {"each_image": each}, *report.lines(), f"each image: {each}")


def compare(
    runs: Annotated[list[Path], run_argument("RUN RUN...", "Run folders, or packed files.")],
) -> None:
    """Compares runs, those of the same settings and other seeds as one; refuses what was measured differently."""
    from elegan.verbs.compare import compare as side_by_side

    comparison = side_by_side(runs)
    answer(comparison.as_dict(), str(comparison))


def report(
    run: RunPath,
    out: Annotated[Path | None, where(metavar="FILE", help="The page; default: RUN/report.html.")] = None,
    checkpoint: Checkpoint = "newest",
    trust: Trust = None,
) -> None:
    """Writes one HTML page with all that is known about a run; it loads nothing from outside."""
    from elegan.run import Run
    from elegan.verbs.report.report import report as write_page

    page = write_page(Run.open(run, checkpoint, trust=trust or ()), out)
    answer({"path": page, "bytes": page.stat().st_size}, str(page))


def fetch(
    weights: Annotated[str, typer.Argument(metavar="WEIGHTS", help="inception: the features of FID, KID and IS.")],
    origin: Annotated[
        str,
        where("--from", metavar="FILE|URL", help="A file, an address, or hf:OWNER/NAME/FILE; default: its publisher."),
    ] = "",
) -> None:
    """Brings published weights that metrics are defined on to this machine, their SHA-256 checked."""
    from elegan.metrics.weights import fetch as bring

    with stopping("stopped before the file was whole; nothing was written"):
        path = bring(weights, origin)
    answer({"path": path, "bytes": path.stat().st_size}, f"{path}: --metrics fid,kid and --extractor inception take it")
