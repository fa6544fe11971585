"""`elegan latent`: what lies in a run's latent space."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from elegan.cli.options import Checkpoint, Device, Pictures, RunPath, Trust, place

if TYPE_CHECKING:
    from elegan.verbs.latent.space import Space

latent = typer.Typer(
    help="Looks around in a run's latent space: walks, rows, styles, the latents of pictures, directions.",
    no_args_is_help=True,
)
Seeds = Annotated[str, typer.Option(help="Which pictures, by seed: 0-7, or 3,7,20-29.")]
Label = Annotated[str | None, typer.Option("--class", help="By name or number; default: the first.")]
Truncation = Annotated[float | None, typer.Option(help="Safer, less varied pictures; see `elegan sample`.")]
Steps = Annotated[int, typer.Option(min=2, max=1000, help="Columns.")]
Out = Annotated[Path | None, typer.Option(help="Folder; default: RUN/latent.")]


@latent.command()
def walk(
    run: RunPath,
    seeds: Seeds = "0-5",
    frames: Annotated[int, typer.Option(min=1, max=10_000, help="Pictures from one seed to the next.")] = 24,
    rate: Annotated[float, typer.Option(help="Pictures a second.")] = 24.0,
    format: Annotated[str, typer.Option(help="gif or mp4.")] = "gif",
    label: Label = None,
    truncation: Truncation = None,
    out: Out = None,
    checkpoint: Checkpoint = "newest",
    device: Device = "cpu",
    trust: Trust = None,
) -> None:
    """Films a closed walk from seed to seed and back."""
    from elegan.verbs.latent import save
    from elegan.verbs.sample import parse_seeds

    space, folder = _opened(run, label, out, checkpoint, device, trust)
    print(*save.save_walk(space, parse_seeds(seeds), frames, rate, format, truncation, folder), sep="\n")


@latent.command()
def interpolate(
    run: RunPath,
    seeds: Seeds = "0-4",
    steps: Steps = 8,
    label: Label = None,
    truncation: Truncation = None,
    out: Out = None,
    checkpoint: Checkpoint = "newest",
    device: Device = "cpu",
    trust: Trust = None,
) -> None:
    """A row of pictures from each seed to the next."""
    from elegan.verbs.latent import save
    from elegan.verbs.sample import parse_seeds

    space, folder = _opened(run, label, out, checkpoint, device, trust)
    print(*save.save_rows(space, parse_seeds(seeds), steps, truncation, folder), sep="\n")


@latent.command()
def truncation(
    run: RunPath,
    seeds: Seeds = "0-4",
    steps: Steps = 9,
    label: Label = None,
    out: Out = None,
    checkpoint: Checkpoint = "newest",
    device: Device = "cpu",
    trust: Trust = None,
) -> None:
    """Each seed at -1 to 1 times its distance from the mean: its opposite, the mean picture, itself."""
    from elegan.verbs.latent import save
    from elegan.verbs.sample import parse_seeds

    space, folder = _opened(run, label, out, checkpoint, device, trust)
    print(*save.save_truncations(space, parse_seeds(seeds), steps, folder), sep="\n")


@latent.command()
def mix(
    run: RunPath,
    seeds: Seeds = "0-3",
    fine: Annotated[str, typer.Option(help="Whose fine styles the columns have, by seed.")] = "4-9",
    crossover: Annotated[int | None, typer.Option(help="The first level of fine styles; default: half.")] = None,
    label: Label = None,
    out: Out = None,
    checkpoint: Checkpoint = "newest",
    device: Device = "cpu",
    trust: Trust = None,
) -> None:
    """A table of the coarse styles of some pictures with the fine styles of others, for stylegan2."""
    from elegan.verbs.latent import save
    from elegan.verbs.sample import parse_seeds

    space, folder = _opened(run, label, out, checkpoint, device, trust)
    print(*save.save_mixed(space, parse_seeds(seeds), parse_seeds(fine), crossover, folder), sep="\n")


@latent.command()
def invert(
    run: RunPath,
    inputs: Pictures,
    space: Annotated[str | None, typer.Option(help="z; of stylegan2 w, or w+: nearer, less typical.")] = None,
    steps: Annotated[int, typer.Option(min=1, help="Of the descent.")] = 300,
    starts: Annotated[
        int, typer.Option(min=1, max=1_000_000, help="Random points, the nearest of which it begins at.")
    ] = 256,
    label: Annotated[str | None, typer.Option("--class", help="By name or number; default: the nearest.")] = None,
    out: Out = None,
    checkpoint: Checkpoint = "newest",
    device: Device = "cpu",
    trust: Trust = None,
) -> None:
    """Finds the latents whose pictures are nearest to real ones, and says how near."""
    from elegan.verbs.latent import save

    opened, folder = _opened(run, label, out, checkpoint, device, trust)
    print(*save.save_inverted(opened, inputs, space, steps, starts, folder), sep="\n")


@latent.command()
def directions(
    run: RunPath,
    method: Annotated[str, typer.Option(help="sefa or ganspace.")] = "sefa",
    num: Annotated[int, typer.Option(min=1, help="How many, the strongest first.")] = 5,
    reach: Annotated[float, typer.Option(help="How far to both sides, in deviations of the latent.")] = 3.0,
    steps: Steps = 7,
    seeds: Seeds = "0-2",
    classes: Annotated[
        bool, typer.Option("--classes", help="Also which classes change (trains a classifier).")
    ] = False,
    label: Label = None,
    out: Out = None,
    checkpoint: Checkpoint = "newest",
    device: Device = "cpu",
    trust: Trust = None,
) -> None:
    """Finds directions along which pictures change most, shows them and says what changes."""
    from elegan.verbs.latent import save
    from elegan.verbs.sample import parse_seeds

    space, folder = _opened(run, label, out, checkpoint, device, trust)
    chosen = parse_seeds(seeds)
    print(*save.save_directions(space, method, num, reach, steps, chosen, classes, folder), sep="\n")


def _opened(
    run: Path, label: str | None, out: Path | None, checkpoint: str, device: str, trust: list[str] | None
) -> "tuple[Space, Path]":
    from elegan.run import Run
    from elegan.verbs.latent.space import Space

    opened = Run.open(run, checkpoint, device, trust or ())
    return Space(opened, label), place(out, opened.file("latent"))
