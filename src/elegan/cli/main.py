"""The command `elegan`, put together from its verbs. A verb imports torch when it is called, so that help comes at once."""

import sys
from collections.abc import Callable
from typing import Annotated

import typer

from elegan.cli import lesson, making, measuring, runs, serving, sharing, studio, training
from elegan.cli.boundary import Verbs, check_given, end, hush
from elegan.cli.latent import latent
from elegan.cli.verb import Verb, add
from elegan.core.screen import say
from elegan.core.version import __version__

VERBS: dict[str, list[Callable[..., None]]] = {  # in the order of `elegan --help`
    "From data to a run": [
        training.data,
        training.recipes,
        training.train,
        lesson.demo,
        runs.runs,
        runs.doctor,
        studio.studio,
    ],
    "What a run makes": [making.sample, making.translate, making.restore, making.anomaly, making.augment, making.film],
    "How good it is": [measuring.evaluate, measuring.copies, measuring.compare, measuring.report, measuring.fetch],
    "For others": [sharing.pack, sharing.export, sharing.bundle, sharing.push, serving.serve],
}

app = typer.Typer(
    cls=Verbs,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for panel, verbs in VERBS.items():
    for verb in verbs:
        add(app, verb, measuring.Evaluate if verb is measuring.evaluate else Verb, panel)
app.add_typer(latent, name="latent", rich_help_panel="What a run makes")


def tell_version(wanted: bool) -> None:
    """Prints the version and ends."""
    if wanted:
        say(f"elegan {__version__}")
        raise typer.Exit


@app.callback()
def elegan(
    version: Annotated[
        bool, typer.Option("--version", callback=tell_version, is_eager=True, help="Prints the version and exits.")
    ] = False,
) -> None:
    """A folder of images in, a trained and honestly measured GAN out."""


def main() -> None:
    """Runs the command line. It exits with 2 after a user's mistake, 1 after failed work and 130 after Ctrl-C, each with one line."""
    try:
        hush()
        check_given(sys.argv[1:])
        app(prog_name="elegan")
    except Exception as error:
        end(error)


if __name__ == "__main__":
    main()
