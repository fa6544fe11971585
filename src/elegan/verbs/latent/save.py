"""Files of a latent space's walks, tables, inversions and directions, named by their settings; none is overwritten by another."""

import math
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import numpy as np
import torch
from pydantic import Field

from elegan.core import files, grid, memory, paths
from elegan.core.errors import UserError, nearest
from elegan.core.ranges import Count, Positive, Real, check
from elegan.core.sizes import size_of
from elegan.data.decode import brought_to
from elegan.data.deep import Unreadable
from elegan.data.sources import read_file
from elegan.metrics.evaluate import extractor_for
from elegan.metrics.extractor import Extractor
from elegan.run import Run
from elegan.verbs.inputs import pictures_in
from elegan.verbs.latent import pages
from elegan.verbs.latent.directions import directions
from elegan.verbs.latent.explain import changes, classes_changed, explained, moved
from elegan.verbs.latent.invert import Inverted, invert
from elegan.verbs.latent.space import Space
from elegan.verbs.latent.tables import mixed, rows_between, truncations, walk

Rate = Annotated[Real, Field(ge=0.01, le=100)]  # pictures a second: GIF knows hundredths, and pauses up to 655 s
Steps = Annotated[Count, Field(ge=2, le=1000)]
Mark = Sequence[int] | Sequence[str] | float | bool | None  # a setting that a file's name shows
MOTION = 128  # pixels of a film's side


class Saved(NamedTuple):
    """The `paths` of the files that were written, and what was `found`, lines for people."""

    paths: list[str]
    found: Sequence[str] = ()


def save_walk(
    space: Space, seeds: Sequence[int], frames: int, rate: float, kind: str, truncation: float | None, out: Path
) -> Saved:
    """Writes a film of a closed walk, `kind` gif or mp4; gives its path. Raises UserError for another kind."""
    if kind not in pages.FORMATS:
        raise UserError(f"unknown format {kind!r}{nearest(kind, pages.FORMATS)}")
    check("frames", frames, Count)
    check("rate", rate, Rate)
    memory.check_room(len(seeds) * frames, MOTION * MOTION * 3 * 2, "pictures of one film")
    images = pages.enlarged(space.paint(walk(space, seeds, frames, truncation)), MOTION)
    film = pages.gif(images, rate) if kind == "gif" else pages.mp4(images, rate)
    marks = _stem(space, "walk", seeds=seeds, truncation=truncation, frames=frames, rate=rate)
    return Saved([_keep(out / f"{marks}.{kind}", film)])


def save_rows(space: Space, seeds: Sequence[int], steps: int, truncation: float | None, out: Path) -> Saved:
    """Writes a page with a row from each seed to the next; gives its path."""
    points = rows_between(space, seeds, steps, truncation)
    top = [f"{step / (steps - 1):.2f}" for step in range(steps)]
    left = [f"{a} to {b}" for a, b in pairwise(seeds)]
    name = _stem(space, "interpolate", seeds=seeds, truncation=truncation, steps=steps)
    return Saved([_keep_table(out / f"{name}.png", space, points, top, left)])


def save_truncations(space: Space, seeds: Sequence[int], steps: int, out: Path) -> Saved:
    """Writes a page with a row a seed and a column a psi from -1 to 1; gives its path."""
    points, values = truncations(space, seeds, steps)
    top = [f"{value:+.2f}" for value in values]
    name = _stem(space, "truncation", seeds=seeds, steps=steps)
    return Saved([_keep_table(out / f"{name}.png", space, points, top, _seeds(seeds))])


def save_mixed(space: Space, coarse: Sequence[int], fine: Sequence[int], crossover: int | None, out: Path) -> Saved:
    """Writes a page with rows of coarse styles and columns of fine ones, and their own pictures at the margins; gives its
    path.
    """
    points = mixed(space, coarse, fine, crossover)
    own = [space.points(seeds)[:, None].repeat(1, space.levels, 1) for seeds in (coarse, fine)]
    corner = np.full((1, *space.paint(own[0][:1]).shape[1:]), 255, np.uint8)
    parts = [corner, space.paint(own[1])]
    for row, alone in zip(points, own[0], strict=True):
        parts += [space.paint(alone[None]), space.paint(row)]
    top, left = ["coarse", *(f"fine {s}" for s in fine)], ["", *(f"seed {s}" for s in coarse)]
    at = space.levels // 2 if crossover is None else crossover
    title = f"levels below {at} of {space.levels} by row, from {at} on by column"
    name = _stem(space, "mix", seeds=coarse, fine=fine, crossover=at)
    return Saved([_keep(out / f"{name}.png", grid.png(pages.table(np.concatenate(parts), top, left, title)))])


def save_inverted(space: Space, inputs: Sequence[str], where: str | None, steps: int, starts: int, out: Path) -> Saved:
    """Writes a page of pictures beside the nearest ones that the run makes, and their points; gives a line a picture and
    the paths.

    Raises UserError for a file that is no picture.
    """
    named = read_pictures(space.run, inputs)
    inverted = {name: invert(space, target, where, steps, starts) for name, target in named.items()}
    kind = where or space.name
    pairs = np.stack([image for name, one in inverted.items() for image in (named[name], one.image)])
    left = [f"{Path(name).name}  {one.PSNR:.1f} dB" for name, one in inverted.items()]
    page = pages.table(pairs, ["picture", "nearest"], left)
    facts = {"space": kind, "step": space.run.step, "pictures": [_facts(*item) for item in inverted.items()]}
    tensors = {f"{number:06d}": one.point for number, one in enumerate(inverted.values())}
    stem = _stem(space, f"invert-{kind}", of=[Path(name).stem for name in inverted], steps=steps, starts=starts)
    paths = [
        _keep(out / f"{stem}.png", grid.png(page)),
        _keep(out / f"{stem}.safetensors", files.encode_tensors(tensors, facts)),
    ]
    return Saved(paths, [_line(space, *item) for item in inverted.items()])


