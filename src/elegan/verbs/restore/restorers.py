"""Restorers of photographs: a network with what belongs to it, or several one after the other."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.functional import max_pool2d

from elegan.core.devices import find_device
from elegan.core.errors import UserError, nearest
from elegan.core.facts import is_run_folder
from elegan.core.pixels import photo_to_tensor, tensor_to_photo
from elegan.data.damage import UNKNOWN
from elegan.data.deep import Unreadable
from elegan.data.photo import Photo, read_photo
from elegan.data.resize import resize
from elegan.games.abilities import Restores
from elegan.nets import pretrained
from elegan.nets.foreign import check_no_pickle, is_foreign, open_foreign
from elegan.nets.restorers import whole
from elegan.nets.tiling import in_tiles
from elegan.record.packed import shipped
from elegan.run import Run

# The ending that each task adds to a file's name.
TASKS = {
    "upscale": "", "denoise": "denoised", "inpaint": "filled", "scratches": "unscratched", "oldphoto": "restored",
    "colorize": "colorized",
}  # fmt: skip
FILLING = ("inpaint", "scratches")
LARGEST = 4.0
SCRATCHES, TRANSPARENT = "auto-scratches", "transparent"  # masks that the photograph itself shows


@cache
def _finder() -> nn.Module:
    return pretrained.unpack("scratches")[0]


def find_scratches(photo: Photo, short: int = 512) -> np.ndarray:
    """Mask of scratches, creases and dust and a pixel around them, bool H x W, found on a picture reduced to `short` pixels."""
    net = _finder()
    x = photo_to_tensor(photo.colours(3))
    h, w = x.shape[2:]
    factor = min(1.0, short / min(h, w))
    with torch.inference_mode():
        y = whole(net, resize(x, (max(1, round(h * factor)), max(1, round(w * factor)))))
        scratched = resize(y.mean(1, keepdim=True), (h, w), "bilinear") > 0
        mask: np.ndarray = max_pool2d(scratched.float(), 3, 1, 1)[0, 0].numpy() > 0
        return mask


@dataclass(frozen=True)
class Restorer:
    """A network and what to do with it. `scale`: that of the result, which the network's is reduced to; `sigma`: that of the
    noise on the 0-255 scale, None unknown; `mask`: of what is to be filled, SCRATCHES, TRANSPARENT, a file, or a folder of
    files named as the photographs."""

    net: Any  # a module with channels, hints, scale, multiple and reach, see `elegan.nets.restorers`
    task: str
    scale: float = 1.0
    sigma: float | None = None
    mask: str | None = None
    tile: int | None = None

    @property
    def suffix(self) -> str:
        return TASKS[self.task] or f"x{self.scale:g}"

    def __call__(self, photo: Photo, name: str = "") -> Photo:
        """The photograph restored. Raises Unreadable where its mask does not fit."""
        net = self.net
        x = photo_to_tensor(photo.colours(net.channels))
        x = self._with_hints(x, photo, name).to(next(net.parameters()).device)
        with torch.inference_mode():
            y = in_tiles(partial(whole, net), x, net, self.tile, net.scale)
            if self.scale != net.scale:
                y = resize(y, (round(x.shape[2] * self.scale), round(x.shape[3] * self.scale)))
        pixels = tensor_to_photo(y)
        photo = replace(photo, alpha=None) if self.mask == TRANSPARENT else photo  # what was transparent is filled
        coloured = self.task == "colorize" and photo.pixels.shape[2] == 1
        return (
            replace(photo, profile=None, pixels=pixels) if coloured else replace(photo, pixels=photo.as_its_own(pixels))
        )

    def _with_hints(self, x: torch.Tensor, photo: Photo, name: str) -> torch.Tensor:
        if self.task in FILLING:
            unknown = torch.from_numpy(self._mask(photo, name))[None, None]
            return torch.cat([torch.where(unknown, 0.0, x), unknown.float()], 1)
        level = UNKNOWN if self.sigma is None else self.sigma / 255
        return torch.cat([x, x.new_full((1, self.net.hints, *x.shape[2:]), level)], 1)

    def _mask(self, photo: Photo, name: str) -> np.ndarray:
        """The mask of what is to be filled, bool H x W. Raises Unreadable where it does not fit."""
        if self.mask == SCRATCHES:
            return find_scratches(photo)
        if self.mask == TRANSPARENT:
            if photo.alpha is None:
                raise Unreadable("nothing of it is transparent, which would be filled")
            holes: np.ndarray = photo.alpha == 0
            return holes
        assert self.mask
        path = Path(self.mask)
        mask = read_photo(path / name if path.is_dir() else path).colours(1)[:, :, 0] > 0.5
        if mask.shape != photo.pixels.shape[:2]:
            sizes = [f"{shape[1]}x{shape[0]}" for shape in (mask.shape, photo.pixels.shape)]
            raise Unreadable(f"its mask is {sizes[0]} and it is {sizes[1]}")
        return mask


@dataclass(frozen=True)
class Chain:
    """Restorers one after the other: each is given what the one before it made, not rounded in between."""

    steps: Sequence[Restorer]

    @property
    def suffix(self) -> str:
        return "-".join(step.suffix for step in self.steps)

    def __call__(self, photo: Photo, name: str = "") -> Photo:
        """The photograph restored. Raises Unreadable where a mask does not fit."""
        for step in self.steps:
            photo = step(photo, name)
        return photo


# Which options belong to one task of several; the rest belong to all. None: a model is of one task alone.
OF_TASKS = {"scale": "upscale", "detail": "upscale", "sigma": "denoise", "mask": "inpaint", "model": None}


def open_chain(task: str = "upscale", **options: Any) -> Restorer | Chain:
    """The restorer for a task, or for several with commas between, in that order; see `open_restorer` for the options.

    Of several, each option is for the one that it belongs to. Raises UserError also for an option of none of them.
    """
    tasks = task.split(",")
    if len(tasks) == 1:
        return open_restorer(task, **options)
    for one in tasks:
        if one not in TASKS:
            raise UserError(f"unknown task {one!r}{nearest(one, TASKS)}")
        if tasks.count(one) > 1:
            raise UserError(f"task {one!r} is named twice in {task!r}")
    for option, its in OF_TASKS.items():
        if option != "scale" and options.get(option) is not None and its not in tasks:
            raise UserError(f"--{option} is for {its or 'a single task'}, not for {task!r}")
    shared = {name: value for name, value in options.items() if name not in OF_TASKS}
    own = {one: {name: options[name] for name in options if OF_TASKS.get(name) == one} for one in tasks}
    return Chain([open_restorer(one, **shared, **own[one]) for one in tasks])


def open_restorer(
    task: str = "upscale",
    *,
    scale: float = 2.0,
    sigma: float | None = None,
    mask: str | None = None,
    detail: float | None = None,
    model: str | None = None,
    tile: int | None = None,
    device: str = "cpu",
    trust: Iterable[str] = (),
) -> Restorer:
    """The restorer for one task: a shipped one, or `model`, which is a packed file, a shipped one's name, a run, or a
    safetensors file of another project's network.

    "scratches" is "inpaint" with the mask SCRATCHES. `detail` goes from the faithful network (0, the default of shipped
    models) to the one trained for detail from it (1, the default of a run), where there are both. `trust`: modules that
    `model` may name. Raises UserError for unknown names, values out of range and what the task has no use for.
    """
    if task not in TASKS:
        raise UserError(f"unknown task {task!r}{nearest(task, TASKS)}")
    if not 1 < scale <= LARGEST:
        raise UserError(f"scale = {scale:g} is not above 1 and up to {LARGEST:g}")
    place = find_device(device)
    if sigma is not None and not 0 <= sigma <= 255:
        raise UserError(f"sigma = {sigma:g} is not in 0..255")
    if task == "scratches" and mask not in (None, SCRATCHES):
        raise UserError(f"scratches are found, not told: --mask {mask} is for --task inpaint")
    if mask is not None and task not in FILLING:
        raise UserError(f"--mask is for inpaint, not for {task!r}")
    mask = SCRATCHES if task == "scratches" else mask
    if task == "inpaint" and not mask:
        raise UserError(f"inpainting needs --mask: a picture that is white where to fill, {SCRATCHES} or {TRANSPARENT}")
    if mask and mask not in (SCRATCHES, TRANSPARENT) and not Path(mask).exists():
        raise UserError(f"no mask {mask!r}{nearest(mask, [SCRATCHES, TRANSPARENT])}")
    name = model if model is not None else _shipped_for(task, scale, detail)
    net: Any = _network(name, detail, place, trust)
    if (task == "upscale" and not scale <= net.scale) or (task != "upscale" and net.scale != 1):
        raise UserError(
            f"model {name!r} makes pictures {net.scale} times as large: not for --task {task} --scale {scale:g}"
        )
    if task in FILLING and net.hints != 1:
        raise UserError(f"model {name!r} takes no mask: not for --task {task}")
    if sigma is not None and (task in FILLING or net.hints == 0):
        raise UserError(f"--sigma is for what removes noise: model {name!r} for --task {task} is told of none")
    return Restorer(net, task, scale if task == "upscale" else 1.0, sigma, mask, tile)


def _shipped_for(task: str, scale: float, detail: float | None) -> str:
    if task == "upscale":
        return f"upscale-x{2 if scale <= 2 and detail is None else 4}"  # of which one was trained for detail
    return "inpaint" if task in FILLING else task


def _network(name: str, detail: float | None, device: torch.device, trust: Iterable[str]) -> nn.Module:
    """The network by name, between the faithful one and the one for detail."""
    check_no_pickle(name)
    if name in TASKS and name not in shipped() and not is_run_folder(name):
        raise UserError(
            f"no model {name!r} is shipped; train one: elegan train FOLDER --recipe {name}, then --model RUN"
        )
    if not (name.endswith(".safetensors") and is_foreign(Path(name))):
        run = Run.open(name, device=str(device), trust=trust)
        return run.restorer if detail is None else between_sides(run, detail)
    if detail is not None:
        raise _one_sided(name)
    return open_foreign(Path(name)).to(device)


def sides_of(run: Run) -> tuple[nn.Module, nn.Module] | None:
    """(the faithful network, the one trained for detail from it) of a run that restores; None where it has but one."""
    if (crisp := f"{run.path}-detail") in shipped():
        return run.restorer, Run.open(crisp, device=str(run.device)).restorer
    return None if run.start is None else (run.start, run.restorer)


def between_sides(run: Run, detail: float) -> nn.Module:
    """The network `detail` of the way from the faithful one of a run to the one trained for detail. Raises UserError where it
    has but one."""
    sides = sides_of(run)
    if sides is None:
        raise _one_sided(run.path)
    return pretrained.between(*sides, detail)


def _one_sided(name: str | Path) -> UserError:
    return UserError(f"model {str(name)!r} has no counterpart trained for detail; leave out --detail")


def tasks_of(run: Run) -> list[str]:
    """The tasks that a run was trained for, as its damages say; those that it may do where they do not; none of one that finds
    damage and restores nothing."""
    restores, damages = run.ability(Restores), {part.name for part in run.recipe.damage.values()}
    if run.recipe.data.learn == "damage":
        return []
    if restores.scale > 1:
        return ["upscale"]
    if "holes" in restores.told:
        return ["inpaint", "scratches"]
    if "gaussian_noise" in restores.told:
        return ["denoise"]
    if restores.hints and not restores.told:
        return ["denoise", "oldphoto", "inpaint", "scratches"]
    return ["colorize" if "greyscale" in damages else "oldphoto"]
