"""The verb that makes trained models answer over HTTP."""

from typing import Annotated

import typer

from elegan.cli import completion
from elegan.cli.options import Checkpoint, Device, Trust, named_run, named_runs_there
from elegan.cli.panels import how, where


def serve(
    runs: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN...",
            help="Runs, packed files and models that come along; NAME=RUN names one.",
            callback=named_runs_there,
            autocompletion=completion.runs,
        ),
    ],
    host: Annotated[str, where(help="Where it listens; beyond this machine it needs ELEGAN_API_KEY.")] = "127.0.0.1",
    port: Annotated[int, where(min=0, max=65535, help="0: any that is free.")] = 8900,
    megabytes: Annotated[float, how(min=0.001, max=250, help="The most of an upload, in MB.")] = 16,
    megapixels: Annotated[float, how(min=0.001, max=89, help="The most of a picture, in million pixels.")] = 16,
    num: Annotated[int, how(min=1, max=4096, help="The most images of one request.")] = 64,
    seconds: Annotated[float, how(min=0.1, max=3600, help="The most for an upload, for waiting, for the work.")] = 60,
    queue: Annotated[int, how(min=1, max=4096, help="The most requests at work and waiting.")] = 32,
    checkpoint: Checkpoint = "newest",
    device: Device = "auto",
    trust: Trust = None,
) -> None:
    """Makes runs answer over HTTP: generate, translate, restore, score; with a page, a description and limits."""
    from elegan.run import Run
    from elegan.verbs.serve import Limits
    from elegan.verbs.serve import serve as answer
    from elegan.verbs.serve.serve import check_packages, name_of, unique

    check_packages()
    pairs = [named_run(text) for text in runs]
    opened = unique((name or name_of(path), Run.open(path, checkpoint, device, trust or ())) for name, path in pairs)
    answer(opened, host=host, port=port, limits=Limits(megabytes, megapixels, num, seconds, queue))
