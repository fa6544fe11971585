"""Restorers of other projects (ESRGAN, SwinIR and the like) from their weights alone, by spandrel, the extra `foreign`."""

import os
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import load
from torch import Tensor, nn

from elegan.core import paths
from elegan.core.errors import UserError
from elegan.core.files import PLAIN, SEALED

PICKLES = (".pth", ".pt", ".ckpt", ".bin", ".pkl")
REACH = 32  # pixels that a tile brings around it; more than this, most of these networks look at faintly


class ForeignRestorer(nn.Module):
    """A network of spandrel's with the sides of a restorer: pictures N x C x H x W in [-1, 1], no hints."""

    hints, reach = 0, REACH

    def __init__(self, descriptor: Any):
        super().__init__()
        self.model, self.describe = descriptor.model, descriptor
        self.channels, self.scale = descriptor.input_channels, descriptor.scale
        self.multiple = max(1, descriptor.size_requirements.multiple_of)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.describe(x / 2 + 0.5)
        return y * 2 - 1


def is_foreign(path: Path) -> bool:
    """Whether a file holds tensors that `elegan pack` did not write; a broken one is nobody's."""
    try:
        paths.check_regular(os.stat(path).st_mode)
        with safe_open(path, framework="pt") as file:
            return not (file.metadata() or {}).keys() & {PLAIN, SEALED}
    except (OSError, SafetensorError):
        return False


def check_no_pickle(name: str) -> None:
    """Raises UserError for a file of pickled weights, which runs whatever it holds as soon as it is opened."""
    if name.lower().endswith(PICKLES):
        raise UserError(
            f"{name} is a pickle, which runs whatever it holds when it is opened, and is never opened; most models are also "
            "published as .safetensors, and spandrel's authors tell how to convert one that you trust"
        )


def open_foreign(path: Path) -> ForeignRestorer:
    """The network whose weights a safetensors file holds, told by their names and shapes.

    Raises UserError without spandrel, and for networks that it does not know or that are no restorers of pictures.
    """
    spandrel = _library(path)
    try:
        descriptor = spandrel.ModelLoader(device="cpu").load_from_state_dict(load(paths.read(path)))
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from None
    except Exception as error:  # unknown names, or names of one network with shapes of another
        reason = (str(error) or type(error).__name__).splitlines()[0][:120]
        raise UserError(f"{path} is no network that spandrel knows: {reason}") from None
    depths = descriptor.input_channels, descriptor.output_channels
    if not isinstance(descriptor, spandrel.ImageModelDescriptor) or depths not in ((1, 1), (3, 3)):
        raise UserError(f"{path} does not make pictures from pictures alone, grey or RGB")
    return ForeignRestorer(descriptor).eval().requires_grad_(False)


def _library(path: Path) -> Any:
    try:
        import spandrel
    except (ImportError, RuntimeError) as error:  # the latter from a torchvision that was built for another torch
        if getattr(error, "name", None) == "spandrel":
            missing = "pip install 'elegan[foreign]'"
        else:
            missing = f"spandrel, which cannot be imported ({str(error).splitlines()[0]})"
        raise UserError(f"{path} is a model of another project; to open it takes {missing}") from None
    return spandrel
