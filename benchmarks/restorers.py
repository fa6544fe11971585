"""Parts of benchmarks of restorers: networks by name, pictures as tensors and back.

MODEL is a packed file, a shipped model or a run; MODEL@DETAIL goes towards the adversarial weights: upscale-x4@0.5.
"""

from functools import partial
from itertools import islice

import numpy as np
import torch
from torch import Tensor, nn

from elegan.data.cache import cached, default_root
from elegan.data.dataset import find
from elegan.data.sizing import Options
from elegan.nets.restorers import whole
from elegan.nets.tiling import in_tiles
from elegan.verbs.restore import open_restorer


def network(name: str, task: str = "upscale", mask: str | None = None) -> nn.Module:
    """The restorer of MODEL or MODEL@DETAIL."""
    model, _, detail = name.partition("@")
    return open_restorer(task, model=model, detail=float(detail) if detail else None, mask=mask).net


def photographs(source: str, count: int) -> list[np.ndarray]:
    """The first `count` pictures of a folder or zip, uint8 H x W x 3."""
    return list(islice(cached(find(source, "all"), Options(0, 3, "whole", 1), default_root()).images, count))


@torch.inference_mode()
def applied(net: nn.Module, x: Tensor) -> Tensor:
    """1 x (C + hints) x H x W, colours in [0, 1], to 1 x C x H x W rounded to 8 bits, 0..255."""
    c = net.channels
    x = torch.cat([x[:, :c] * 2 - 1, x[:, c:]], 1)
    y = in_tiles(partial(whole, net), x, net, None, net.scale)
    return (y * 127.5 + 127.5).round().clamp(0, 255)


def tensor(picture: np.ndarray) -> Tensor:
    """uint8 H x W x C to 1 x C x H x W in [0, 1]."""
    return torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None].float() / 255


def to_bytes(y: Tensor) -> np.ndarray:
    """N x C x H x W, 0..255, to uint8 N x H x W x C."""
    return y.permute(0, 2, 3, 1).numpy().astype(np.uint8)
