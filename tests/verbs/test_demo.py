"""The lesson: points whose density is known, what is measured of them, and the animation."""

import numpy as np
import pytest
import torch
from PIL import Image

import elegan
from elegan.core.errors import UserError
from elegan.games.wiring import adversarial
from elegan.verbs.demo.draw import alarms_in_words
from elegan.verbs.demo.lessons import CASES, lesson, plain
from elegan.verbs.demo.measures import best_answer, covered, felt, kernel_density
from elegan.verbs.demo.play import play
from elegan.verbs.demo.points import KNOWN, Mixture, open_points
from points_corpus import ROWS, WRONG, write_points

CELL = 0.01
SQUARE = torch.cartesian_prod(*[torch.arange(-1.5, 1.5, CELL, dtype=torch.float64) + CELL / 2] * 2)


@pytest.mark.parametrize("name", KNOWN)
def test_densities_integrate_to_one(name):
    points = open_points(name)
    samples = points.draw(100, "quadrature")
    for density in (points.density, kernel_density(samples, points.density)):
        assert float(density.log_density(SQUARE).exp().sum() * CELL**2) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("name", KNOWN)
def test_points_follow_their_density(name):
    points = open_points(name)
    drawn, p = points.draw(20_000, "drawn").double(), points.density.log_density(SQUARE).exp() * CELL**2
    assert drawn.abs().quantile(0.999) < 1
    mean = (p[:, None] * SQUARE).sum(0)
    assert (drawn.mean(0) - mean).abs().max() < 0.02
    assert (drawn.var(0) - (p[:, None] * (SQUARE - mean).square()).sum(0)).abs().max() < 0.02


def test_modes_and_good_samples_are_counted():
    density = Mixture(torch.tensor([[0.0, 0], [1, 0], [0, 1]], dtype=torch.float64), 0.1)
    samples = torch.tensor([[0.0, 0.29], [0.05, 0], [1.31, 0], [1, 0.2]])
    assert covered(samples, density) == (2, 0.75)


def test_the_best_answer_is_a_half_where_both_are_as_dense_and_none_where_nobody_is():
    density = Mixture(torch.zeros(1, 2, dtype=torch.float64), 0.1)
    far, near = torch.tensor([[1.0, 1.0]]), torch.tensor([[0.5, 0.0]])
    answer = best_answer(density, near.expand(50, 2), torch.cat([torch.zeros(1, 2), near, far]))
    assert answer[0] > 0.999
    assert answer[1] < 0.001
    assert answer[2].isnan()
    same = best_answer(density, density.draw(20_000, torch.Generator().manual_seed(0)), torch.tensor([[0.1118, 0.0]]))
    assert float(same) == pytest.approx(0.5, abs=0.05)  # where a normal and one a quarter wider in variance cross


def test_samples_feel_minus_the_gradient_of_their_loss():
    class Slope(torch.nn.Module):
        def forward(self, x, label):
            return x[:, 0, 0, 0] * 3

    x = torch.tensor([[0.0, 0.0], [1.0, 5.0]])
    drawn_to = felt(Slope(), adversarial(plain("non_saturating").recipe), x, x)
    assert torch.allclose(drawn_to, torch.stack([3 * torch.sigmoid(-3 * x[:, 0]), torch.zeros(2)], 1))


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_file_of_points_is_refused_in_a_line(name, tmp_path):
    write_points(tmp_path / "points")
    with pytest.raises(UserError, match=f"{name}.csv") as error:
        open_points(str(tmp_path / "points" / f"{name}.csv"))
    assert len(str(error.value).splitlines()) == 1


def test_a_file_is_standardised_with_a_header_or_without(tmp_path):
    for head in ("", "x,y\n"):
        (tmp_path / "points.csv").write_text(head + ROWS)
        points = open_points(str(tmp_path / "points.csv"))
        assert points.rows.shape == (20, 2)
        assert points.rows.abs().max() <= 0.95 + 1e-6
        assert points.rows.mean(0).abs().max() < 1e-6
        assert points.rows.std(0)[0] == pytest.approx(float(points.rows.std(0)[1]))


def test_a_million_points_are_taken(tmp_path):
    np.savetxt(tmp_path / "many.csv", np.random.default_rng(0).normal(size=(1_000_000, 2)), "%.3f", ",")
    assert len(open_points(str(tmp_path / "many.csv")).rows) == 1_000_000


