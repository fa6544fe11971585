"""Pictures of a generator by what they are made of: a description that a page sends, a file carries, and makes them again."""

import base64
import io
import json
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, PngImagePlugin
from torch import Tensor

from elegan.core import grid, ranges
from elegan.core.errors import UserError, shown
from elegan.core.version import __version__
from elegan.games.abilities import Generates
from elegan.run import Run
from elegan.studio.place import Place
from elegan.verbs.latent import Space, directions
from elegan.verbs.latent.directions import Directions
from elegan.verbs.latent.explain import changes, explained, moved

MOST = 64  # pictures that are asked for at once
DEEP = 4  # points of points of points
OPEN = 3  # runs that are held ready
WAYS = 6  # directions that a page has sliders for
REACH = 3.0  # deviations to either side
TEXT = "elegan"  # the key of the description in a PNG


class Opened:
    """A run held ready to make pictures, a thread at a time."""

    def __init__(self, run: Run, stamp: int | None):
        self.run, self.stamp, self.lock = run, stamp, threading.Lock()
        self.ways: dict[tuple[str, int | None], Directions] = {}

    def facts(self) -> dict[str, Any]:
        """What the page needs to know of it."""
        run, space = self.run, Space(self.run)
        return {
            "name": run.name,
            "step": run.step,
            "steps": run.steps,
            "side": list(run.shape[:1]),
            "classes": run.classes if run.conditional else [],
            "space": space.name,
            "levels": space.levels,
            "truncation": 0.7 if space.mapped else 2.0,
        }


class Models:
    """The few runs that were asked for last, opened; a checkpoint that came since is another one."""

    def __init__(self, place: Place):
        self.place, self.lock = place, threading.Lock()
        self.opened: dict[tuple[str, int], Opened] = {}

    def open(self, name: str, step: int | None = None) -> Opened:
        """The run of this name at a step, by default its newest. Raises UserError where there is none, or it generates no pictures."""
        run = Run.open(self.place.run(name), "newest" if step is None else step, device="auto")
        if not run.steps:
            raise UserError(f"{name} has no checkpoint yet: its first pictures come with the first look")
        key = (name, run.steps[-1] if step is None else step)
        stamp = _stamp(run.checkpoint(key[1]))
        with self.lock:
            model = self.opened.pop(key, None)
            if model is None or stamp not in (None, model.stamp):
                run.ability(Generates)
                model = Opened(run, stamp)
            self.opened[key] = model  # what was used last stands last
            while len(self.opened) > OPEN:
                del self.opened[next(iter(self.opened))]
        return model


def _stamp(checkpoint: Path) -> int | None:
    """When a checkpoint was written; None where a training has dropped it, whose weights may still be held."""
    try:
        return checkpoint.stat().st_mtime_ns
    except OSError:
        return None


def paint(models: Models, specs: Sequence[Mapping[str, Any]]) -> np.ndarray:
    """The pictures of these descriptions, uint8 N x H x W x C, all of one run, step and class. Raises UserError for what is none."""
    if not 0 < len(specs) <= MOST:
        raise UserError(f"{len(specs)} pictures at once; from 1 to {MOST}")
    of = {(spec.get("run"), spec.get("step"), spec.get("label")) for spec in specs if isinstance(spec, Mapping)}
    if len(of) != 1:
        raise UserError("pictures that are asked for together are of one run, step and class")
    ((name, step, label),) = of
    model = models.open(str(name), _whole("step", step))
    with model.lock:
        space = Space(model.run, _label(label))
        points = torch.stack([point(model, space, spec) for spec in specs])
        return space.paint(points)


def point(model: Opened, space: Space, spec: Mapping[str, Any], depth: int = 0) -> Tensor:
    """The point that a description means, levels x size in w, size in z: a `seed`, coordinates (`point`, base64 of float32), the place
    `at` [x, y] of a `pad` between four points, or a `mix` of two, coarse and fine, from `level` on; moved by `ways`, deviations
    along the first directions. Raises UserError for anything else."""
    if depth > DEEP or not isinstance(spec, Mapping):
        raise UserError(f"{shown(spec)} does not say what picture it is")
    inner = [point(model, space, one, depth + 1) for one in (*spec.get("pad", ()), *spec.get("mix", ()))]
    if "seed" in spec:
        seed = ranges.check("seed", spec["seed"], ranges.Seed)
        found = _of_levels(space, space.points([seed], _truncation(spec))[0])
    elif "point" in spec:
        found = _coordinates(space, spec["point"])
    elif len(inner) == 4:
        x, y = (ranges.check("at", float(value), ranges.Share) for value in spec["at"])
        found = space.between(space.between(inner[0], inner[1], x), space.between(inner[2], inner[3], x), y)
    elif len(inner) == 2:
        level = ranges.check("level", spec.get("level"), ranges.Count)
        if not level < space.levels:
            raise UserError(f"level = {level} must be a level of this run, in 1..{space.levels - 1}")
        found = torch.cat([inner[0][:level], inner[1][level:]])
    else:
        raise UserError(f"{shown(dict(spec))} does not say what picture it is")
    for vector, amount in (
        zip(ways(model, space).vectors, spec.get("ways", ()), strict=False) if spec.get("ways") else ()
    ):
        found = found + ranges.check("way", float(amount), ranges.Real) * vector.to(found)
    return found


