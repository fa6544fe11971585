"""The groups of options in the help of a verb."""

from functools import partial

import typer

OUTPUT = "What is said"
what = partial(typer.Option, rich_help_panel="What")  # is worked on, and what is made
how = partial(typer.Option, rich_help_panel="How")  # it is done
where = partial(typer.Option, rich_help_panel="Where")  # the result goes
