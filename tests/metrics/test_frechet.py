"""Frechet distance: closed forms, streaming, its error, and inputs that cannot be measured."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from elegan.core.errors import UserError
from elegan.metrics import Moments, fd_infinity, frechet_distance
from elegan.metrics.frechet import frechet_with_error


def sample(n: int, root: torch.Tensor, mean: torch.Tensor | float = 0.0, seed: int = 0) -> torch.Tensor:
    """n points whose sample mean is `mean` and whose sample covariance is root root^T, both to round-off."""
    z = torch.randn(n, root.shape[1], generator=torch.Generator().manual_seed(seed)).double()
    q, _ = torch.linalg.qr(z - z.mean(0))
    return q * (n - 1) ** 0.5 @ root.T + mean


def positive(d: int, seed: int) -> torch.Tensor:
    """A symmetric positive definite matrix."""
    a = torch.randn(d, d, generator=torch.Generator().manual_seed(seed)).double()
    return a @ a.T / d + 0.1 * torch.eye(d)


def test_commuting_covariances():
    a, b = torch.linspace(0.1, 3, 12).double(), torch.linspace(5, 0.01, 12).double()
    expected = (a - b).square().sum() + 12 * 0.25
    assert frechet_distance(sample(90, a.diag()), sample(70, b.diag(), 0.5, 1)) == pytest.approx(float(expected))


@pytest.mark.parametrize("n", [200, 41])
def test_covariances_that_do_not_commute(n):
    root, T = positive(40, 0), positive(40, 1)
    S1 = root @ root.T
    m = torch.linspace(-1, 1, 40).double()
    expected = m.square().sum() + S1.trace() + (T @ S1 @ T).trace() - 2 * (T @ S1).trace()
    assert frechet_distance(sample(n, root), sample(n, T @ root, m, 1)) == pytest.approx(float(expected), rel=1e-9)


def test_rank_deficient_covariances():
    root = torch.randn(30, 10, generator=torch.Generator().manual_seed(0)).double()
    x = sample(500, root)
    shuffled = x[torch.randperm(500, generator=torch.Generator().manual_seed(1))]
    assert frechet_distance(x, x) == 0.0
    assert frechet_distance(x, x.clone()) == 0.0
    assert frechet_distance(Moments().update(x), Moments().update(x)) == 0.0
    assert abs(frechet_distance(x, shuffled)) < 1e-10
    assert frechet_distance(x, 3 * x) == pytest.approx(4 * float((root @ root.T).trace()), rel=1e-10)


def test_disjoint_supports():
    a, b = torch.zeros(8, 3).double(), torch.zeros(8, 3).double()
    a[:3], b[4:7] = torch.eye(3), 2 * torch.eye(3)
    assert frechet_distance(sample(50, a), sample(60, b, seed=1)) == pytest.approx(3 + 12)


def test_fewer_images_than_features_agree_with_the_covariances():
    g = torch.Generator().manual_seed(0)
    x, y = torch.randn(30, 50, generator=g).double(), torch.randn(45, 50, generator=g).double() + 1
    by_covariance = frechet_distance(Moments().update(x), Moments().update(y))
    assert frechet_distance(x, y) == pytest.approx(by_covariance, abs=1e-9)
    assert frechet_distance(x, Moments().update(y)) == pytest.approx(by_covariance, abs=1e-9)
    assert frechet_with_error(x, y)[0] == pytest.approx(by_covariance, abs=1e-9)


@given(st.integers(0, 10_000), st.floats(0.01, 100), st.integers(2, 9), st.integers(2, 40))
def test_algebra(seed, scale, d, n):
    g = torch.Generator().manual_seed(seed)
    x, y = torch.randn(n, d, generator=g).double(), torch.randn(2 * n, d, generator=g).double() * 2 + 1
    rotation, _ = torch.linalg.qr(torch.randn(d, d, generator=g).double())
    value = frechet_distance(x, y)
    assert value > 0
    assert frechet_distance(y, x) == pytest.approx(value, rel=1e-9)
    assert frechet_distance(scale * x, scale * y) == pytest.approx(scale**2 * value, rel=1e-9)
    assert frechet_distance(x @ rotation + 7, y @ rotation + 7) == pytest.approx(value, rel=1e-8)


@given(st.lists(st.integers(1, 40), min_size=1, max_size=6), st.integers(0, 10_000))
def test_streams_and_shards_give_the_batch(sizes, seed):
    n = sum(sizes) + 2
    g = torch.Generator().manual_seed(seed)
    x, y = torch.randn(n, 5, generator=g) + 1000, torch.randn(50, 5, generator=g) + 1000
    streamed, merged = Moments(), Moments()
    for part in x.split([2, *sizes]):
        streamed.update(part)
        merged.merge(Moments.from_arrays(Moments().update(part).to_arrays()))
    assert streamed.n == merged.n == n
    torch.testing.assert_close(merged.cov, torch.cov(x.double().T), rtol=1e-9, atol=1e-9)
    torch.testing.assert_close(streamed.mean, x.double().mean(0), rtol=1e-13, atol=0)
    whole = frechet_distance(Moments().update(x), Moments().update(y))
    assert frechet_distance(streamed, Moments().update(y)) == pytest.approx(whole, abs=1e-9)
    assert frechet_distance(merged, Moments().update(y)) == pytest.approx(whole, abs=1e-9)


def shard(part: int) -> dict[str, np.ndarray]:
    """What one of two processes sends: the sums of every other row."""
    return Moments().update(torch.rand(1000, 20, generator=torch.Generator().manual_seed(0))[part::2]).to_arrays()


def test_two_processes_give_the_number_of_one():
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as processes:
        first, second = map(Moments.from_arrays, processes.map(shard, (0, 1)))
    x = torch.rand(1000, 20, generator=torch.Generator().manual_seed(0))
    fake = Moments().update(x**2)
    assert frechet_distance(first.merge(second), fake) == pytest.approx(
        frechet_distance(Moments().update(x), fake), abs=1e-9
    )


def test_merging_nothing_and_into_nothing():
    x = torch.rand(9, 3)
    assert frechet_distance(Moments().merge(Moments().update(x)), Moments().update(x).merge(Moments())) == 0.0


def test_a_large_offset_does_not_drown_the_variance():
    root = 0.1 * torch.eye(20).double()
    x, y = sample(400, root, 1e5), sample(400, 2 * root, 1e5, 1)
    assert frechet_distance(x, y) == pytest.approx(20 * 0.01, rel=1e-6)


@pytest.mark.parametrize(("n", "d"), [(400, 8), (60, 90)])
def test_the_error_is_the_spread_over_new_samples(n, d):
    g = torch.Generator().manual_seed(0)

    def draw() -> tuple[torch.Tensor, torch.Tensor]:
        return torch.randn(n, d, generator=g), torch.randn(n, d, generator=g) * 1.5 + 0.3

    values = [frechet_distance(*draw()) for _ in range(150)]
    errors = [frechet_with_error(*draw())[1] for _ in range(20)]
    assert np.mean(errors) == pytest.approx(np.std(values), rel=0.35)


def test_extrapolation_takes_out_the_bias_of_few_images():
    g = torch.Generator().manual_seed(0)
    real = sample(1000, torch.eye(20).double())
    fake = torch.randn(4000, 20, generator=g) * 1.1
    truth = 20 * 0.1**2
    value, error = fd_infinity(real, fake, least=400)
    assert abs(value - truth) < min(abs(frechet_distance(real, fake[:400]) - truth) / 3, 0.05)
    assert 0 < error < 0.1


def test_inputs_that_cannot_be_measured():
    x = torch.rand(10, 4)
    broken = x.clone()
    broken[3, 1] = torch.nan
    for bad, words in (
        (broken, "1 of 10 generated feature rows are not finite, the first is 3"),
        (x[:1], "1 generated images are too few; at least 2"),
        (x[:0], "0 generated images are too few"),
        (x[:, :3], "real features have 4 dimensions and generated ones 3"),
        (x[0], "must be a matrix"),
    ):
        with pytest.raises(UserError, match=words):
            frechet_distance(x, bad)
    with pytest.raises(UserError, match="not finite"):
        Moments().update(broken)
    with pytest.raises(UserError, match="too few"):
        frechet_distance(Moments().update(x[:1]), x)
    with pytest.raises(UserError, match="at least 2000"):
        fd_infinity(x, x)


def test_one_image_repeated_is_a_point():
    x = torch.rand(200, 6).double()
    point = torch.ones(50, 6).double()
    expected = float((x.mean(0) - 1).square().sum() + torch.cov(x.T).trace())
    assert frechet_distance(x, point) == pytest.approx(expected)
    assert frechet_with_error(x, point)[0] == pytest.approx(expected)
    assert frechet_distance(point, point) == 0.0
