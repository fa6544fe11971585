"""Two threads at once give what each gives alone: randomness and progress belong to a thread."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import torch

from elegan.core import ramp, rng
from elegan.games.abilities import Generates
from elegan.games.inference import paint
from small import trainer_of


def at_once(*works: Callable[[Callable[[], object]], object]) -> list:
    """What each gives when all go on together, step by step: each calls `wait` between its steps."""
    barrier = Barrier(len(works), timeout=60)
    with ThreadPoolExecutor(len(works)) as pool:
        return [future.result() for future in [pool.submit(work, barrier.wait) for work in works]]


def alone(work: Callable[[Callable[[], object]], object]) -> object:
    return work(lambda: None)


def drawn(seed: int, t: float):
    def work(wait) -> torch.Tensor:
        wait()
        with rng.drawing(seed, total=4, rows=range(4)), ramp.progress(t):
            wait()
            first = rng.normal(4, 3)
            wait()
            second = rng.subsets(4, 2, 9).float() + ramp.now(ramp.Ramp(0.0, 1.0))
            wait()
            third = rng.places(4, 20).float() + ramp.t()
            wait()
        return torch.cat([first.flatten(), second.flatten(), third])

    return work


def test_threads_draw_from_their_own_streams_at_their_own_progress():
    works = [drawn(seed, t) for seed, t in ((1, 0.1), (2, 0.9), (1, 0.5))]
    for together, work in zip(at_once(*works), works, strict=True):
        assert torch.equal(together, alone(work))


def test_what_a_thread_draws_outside_of_a_move_is_not_of_anothers():
    def moving(wait) -> torch.Tensor:
        with rng.drawing(5, total=4, rows=range(4)), ramp.progress(0.7):
            wait()
            wait()
            return rng.normal(4, 2)

    def outside(wait) -> tuple[int, float]:
        wait()
        rows = len(rng.normal(3, 2))  # which a part of four rows would refuse
        wait()
        return rows, ramp.t()

    together = at_once(moving, outside)
    assert torch.equal(together[0], alone(moving))
    assert together[1] == (3, 0.0)


@pytest.mark.parametrize("recipe", ["progressive", "stylegan2-ada", "fastgan"])
def test_games_played_at_once_end_as_each_alone(recipe):
    def played(seed: int, t: float):
        def work(wait) -> dict[str, torch.Tensor]:
            trainer = trainers[seed].pop()
            feed, trainer.seed = trainer.feed, seed

            def met(position: int, rows: range):
                wait()  # within a move of each thread
                return feed(position, rows)

            trainer.feed = met
            for step in range(2):
                trainer.play(step, t=t)
            return trainer.game.nets.state_dict()

        return work

    trainers = {seed: [trainer_of(recipe), trainer_of(recipe)] for seed in (1, 2)}
    works = [played(1, 0.2), played(2, 0.9)]
    for together, work in zip(at_once(*works), works, strict=True):
        single = alone(work)
        assert all(torch.equal(together[name], value) for name, value in single.items())


def test_images_made_beside_a_training_are_those_made_alone():
    game = trainer_of("stylegan2").game
    game.nets.eval()

    def painted(wait) -> torch.Tensor:
        wait()
        images = paint(
            game.ability(Generates), game.nets, range(7), None, torch.device("cpu")
        )  # seven are no multiple of the move's four
        wait()
        return torch.from_numpy(images)

    def moving(wait) -> None:
        with rng.drawing(5, total=4, rows=range(4)), ramp.progress(0.7):
            wait()
            wait()

    assert torch.equal(at_once(painted, moving)[0], alone(painted))
