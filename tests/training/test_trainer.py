"""The loop: who moves, how often, on what, and that splitting a batch changes nothing but rounding."""

import pytest
import torch
from torch import nn

from elegan.core.errors import UserError
from elegan.data.feed import Feed
from elegan.games.abilities import Generates
from elegan.games.game import Game, Shape, Turn
from elegan.nets.norms import spectral
from elegan.recipes import find_recipe
from elegan.run import build_game
from elegan.training.ema import Averages, recompute_statistics
from elegan.training.engine import Engine
from elegan.training.optimizers import sgd
from elegan.training.plan import plan_for
from elegan.training.trainer import Trainer
from small import IMAGES, trainer_of


def weights(module: nn.Module) -> dict[str, torch.Tensor]:
    return {name: p.detach().clone() for name, p in module.named_parameters()}


@pytest.mark.parametrize("recipe", ["dcgan", "wgan-gp", "projection"])
def test_only_the_moving_players_weights_change(recipe):
    trainer = trainer_of(recipe)
    for turn in trainer.game.turns:
        before = weights(trainer.game.nets)
        trainer.move(turn, 0)
        moved = {
            name.split(".")[0] for name, p in weights(trainer.game.nets).items() if not torch.equal(p, before[name])
        }
        assert moved == {turn.player}
        assert all(p.grad is None for p in trainer.game.nets.parameters())


@pytest.mark.parametrize("recipe", ["wgan-gp", "dragan", "cgan"])
def test_a_batch_in_parts_teaches_the_same(recipe):
    settings = ["nets.generator.norm=layer", "nets.discriminator.norm=layer", "task.augment=color,translation,cutout"]
    whole, parts = trainer_of(recipe, *settings), trainer_of(recipe, *settings, accumulate=4)
    for step in range(2):
        whole_terms, part_terms = whole.play(step), parts.play(step)
        for name in whole_terms:
            torch.testing.assert_close(part_terms[name], whole_terms[name], atol=1e-5, rtol=1e-4)
    for (name, a), b in zip(weights(whole.game.nets).items(), weights(parts.game.nets).values(), strict=True):
        torch.testing.assert_close(b, a, atol=1e-6, rtol=1e-4, msg=name)


def test_the_feed_is_read_at_step_times_rounds():
    seen = []
    net = nn.ModuleDict({"a": nn.Linear(1, 1), "b": nn.Linear(1, 1)})

    def loss(nets, batch):
        return {"a": nets["a"](batch.real.mean().view(1)).sum() + nets["b"](batch.real.mean().view(1)).sum()}

    turns = (Turn("a", loss, repeat=3), Turn("b", loss, every=2))
    game = Game(net, {"a": ("a",), "b": ("b",)}, turns, (), (Generates(1, lambda nets, z, label: z),))
    feed = Feed(IMAGES, None, 4, seed=0)

    def watched(position, rows):
        seen.append(position)
        return feed(position, rows)

    trainer = Trainer(game, {p: sgd(game.owned(p)) for p in "ab"}, watched, Engine("cpu", "fp32"), batch=4)
    for step in range(3):
        trainer.play(step)
    assert seen == [0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11]


def test_a_lazy_turn_weighs_as_much_as_the_steps_it_missed():
    eager = trainer_of("dcgan", "losses.r1=r1", "losses.r1.weight=2", "losses.r1.every=1")
    lazy = trainer_of("dcgan", "losses.r1=r1", "losses.r1.weight=2", "losses.r1.every=4", lr=1.0)
    assert len(eager.game.turns) == 2
    assert [t.every for t in lazy.game.turns] == [1, 4, 1]
    r1 = lazy.game.turns[1]
    before = weights(lazy.game.nets["discriminator"])
    once = lazy.move(r1, 0)["discriminator/r1"]
    moved = {n: p - before[n] for n, p in weights(lazy.game.nets["discriminator"]).items()}
    again = trainer_of("dcgan", "losses.r1=r1", "losses.r1.weight=8", "losses.r1.every=2", lr=1.0)
    again_before = weights(again.game.nets["discriminator"])
    twice = again.move(again.game.turns[1], 0)["discriminator/r1"]
    torch.testing.assert_close(twice, 4 * once)
    for name, p in weights(again.game.nets["discriminator"]).items():  # 8 x every 2 moves twice as far as 2 x every 4
        torch.testing.assert_close(p - again_before[name], 2 * moved[name], atol=1e-4, rtol=1e-3)


def test_clipping_bounds_the_critic():
    trainer = trainer_of("wgan")
    trainer.play(0)
    assert max(p.abs().max() for p in trainer.game.nets["discriminator"].parameters()) <= 0.01
    assert max(p.abs().max() for p in trainer.game.nets["generator"].parameters()) > 0.01


