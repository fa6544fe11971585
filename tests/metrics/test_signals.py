"""Signs of health against closed forms: diversity, energy distance, separation, overfitting, clusters."""

import math

import pytest
import torch

from elegan.metrics.signals import (
    diversity,
    energy_distance,
    lost_classes,
    lost_clusters,
    overfitting,
    separation,
    small,
)


def normal(n: int, d: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_pictures_become_rows_whose_distances_are_root_mean_squares():
    images = torch.stack([torch.full((3, 40, 24), v) for v in (-1.0, 0.0, 0.5)])
    rows = small(images)
    assert rows.shape == (3, 3 * 16 * 16)
    assert torch.pdist(rows).tolist() == pytest.approx([1.0, 1.5, 0.5])


def test_normal_rows_have_the_spread_and_directions_of_their_distribution():
    d = 50
    found = diversity(normal(2000, d))
    assert found.spread == pytest.approx(math.sqrt(2 * d), rel=0.02)  # E|x - y| of a chi distribution, nearly
    assert found.directions == pytest.approx(d, rel=0.1)
    assert found.closest < found.spread


def test_each_sign_sees_its_own_fault():
    x = normal(64, 200)
    twins = torch.cat([x[:60], x[:4] + 1e-6])
    shrunk, line = x / 10, torch.outer(normal(64, 1)[:, 0], x[0])
    usual = diversity(x)
    assert diversity(twins).closest < 1e-3 * usual.closest
    assert diversity(twins).spread == pytest.approx(usual.spread, rel=0.02)
    assert diversity(shrunk).spread == pytest.approx(usual.spread / 10)
    assert diversity(shrunk).directions == pytest.approx(usual.directions)
    assert diversity(line).directions == pytest.approx(1)


def test_pictures_of_one_class_alike_move_the_distance_within_alone():
    label = torch.arange(60) % 3
    x = normal(3, 40)[label] * 5 + 0.01 * normal(60, 40, seed=1)
    found = diversity(x, label)
    assert found.within < 0.01 * found.spread
    assert diversity(x).within == diversity(x).spread


def test_the_energy_distance_of_shifted_points_is_twice_their_shift():
    """Of two distributions on one point each: 2 |a - b|."""
    x, y = torch.zeros(10, 4, dtype=torch.float64), torch.zeros(20, 4, dtype=torch.float64)
    y[:, 0] = 3
    assert energy_distance(x, y) == pytest.approx(6)


def test_the_energy_distance_of_one_distribution_is_zero_in_the_mean():
    values = [energy_distance(normal(64, 20, 2 * n), normal(64, 20, 2 * n + 1)) for n in range(100)]
    mean = sum(values) / len(values)
    error = torch.tensor(values).std().item() / math.sqrt(len(values))
    assert abs(mean) < 3 * error
    assert min(values) < 0 < max(values)


@pytest.mark.parametrize(("real", "fake", "share"), [([2, 3], [0, 1], 1), ([0, 1], [2, 3], 0), ([1, 1], [1, 1], 0.5)])
def test_separation_is_the_share_of_pairs_in_order(real, fake, share):
    assert separation(torch.tensor(real), torch.tensor(fake)) == share


def test_overfitting_goes_from_none_to_held_out_pictures_scoring_as_generated_ones():
    train, fake = torch.tensor([2.0, 4.0]), torch.tensor([-1.0])
    assert overfitting(train, torch.tensor([3.0]), fake) == 0
    assert overfitting(train, torch.tensor([-1.0]), fake) == 1
    assert overfitting(train, train, train) == 0


def test_a_cluster_is_lost_where_chance_would_not_leave_so_few():
    centres = torch.eye(4, dtype=torch.float64) * 10
    real = centres[torch.arange(400) % 4] + normal(400, 4)
    assert lost_clusters(real, centres[torch.arange(400) % 4] + normal(400, 4, 1), centres) == 0
    assert lost_clusters(real, centres[torch.arange(400) % 3] + normal(400, 4, 1), centres) == 1
    assert lost_clusters(real, centres[torch.arange(8) % 3] + normal(8, 4, 1), centres) == 0  # too few to say


def test_classes_are_lost_that_hardly_any_picture_is_nearest_to():
    label = torch.arange(500) % 5
    assert lost_classes(label, torch.arange(400) % 5) == 0
    assert lost_classes(label, torch.arange(400) % 4) == 1
    assert lost_classes(label, torch.zeros(400, dtype=torch.long)) == 4
    assert lost_classes(label, torch.arange(20) % 4) == 0  # chance alone leaves out one of five often enough
