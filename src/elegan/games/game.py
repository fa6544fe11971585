"""A game as an object: who learns, from what, and how often.

A task builds a `Game` from a recipe; the trainer plays any game without knowing which it is.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

from torch import Tensor, nn

from elegan.core.errors import UserError
from elegan.core.sizes import Resolution, Size, resolution_of, size_of
from elegan.games.abilities import Ability

Terms = dict[str, Tensor]
Task = TypeVar("Task", bound=Callable[..., Any])
Can = TypeVar("Can", bound=Ability)


class Shape(NamedTuple):
    """The shape of the data: images of `resolution` pixels a side, or a `Size`, and `channels`, or windows of a series of
    `resolution` steps and so many columns; in `classes` classes (0: without)."""

    resolution: Resolution
    channels: int
    classes: int

    def facts(self) -> dict[str, Any]:
        """The shape, ready for JSON; `shape_of` is the inverse."""
        return self._asdict()


class TableShape(Shape):
    """The shape of the rows of a table: the widths of the `blocks` that a row is encoded as (`elegan.data.tables.columns`), of
    which there are `resolution`, `channels` numbers in all; `classes`: all kinds of all columns of kinds, the last of the
    numbers."""

    blocks: tuple[int, ...]

    def __new__(cls, blocks: Sequence[int], classes: int) -> "TableShape":
        shape = super().__new__(cls, len(blocks), sum(blocks), classes)
        shape.blocks = tuple(blocks)
        return shape

    def __getnewargs__(self) -> Any:
        return self.blocks, self.classes

    def facts(self) -> dict[str, Any]:
        return super().facts() | {"blocks": list(self.blocks)}


class SoundShape(Shape):
    """The shape of clips of sound, pictures of a single row: so many samples, of which there are `rate` a second."""

    rate: int

    def __new__(cls, samples: int, classes: int, rate: int) -> "SoundShape":
        shape = super().__new__(cls, Size(1, samples), 1, classes)
        shape.rate = rate
        return shape

    def __getnewargs__(self) -> Any:
        return self.samples, self.classes, self.rate

    @property
    def samples(self) -> int:
        return size_of(self.resolution).width

    def facts(self) -> dict[str, Any]:
        return super().facts() | {"resolution": 1, "samples": self.samples, "rate": self.rate}


def shape_of(facts: dict[str, Any]) -> Shape:
    """The shape that `Shape.facts` gave."""
    if "blocks" in facts:
        return TableShape(facts["blocks"], facts["classes"])
    if "samples" in facts:
        return SoundShape(facts["samples"], facts["classes"], facts["rate"])
    return Shape(**(facts | {"resolution": resolution_of(facts["resolution"])}))


@dataclass(frozen=True)
class Turn:
    """One player's move: its networks learn, all others are frozen.

    `loss(nets, batch)` takes what the feed of the task's data gives and returns named scalars; the sum of those with a
    gradient is minimised, detached ones are only watched. The turn is played `repeat` times a step, each on a batch of its own,
    and only on every `every`-th step, its loss then times `every` (lazy regularisation). `second_order` says that the loss
    differentiates a gradient, which compiled networks cannot. `after(nets)` follows the move, such as WGAN's clipping. `during`: the
    progress from which and up to which it is played, for games in stages.

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
    during: tuple[float, float] = (0.0, 1.0)

    def due(self, step: int, t: float) -> bool:
        """Whether it is played in this step, at progress t."""
        begin, end = self.during
        return step % self.every == 0 and begin <= t and (t < end or end == 1)


@dataclass(frozen=True)
class Game:
    """Networks (all state lives in them), who owns which, and the turns of a step in order.

    `averaged` names the networks whose moving average is shown, measured and shipped, and `abilities` says what can be done
    with that; what it is trained for comes first. `optimizers` names, by player, the section of the recipe's optimizers that
    holds where there is none of the player's own name. `fixed` are weights that nobody moves. `one_process`, where several cannot share the game, says why and what
    to do.

    >>> import elegan
    >>> elegan.Run.open("runs/digits").game.players
    {'discriminator': ('discriminator',), 'generator': ('generator',)}
    """

    nets: nn.ModuleDict
    players: dict[str, tuple[str, ...]]
    turns: tuple[Turn, ...]
    averaged: tuple[str, ...]
    abilities: tuple[Ability, ...]
    optimizers: dict[str, str] = field(default_factory=dict)
    one_process: str = ""
    fixed: tuple[nn.Parameter, ...] = ()

    def __post_init__(self) -> None:
        if not self.abilities:
            raise ValueError("a game without abilities would be learnt for nothing")

    @property
    def rounds(self) -> int:
        """Batches that a step takes from the feed, whether a lazy turn plays or not."""
        return sum(turn.repeat for turn in self.turns)

    @property
    def use(self) -> str:
        """Command for what the game is trained for; see `Ability`."""
        return self.abilities[0].use

    def find(self, kind: type[Can]) -> Can | None:
        """The game's ability of this kind; None without."""
        return next((ability for ability in self.abilities if isinstance(ability, kind)), None)

    def ability(self, kind: type[Can]) -> Can:
        """The game's ability of this kind. Raises UserError for a game without."""
        ability = self.find(kind)
        if ability is None:
            raise UserError(f"the recipe's task {kind.lacking}")
        return ability

    def owned(self, player: str) -> list[nn.Parameter]:
        """The weights that the player moves."""
        fixed = set(map(id, self.fixed))
        return [p for name in self.players[player] for p in self.nets[name].parameters() if id(p) not in fixed]


def works_as(workflow: Any) -> Callable[[Task], Task]:
    """A decorator of task functions that gives their runs a workflow, an `elegan.workflows.workflow.Workflow` or the name of
    one of elegan's; without it that follows from the recipe's kind of data."""

    def mark(task: Task) -> Task:
        vars(task)["workflow"] = workflow
        return task

    return mark


def workflow_named(task: Callable[..., Any]) -> Any:
    """The workflow that `works_as` gave to the task; None for a task without."""
    return vars(task).get("workflow")
