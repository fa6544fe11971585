"""The command line: one verb a command, each over the same function as the Python API. Torch is imported by the verb."""

import sys
from collections.abc import Callable

import typer

from elegan.cli import making, measuring, training
from elegan.cli.boundary import Verbs, check_given, end, hush
from elegan.cli.latent import latent

VERBS: list[Callable[..., None]] = [  # in the order of `elegan --help`
    training.train, making.sample, making.translate, making.restore, making.pack, making.export, making.anomaly,
    measuring.evaluate, measuring.copies, measuring.compare, measuring.report, training.recipes, training.data,
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
    app.command()(verb)
app.add_typer(latent, name="latent")


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
