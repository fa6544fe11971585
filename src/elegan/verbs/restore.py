"""Photographs of any size and format through a restorer: enlarged, cleaned, made whole."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.functional import max_pool2d

from elegan.core.devices import find_device
from elegan.core.errors import Failure, UserError, nearest
from elegan.core.files import folder_for
from elegan.core.pixels import photo_to_tensor, tensor_to_photo
from elegan.data.damage import UNKNOWN
from elegan.data.deep import Unreadable
from elegan.data.photo import Photo, read_photo, write_photo
from elegan.data.resize import resize
from elegan.nets import pretrained
from elegan.nets.restorers import whole
from elegan.nets.tiling import in_tiles
from elegan.run import Run, is_run
from elegan.verbs.inputs import Named, Outcome, pictures_in, with_targets

# The ending that each task adds to a file's name.
TASKS = {"upscale": "", "denoise": "denoised", "inpaint": "filled", "oldphoto": "restored", "colorize": "colorized"}
LARGEST = 4.0
SCRATCHES = "auto-scratches"


@cache
def _finder() -> nn.Module:
    return pretrained.unpack("scratches")[0]


def find_scratches(photo: Photo, short: int = 512) -> np.ndarray:
    """A mask of scratches, creases and dust and a pixel around them, bool H x W, found on a picture reduced to `short` pixels."""
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
    noise on the 0-255 scale, None unknown; `mask`: of what is to be filled, SCRATCHES, a file, or a folder of files named as
    the photographs."""

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
        coloured = self.task == "colorize" and photo.pixels.shape[2] == 1
        return (
            replace(photo, profile=None, pixels=pixels) if coloured else replace(photo, pixels=photo.as_its_own(pixels))
        )

    def _with_hints(self, x: torch.Tensor, photo: Photo, name: str) -> torch.Tensor:
        if self.task == "inpaint":
            unknown = torch.from_numpy(self._mask(photo, name))[None, None]
            return torch.cat([torch.where(unknown, 0.0, x), unknown.float()], 1)
        level = UNKNOWN if self.sigma is None else self.sigma / 255
        return torch.cat([x, x.new_full((1, self.net.hints, *x.shape[2:]), level)], 1)

    def _mask(self, photo: Photo, name: str) -> np.ndarray:
        """True where the photograph is to be filled."""
        if self.mask == SCRATCHES:
            return find_scratches(photo)
        assert self.mask
        path = Path(self.mask)
        mask = read_photo(path / name if path.is_dir() else path).colours(1)[:, :, 0] > 0.5
        if mask.shape != photo.pixels.shape[:2]:
            sizes = [f"{shape[1]}x{shape[0]}" for shape in (mask.shape, photo.pixels.shape)]
            raise Unreadable(f"its mask is {sizes[0]} and it is {sizes[1]}")
        return mask


