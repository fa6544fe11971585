"""Convolutional networks applied to large pictures tile by tile, with the result of the whole.

Every tile brings as many pixels around it as its result depends on (`reach`), so nothing has to be blended. Instance and
layer norm depend on the whole picture, which a tile does not show; their means and variances are taken once, from the
picture reduced to a size that fits, and are the same in all tiles.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import product

import torch
from torch import Tensor, nn
from torch.nn.functional import batch_norm, interpolate

from elegan.core import memory
from elegan.core.progress import counted

WHOLE = 1_500_000  # pixels up to which a picture is not cut
TILE = 768  # pixels a side of a tile, without what it brings around it
Function = Callable[[Tensor], Tensor]


def in_tiles(function: Function, x: Tensor, net: nn.Module, tile: int | None = None, scale: int = 1) -> Tensor:
    """The value of `function(x)` for pictures N x C x H x W. Its network is `net`, with `multiple` and `reach`; it gives pictures
    `scale` times as large.

    `tile` None cuts pictures of more than WHOLE pixels, 0 none, N all into squares of about N pixels a side. Where memory
    does not suffice, tiles are halved.
    """
    if tile is None:
        tile = TILE if x.shape[2] * x.shape[3] * scale**2 > WHOLE else 0
    if not tile:
        try:
            return function(x)
        except RuntimeError as error:
            if not memory.is_short(error):
                raise
            tile = TILE
    with shared_statistics(net, function, x):
        while True:
            try:
                return _tiled(function, x, net.multiple, net.reach, tile, scale)  # type: ignore[arg-type]  # numbers, as the docstring says
            except RuntimeError as error:
                if not memory.is_short(error) or tile <= 64:
                    raise
                tile //= 2


def _tiled(function: Function, x: Tensor, multiple: int, reach: int, tile: int, scale: int) -> Tensor:
    tile, reach = (math.ceil(size / multiple) * multiple for size in (tile, reach))
    y: Tensor | None = None
    corners = list(product(range(0, x.shape[2], tile), range(0, x.shape[3], tile)))
    for top, left in counted(corners, "tiles", len(corners)):
        (up, down), (west, east) = _around(top, tile, reach, x.shape[2]), _around(left, tile, reach, x.shape[3])
        part = function(x[:, :, up:down, west:east])
        if y is None:
            y = part.new_empty(*part.shape[:2], scale * x.shape[2], scale * x.shape[3])
        to, inside = _square(top, left, tile, scale), _square(top - up, left - west, tile, scale)
        y[to] = part[inside]
    assert y is not None
    return y


def _square(top: int, left: int, side: int, scale: int) -> tuple[slice, ...]:
    rows, columns = (slice(scale * start, scale * (start + side)) for start in (top, left))
    return slice(None), slice(None), rows, columns


def _around(start: int, tile: int, reach: int, size: int) -> tuple[int, int]:
    return max(0, start - reach), min(size, start + tile + reach)


@contextmanager
def shared_statistics(net: nn.Module, function: Function, x: Tensor) -> Iterator[None]:
    """A context in which every instance or layer norm of `net` uses the statistics of the picture `x`, 1 x C x H x W, reduced
    to WHOLE pixels where it has more.
    """
    layers = [layer for layer in net.modules() if isinstance(layer, nn.GroupNorm)]
    statistics: dict[nn.GroupNorm, tuple[Tensor, Tensor]] = {}

    def note(layer: nn.GroupNorm, inputs: tuple[Tensor, ...]) -> None:
        groups: Tensor = inputs[0][0].float().unflatten(0, (layer.num_groups, -1))
        variance, mean = torch.var_mean(groups, (1, 2, 3), correction=0)
        statistics[layer] = mean.repeat_interleave(groups.shape[1]), variance.repeat_interleave(groups.shape[1])

    hooks = [layer.register_forward_pre_hook(note) for layer in layers]
    try:
        if layers:
            factor = min(1.0, math.sqrt(WHOLE / (x.shape[2] * x.shape[3])))
            function(x if factor == 1 else interpolate(x, scale_factor=factor, mode="bilinear", antialias=True))
    finally:
        for hook in hooks:
            hook.remove()
    for layer in layers:
        mean, variance = statistics[layer]
        layer.forward = partial(  # type: ignore[method-assign]  # of this layer alone, and undone below
            batch_norm, running_mean=mean, running_var=variance, weight=layer.weight, bias=layer.bias, eps=layer.eps
        )
    try:
        yield
    finally:
        for layer in layers:
            del layer.forward
