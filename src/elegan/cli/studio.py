"""The verb that shows all others as a page: studio."""

from pathlib import Path
from typing import Annotated

import typer

from elegan.cli.panels import how


def studio(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder in which run folders are.")] = Path(
        "runs"
    ),
    port: Annotated[int, how(min=0, max=65535, help="The port; 0 takes any that is free.")] = 8899,
    host: Annotated[
        str, how(help="The address to listen on; any but this machine's own lets others in, with the token.")
    ] = "127.0.0.1",
    browser: Annotated[bool, how("--browser/--no-browser", help="Opens the browser on the page.")] = True,
) -> None:
    """Opens a page to train, watch, explore and use, on this machine, until Ctrl-C; trainings go on without it."""
    from elegan.studio.server import studio as serve

    serve(folder, port=port, host=host, browser=browser)
