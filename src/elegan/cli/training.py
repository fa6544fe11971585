"""The verbs from data to a trained run: train, recipes, data."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from elegan.cli.options import AsJson, Device, Trust
from elegan.core.screen import say


def train(
    data: Annotated[
        str | None, typer.Argument(help="A folder, a zip, or a named data set: digits, mnist, ..., hf:NAME.")
    ] = None,
    recipe: Annotated[
        str | None, typer.Option(help="A recipe's name or a TOML file; default: chosen by the data.")
    ] = None,
    steps: Annotated[int | None, typer.Option(min=1, help="Length of the training in steps.")] = None,
    direction: Annotated[
        str | None, typer.Option(help="AtoB or BtoA, for translation: from which side to which.")
    ] = None,
    images: Annotated[
        int | None, typer.Option(min=1, help="Length of the training in images seen, instead of --steps.")
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help="Changes one value of the recipe; may be given more than once."
        ),
    ] = None,
    out: Annotated[Path, typer.Option(help="The folder in which run folders are made.")] = Path("runs"),
    name: Annotated[str | None, typer.Option(help="The run's name; default: from the data and the recipe.")] = None,
    seed: Annotated[
        int, typer.Option(min=0, max=2**63 - 1, help="Seed of the weights, the order of the data and the latents.")
    ] = 0,
    seeds: Annotated[
        str | None, typer.Option(help="A run for each of these seeds, one after another, then compared: 0-2, or 0,3,7.")
    ] = None,
    device: Device = "auto",
    precision: Annotated[str, typer.Option(help="auto, fp32, bf16 or fp16.")] = "auto",
    resume: Annotated[Path | None, typer.Option(metavar="RUN", help="Resumes this run with its own recipe.")] = None,
    start: Annotated[
        Path | None, typer.Option("--from", metavar="RUN", help="Begins with the weights of this run or packed model.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only says what the training would do and cost.")] = False,
    trust: Trust = None,
) -> None:
    """Trains a generator; the same command again resumes where it stopped."""
    from elegan.training.session import plan_for
    from elegan.training.session import train as train_run

    settings = [*(settings or []), *([f"data.direction={direction}"] if direction is not None else [])]
    options: dict[str, Any] = {
        "data": data, "recipe": recipe, "settings": settings, "steps": steps, "images": images, "out": out,
        "name": name, "seed": seed, "device": device, "precision": precision, "resume": resume, "start": start,
        "trust": trust or (),
    }  # fmt: skip
    if seeds is not None:
        from elegan.cli.seeds import train_seeds

        train_seeds(seeds, options, dry_run)
        return
    if dry_run:
        from elegan.training.dry_run import estimate

        plan = plan_for(**options)
        say(*plan.lines(), *estimate(plan))
        return
    from elegan.training.alike import alike

    run = train_run(**options)
    say(f"{run.path}/samples.png shows what it makes; more with: {run.use}", *alike(run))


def recipes(
    name: Annotated[
        str | None,
        typer.Argument(
            help="A recipe, or a TOML file, to print in full, with a mark where it differs from its parent."
        ),
    ] = None,
    trust: Trust = None,
) -> None:
    """Lists the recipes by task, or prints one in full."""
    from elegan.recipes import find_recipe
    from elegan.recipes.show import by_task, full

    say(*(full(find_recipe(name).trusting(trust or ())) if name else by_task()))


def data(
    source: Annotated[str, typer.Argument(metavar="DATA", help="A folder, a zip or a named data set.")],
    as_json: AsJson = False,
) -> None:
    """Describes a data set: count, sizes, modes, classes, duplicates and unreadable files."""
    from elegan.data import survey

    report = survey(source)
    say(json.dumps(report.as_dict(), indent=1, ensure_ascii=False) if as_json else str(report))
