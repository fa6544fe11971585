"""What parts of anybody's say of themselves: whose move a penalty belongs to, what is remembered, which classes are known."""

import sys

import numpy as np
import pytest
import torch

import elegan
from elegan.core.errors import UserError
from elegan.games.abilities import Generates, Reconstructs, Scores
from elegan.games.game import Game, Shape
from elegan.recipes import find_recipe
from elegan.recipes.recipe import Recipe
from elegan.run import build_game
from elegan.training.assembly import make_trainer
from elegan.training.plan import plan_for
from small import small

PACKAGE = '''
import torch
from torch import nn

from elegan.core.ranges import Share
from elegan.losses.penalties import Critic, Generator, Styled


def of_generator(G: Generator, z, label):
    """Its images are to be dark."""
    return G(z, label).mean()


def of_styled(G: Styled, z, label):
    return G.styles(z, label).square().mean()


def only_called_G(G, real, fake):
    """A critic's, whatever its argument is called."""
    return G(real).square().mean()


class Remembers(nn.Module):
    """How far scores are from their mean so far."""

    def __init__(self, *, decay: Share = 0.5):
        super().__init__()
        self.decay = decay
        self.register_buffer("mean", torch.zeros(()))

    def forward(self, D: Critic, real, fake):
        score = D(real).mean()
        self.mean.lerp_(score.detach(), 1 - self.decay)
        return (score - self.mean).square()


def remembers(*, decay: Share = 0.5) -> Remembers:
    return Remembers(decay=decay)


class ByClass(nn.Module):
    """A shade a class, and noise."""

    def __init__(self, side, channels, classes):
        super().__init__()
        self.latent, self.classes = side * side * channels, classes
        self.shade, self.shape = nn.Embedding(classes, 1), (channels, side, side)

    def forward(self, z, label):
        return (z.unflatten(1, self.shape) / 8 + self.shade(label)[:, :, None, None]).tanh()


def by_class(resolution, channels, classes, *, kind: str = "shade"):
    return ByClass(resolution, channels, classes)
'''


@pytest.fixture(scope="module", autouse=True)
def theirs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("package")
    (folder / "theirs.py").write_text(PACKAGE)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        yield
    sys.modules.pop("theirs", None)


def trainer_of(recipe: str | Recipe, tmp_path, *settings: str):
    known = recipe if isinstance(recipe, str) else str(recipe.parent)
    return make_trainer(plan_for("digits", recipe, settings=[*small(known), *settings], out=tmp_path))


@pytest.mark.parametrize("every", [1, 2])
def test_a_penalty_is_the_generators_where_it_says_so(tmp_path, every):
    names = "of_generator", "only_called_G"
    settings = [
        setting for name in names for setting in (f"losses.{name}=theirs:{name}", f"losses.{name}.every={every}")
    ]
    terms = trainer_of("dcgan", tmp_path, *settings).play(0)
    assert {"generator/of_generator", "discriminator/only_called_G"} <= terms.keys()


def test_a_kind_of_generator_that_extends_the_protocol_is_one(tmp_path):
    trainer = trainer_of("stylegan2", tmp_path, "losses.styled=theirs:of_styled")
    assert "generator/styled" in trainer.play(0)


@pytest.mark.parametrize("name", ["remembers", "Remembers"])
def test_a_loss_with_a_memory_is_saved_with_the_networks(tmp_path, name):
    trainer = trainer_of("dcgan", tmp_path, f"losses.mine=theirs:{name}", "losses.mine.decay=0.25")
    terms = trainer.play(0)
    assert terms["discriminator/mine"].isfinite()
    assert trainer.game.nets["losses_mine"].decay == 0.25
    assert trainer.state()[0]["nets/losses_mine.mean"].abs() > 0


def test_the_options_of_a_class_are_checked(tmp_path):
    with pytest.raises(UserError, match=r"losses.mine.decay = 3.0: input should be less than or equal to 1"):
        trainer_of("dcgan", tmp_path, "losses.mine=theirs:Remembers", "losses.mine.decay=3.0")


@pytest.mark.parametrize("every", [1, 2])
def test_the_generators_of_a_pyramid_have_filters_to_penalise(tmp_path, every):
    penalty = ["losses.orthogonal=orthogonal", f"losses.orthogonal.every={every}", "losses.orthogonal.weight=1.0"]
    trainer = trainer_of("lapgan", tmp_path, *penalty)
    G = trainer.game.nets["generator_8"]
    embeddings = {id(p) for m in G.modules() if isinstance(m, torch.nn.Embedding) for p in m.parameters()}
    weights = [p.flatten(1) for p in G.parameters() if p.dim() in (2, 4) and id(p) not in embeddings]
    grams = [W @ W.T for W in weights]
    wanted = sum((gram - gram.diagonal().diag()).square().sum() for gram in grams)
    (turn,) = [turn for turn in trainer.game.turns if turn.player == "generator_8" and turn.every == every]
    terms = trainer.move(turn, 0)
    torch.testing.assert_close(terms["generator_8/orthogonal"], wanted.detach().float())


def test_players_of_one_kind_share_a_section_unless_they_have_their_own(tmp_path):
    recipe = find_recipe("lapgan").vary(
        "own", "one level learns by itself", optimizers={"generator_8": {"name": "sgd", "lr": 0.25}}
    )
    trainer = trainer_of(recipe, tmp_path, "optimizers.generator.lr=0.5")
    assert (trainer.rates["generator_8"], trainer.rates["generator_4"]) == (0.25, 0.5)
    lacking = recipe.model_copy(update={"optimizers": {"discriminator": recipe.optimizers["discriminator"]}})
    with pytest.raises(UserError, match=r"has no optimizers.generator_4"):
        trainer_of(lacking, tmp_path)


def test_a_network_of_anybodys_says_that_it_knows_the_classes(tmp_path):
    settings = [*small("dcgan"), "nets.generator=theirs:by_class", "statistics=averaged"]
    settings = [s for s in settings if not s.startswith("nets.generator.")]
    run = elegan.train("digits", "dcgan", settings=settings, steps=1, out=tmp_path, quiet=True)
    assert run.conditional
    assert run.columns == 10
    assert len(run.generator().classes) == 10
    assert not np.array_equal(run.generate(1, label="3"), run.generate(1, label="4"))


def test_a_game_says_what_it_is_good_for():
    game = build_game(find_recipe("ganomaly").override(small("ganomaly")), Shape(8, 1, 0))
    assert game.use == "elegan anomaly {run} PICTURE...{trust}"
    assert game.find(Generates) is None
    assert isinstance(game.find(Reconstructs), Reconstructs)
    assert game.ability(Scores) is game.abilities[0]
    with pytest.raises(UserError, match="the recipe's task makes no images from latents"):
        game.ability(Generates)
    with pytest.raises(ValueError, match="without abilities"):
        Game(game.nets, game.players, game.turns, game.averaged, ())
