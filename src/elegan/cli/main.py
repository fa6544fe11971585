"""The command `elegan`, put together from its verbs. A verb imports torch when it is called, so that help comes at once."""

import sys
from collections.abc import Callable

import typer

from elegan.cli import lesson, making, measuring, runs, training
from elegan.cli.boundary import Verbs, check_given, end, hush
from elegan.cli.latent import latent

VERBS: list[Callable[..., None]] = [  # in the order of `elegan --help`
    training.train, making.sample, making.translate, making.restore, making.pack, making.export, making.film, making.anomaly,
    runs.runs, measuring.evaluate, measuring.copies, measuring.compare, measuring.report, training.recipes, training.data, lesson.demo,
]  # fmt: skip

app = typer.Typer(
    cls=Verbs,
    help="A folder of images in, a trained and honestly measured GAN out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for verb in VERBS:
    app.command(cls=measuring.Evaluate if verb is measuring.evaluate else None)(verb)
app.add_typer(latent, name="latent")


def main() -> None:
    """Runs the command line. It exits with 2 after a user's mistake, 1 after failed work and 130 after Ctrl-C, each with one line."""
    try:
        hush()
        check_given(sys.argv[1:])
        app()
    except Exception as error:
        end(error)


if __name__ == "__main__":
    main()
