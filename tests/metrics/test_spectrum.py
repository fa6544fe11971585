"""The grid of strides against patterns of known energy."""

import numpy as np
import pytest

from elegan.core.errors import UserError
from elegan.metrics import measure, open_extractor
from elegan.metrics.spectrum import grid_shares, periods


def checkerboard(period, size=64):
    """Squares of half a period, N x H x W x C."""
    y, x = np.indices((size, size)) // (period // 2)
    return np.repeat(((x + y) % 2 * 200 + 20).astype(np.uint8)[None, :, :, None], 2, axis=0)


def noise(n, size, seed=0):
    return np.random.default_rng(seed).integers(60, 196, (n, size, size, 3), dtype=np.uint8)


@pytest.mark.parametrize("period", [2, 4, 8])
def test_a_checkerboard_is_all_at_its_own_period(period):
    assert grid_shares(checkerboard(period), period) == pytest.approx(1.0)
    for other in {2, 4, 8} - {period}:
        assert (grid_shares(checkerboard(period), other) < 1e-12).all()


def test_white_noise_has_the_share_of_its_frequencies():
    """Of 32 x 32 frequencies 17 x 17 are not finer than 4 pixels; at a period of 2 there are 3 harmonics of 3 x 3."""
    expected = 3 * 9 / (32**2 - 17**2)
    shares = grid_shares(noise(400, 32), 2)
    assert shares.mean() == pytest.approx(expected, abs=4 * shares.std() / 400**0.5)


def test_colour_brightness_and_place_do_not_count():
    pictures = noise(3, 40)
    assert grid_shares(pictures // 2 * 2, 4) == pytest.approx(grid_shares(pictures // 2 + 100, 4), rel=1e-6)
    assert not grid_shares(np.full((1, 32, 32, 3), 7, np.uint8), 2).any()
    assert grid_shares(checkerboard(4)[:, :50, 1:63], 4) == pytest.approx(1.0)  # neither side a multiple of 4


def test_strides_that_pictures_are_large_enough_for():
    assert [periods(*size) for size in ((15, 64), (16, 16), (48, 40), (512, 288))] == [[], [2], [2, 4], [2, 4, 8]]


def test_the_metric_gives_the_ratio_with_an_interval_that_holds_it():
    real, fake = noise(300, 32), noise(300, 32, seed=1)
    y, x = np.indices((32, 32)) // 2
    gridded = (fake + ((x + y) % 2 * 40)[None, :, :, None]).astype(np.uint8)
    network = open_extractor("random", real)
    same = measure(network, real, fake, ["grid"])
    assert [r.label for r in same] == ["grid:2 px", "grid:4 px"]
    assert all(r.low < 1 < r.high and r.high - r.low < 0.2 for r in same)
    two, four = measure(network, real, gridded, ["grid"])
    assert two.low < 1.05
    assert four.low > 2
    assert "stands out" in four.warnings[0]


def test_what_cannot_be_measured_is_said():
    small, flat = noise(4, 8), np.full((4, 32, 32, 3), 7, np.uint8)
    with pytest.raises(UserError, match="8x8 are too small to tell a grid in them; at least 16x16"):
        measure(open_extractor("random", small), small, small, ["grid"])
    with pytest.raises(UserError, match="the generated pictures have nothing of 2 pixels or finer"):
        measure(open_extractor("random", flat), noise(4, 32), flat, ["grid"])
