"""TimeGAN: three stages, one after another, on the trainer of all games."""

import pytest
import torch

from elegan.core import rng
from elegan.core.errors import UserError
from elegan.data.feed import Batch
from elegan.games.abilities import Draws
from elegan.games.game import Shape
from elegan.games.timegan import Noise
from elegan.recipes import find_recipe
from elegan.run import build_game


def timegan(*settings: str):
    return build_game(find_recipe("timegan").override(settings), Shape(6, 2, 0))


def test_its_stages_follow_one_another():
    game = timegan("task.embedded=0.25", "task.supervised=0.5")

    def at(t: float) -> list[str]:
        return [turn.player for turn in game.turns if turn.due(0, t)]

    last = ["generator", "embedding", "discriminator"]
    assert [at(t) for t in (0.0, 0.24, 0.25, 0.5, 0.99, 1.0)] == [["embedding"]] * 2 + [["supervisor"]] + [last] * 3
    assert game.turns[2].repeat == game.turns[3].repeat


def test_a_discriminator_that_is_good_enough_rests():
    x = Batch(torch.zeros(4, 2, 6), None)
    for enough, learns in ((0.0, True), (1e9, False)):
        game = timegan(f"task.enough={enough}")
        (turn,) = (turn for turn in game.turns if turn.player == "discriminator")
        with rng.drawing(0, total=4, rows=range(4)):
            turn.loss(game.nets, x)["adversarial"].backward()
        steepest = max(float(p.grad.abs().max()) for p in game.nets["discriminator"].parameters())
        assert (steepest > 0) == learns


def test_stages_in_the_wrong_order_end_in_a_line():
    with pytest.raises(UserError, match="task.supervised = 0.2 comes after task.embedded = 0.3"):
        timegan("task.supervised=0.2")


def test_a_part_of_the_noise_stays_the_same_over_a_window():
    spread = Noise(steps=3, noise=2, still=1)
    z = torch.arange(14.0).reshape(2, 7)
    assert spread(z)[0].tolist() == [[0, 1, 2], [0, 3, 4], [0, 5, 6]]
    game = timegan("task.still=3", "task.noise=2")
    draws = game.ability(Draws)
    assert draws.latent == 3 + 6 * 2
    assert draws.draw(game.nets, torch.randn(4, draws.latent)).shape == (4, 2, 6)
