"""The one training loop: it plays any game, and its whole state is networks, averages, optimisers and the step.

Randomness and data follow from (seed, step), so resuming is arithmetic.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from elegan.core import ramp, rng
from elegan.core.statistics import Running
from elegan.games.game import Game, Terms, Turn
from elegan.training.ema import Averages
from elegan.training.engine import Engine
from elegan.training.transfer import Taken

Feed = Callable[[int, range], Any]  # (position, rows of the batch there) -> batch on the device


class Trainer:
    """The loop over the steps of a game. `feed(position, rows)` gives real images; `optimizers`, `rates` (their full learning
    rates) and `settings` (what of their groups follows progress) are by player; `taken` says what began with another run's weights.
    """

    def __init__(
        self,
        game: Game,
        optimizers: dict[str, Optimizer],
        feed: Feed,
        engine: Engine,
        *,
        batch: int,
        accumulate: int = 1,
        decay: ramp.Number = 0.999,
        seed: int = 0,
        compiled: bool = False,
        settings: dict[str, dict[str, Any]] | None = None,
        taken: Sequence[Taken] = (),
    ):
        self.game, self.optimizers, self.feed, self.engine = game, optimizers, feed, engine
        self.batch, self.parts, self.seed = batch, engine.parts(batch, accumulate), seed
        self.settings, self.taken = settings or {}, taken
        self.rates = {player: optimizer.param_groups[0]["lr"] for player, optimizer in optimizers.items()}
        self.average = Averages(game.nets, game.averaged, decay)
        self.running = [module for module in game.nets.modules() if isinstance(module, Running)]
        self.fast = _compiled(game.nets) if compiled else game.nets
        self.norms: dict[
            str, Tensor
        ] = {}  # by player, the length of its newest gradient over all processes; none in fp16

    def play(self, step: int, factor: float = 1.0, t: float = 0.0) -> Terms:
        """Plays one step: every turn in order, learning rates times `factor`, ramps at progress t in [0, 1).

        Gives each player's terms, detached.
        """
        terms: Terms = {}
        position = step * self.game.rounds
        with ramp.progress(t):
            self._set_optimizers(factor)
            for turn in self.game.turns:
                for _ in range(turn.repeat):
                    if turn.due(step, t):
                        terms |= self.move(turn, position)
                    position += 1
            self.average.follow(self.game.nets, step)
        return terms

    def _set_optimizers(self, factor: float) -> None:
        for player, optimizer in self.optimizers.items():
            for group in optimizer.param_groups:
                group |= ramp.now(self.settings.get(player, {}))
                group["lr"] = self.rates[player] * factor

    def move(self, turn: Turn, position: int) -> Terms:
        """Plays one turn on the batch at `position` of the feed, in parts whose gradients add up to the whole batch's."""
        nets = self.game.nets if turn.second_order else self.fast
        optimizer, parameters = self.optimizers[turn.player], self.game.owned(turn.player)
        watched: Terms = {}
        self.freeze_all_but(parameters)
        for rows in self.parts:
            with rng.drawing(self.seed, position, total=self.batch, rows=rows):
                batch = self.feed(position, rows)
                with self.engine.autocast():
                    terms = turn.loss(nets, batch)
                loss = torch.stack([t.float() for t in terms.values() if t.requires_grad]).sum()
                self.engine.scaler.scale(loss * (turn.every / len(self.parts))).backward()
            for name, term in terms.items():
                key = f"{turn.player}/{name}"
                watched[key] = watched.get(key, 0) + term.detach().float() / len(self.parts)
        self.engine.average_gradients(parameters)
        if not self.engine.scaler.is_enabled():  # which lets scaled gradients overflow, and then skips the step
            self.norms[turn.player] = self.engine.gradient_norm(parameters)
        self.engine.scaler.step(optimizer)
        self.engine.scaler.update()
        optimizer.zero_grad(set_to_none=True)
        if turn.after:
            turn.after(self.game.nets)
        for statistic in self.running:
            statistic.settle(self.engine.total)
        return watched

    def freeze_all_but(self, parameters: list[nn.Parameter]) -> None:
        """Freezes all other parameters, so that no gradient is computed that nobody uses."""
        self.game.nets.requires_grad_(False)
        for parameter in parameters:
            parameter.requires_grad_(True)

    def state(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """The state that outlives a step: tensors by name, and plain data (the gradient scaler's)."""
        tensors = {f"nets/{k}": v for k, v in self.game.nets.state_dict().items()}
        tensors |= {f"average/{k}": v for k, v in self.average.state_dict().items()}
        for player, optimizer in self.optimizers.items():
            for index, slots in optimizer.state_dict()["state"].items():
                tensors |= {f"optimizer/{player}/{index}/{slot}": value for slot, value in slots.items()}
        return tensors, {"scaler": self.engine.scaler.state_dict()}

    def load(self, tensors: dict[str, Tensor], plain: dict[str, Any]) -> None:
        """Takes on the state that `state` gave; rates, betas and the like stay as the optimisers were built.

        Raises RuntimeError where it is another game's.
        """
        self.game.nets.load_state_dict(_under("nets/", tensors))
        self.average.load_state_dict(_under("average/", tensors))
        if self.engine.scaler.is_enabled():
            self.engine.scaler.load_state_dict(plain["scaler"])
        for player, optimizer in self.optimizers.items():
            state: dict[int, dict[str, Tensor]] = {}
            parameters = self.game.owned(player)
            for key, value in _under(f"optimizer/{player}/", tensors).items():
                index, _, slot = key.partition("/")
                state.setdefault(int(index), {})[slot] = _laid_out_like(parameters[int(index)], value)
            groups = optimizer.state_dict()["param_groups"]
            if groups[0].get("momentum"):  # where it was 0 there is no buffer yet
                for number, slots in state.items():
                    slots.setdefault("momentum_buffer", torch.zeros_like(parameters[number]))
            optimizer.load_state_dict({"state": state, "param_groups": groups})


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}


def _laid_out_like(parameter: Tensor, value: Tensor) -> Tensor:
    """A moment in the memory layout of its channels-last weight: fused optimisers go through both in memory's order."""
    return torch.empty_like(parameter).copy_(value) if value.shape == parameter.shape else value


def _compiled(nets: nn.ModuleDict) -> nn.ModuleDict:
    """The same parameters behind compiled calls."""
    compiled: dict[str, Any] = {name: torch.compile(net) for name, net in nets.items()}  # of a module it makes a module
    return nn.ModuleDict(compiled)
