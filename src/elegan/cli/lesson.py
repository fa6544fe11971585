"""The verb that teaches: demo."""

from pathlib import Path
from typing import Annotated

from elegan.cli.boundary import stopping
from elegan.cli.panels import how, what, where
from elegan.core.screen import answer


def demo(
    data: Annotated[str, what(help="ring, grid, spiral, moons, or a .csv of points: two numbers a line.")] = "ring",
    loss: Annotated[
        str | None, how(help="An adversarial loss, such as non-saturating or hinge; default: relativistic.")
    ] = None,
    case: Annotated[str | None, what(help="A failure beside its cure: collapse, oscillation or vanishing.")] = None,
    out: Annotated[Path, where(metavar="FILE", help="The animation, a .gif or .mp4.")] = Path("demo.gif"),
    seed: Annotated[int, how(min=0, max=2**63 - 1, help="Seed of the weights and of all points.")] = 0,
    steps: Annotated[
        int | None, what(min=1, max=100_000, help="Length of each training; default: the lesson's own.")
    ] = None,
) -> None:
    """Trains a small GAN on points of the plane and writes an animation of how it learns."""
    from elegan.verbs.demo import demo as show

    with stopping(f"stopped before the lesson was whole; {out} was not written"):
        lesson = show(data, loss=loss, case=case, out=out, seed=seed, steps=steps)
    answer(lesson.as_dict(), *lesson.lines())
