"""The parts that copies are found with, by their definitions: sets, geometry, residual."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from scipy.spatial.distance import cdist
from scipy.stats import mannwhitneyu, norm

from benchmarks.alterations import WANTED as KINDS
from elegan.metrics.copies import descriptors, geometry, set_tests
from elegan.metrics.copies.duplicates import SAME
from elegan.metrics.copies.residual import Poses
from elegan.metrics.copies.thumbs import thumbnails


def normal(n: int, d: int, seed: int) -> torch.Tensor:
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed))


def test_authenticity_is_its_definition():
    training, generated = normal(40, 3, 0).double(), normal(60, 3, 1).double()
    to, between = cdist(generated, training), cdist(training, training)
    np.fill_diagonal(between, np.inf)
    expected = np.mean(to.min(1) >= between[to.argmin(1)].min(1))
    assert set_tests.authenticity(generated, training) == expected


def test_a_training_image_left_out_is_judged_as_if_it_had_never_been_there():
    x = normal(30, 4, 0)
    for i in (0, 17):
        alone = set_tests.authenticity(x[i : i + 1], torch.cat([x[:i], x[i + 1 :]]))
        assert set_tests.authenticity(x[i : i + 1], x, torch.tensor([i])) == alone


@given(st.integers(2, 40), st.integers(2, 40), st.integers(0, 1000), st.integers(1, 20))
def test_the_standard_rank_sum_is_that_of_mann_and_whitney(m, n, seed, levels):
    rng = np.random.default_rng(seed)
    q, p = rng.integers(0, levels, m).astype(float), rng.integers(0, levels, n).astype(float)
    z = set_tests._standard_rank_sum(q, p)
    reference = mannwhitneyu(q, p, alternative="less", method="asymptotic", use_continuity=False).pvalue
    assert norm.cdf(z) == pytest.approx(0.5 if np.isnan(reference) else reference, abs=1e-9)


def test_c_t_is_near_zero_for_fresh_rows_negative_for_copies_and_positive_for_strangers():
    training, fresh = normal(2000, 8, 0), normal(600, 8, 1)
    value = {
        name: set_tests.c_t(fresh, rows, training, None, seed=0)
        for name, rows in {
            "fresh": normal(600, 8, 2),
            "copies": training[:600] + 0.1 * normal(600, 8, 3),
            "strangers": 2 * normal(600, 8, 4),
        }.items()
    }
    assert value["copies"] < -3 < value["fresh"] < 3 < value["strangers"]
    assert set_tests.c_t(fresh, fresh[:5], training, None, seed=0) is None


def test_targets_undo_sources():
    points = geometry.pixels(torch.arange(32), 32)
    every = geometry.placements(32)
    for number, there in enumerate(every.sources(points)):
        assert torch.allclose(every.targets(there)[number], points, atol=1e-5)


def test_a_box_reads_between_the_pixels_of_the_image():
    box = geometry.untouched(torch.tensor([[0.9375, 0.03125, 0.0]]))
    row, column = torch.meshgrid(torch.arange(32.0), torch.arange(32.0), indexing="ij")
    index, weight = geometry.bilinear(box.sources(geometry.pixels(torch.arange(32), 32)), 32)
    rows, columns = ((ramp.flatten()[index] * weight).sum(-1).view(32, 32) for ramp in (row, column))
    assert torch.allclose(rows[:, 0], 1 + 0.9375 * (torch.arange(32.0) + 0.5) - 0.5, atol=1e-4)
    assert torch.allclose(columns[0], (0.9375 * (torch.arange(32.0) + 0.5) - 0.5).clamp(min=0), atol=1e-4)


def test_filters_that_see_three_quarters_tell_most_of_the_descriptor():
    pictures = torch.cat([picture(seed) for seed in range(300)])
    bank, thumbs = descriptors.filters(pictures, 32, 0), thumbnails(pictures, 32)
    covered = thumbs.clone()
    covered[:, :8] = torch.rand(300, 8, 32, generator=torch.Generator().manual_seed(0))
    whole, likeliest = (
        descriptors.as_maps(descriptors.placed(bank, placements, 32))
        for placements in (geometry.unchanged(), geometry.captioned())
    )
    true = descriptors.describe(thumbs, whole, len(bank))[:, 0]
    read = descriptors.describe(covered, likeliest, len(bank))[:, 0]
    assert torch.equal(read, descriptors.describe(thumbs, likeliest, len(bank))[:, 0])
    assert (read * true).sum(1).mean() > 0.8


def test_every_whole_shift_and_every_crop_is_among_the_boxes():
    boxes = (geometry.boxes(40) * 40).round().int().tolist()
    assert boxes[0] == [40, 0, 0]
    assert len(boxes) == 81 + sum((41 - size) ** 2 for size in range(36, 40))
    assert len(set(map(tuple, boxes))) == len(boxes)


def picture(seed: int) -> torch.Tensor:
    """A smooth random picture, uint8 1 x 32 x 32 x 3 in 60..180."""
    x = torch.nn.functional.interpolate(
        torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(seed)), 32, mode="bicubic"
    )
    return (60 + 120 * x.clamp(0, 1)).round().byte().permute(0, 2, 3, 1)


@pytest.fixture(scope="module")
def poses() -> Poses:
    return Poses(geometry.placements(32), 32)


@given(seed=st.integers(0, 1000), gain=st.floats(0.5, 1.4), by=st.integers(-30, 0))
def test_light_and_mirror_leave_no_residual_and_another_picture_does(poses, seed, gain, by):
    x = picture(seed)
    query = (x * gain + by).round().clamp(0, 255).byte()
    plain, mirrored = torch.tensor([0]), torch.tensor([poses.count])
    assert poses.residual(query, x, plain) < 0.05
    assert poses.residual(query.flip(2), x, mirrored) < 0.05
    assert poses.residual(query, picture(seed + 1), plain) > 0.3


@given(seed=st.integers(0, 1000), box=st.integers(0, 80))
def test_a_shift_leaves_no_residual_in_its_own_pose(poses, seed, box):
    x = picture(seed)
    _, top, left = (geometry.boxes(32)[box] * 32).round().int().tolist()
    shifted = torch.roll(x, (-top, -left), (1, 2))
    assert poses.residual(shifted, x, torch.tensor([box])) < SAME


@given(seed=st.integers(0, 1000), kind=st.sampled_from(["grey", "hue by 180 degrees, HSV", "negative"]))
def test_no_change_of_colour_leaves_a_residual(poses, seed, kind):
    x = picture(seed)
    query = torch.from_numpy(KINDS[kind](x[0].numpy(), None))[None]
    assert poses.residual(query, x, torch.tensor([0])) < 0.05


@given(seed=st.integers(0, 1000), angle=st.sampled_from([sign * a for a in geometry.ANGLES for sign in (-1, 1)]))
def test_a_turned_image_leaves_no_residual_in_one_of_the_turned_poses(poses, seed, angle):
    x = picture(seed)
    turned = Image.fromarray(x[0].numpy()).rotate(angle, Image.Resampling.BILINEAR)
    pose = torch.arange(len(geometry.boxes(32)), poses.count)
    n = len(pose)
    queries = torch.from_numpy(np.array(turned)).expand(n, -1, -1, -1)
    assert poses.residual(queries, x.expand(n, -1, -1, -1), pose).min() < 0.05


@given(seed=st.integers(0, 1000), lower=st.booleans())
def test_what_a_caption_hides_does_not_count(poses, seed, lower):
    x = picture(seed)
    query = x.clone()
    query[:, 24:] = 255 - picture(seed + 1)[:, 24:]
    query, x = (query, x) if lower else (query.flip(1), x.flip(1))
    upper_pose = poses.count - 2
    assert poses.residual(query, x, torch.tensor([upper_pose + lower])) < SAME
    assert poses.residual(query, x, torch.tensor([0])) > 0.1
