"""The verbs from data to a trained run: train, recipes, data."""

import json
from pathlib import Path
from typing import Annotated

import typer

from elegan.cli.options import AsJson, Trust
from elegan.core.screen import say
from elegan.training.options import Options, about


def train(
    data: Annotated[str | None, typer.Argument(help=about("data"))] = Options.data,
    recipe: Annotated[str | None, typer.Option(help=about("recipe"))] = None,
    steps: Annotated[int | None, typer.Option(min=1, help=about("steps"))] = Options.steps,
    direction: Annotated[
        str | None, typer.Option(help="AtoB or BtoA, for translation: from which side to which.")
    ] = None,
    images: Annotated[int | None, typer.Option(min=1, help=about("images"))] = Options.images,
    epochs: Annotated[int | None, typer.Option(min=1, help=about("epochs"))] = Options.epochs,
    minutes: Annotated[float | None, typer.Option(help=about("minutes"))] = Options.minutes,
    size: Annotated[int | None, typer.Option(min=1, help=about("size"))] = Options.size,
    as_published: Annotated[bool, typer.Option("--as-published", help=about("as_published"))] = Options.as_published,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help=f"{about('settings')} May be given more than once."),
    ] = None,
    out: Annotated[Path, typer.Option(help=about("out"))] = Path(Options.out),
    name: Annotated[str | None, typer.Option(help=about("name"))] = Options.name,
    seed: Annotated[int, typer.Option(min=0, max=2**63 - 1, help=about("seed"))] = Options.seed,
    seeds: Annotated[
        str | None, typer.Option(help="A run for each of these seeds, one after another, then compared: 0-2, or 0,3,7.")
    ] = None,
    device: Annotated[str, typer.Option(help=about("device"))] = Options.device,
    precision: Annotated[str, typer.Option(help=about("precision"))] = Options.precision,
    resume: Annotated[Path | None, typer.Option(metavar="RUN", help=about("resume"))] = None,
    start: Annotated[Path | None, typer.Option("--from", metavar="RUN", help=about("start"))] = None,
    guard: Annotated[str, typer.Option(metavar="warn|recover|off", help=about("guard"))] = Options.guard,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only says what the training would do and cost.")] = False,
    trust: Annotated[list[str] | None, typer.Option(metavar="MODULE", help=about("trust"))] = None,
) -> None:
    """Trains a generator; the same command again resumes where it stopped."""
    settings = [*(settings or []), *([f"data.direction={direction}"] if direction is not None else [])]
    options = Options(
        data, recipe, steps=steps, images=images, epochs=epochs, minutes=minutes, size=size, as_published=as_published,
        settings=settings, out=out, name=name, seed=seed, device=device, precision=precision, resume=resume, start=start,
        guard=guard, trust=trust or (),
    )  # fmt: skip
    if seeds is not None:
        from elegan.cli.seeds import train_seeds

        train_seeds(seeds, vars(options), dry_run)
        return
    if dry_run:
        from elegan.training.dry_run import estimate
        from elegan.training.pace import timed
        from elegan.training.plan import plan_for

        plan = timed(plan_for(**vars(options)))
        say(*plan.lines(), *estimate(plan))
        return
    from elegan.training.alike import alike
    from elegan.training.session import train as train_run

    run = train_run(**vars(options))
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
