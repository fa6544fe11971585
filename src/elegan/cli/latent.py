"""The verbs of `elegan latent`, which explore a run's latent space."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from elegan.cli.options import Checkpoint, Device, Pictures, RunPath, Trust, place
from elegan.cli.panels import how, what, where
from elegan.cli.verb import add
from elegan.core.screen import answer

if TYPE_CHECKING:
    from elegan.verbs.latent.save import Saved
    from elegan.verbs.latent.space import Space

latent = typer.Typer(
    help="Explores a run's latent space: walks, interpolation, truncation, style mixing, inversion, directions.",
    no_args_is_help=True,
)
Seeds = Annotated[str, what(help="Which pictures, by seed: 0-7, or 3,7,20-29.")]
Label = Annotated[str | None, what("--class", help="Class of the pictures, by name or number; default: the first.")]
Truncation = Annotated[float | None, how(help="Less varied, more typical pictures; see `elegan sample`.")]
Steps = Annotated[int, what(min=2, max=1000, help="Number of columns.")]
Out = Annotated[Path | None, where(help="Folder; default: RUN/latent.")]


def walk(
    run: RunPath,
    seeds: Seeds = "0-5",
    frames: Annotated[int, what(min=1, max=10_000, help="Pictures from one seed to the next.")] = 24,
    rate: Annotated[float, how(help="Pictures per second.")] = 24.0,
    format: Annotated[str, where(help="gif or mp4.")] = "gif",
    label: Label = None,
    truncation: Truncation = None,
    out: Out = None,
    checkpoint: Checkpoint = "newest",
    device: Device = "auto",
    trust: Trust = None,
) -> None:
    """Makes a film of a closed walk from seed to seed and back."""
    from elegan.verbs.latent import save
    from elegan.verbs.sample import parse_seeds

    space, folder = _opened(run, label, out, checkpoint, device, trust)
    _answer(save.save_walk(space, parse_seeds(seeds), frames, rate, format, truncation, folder))


def interpolate(
    run: RunPath,
    seeds: Seeds = "0-4",
    steps: Steps = 8,
    label: Label = None,
    truncation: Truncation = None,
    out: Out = None,
    checkpoint: Checkpoint = "newest",
    device: Device = "auto",
    trust: Trust = None,
) -> None:
    """Shows a row of pictures from each seed to the next."""
    from elegan.verbs.latent import save
    from elegan.verbs.sample import parse_seeds

    space, folder = _opened(run, label, out, checkpoint, device, trust)
    _answer(save.save_rows(space, parse_seeds(seeds), steps, truncation, folder))


def truncation(
    run: RunPath,
    seeds: Seeds = "0-4",
    steps: Steps = 9,
    label: Label = None,
    out: Out = None,
    checkpoint: Checkpoint = "newest",
    device: Device = "auto",
    trust: Trust = None,
) -> None:
    """Shows each seed at -1 to 1 times its distance from the mean: its opposite, the mean picture, itself."""
    from elegan.verbs.latent import save
    from elegan.verbs.sample import parse_seeds

    space, folder = _opened(run, label, out, checkpoint, device, trust)
    _answer(save.save_truncations(space, parse_seeds(seeds), steps, folder))


def mix(
    run: RunPath,
    seeds: Seeds = "0-3",
    fine: Annotated[str, what(help="Which pictures give the columns their fine styles, by seed.")] = "4-9",
    crossover: Annotated[int | None, how(help="The first level of fine styles; default: half of the levels.")] = None,
    label: Label = None,
    out: Out = None,
    checkpoint: Checkpoint = "newest",
    device: Device = "auto",
    trust: Trust = None,
) -> None:
    """Shows the coarse styles of some pictures with the fine styles of others in a table, for stylegan2."""
    from elegan.verbs.latent import save
    from elegan.verbs.sample import parse_seeds

    space, folder = _opened(run, label, out, checkpoint, device, trust)
    _answer(save.save_mixed(space, parse_seeds(seeds), parse_seeds(fine), crossover, folder))


def invert(
    run: RunPath,
    inputs: Pictures,
    space: Annotated[str | None, what(help="z; for stylegan2 w, or w+ (nearer, less typical).")] = None,
    steps: Annotated[int, how(min=1, help="Steps of the optimization.")] = 300,
    starts: Annotated[int, how(min=1, max=1_000_000, help="Random points to begin from; the nearest are taken.")] = 256,
    label: Annotated[
        str | None, what("--class", help="Class of the pictures, by name or number; default: the nearest.")
    ] = None,
    out: Out = None,
    checkpoint: Checkpoint = "newest",
    device: Device = "auto",
    trust: Trust = None,
) -> None:
    """Finds the latents whose pictures are nearest to given ones, and says how near."""
    from elegan.verbs.latent import save

    opened, folder = _opened(run, label, out, checkpoint, device, trust)
    _answer(save.save_inverted(opened, inputs, space, steps, starts, folder))


def directions(
    run: RunPath,
    method: Annotated[str, what(help="sefa or ganspace.")] = "sefa",
    num: Annotated[int, what(min=1, help="How many, the strongest first.")] = 5,
    reach: Annotated[float, what(help="How far to both sides, in standard deviations.")] = 3.0,
    steps: Steps = 7,
    seeds: Seeds = "0-2",
    classes: Annotated[bool, what("--classes", help="Also which classes change (trains a classifier).")] = False,
    label: Label = None,
    out: Out = None,
    checkpoint: Checkpoint = "newest",
    device: Device = "auto",
    trust: Trust = None,
) -> None:
    """Finds directions along which pictures change most, shows them and says what changes."""
    from elegan.verbs.latent import save
    from elegan.verbs.sample import parse_seeds

    space, folder = _opened(run, label, out, checkpoint, device, trust)
    pages = save.save_directions(space, method, num, reach, steps, parse_seeds(seeds), classes, folder)
    _answer(pages)


def _answer(saved: "Saved") -> None:
    """Prints what was found, and the paths of what was written."""
    answer(saved._asdict(), *saved.found, *saved.paths)


def _opened(
    run: Path, label: str | None, out: Path | None, checkpoint: str, device: str, trust: list[str] | None
) -> "tuple[Space, Path]":
    """The run's latent space and the folder to write to."""
    from elegan.run import Run
    from elegan.verbs.latent.space import Space

    opened = Run.open(run, checkpoint, device, trust or ())
    return Space(opened, label), place(out, opened.file("latent"))


for verb in (walk, interpolate, truncation, mix, invert, directions):
    add(latent, verb)
