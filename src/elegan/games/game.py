"""Who learns, from what, and how often, as an object.

A task builds a `Game` from a recipe; the trainer plays any game without knowing which it is.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

from torch import Tensor, nn

from elegan.nets.codes import Codes

Terms = dict[str, Tensor]
Task = TypeVar("Task", bound=Callable[..., Any])


class Shape(NamedTuple):
    """Of the data: square images of `resolution` pixels and `channels`, in `classes` classes (0: without)."""

    resolution: int
    channels: int
    classes: int


@dataclass(frozen=True)
class Turn:
    """One player's move: its networks learn, all others are frozen.

    `loss(nets, batch)` takes what the feed of the task's data gives and returns named scalars; the sum of those with a
    gradient is minimised, detached ones are only watched. The turn is played `repeat` times a step, each on a batch of its own, and only on every `every`-th step, its
    loss then times `every` (lazy regularisation). `second_order` says that the loss differentiates a gradient, which
    compiled networks cannot. `after(nets)` follows the move, such as WGAN's clipping.

    >>> import elegan
    >>> [(turn.player, turn.every) for turn in elegan.Run.open("runs/digits").game.turns]
    [('discriminator', 1), ('discriminator', 4), ('discriminator', 4), ('generator', 1)]
    """

    player: str
    loss: Callable[[nn.ModuleDict, Any], Terms]
    repeat: int = 1
    every: int = 1
    second_order: bool = False
    after: Callable[[nn.ModuleDict], None] | None = None


@dataclass(frozen=True)
class Game:
    """Networks (all state lives in them), who owns which, and the turns of a step in order.

    `averaged` names the networks whose moving average is shown, measured and shipped. A game of images from noise has
    `generate(nets, z, label)`: latents N x `latent` to images N x C x H x W in [-1, 1]; where a network knows a truncation
    of its own, `truncate(nets, z, label, T)` does the same with it, otherwise z itself is truncated. One of pictures from
    pictures has `translate[direction](nets, x)`: pictures N x C x H x W in [-1, 1] of any size to pictures of that size. One
    that restores has `restore(nets, x)`: damaged pictures of any size in [-1, 1], beside them `hints` planes of what is known
    of the damage, to pictures `scale` times as large. One with an encoder has
    `reconstruct(nets, x, label)`: images to images; one that finds what is unlike its data `score(nets, x)`: images to N, more
    where an image is less like it. `codes` says which columns of the latent the networks learn to read. `use` is the command
    for what a run is good for, with {run} for its folder and {trust} for the options that it needs.

    >>> import elegan
    >>> elegan.Run.open("runs/digits").game.players
    {'discriminator': ('discriminator',), 'generator': ('generator',)}
    """

    nets: nn.ModuleDict
    players: dict[str, tuple[str, ...]]
    turns: tuple[Turn, ...]
    averaged: tuple[str, ...]
    latent: int = 0
    generate: Callable[[nn.ModuleDict, Tensor, Tensor | None], Tensor] | None = None
    truncate: Callable[[nn.ModuleDict, Tensor, Tensor | None, float], Tensor] | None = None
    translate: dict[str, Callable[[nn.ModuleDict, Tensor], Tensor]] = field(default_factory=dict)
    restore: Callable[[nn.ModuleDict, Tensor], Tensor] | None = None
    hints: int = 0
    scale: int = 1
    reconstruct: Callable[[nn.ModuleDict, Tensor, Tensor | None], Tensor] | None = None
    score: Callable[[nn.ModuleDict, Tensor], Tensor] | None = None
    codes: Codes | None = None
    use: str = "elegan sample {run}{trust}"

    @property
    def rounds(self) -> int:
        """Batches that a step takes from the feed, whether a lazy turn plays or not."""
        return sum(turn.repeat for turn in self.turns)

    def owned(self, player: str) -> list[nn.Parameter]:
        return [p for name in self.players[player] for p in self.nets[name].parameters()]


def works_as(workflow: Any) -> Callable[[Task], Task]:
    """A decorator of task functions: what kind of task it is, as an `elegan.workflows.workflow.Workflow` or the name of one
    of elegan's; without it that follows from the recipe's kind of data."""

    def mark(task: Task) -> Task:
        vars(task)["workflow"] = workflow
        return task

    return mark


def workflow_named(task: Callable[..., Any]) -> Any:
    """What `works_as` said of the task; None for a task without."""
    return vars(task).get("workflow")