def restore(
    inputs: Named,
    task: str = "upscale",
    *,
    scale: float = 2.0,
    sigma: float | None = None,
    mask: str | Path | None = None,
    detail: float | None = None,
    model: str | Path | None = None,
    tile: int | None = None,
    out: str | Path | None = None,
    format: str | None = None,
    device: str = "cpu",
    trust: Iterable[str] = (),
) -> list[Outcome]:
    """Writes every photograph among the files, folders and globs `inputs`, restored, beside it or to the folder `out`, and
    gives what became of each: see `Outcome`, and its `fault` where one could not be restored.

    `task`: upscale, denoise, inpaint, oldphoto or colorize; see `open_restorer` for its options, `restore_files` for
    `format`, and both for the errors.

    >>> import elegan
    >>> (outcome,) = elegan.restore("pictures/pagoda.png", scale=2, out="larger")  # with the network that comes along
    >>> outcome.target.as_posix(), outcome.fault
    ('larger/pagoda.png', '')
    """
    restorer = open_restorer(
        task,
        scale=scale,
        sigma=sigma,
        mask=None if mask is None else str(mask),
        detail=detail,
        model=None if model is None else str(model),
        tile=tile,
        device=device,
        trust=trust,
    )
    return list(restore_files(restorer, inputs, Path(out) if out else None, format))


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
    """The restorer for a task: a shipped one, or `model`, which is a packed file, a shipped one's name or a run.

    `detail` goes from the faithful network (0, the default of shipped models) to the one trained for detail from it (1, the
    default of a run), where there are both. `trust`: modules that `model` may name. Raises UserError for unknown names and
    values out of range.
    """
    if task not in TASKS:
        raise UserError(f"unknown task {task!r}{nearest(task, TASKS)}")
    if not 1 < scale <= LARGEST:
        raise UserError(f"scale = {scale:g} is not above 1 and up to {LARGEST:g}")
    place = find_device(device)
    if sigma is not None and not 0 <= sigma <= 255:
        raise UserError(f"sigma = {sigma:g} is not in 0..255")
    if task == "inpaint" and not mask:
        raise UserError(f"inpainting needs --mask: a picture that is white where to fill, or {SCRATCHES}")
    if mask and mask != SCRATCHES and not Path(mask).exists():
        raise UserError(f"no mask {mask!r}{nearest(mask, [SCRATCHES])}")
    name = model if model is not None else (f"upscale-x{2 if scale <= 2 else 4}" if task == "upscale" else task)
    net: Any = _network(name, detail, place, trust)
    if (task == "upscale" and not scale <= net.scale) or (task != "upscale" and net.scale != 1):
        raise UserError(
            f"model {name!r} makes pictures {net.scale} times as large: not for --task {task} --scale {scale:g}"
        )
    return Restorer(net, task, scale if task == "upscale" else 1.0, sigma, mask, tile)


def _network(name: str, detail: float | None, device: torch.device, trust: Iterable[str]) -> nn.Module:
    """The network by name, between the faithful one and the one for detail."""
    if is_run(name):
        run = Run.open(name, device=str(device), trust=trust)
        faithful, best = run.start, run.restorer
    elif name in TASKS and name not in pretrained.shipped():
        raise UserError(
            f"no model {name!r} is shipped; train one: elegan train FOLDER --recipe {name}, then --model RUN"
        )
    else:
        faithful, best = None, pretrained.unpack(name, trust)[0]
        if detail is not None and f"{name}-detail" in pretrained.shipped():
            faithful, best = best, pretrained.unpack(f"{name}-detail")[0]
    if detail is not None and faithful is None:
        raise UserError(f"model {name!r} has no counterpart trained for detail; leave out --detail")
    net = best if detail is None or faithful is None else pretrained.between(faithful, best, detail)
    return net.to(device)


def restore_files(
    restorer: Restorer, inputs: Named, out: Path | None = None, format: str | None = None
) -> Iterator[Outcome]:
    """Restores every picture among the files, folders and globs `inputs`, in its format or in `format` (png, jpeg, ...).

    Each goes beside its source with a suffix, or to the folder `out`; what stands there is never written over. Gives an
    outcome as each is done; one that cannot be restored does not keep the rest from being done. Raises UserError for
    inputs that name nothing, or a folder that cannot be.
    """
    if out:
        folder_for(out)
    for source, target in _targets(restorer, inputs, out, format):
        if target.exists():
            yield Outcome(source, target, skipped=True)
            continue
        try:
            photo = restorer(read_photo(source), source.name)
            like = photo if format is None else replace(photo, format=FORMATS[format])
            remark = write_photo(target, photo.pixels, like)
        except (Unreadable, Failure) as error:
            yield Outcome(source, target, fault=str(error))
        else:
            yield Outcome(source, target, remark=remark)


FORMATS = {"png": "PNG", "jpg": "JPEG", "webp": "WEBP", "tiff": "TIFF"}


def _targets(restorer: Restorer, inputs: Named, out: Path | None, format: str | None) -> list[tuple[Path, Path]]:
    if format is not None and format not in FORMATS:
        raise UserError(f"unknown format {format!r}{nearest(format, FORMATS)}")
    pairs = []
    for source, inside in ((picture.source, picture.inside) for picture in pictures_in(inputs)):
        ending = f".{format}" if format else source.suffix
        if out:
            pairs.append((source, out / inside.with_suffix(ending)))
        elif not source.stem.endswith(f"-{restorer.suffix}"):  # what an earlier call made of a folder
            pairs.append((source, source.with_name(f"{source.stem}-{restorer.suffix}{ending}")))
    return with_targets(pairs)