def read_pictures(run: Run, inputs: Sequence[str]) -> dict[str, np.ndarray]:
    """Pictures, uint8 H x W x C, as the run reads its data, by path. Raises UserError for a file that is no picture."""
    (size, channels, _), pictures = run.shape, {}
    for path in (picture.source for picture in pictures_in(inputs)):
        try:
            pictures[str(path)] = brought_to(size_of(size), read_file(str(path)), channels, run.recipe.data.fit).pixels
        except Unreadable as error:
            raise UserError(f"{path} cannot be read: {error}") from None
    return pictures


def _facts(name: str, one: Inverted) -> dict[str, Any]:
    PSNR = one.PSNR if math.isfinite(one.PSNR) else None
    return {"file": Path(name).name, "L1": one.L1, "PSNR": PSNR, "far": one.far, "label": one.label}


def _line(space: Space, name: str, one: Inverted) -> str:
    of = "" if one.label is None else f"  class {space.run.classes[one.label]}"
    return f"{name}  L1 {one.L1:.2f}  PSNR {one.PSNR:.2f} dB  {one.far:.2f} times as far out as a random point{of}"


def save_directions(
    space: Space, method: str, count: int, reach: float, steps: int, seeds: Sequence[int], classes: bool, out: Path
) -> Saved:
    """Writes a page a direction: a row a seed, a column a step from -reach to reach in deviations, and the changes as its
    title; gives a line a direction and the paths.

    With `classes` the title adds the changes that a classifier of the run's data sees. Raises UserError for data without
    classes.
    """
    for name, value, kind in (("num", count, Count), ("reach", reach, Positive), ("steps", steps, Steps)):
        check(name, value, kind)
    ways = directions(space, method, count)
    reader, remark = _classifier(space) if classes else (None, "")
    values, points = np.linspace(-reach, reach, steps).tolist(), space.points(seeds)
    name = _stem(space, f"directions-{method}", seeds=seeds, reach=reach, steps=steps, classes=classes or None)
    lines, paths = [], []
    for number, vector in enumerate(ways.vectors * ways.deviations[:, None], 1):
        title = f"{method} {number} ({ways.shares[number - 1]:.0%}): {_meaning(space, vector, reach, reader)}"
        swept = torch.stack([points + value * vector for value in values], 1)
        top = [f"{value:+.1f}" for value in values]
        paths.append(_keep_table(out / f"{name}-{number:02d}.png", space, swept, top, _seeds(seeds), title))
        lines.append(title)
    plain = {"space": space.name, "method": method, "step": space.run.step, "meaning": lines}
    encoded = files.encode_tensors(ways._asdict(), plain)
    paths.append(_keep(out / f"{name}-{len(lines)}.safetensors", encoded))
    return Saved(paths, [*filter(None, [remark]), *lines])


def _meaning(space: Space, vector: torch.Tensor, reach: float, reader: Extractor | None) -> str:
    pictured = moved(space, vector, reach)
    text = explained(changes(*pictured))
    return f"{text}; {classes_changed(reader, *pictured[1:])}" if reader else text


def _classifier(space: Space) -> tuple[Extractor, str]:
    """(a classifier of the run's own data, trained once, then kept; a remark on these data, or "")."""
    run = space.run
    data, remark = run.training_images()
    return extractor_for("classifier", data, run.shape[:2], run.recipe.data.fit, str(run.device)), remark


def _keep_table(
    path: Path, space: Space, points: torch.Tensor, top: Sequence[str], left: Sequence[str], title: str = ""
) -> str:
    """Writes points rows x columns x size as a page of pictures; gives its path."""
    return _keep(path, grid.png(pages.table(space.paint(points.flatten(0, 1)), top, left, title)))


def _keep(path: Path, data: bytes) -> str:
    """Writes the file and gives its path. Raises UserError where another content stands there."""
    if path.exists() and not (path.is_file() and paths.read(path) == data):
        raise UserError(f"{path} is there already with another content; delete it or give another --out")
    files.write(path, data)
    return str(path)


def _stem(space: Space, verb: str, **marks: Mark) -> str:
    """A file's name without its ending: the checkpoint, the verb and its settings."""
    of = [] if space.label is None else [f"class{space.label}"]
    asked = [f"{name}{_mark(value)}" for name, value in marks.items() if value is not None]
    return "-".join([f"step{space.run.step}", verb, *of, *asked])


def _mark(value: Mark) -> str:
    """A setting in short: for many values the first, the last and how many."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"{value[0]}" if len(value) == 1 else f"{value[0]}-{value[-1]}x{len(value)}"
    return "" if value is True else f"{value:g}"


def _seeds(seeds: Sequence[int]) -> list[str]:
    return [f"seed {seed}" for seed in seeds]
