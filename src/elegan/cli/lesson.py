"""The verb that teaches: demo."""

from pathlib import Path
from typing import Annotated

import typer

from elegan.cli.boundary import stopping
from elegan.core.screen import say


def demo(
    data: Annotated[
        str, typer.Option(help="ring, grid, spiral, moons, or a .csv of points: two numbers a line.")
    ] = "ring",
    loss: Annotated[
        str | None, typer.Option(help="An adversarial loss, such as non-saturating or hinge; default: relativistic.")
    ] = None,
    case: Annotated[
        str | None, typer.Option(help="A failure beside its cure: collapse, oscillation or vanishing.")
    ] = None,
    out: Annotated[Path, typer.Option(metavar="FILE", help="The animation, a .gif or .mp4.")] = Path("demo.gif"),
    seed: Annotated[int, typer.Option(min=0, max=2**63 - 1, help="Seed of the weights and of all points.")] = 0,
    steps: Annotated[
        int | None, typer.Option(min=1, max=100_000, help="Length of each training; default: the lesson's own.")
    ] = None,
) -> None:
    """Trains a small GAN on points of the plane and writes an animation of how it learns."""
    from elegan.training.progress import console
    from elegan.verbs.demo import demo as show

    with (
        stopping(f"stopped before the lesson was whole; {out} was not written"),
        console.status("training, step 0") as status,
    ):
        lesson = show(
            data, loss=loss, case=case, out=out, seed=seed, steps=steps,
            told=lambda frame: status.update(f"training, step {frame.step:,}"),
        )  # fmt: skip
    say(*lesson.lines())