def test_the_average_follows_with_its_decay():
    nets = nn.ModuleDict({"g": nn.Linear(2, 2)})
    average = Averages(nets, ("g",), 0.9)
    start = average["g"].weight.clone()
    with torch.no_grad():
        nets["g"].weight += 1
    average.follow(nets, step=10_000)
    torch.testing.assert_close(average["g"].weight, start + 0.1)
    assert not any(p.requires_grad for p in average.parameters())


def test_the_average_carries_batch_statistics_of_its_own_pace():
    """Other buffers, such as spectral norm's vectors, mean nothing on average and are copied."""
    nets = nn.ModuleDict({"g": nn.Sequential(nn.BatchNorm2d(3), spectral(nn.Conv2d(3, 3, 1)))})
    average = Averages(nets, ("g",), 0.9)
    before = {name: buffer.clone() for name, buffer in average["g"].named_buffers()}
    nets["g"](torch.randn(4, 3, 8, 8) + 5)
    average.follow(nets, step=10_000)
    for name, newest in nets["g"].named_buffers():
        followed = before[name] + 0.1 * (newest - before[name]) if "running" in name else newest
        torch.testing.assert_close(average["g"].get_buffer(name), followed)
    assert not torch.equal(before["0.running_mean"], nets["g"][0].running_mean)


@pytest.mark.parametrize("recipe", ["dcgan", "vaegan"])
def test_recomputed_statistics_follow_from_the_weights_alone(recipe):
    """They are those of what is generated; what is not on the way from latents to images keeps its own."""
    game = build_game(find_recipe(recipe), Shape(8, 1, 0))
    generates = game.ability(Generates)
    first, second = (Averages(game.nets, game.averaged, 0.9) for _ in range(2))
    norms = [layer for layer in second["generator"].modules() if isinstance(layer, nn.BatchNorm2d)]
    for layer in norms:
        layer.running_mean += 3
        layer.running_var *= 7
    for average in (first, second):
        recompute_statistics(generates, average, None)
    for mine, other in zip(first.buffers(), second.buffers(), strict=True):
        assert torch.equal(mine, other)
    seen = []
    norms[-1].register_forward_hook(lambda layer, given, made: seen.append(made))
    z = torch.randn(500, generates.latent, generator=torch.Generator().manual_seed(0))
    generates.generate(second, z, None)
    whitened = (seen[0] - norms[-1].bias[:, None, None]) / norms[-1].weight[:, None, None]
    torch.testing.assert_close(whitened.mean((0, 2, 3)), torch.zeros(len(norms[-1].bias)), atol=0.05, rtol=0)
    torch.testing.assert_close(whitened.var((0, 2, 3)), torch.ones(len(norms[-1].bias)), atol=0.1, rtol=0)
    assert not any(layer.training for layer in second.modules())
    if recipe == "vaegan":
        encoder = [(k, v) for k, v in second["encoder"].named_buffers() if "running" in k]
        assert all(torch.equal(v, game.nets["encoder"].get_buffer(k)) for k, v in encoder)


def test_the_rate_is_scheduled_from_its_full_value():
    trainer = trainer_of("dcgan", lr=0.5)
    trainer.play(0, factor=0.5)
    trainer.play(1, factor=0.25)
    assert {g["lr"] for o in trainer.optimizers.values() for g in o.param_groups} == {0.125}


def test_a_batch_that_does_not_divide_is_refused():
    with pytest.raises(UserError, match="batch = 8 does not divide into 1 processes x 3 parts"):
        trainer_of("dcgan", accumulate=3)


@pytest.mark.parametrize(("condition", "net"), [("embedding", "generator"), ("projection", "discriminator")])
def test_conditioning_without_classes_is_a_clear_error(condition, net):
    recipe = find_recipe("dcgan").override([f"nets.{net}.condition={condition}"])
    with pytest.raises(UserError, match="needs labelled data"):
        build_game(recipe, Shape(8, 1, 0))


@pytest.mark.slow
def test_compiled_networks_learn_the_same():
    eager, compiled = trainer_of("dcgan"), trainer_of("dcgan")
    compiled.fast = nn.ModuleDict({name: torch.compile(net) for name, net in compiled.game.nets.items()})
    for step in range(2):
        a, b = eager.play(step), compiled.play(step)
        for name in a:
            torch.testing.assert_close(b[name], a[name], atol=1e-4, rtol=1e-3)


@pytest.mark.parametrize(
    ("recipe", "settings", "said"),
    [
        ("dcgan", ["accumulate=4"], ["batch norm in generator and discriminator sees parts of 16 images, for accumulate = 4"]),
        ("dcgan", ["accumulate=4", "nets.discriminator.norm=none"], ["batch norm in generator sees parts of 16 images, for accumulate = 4"]),
        ("dcgan", [], []),
        ("stylegan2", ["accumulate=4"], []),
    ],
)  # fmt: skip
def test_a_plan_says_that_batch_norm_sees_parts_of_the_batch(recipe, settings, said):
    lines = plan_for("digits", recipe, settings=settings).lines()
    assert [line.strip() for line in lines if "batch norm" in line] == said
