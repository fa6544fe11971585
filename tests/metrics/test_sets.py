"""Kernel distance, Inception Score, PRDC, sliced Wasserstein, modes, likelihood: definitions and closed forms."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from elegan.core.errors import UserError
from elegan.metrics import inception_score, kernel_distance, prdc, sliced_wasserstein
from elegan.metrics.classes import modes, modes_with_errors, per_class_frechet
from elegan.metrics.deletions import Balls, prdc_with_errors, ranks_within
from elegan.metrics.frechet import frechet_distance, frechet_with_error
from elegan.metrics.kernel import kernel_with_error
from elegan.metrics.likelihood import feature_likelihood_divergence
from elegan.metrics.precision_recall import nearest, tiled
from elegan.metrics.sliced import sliced_with_error


def normal(n: int, d: int, seed: int) -> torch.Tensor:
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed))


def test_kernel_distance_is_the_u_statistic():
    x, y = normal(7, 3, 0).double().numpy(), normal(7, 3, 1).double().numpy() + 1
    k = lambda a, b: (a @ b / 3 + 1) ** 3  # noqa: E731
    pairs = [(i, j) for i in range(7) for j in range(7)]
    within = sum(k(s[i], s[j]) for s in (x, y) for i, j in pairs if i != j) / 42
    between = sum(k(x[i], y[j]) for i, j in pairs) / 49
    assert kernel_distance(x, y, subsets=1, subset_size=7) == (pytest.approx(within - 2 * between), 0.0)


def test_kernel_distance_is_unbiased_and_its_error_covers():
    draws = [kernel_with_error(normal(300, 4, 2 * i), normal(300, 4, 2 * i + 1), 20, 100) for i in range(40)]
    values, errors = np.transpose(draws)
    assert abs(values.mean()) < 3 * values.std() / math.sqrt(40)
    assert np.mean(np.abs(values) < 1.96 * errors) > 0.85
    assert min(values) < 0 < max(values)


def test_kernel_distance_repeats_and_refuses_large_subsets():
    x, y = normal(50, 4, 0), normal(60, 4, 1)
    assert kernel_distance(x, y, 5, 20, seed=3) == kernel_distance(x, y, 5, 20, seed=3)
    with pytest.raises(UserError, match="subset_size 1000 does not fit 50 real and 60 generated images; use 2 to 50"):
        kernel_distance(x, y)


def test_inception_score_at_its_ends():
    certain = torch.eye(10).repeat(30, 1)
    assert inception_score(certain, splits=1) == (pytest.approx(10), 0.0)
    assert inception_score(torch.full((100, 10), 0.1)) == (pytest.approx(1), pytest.approx(0, abs=1e-12))
    assert inception_score(certain[:1].repeat(50, 1))[0] == pytest.approx(1)


def test_inception_score_does_not_mind_images_in_class_order():
    ordered = torch.eye(10).repeat_interleave(100, 0)
    assert inception_score(ordered)[0] > 9


def test_inception_score_refuses_what_is_no_distribution():
    with pytest.raises(UserError, match="sum to 1"):
        inception_score(torch.rand(20, 3) + 1)
    with pytest.raises(UserError, match="10 splits do not fit 3 images"):
        inception_score(torch.eye(3))


def by_definition(real: np.ndarray, fake: np.ndarray, k3: int, k5: int) -> dict[str, float]:
    rr, ff, rf = cdist(real, real), cdist(fake, fake), cdist(real, fake)
    r3, r5, f3 = (np.sort(d, 1)[:, k] for d, k in ((rr, k3), (rr, k5), (ff, k3)))
    return {
        "precision": (rf < r3[:, None]).any(0).mean(),
        "recall": (rf < f3).any(1).mean(),
        "density": (rf < r5[:, None]).sum(0).mean() / k5,
        "coverage": (rf.min(1) < r5).mean(),
    }


@pytest.mark.parametrize(("n", "m", "offset"), [(1300, 1100, 0.0), (40, 2100, 1e4), (6, 6, 0.0)])
def test_prdc_in_tiles_is_the_definition(n, m, offset):
    real, fake = normal(n, 4, 0).double() + offset, normal(m, 4, 1).double() * 0.8 + 0.2 + offset
    assert prdc(real, fake) == pytest.approx(by_definition(real.numpy(), fake.numpy(), 3, 5), abs=1e-12)


def test_prdc_of_copies_strangers_and_one_image():
    real = normal(200, 3, 0)
    assert prdc(real, real) == {"precision": 1.0, "recall": 1.0, "density": pytest.approx(1.0), "coverage": 1.0}
    assert set(prdc(real, real + 100).values()) == {0.0}
    one = prdc(real, real[:1].repeat(200, 1))
    assert one["precision"] == 1.0
    assert one["recall"] == 0.0
    assert one["coverage"] < 0.1
    with pytest.raises(UserError, match="k = 5 needs more than 5 images a set; got 200 real and 5"):
        prdc(real, real[:5])
    with pytest.raises(UserError, match="k = 5 needs 12 images a set for its error; got 200 real and 11"):
        prdc_with_errors(real, real[:11])


@pytest.mark.parametrize(("n", "m"), [(1300, 1100), (12, 40), (30, 12)])
def test_prdc_with_errors_has_the_values_of_prdc(n, m):
    real, fake = normal(n, 4, 0), normal(m, 4, 1) * 0.8 + 0.2
    found = prdc_with_errors(real, fake)
    assert {name: value for name, (value, _) in found.items()} == prdc(real, fake)
    assert all(0 <= error < 1 for _, error in found.values())
    assert found == prdc_with_errors(real, fake)


def test_deleted_images_have_no_ball_and_are_no_neighbours():
    """Each subset's balls are those that the subset alone would have."""
    real, fake = normal(60, 3, 0).double(), normal(50, 3, 1).double()
    kept = np.random.default_rng(0).random((5, 60)) < 0.7
    balls = Balls(nearest(real, real.mean(0), 59), kept, 3, 50, np.add)
    for r, f, d2 in tiled(real, fake, real.mean(0)):
        balls.add(r, f, ranks_within(nearest(real, real.mean(0), 59), r, d2))
    for there, held in zip(kept, balls.held, strict=True):
        alone = real[torch.from_numpy(there)].numpy()
        radii = np.sort(cdist(alone, alone), 1)[:, 3]
        assert (held == (cdist(alone, fake.numpy()) < radii[:, None]).sum(0)).all()