def test_the_command_says_what_one_sees_and_gives_the_same_bytes(calls, tmp_path):
    first = calls("demo", "--steps", 3, "--case", "collapse", cwd=tmp_path)
    assert first.code == 0, first.err
    again = calls("demo", "--steps", 3, "--case", "collapse", "--out", "new/b.gif", cwd=tmp_path)
    assert "left: after 3 steps" in first.out
    assert "right: after 3 steps" in first.out
    assert first.out.splitlines()[-1] == "demo.gif"
    assert again.code == 0, again.err
    assert (tmp_path / "demo.gif").read_bytes() == (tmp_path / "new" / "b.gif").read_bytes()
    with Image.open(tmp_path / "demo.gif") as film:
        assert film.n_frames >= 4


def test_of_a_file_no_best_answer_is_drawn_and_that_is_said(tmp_path):
    (tmp_path / "own.csv").write_text(ROWS)
    shown = elegan.demo(str(tmp_path / "own.csv"), loss="hinge", steps=2, out=tmp_path / "own.gif")
    assert shown.frames[0][0].best is None
    assert any("is left out" in line for line in shown.lines())


@pytest.mark.parametrize("loss", ["non-saturating", "minimax", "least-squares", "wasserstein", "hinge", "relativistic"])
def test_every_loss_plays_and_its_answers_are_shares(loss):
    heard = []
    frames = play(plain(loss.replace("-", "_")).recipe.changed({"steps": 4}), open_points("moons"), 0, 2, heard.append)
    assert [frame.step for frame in frames] == [0, 2, 4]
    assert heard == frames
    assert all(frame.answer.min() >= 0 and frame.answer.max() <= 1 for frame in frames)


def test_the_same_seed_gives_the_same_frames_and_another_one_others():
    first, again, other = (
        play(lesson.changed({"steps": 3}), open_points("ring"), seed, 3, lambda frame: None)[-1] for seed in (0, 0, 1)
    )
    assert torch.equal(first.samples, again.samples)
    assert first.numbers == again.numbers
    assert not torch.equal(first.samples, other.samples)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_the_ring_is_learnt(seed):
    last = play(plain("relativistic").recipe, open_points("ring"), seed, 1, lambda frame: None)[-1]
    assert last.numbers["covered"] == 8
    assert last.numbers["good samples"] > 0.5


def test_alarms_stand_in_the_frames_from_their_step_on():
    failing = CASES["oscillation"][0].recipe.changed({"steps": 260})
    frames = play(failing, open_points("ring"), 0, 13, lambda frame: None)
    alarms = frames[-1].alarms
    assert alarms
    for frame in frames:
        assert frame.alarms == tuple(alarm for alarm in alarms if alarm.step <= frame.step)
    assert alarms_in_words(frames[-1])[0].endswith(f"step {alarms[0].step}")
    assert alarms_in_words(frames[0]) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("case", "alarms"),
    [
        ("collapse", {"collapse", "lost kinds"}),
        ("oscillation", {"getting worse", "collapse"}),
        ("vanishing", {"discriminator has won"}),
    ],
)
def test_the_guard_names_the_failure_and_leaves_its_cure_alone(case, alarms):
    failing, cure = ([a.rule.name for a in play(part.recipe, open_points("ring"), 0, 10, lambda frame: None)[-1].alarms]
                     for part in CASES[case])  # fmt: skip
    assert alarms <= {*failing}
    assert not cure


def at_the_end(case: str) -> list[dict[str, float]]:
    """The numbers of the failure and of its cure."""
    return [play(part.recipe, open_points("ring"), 0, 10, lambda frame: None)[-1].numbers for part in CASES[case]]


@pytest.mark.slow
@pytest.mark.parametrize("case", ["collapse", "oscillation"])
def test_where_modes_are_lost_the_cure_covers_all(case):
    failing, cure = at_the_end(case)
    assert failing["covered"] <= 4
    assert cure["covered"] == 8


@pytest.mark.slow
def test_where_gradients_vanish_the_cure_moves_the_samples():
    failing, cure = at_the_end("vanishing")
    assert failing["gradient"] < cure["gradient"] / 100
    assert failing["good samples"] == 0
    assert cure["good samples"] > 0.5
