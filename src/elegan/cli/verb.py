"""What every verb has in common: how much it says and in which form, and what its mistakes are called."""

import functools
import inspect
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from elegan.cli.loading import announce
from elegan.cli.panels import OUTPUT
from elegan.cli.slips import check_slips
from elegan.core import memory, screen
from elegan.core.errors import UserError
from elegan.core.screen import Level, detail
from elegan.core.version import __version__


def _flag(name: str, *options: str, help: str) -> inspect.Parameter:
    kind = Annotated[bool, typer.Option(*options, help=help, rich_help_panel=OUTPUT)]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=False, annotation=kind)


OPTIONS = [
    _flag("as_json", "--json", help="Prints JSON alone on standard output, for programs."),
    _flag("quiet", "-q", "--quiet", help="Says nothing while it works."),
    _flag("verbose", "-v", "--verbose", help="Says what is done where, with which versions, and how long it takes."),
]


def add(app: typer.Typer, verb: Callable[..., None], cls: "type[Verb] | None" = None, panel: str | None = None) -> None:
    """Makes a function a verb of the command line, with the options that all verbs share and its function need not know."""
    app.command(cls=cls or Verb, rich_help_panel=panel)(_spoken(verb))


def _spoken(verb: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(verb)
    def call(as_json: bool, quiet: bool, verbose: bool, **arguments: Any) -> None:
        if quiet and verbose:
            raise UserError("give --quiet or --verbose, not both")
        screen.manner.as_json = as_json
        screen.manner.level = Level.QUIET if quiet else Level.VERBOSE if verbose else Level.USUAL
        if not quiet:
            announce("torch", "loading PyTorch ...")
        with _timed():
            verb(**arguments)

    own = inspect.signature(verb)
    vars(call)["__signature__"] = own.replace(parameters=[*own.parameters.values(), *OPTIONS])
    call.__annotations__ = verb.__annotations__ | {option.name: option.annotation for option in OPTIONS}
    return call


class Verb(TyperCommand):
    """A verb of the command line, whose mistakes are told in the words that were typed."""

    def get_help_option(self, ctx: Any) -> Any:
        option = super().get_help_option(ctx)
        vars(option)["rich_help_panel"] = OUTPUT
        return option

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        check_slips(ctx.info_name, [option for param in self.params for option in param.opts], args)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except UserError as error:
            raise UserError(_with_option(str(error), ctx)) from error


def _with_option(message: str, ctx: Any) -> str:
    """A message that begins with the name of a parameter that was typed, as in `num = 0`, with its option, `--num = 0`."""
    name, space, rest = message.partition(" ")
    for param in ctx.command.params:
        source = ctx.get_parameter_source(param.name)
        if param.name == name and source and source.name == "COMMANDLINE" and rest.startswith(("= ", "must ", "'")):
            return next((option for option in param.opts if option.startswith("--")), name) + space + rest
    return message


@contextmanager
def _timed() -> Iterator[None]:
    """Says which versions work, and at the end how long it took and what memory."""
    began = time.monotonic()
    python = ".".join(map(str, sys.version_info[:3]))
    detail(f"elegan {__version__}, Python {python}, torch {version('torch')}, numpy {version('numpy')}")
    yield
    detail(f"took {time.monotonic() - began:.1f} s and {memory.peak() / 1e6:,.0f} MB of memory at the peak")
