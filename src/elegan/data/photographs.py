"""Photographs of any sizes, of which random crops are spoiled and the way back is learnt."""

from dataclasses import dataclass
from pathlib import Path

from elegan.core.errors import UserError
from elegan.data.cache import Part, cached, default_root
from elegan.data.damage.apply import MARGIN
from elegan.data.dataset import find
from elegan.data.in_memory import InMemory
from elegan.data.layout import plain
from elegan.data.sides import set_aside
from elegan.data.sizing import Options


@dataclass(frozen=True)
class Photographs:
    """Pictures uint8 H x W x C, none smaller than a crop of `resolution` with its margin.

    `held_out` were not trained on. The other fields are those of `Dataset`.
    """

    name: str
    source: str | InMemory
    resolution: int
    channels: int
    train: Part
    held_out: Part
    fingerprint: str
    notes: tuple[str, ...]
    places: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        return len(self.train)

    @property
    def size(self) -> str:
        """Number of photographs and size of the crops, for people."""
        return f"{len(self.train):,} photographs, crops of {self.resolution} px"


def open_photographs(
    source: str | InMemory, resolution: int, channels: int = 0, split: str = "train", cache: Path | None = None
) -> Photographs:
    """Opens a folder, a zip or pictures in memory at their own sizes; small ones are enlarged to what a crop needs.

    `channels`: 1 or 3, 0: from the data, alpha laid on white. Held out is the folder test beside train, or every tenth
    picture where there is none or `split` is "all". Raises UserError for a source without at least two readable pictures.
    """
    if channels == 4:
        raise UserError("data.channels = 4: restoration is of grey (1) or colour (3); alpha is kept beside it")
    options = Options(0, channels, "whole", resolution + 2 * MARGIN)
    root = cache or default_root()
    origin = find(source, split)
    entry = cached(origin, options, root)
    depth = entry.images[0].shape[2]
    if depth == 4:
        return open_photographs(source, resolution, 3, split, cache)
    notes = (*origin.notes, *entry.notes)
    train, held_out = entry.images, _held_out(source, options._replace(channels=depth), split, root)
    if held_out is None:
        train, held_out = set_aside(entry.images)
        notes = (*notes, f"held out: every tenth, {len(held_out)} photographs")
    else:
        notes = (*notes, f"held out: {len(held_out)} photographs")
    name, told = plain(origin.name), (notes, entry.places)
    return Photographs(name, origin.address, resolution, depth, train, held_out, entry.fingerprint, *told)


def _held_out(source: str | InMemory, options: Options, split: str, root: Path) -> Part | None:
    if split == "all":
        return None
    try:
        part: Part = cached(find(source, "test"), options, root).images
        return part
    except UserError:
        return None
