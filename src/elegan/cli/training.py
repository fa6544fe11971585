"""The verbs from data to a trained run: train, recipes, data."""

from pathlib import Path
from typing import Annotated

import typer

from elegan.cli import completion
from elegan.cli.options import Trust
from elegan.cli.panels import how, what, where
from elegan.core.errors import UserError
from elegan.core.screen import Level, answer, manner
from elegan.training.options import Options, about


def train(
    data: Annotated[str | None, typer.Argument(help=about("data"), autocompletion=completion.data)] = Options.data,
    recipe: Annotated[str | None, what(help=about("recipe"), autocompletion=completion.recipes)] = None,
    steps: Annotated[int | None, what(min=1, help=about("steps"))] = Options.steps,
    direction: Annotated[str | None, what(help="AtoB or BtoA, for translation: from which side to which.")] = None,
    images: Annotated[int | None, what(min=1, help=about("images"))] = Options.images,
    epochs: Annotated[int | None, what(min=1, help=about("epochs"))] = Options.epochs,
    minutes: Annotated[float | None, what(help=about("minutes"))] = Options.minutes,
    until: Annotated[str | None, what(metavar="converged", help=about("until"))] = Options.until,
    size: Annotated[str | None, what(help=about("size"))] = None,
    as_published: Annotated[bool, how("--as-published", help=about("as_published"))] = Options.as_published,
    settings: Annotated[
        list[str] | None,
        how("--set", metavar="KEY=VALUE", help=f"{about('settings')} May be given more than once."),
    ] = None,
    out: Annotated[Path, where(help=about("out"))] = Path(Options.out),
    name: Annotated[str | None, where(help=about("name"))] = Options.name,
    seed: Annotated[int, how(min=0, max=2**63 - 1, help=about("seed"))] = Options.seed,
    seeds: Annotated[
        str | None, what(help="A run for each of these seeds, one after another, then compared: 0-2, or 0,3,7.")
    ] = None,
    device: Annotated[str, how(help=about("device"), autocompletion=completion.devices)] = Options.device,
    precision: Annotated[str, how(help=about("precision"))] = Options.precision,
    resume: Annotated[Path | None, what(metavar="RUN", help=about("resume"), autocompletion=completion.runs)] = None,
    start: Annotated[
        Path | None, what("--from", metavar="RUN", help=about("start"), autocompletion=completion.runs)
    ] = None,
    guard: Annotated[str, how(metavar="warn|recover|off", help=about("guard"))] = Options.guard,
    dry_run: Annotated[bool, what("--dry-run", help="Only says what the training would do and cost.")] = False,
    trust: Annotated[list[str] | None, how(metavar="MODULE", help=about("trust"))] = None,
    show: Annotated[bool, how("--show", help=about("show"))] = Options.show,
) -> None:
    """Trains a generator; the same command again resumes where it stopped."""
    settings = [*(settings or []), *([f"data.direction={direction}"] if direction is not None else [])]
    options = Options(
        data, recipe, steps=steps, images=images, epochs=epochs, minutes=minutes, until=until, size=size, as_published=as_published,
        settings=settings, out=out, name=name, seed=seed, device=device, precision=precision, resume=resume, start=start,
        guard=guard, trust=trust or (), show=show, quiet=manner.level == Level.QUIET,
    )  # fmt: skip
    if seeds is not None:
        from elegan.cli.seeds import train_seeds

        train_seeds(seeds, vars(options), dry_run)
        return
    if dry_run and show:
        raise UserError("--dry-run makes no pictures to --show: leave one of them out")
    if dry_run:
        from elegan.training.dry_run import estimate
        from elegan.training.pace import timed
        from elegan.training.plan import plan_for

        plan = timed(plan_for(**vars(options)))
        cost = estimate(plan)
        answer(
            plan.facts()
            | {"path": plan.path, "recipe": plan.recipe.full(), "why": plan.why, "fit": plan.fit, "cost": vars(cost)},
            *plan.lines(),
            *cost.lines(),
        )
        return
    from elegan.training.alike import alike
    from elegan.training.session import train as train_run

    run = train_run(**vars(options))
    made, remarks = run.file("samples.png"), alike(run)
    facts = {"run": run.path, "step": run.step, "samples": made, "use": run.use, "remarks": remarks}
    answer(facts, f"{made} shows what it makes; more with: {run.use}", *remarks)


def recipes(
    name: Annotated[
        str | None,
        typer.Argument(
            help="A recipe, or a TOML file, to print in full, with a mark where it differs from its parent.",
            autocompletion=completion.recipes,
        ),
    ] = None,
    trust: Trust = None,
) -> None:
    """Lists the recipes by task, or prints one in full."""
    from elegan.recipes import find_recipe
    from elegan.recipes.show import by_task, full, listed

    if name:
        recipe = find_recipe(name).trusting(trust or ())
        answer(recipe.full(), *full(recipe))
    else:
        answer(listed(), *by_task())


def data(
    source: Annotated[
        str,
        typer.Argument(metavar="DATA", help="A folder, a zip or a named data set.", autocompletion=completion.data),
    ],
) -> None:
    """Describes a data set: count, sizes, modes, classes, duplicates and unreadable files; of sounds their rates and lengths."""
    from elegan.data.describe import describe

    found = describe(source)
    answer(found.as_dict(), str(found))