def ways(model: Opened, space: Space) -> Directions:
    """The run's first principal directions (GANSpace), each row of `vectors` as long as a deviation of points along it; found once."""
    key = (space.name, space.label)
    if key not in model.ways:
        found = directions(space, "ganspace", WAYS)
        model.ways[key] = found._replace(vectors=found.vectors * found.deviations[:, None])
    return model.ways[key]


def explain(models: Models, name: str, step: int | None, label: str | int | None) -> list[dict[str, Any]]:
    """The directions of a run, the strongest first, each with its share and what it changes in words."""
    model = models.open(name, step)
    with model.lock:
        space = Space(model.run, label)
        found = ways(model, space)
        shares = found.shares.tolist()
        return [
            {"share": shares[number], "about": explained(changes(*moved(space, vector, REACH)))}
            for number, vector in enumerate(found.vectors)
        ]


def address(image: np.ndarray) -> str:
    """The address that holds a picture, uint8 H x W x C."""
    return f"data:image/png;base64,{base64.b64encode(grid.png(image)).decode()}"


def encoded(point: Tensor) -> str:
    """A point as the page carries it."""
    return base64.b64encode(point.detach().cpu().float().numpy().astype("<f4").tobytes()).decode()


def png(image: np.ndarray, run: Run, spec: Mapping[str, Any]) -> bytes:
    """The picture, uint8 H x W x C, as PNG that says how it was made: the description, the run's recipe in full, the version."""
    text = PngImagePlugin.PngInfo()
    text.add_itxt(TEXT, json.dumps({**spec, "run": run.name, "step": run.step}, sort_keys=True))
    text.add_itxt(f"{TEXT} recipe", run.trained_by.shared().to_toml())
    text.add_text("Software", f"elegan {__version__}")
    buffer = io.BytesIO()
    Image.fromarray(image[..., 0] if image.shape[2] == 1 else image).save(buffer, "PNG", pnginfo=text)
    return buffer.getvalue()


def read_spec(data: bytes) -> dict[str, Any] | None:
    """The description in a PNG that `png` wrote; None for any other file."""
    try:
        with Image.open(io.BytesIO(data), formats=["PNG"]) as image:
            spec = json.loads(getattr(image, "text", {})[TEXT])
    except (OSError, ValueError, KeyError, SyntaxError, RecursionError, Image.DecompressionBombError):
        return None
    return spec if isinstance(spec, dict) and isinstance(spec.get("run"), str) else None


def _of_levels(space: Space, found: Tensor) -> Tensor:
    """A point with a row a level where the space has levels."""
    return found[None].repeat(space.levels, 1) if space.mapped else found


def _coordinates(space: Space, text: Any) -> Tensor:
    try:
        values = np.frombuffer(base64.b64decode(str(text), validate=True), "<f4")
    except ValueError:
        values = np.empty(0)
    if len(values) not in (space.size, space.size * space.levels) or not np.isfinite(values).all():
        raise UserError(f"a point of this run has {space.size} coordinates; {shown(text, 40)} has not")
    found = torch.from_numpy(values.copy()).to(space.device)
    return _of_levels(space, found) if len(values) == space.size else found.view(space.levels, space.size)


def _truncation(spec: Mapping[str, Any]) -> float | None:
    value = spec.get("truncation")
    return None if value is None else float(ranges.check("truncation", float(value), ranges.Positive))


def _label(value: Any) -> str | int | None:
    return None if value is None else value if isinstance(value, int) else str(value)


def _whole(name: str, value: Any) -> int | None:
    return None if value is None else int(ranges.check(name, value, ranges.NonNegativeCount))
