"""`elegan demo`: trains a small GAN on points in the plane while one looks on."""

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageColor

from elegan.core import files, ranges
from elegan.core.errors import UserError, nearest, shown
from elegan.losses import adversarial
from elegan.recipes import parts as recipe_parts
from elegan.verbs.demo.draw import COLOURS, alarms_in_words, in_words, pictures
from elegan.verbs.demo.lessons import CASES, Part, plain
from elegan.verbs.demo.play import Frame, play
from elegan.verbs.demo.points import Points, open_points
from elegan.verbs.latent import pages

FRAMES = 50  # after the one before training
RATE = 8  # frames a second
HELD = 16  # frames that the last one stays
FORMATS = (".gif", ".mp4")
MOST = 100_000  # steps


@dataclass(frozen=True)
class Lesson:
    """A demo as it was shown: where the animation is, and of each training, left to right, its part and its frames."""

    out: Path
    points: Points
    parts: list[Part]
    frames: list[list[Frame]] = field(repr=False)

    def as_dict(self) -> dict[str, Any]:
        """The path, and of each training its title, what one sees, its last step and numbers, and the guard's alarms; ready for JSON."""
        trainings = [
            {
                "title": part.title,
                "about": part.words,
                "step": frames[-1].step,
                "numbers": frames[-1].numbers,
                "alarms": [{"alarm": a.rule.name, "step": a.step, "text": a.text} for a in frames[-1].alarms],
            }
            for part, frames in zip(self.parts, self.frames, strict=True)
        ]
        return {"path": str(self.out), "trainings": trainings}

    def lines(self) -> list[str]:
        """Lines on what one sees, and the numbers at the end."""
        sides = ("left: ", "right: ") if len(self.parts) > 1 else ("",)
        told = [f"{side}{part.title}. {part.words}" for side, part in zip(sides, self.parts, strict=True)]
        ends = [
            f"{side}after {frames[-1].step:,} steps {in_words(frames[-1], self.points)}, arrows of mean length "
            f"{frames[-1].numbers['gradient']:.2g}; the guard "
            + (f"raised {'; '.join(alarms_in_words(frames[-1]))}" if frames[-1].alarms else "raised no alarm")
            for side, frames in zip(sides, self.frames, strict=True)
        ]
        left_out = "the best answer p/(p+q) is left out: the density of a file's points is not known"
        return [*told, *ends, *([] if self.points.density else [left_out]), str(self.out)]


def demo(
    data: str = "ring",
    *,
    loss: str | None = None,
    case: str | None = None,
    out: str | Path = "demo.gif",
    seed: int = 0,
    steps: int | None = None,
    told: Callable[[Frame], None] = lambda frame: None,
) -> Lesson:
    """Trains two small networks on 2-D points and writes an animation of it to `out`, a .gif or .mp4.

    `data`: ring, grid, spiral, moons, or a .csv of two columns. `loss`: an adversarial loss of the package (relativistic by
    default), such as non-saturating. `case`: collapse, oscillation or vanishing shows this failure beside its cure. `steps`:
    of each training; by default as many as the lesson takes. `told` hears of each frame as it is trained. The same arguments
    give the same bytes. Raises UserError for anything unknown, for `case` with `loss`, and for points that cannot be read;
    Failure where a training diverges.

    >>> import elegan
    >>> elegan.demo(steps=20, out="lesson.gif").out.as_posix()
    'lesson.gif'
    """
    target = files.file_for(out)
    if target.suffix not in FORMATS:
        raise UserError(f"{target} ends in none of {', '.join(FORMATS)}{nearest(target.suffix, FORMATS)}")
    ranges.check("seed", seed, ranges.NonNegativeCount)
    shown_parts, points = _parts(loss, case, steps), open_points(data)
    frames = [play(part.recipe, points, seed, FRAMES, told) for part in shown_parts]
    files.write(target, encoded(list(pictures(shown_parts, frames, points)), target.suffix))
    return Lesson(target, points, shown_parts, frames)


def _parts(loss: str | None, case: str | None, steps: int | None) -> list[Part]:
    """The trainings that are shown, from left to right."""
    if case is not None and loss is not None:
        raise UserError(f"--case {shown(case)} brings losses of its own; leave out --loss {shown(loss)}")
    if case is not None and case not in CASES:
        raise UserError(f"unknown case {shown(case)}{nearest(case, CASES)}")
    parts = CASES[case] if case is not None else (plain(_loss("relativistic" if loss is None else loss)),)
    if steps is None:
        return list(parts)
    if not 1 <= steps <= MOST:
        raise UserError(f"steps = {steps} is not in 1..{MOST}")
    return [Part(part.title, part.recipe.changed({"steps": steps}), part.words) for part in parts]


def _loss(name: str) -> str:
    """The function's name of a loss, written with hyphens or underscores."""
    losses = recipe_parts.names("losses").items()
    known = [key for key, function in losses if function.__module__ == adversarial.__name__]
    own_name = name.replace("-", "_")
    if own_name not in known:
        raise UserError(f"unknown loss {shown(name)}{nearest(name, [key.replace('_', '-') for key in known])}")
    return own_name


def encoded(images: list[np.ndarray], ending: str) -> bytes:
    """Pictures uint8 H x W x 3 as an animation, the last one held for a while."""
    held = [*images, *images[-1:] * HELD]
    return _gif(held) if ending == ".gif" else pages.mp4(np.stack(held), RATE)


def _gif(images: list[np.ndarray]) -> bytes:
    """An endless GIF. All pictures share the colours of three and those that are drawn with: palettes of their own would
    double the file."""
    seen = np.concatenate([images[0], images[len(images) // 2], images[-1]])
    common = np.reshape(Image.fromarray(seen).quantize(64).getpalette() or [], (-1, 3))
    drawn_with = np.array([ImageColor.getrgb(colour) for colour in COLOURS])
    apart = np.abs(common[:, None] - drawn_with).max(2).min(1) > 8  # else white is mixed with its neighbours
    palette = Image.new("P", (1, 1))
    palette.putpalette([*drawn_with.ravel().tolist(), *common[apart].ravel().tolist()])
    frames = [Image.fromarray(image).quantize(palette=palette, dither=Image.Dither.NONE) for image in images]
    buffer = io.BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:], duration=1000 // RATE, loop=0)
    return buffer.getvalue()
