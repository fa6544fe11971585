"""From a plan to the trainer that plays it: the game with fresh weights or those of another run, optimisers, the feed."""

import torch

from elegan.core import memory, ramp, rng
from elegan.core.errors import UserError
from elegan.core.sizes import size_of
from elegan.recipes import parts
from elegan.run import Run, build_game
from elegan.training.plan import Plan
from elegan.training.trainer import Trainer
from elegan.training.transfer import transfer


def make_trainer(plan: Plan) -> Trainer:
    """The plan's game with fresh weights on the device, and the trainer that plays it.

    Raises UserError for a recipe that does not fit the data or lacks a part.
    """
    recipe, engine = plan.recipe, plan.engine
    _check_batch(plan)
    torch.manual_seed(rng.mix(plan.draws, "weights"))
    game = build_game(recipe, plan.shape)
    taken = transfer(Run.open(plan.start, trust=recipe.trust), plan.data.classes, game) if plan.start else []
    if game.fixed and not plan.start and not plan.resumed:
        raise UserError("task.freeze keeps layers of a run that is begun with, and there is none: give --from RUN")
    engine.place(game.nets)
    optimizers, settings = {}, {}
    for player in game.players:
        name = player if player in recipe.optimizers else game.optimizers.get(player, player)
        if name not in recipe.optimizers:
            raise UserError(f"recipe {recipe.name!r} has no optimizers.{player}")
        part = recipe.optimizers[name]
        function = parts.find("optimizers", part.name, recipe.trusted())
        options = parts.options(function, part.options, f"optimizers.{name}")
        owned, trusted = game.owned(player), recipe.trusted()
        optimizers[player] = parts.build("optimizers", part, f"optimizers.{name}", owned, trusted=trusted)
        settings[player] = {key: value for key, value in options.items() if ramp.now(value) != value}
    feed = plan.workflow.feed(plan.data, recipe, plan.draws, engine.device)
    if engine.world > 1 and game.one_process:
        raise UserError(game.one_process)
    return Trainer(
        game,
        optimizers,
        feed,
        engine,
        batch=recipe.batch,
        accumulate=recipe.accumulate,
        decay=recipe.ema,
        seed=plan.draws,
        compiled=recipe.compile,
        settings=settings,
        taken=taken,
    )


def _check_batch(plan: Plan) -> None:
    """Raises UserError for a batch whose images alone, of which training holds several times as many, do not fit memory."""
    side, channels, _ = plan.shape
    memory.check_room(
        plan.recipe.batch // plan.recipe.accumulate // plan.engine.world,
        4 * size_of(side).area * channels,
        "batch / accumulate",
    )
