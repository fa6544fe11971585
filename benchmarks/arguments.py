"""Kinds of arguments that benchmarks share: a parameter without a default is an argument, one with a default an option."""

from typing import Annotated

import typer

Names = Annotated[list[str] | None, typer.Argument()]  # arguments of which there may be none
