"""Transfer: the weights of another run as the beginning of a training, between sizes, classes and recipes.

A weight is carried over where its place and its shape are the same. Places in lists of layers are counted from the front or from
the back, whichever carries more: networks that differ in size by a block then agree in all the others.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from elegan.core.errors import UserError
from elegan.games.game import Game
from elegan.run import Run

NAMED = 6  # layers that a line names, before it counts the others


@dataclass(frozen=True)
class Taken:
    """What a network took from another run: the `carried` weights by name, the `fresh` ones with why; `share` of its numbers
    are carried."""

    network: str
    carried: tuple[str, ...]
    fresh: dict[str, str]
    share: float

    def lines(self) -> list[str]:
        """For people, layer by layer."""
        if not self.fresh:
            return [f"{self.network}: all {len(self.carried)} weights"]
        total = len(self.carried) + len(self.fresh)
        return [
            f"{self.network}: {len(self.carried)} of {total} weights ({self.share:.0%} of their numbers)"
            + (f": {_listed(_layers(self.carried))}" if self.carried else ""),
            f"{' ' * len(self.network)}  new: {_listed([f'{name} ({why})' for name, why in self.fresh.items()])}",
        ]

    def facts(self) -> dict[str, Any]:
        """For run.json."""
        return {"carried": list(self.carried), "new": self.fresh, "share": round(self.share, 4)}


@torch.no_grad()
def transfer(start: Run, classes: Sequence[str], game: Game) -> list[Taken]:
    """Gives the game's networks the weights of `start` that fit: the averaged ones where the run has them, for a discriminator
    the newest; nothing of optimisers. `classes` are those of the new data.

    Raises UserError where no weights fit, or where layers that the game holds fixed would be new.
    """
    nets = {name: bare(net) for name, net in game.nets.items() if any(True for _ in net.parameters())}
    theirs = {name: bare(net) for name, net in start.learnt.items()}
    taken = [_take(name, theirs.get(name, nn.Module()), net, start.classes, classes) for name, net in nets.items()]
    if not any(nets[t.network].get_parameter(name).ndim > 1 for t in taken for name in t.carried):
        raise UserError(
            f"no weights of {start.path} ({start.recipe.name}: {', '.join(theirs)}) have the places and shapes of this recipe's "
            f"networks ({', '.join(nets)})"
        )
    fixed = set(map(id, game.fixed))
    for t in taken:
        for name, why in t.fresh.items():
            if id(nets[t.network].get_parameter(name)) in fixed:
                raise UserError(f"task.freeze keeps {t.network}.{name}, which {start.path} does not bring: {why}")
    return taken


def _take(name: str, theirs: nn.Module, mine: nn.Module, known: Sequence[str], classes: Sequence[str]) -> Taken:
    pairs, tensors = _pairs(theirs, mine, known, classes), mine.state_dict()
    for key, value in pairs.items():
        tensors[key].copy_(value)
    weights = dict(mine.named_parameters())
    carried = tuple(key for key in weights if key in pairs)
    fresh = {key: _why(key, theirs, weight) for key, weight in weights.items() if key not in pairs}
    count = sum(weights[key].numel() for key in carried)
    return Taken(name, carried, fresh, count / sum(weight.numel() for weight in weights.values()))


def bare(net: nn.Module) -> nn.Module:
    """The network itself where `net` only wraps it, as augmentation wraps a discriminator."""
    inner = getattr(net, "bare", net)
    assert isinstance(inner, nn.Module)
    return inner


def _pairs(theirs: nn.Module, mine: nn.Module, known: Sequence[str], classes: Sequence[str]) -> dict[str, Tensor]:
    """The tensors that are carried from `theirs`, by the names that they have in `mine`."""
    of_classes = {
        f"{path}.{name}"
        for path, layer in mine.named_modules()
        if isinstance(layer, nn.Embedding) and layer.num_embeddings == len(classes)
        for name in layer.state_dict()
    }

    def fitted(name: str, there: Tensor, own: Tensor) -> Tensor | None:
        if name in of_classes and there.shape == (len(known), *own.shape[1:]):
            return _by_class(there, known, classes)
        return there if there.shape == own.shape else None

    def carried(backward: bool) -> dict[str, Tensor]:
        there = {place: tensor for place, _, tensor in _placed(theirs, backward)}
        both = ((name, fitted(name, there[p], own)) for p, name, own in _placed(mine, backward) if p in there)
        return {name: tensor for name, tensor in both if tensor is not None}

    return max((carried(backward) for backward in (False, True)), key=lambda p: sum(t.numel() for t in p.values()))


def _by_class(rows: Tensor, known: Sequence[str], classes: Sequence[str]) -> Tensor:
    """Rows for these classes: a class `known` by its name has its own again, any other begins with the mean of all."""
    return torch.stack([rows[known.index(name)] if name in known else rows.mean(0) for name in classes])


def _placed(net: nn.Module, backward: bool) -> Iterator[tuple[str, str, Tensor]]:
    """(place, name, tensor) of all that a network's state holds."""
    lists = {path: len(m) for path, m in net.named_modules() if isinstance(m, nn.ModuleList | nn.Sequential)}
    for name, tensor in net.state_dict().items():
        parts, path, place = name.split("."), "", []
        for part in parts:
            place.append(str(int(part) - lists[path]) if backward and path in lists and part.isdigit() else part)
            path = f"{path}.{part}" if path else part
        yield ".".join(place), name, tensor


def _why(name: str, theirs: nn.Module, weight: Tensor) -> str:
    """Why a weight is new: its shape, and that of its namesake."""
    other = dict(theirs.named_parameters()).get(name)
    there = "not there" if other is None else f"{_sides(other)} there"
    return f"{_sides(weight)}, {there}"


def _sides(tensor: Tensor) -> str:
    return " x ".join(map(str, tensor.shape)) or "1"


def _layers(names: Sequence[str]) -> list[str]:
    """The layers of these weights, in order."""
    plain = (name.removesuffix(".parametrizations.weight.original") for name in names)
    return list(dict.fromkeys(name.removesuffix(".weight").removesuffix(".bias") for name in plain))


def _listed(names: Sequence[str]) -> str:
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")