@given(st.integers(1, 30), st.integers(1, 30), st.integers(0, 1000))
def test_sliced_wasserstein_in_one_dimension(n, m, seed):
    x, y = np.random.default_rng(seed).normal(size=(2, 30))
    x, y = x[: n + 1], y[: m + 1] * 2
    common = math.lcm(len(x), len(y))
    expected = np.mean((np.sort(x).repeat(common // len(x)) - np.sort(y).repeat(common // len(y))) ** 2)
    assert sliced_wasserstein(x[:, None], y[:, None], projections=3) == pytest.approx(expected)


def test_sliced_wasserstein_of_a_shift_and_of_itself():
    x = normal(500, 10, 0)
    assert sliced_wasserstein(x, x) == 0.0
    assert sliced_wasserstein(x, x + 2) == pytest.approx(4, rel=0.1)
    values = [sliced_wasserstein(normal(300, 6, 2 * i), normal(400, 6, 2 * i + 1) * 1.3, 100, i) for i in range(80)]
    errors = [sliced_with_error(normal(300, 6, 2 * i), normal(400, 6, 2 * i + 1) * 1.3, 100, i)[1] for i in range(10)]
    assert np.mean(errors) == pytest.approx(np.std(values), rel=0.35)


def test_modes():
    assert modes([0, 1, 2, 3], 4) == (4, 0.0)
    assert modes([2, 2, 2], 4) == (1, pytest.approx(math.log(4)))
    assert modes([0, 0, 1], 3, reference=[0, 0, 1, 2, 2, 2])[1] == pytest.approx(math.log(2))
    assert modes([0, 1], 2, reference=[0, 0])[1] == math.inf
    for bad in ([], [4], [-1], [0.5]):
        with pytest.raises(UserError, match="labels must"):
            modes(bad, 4)


def test_errors_of_modes_cover_the_spread_over_draws():
    rng, shares = np.random.default_rng(0), np.array([0.5, 0.3, 0.19, 0.005, 0.005])
    draws = [
        modes_with_errors(rng.choice(5, 200, p=shares), 5, rng.choice(5, 300, p=np.full(5, 0.2))) for _ in range(300)
    ]
    (hit, hit_errors), (divergence, errors) = (np.array(pairs).T for pairs in zip(*draws, strict=True))
    assert hit.var() < (hit_errors**2).mean() < 2.5 * hit.var()
    assert errors.mean() == pytest.approx(divergence.std(), rel=0.3)


def test_frechet_distance_of_each_class():
    real, fake = normal(60, 4, 0), normal(50, 4, 1)
    values = per_class_frechet(real, np.arange(60) % 3, fake, np.arange(50) % 2, ("a", "b", "c"))
    assert values["a"] == frechet_with_error(real[::3], fake[::2])
    assert values["a"][0] == pytest.approx(frechet_distance(real[::3], fake[::2]))
    assert values["c"] is None


def test_likelihood_divergence_ranks_good_poor_and_copied():
    train, test = normal(600, 8, 0), normal(400, 8, 1)
    fld = {
        "good": feature_likelihood_divergence(train, test, normal(600, 8, 2)),
        "shifted": feature_likelihood_divergence(train, test, normal(600, 8, 2) + 0.7),
        "half copied": feature_likelihood_divergence(train, test, torch.cat([train[:300], normal(300, 8, 2)])),
        "copied": feature_likelihood_divergence(train, test, train),
    }
    assert abs(fld["good"]) < 5
    assert fld["shifted"] > fld["good"] + 5
    assert fld["half copied"] > fld["good"] + 3
    assert fld["copied"] > 1e6


def test_likelihood_divergence_needs_equal_width():
    with pytest.raises(UserError, match="dimensions"):
        feature_likelihood_divergence(normal(20, 3, 0), normal(20, 3, 1), normal(20, 4, 2))
