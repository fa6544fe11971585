"""Randomness and data follow from position, and do not depend on how a batch is split."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from elegan.core import rng
from elegan.core.pixels import to_bytes, to_tensor
from elegan.core.rng import latents
from elegan.data.feed import Feed
from elegan.recipes.recipe import Data


@given(st.integers(0, 100), st.sampled_from([1, 2, 3, 6]), st.integers(1, 3))
def test_parts_of_a_batch_draw_the_rows_of_the_whole(seed, parts, copies):
    def draw(rows):
        with rng.drawing(seed, total=12, rows=rows):
            return rng.normal(copies * len(rows), 5), rng.uniform(len(rows))

    size = 12 // parts
    normal, uniform = draw(range(12))
    split = [draw(range(i * size, (i + 1) * size)) for i in range(parts)]
    joined = torch.cat([n.view(copies, size, 5) for n, _ in split], 1).flatten(0, 1)
    assert torch.equal(joined, normal)
    assert torch.equal(torch.cat([u for _, u in split]), uniform)


@given(st.integers(0, 100), st.sampled_from([1, 2, 3, 6]), st.integers(1, 9))
def test_subsets_hold_nothing_twice_and_do_not_depend_on_the_split(seed, parts, size):
    def draw(rows):
        with rng.drawing(seed, total=12, rows=rows):
            return rng.subsets(len(rows), size, 9)

    step = 12 // parts
    whole = draw(range(12))
    assert torch.equal(torch.cat([draw(range(i * step, (i + 1) * step)) for i in range(parts)]), whole)
    assert all(len(set(row)) == size and min(row) >= 0 and max(row) < 9 for row in whole.tolist())
    assert len({tuple(sorted(row)) for row in whole.tolist()}) > 1 or size == 9


def test_a_wrong_number_of_rows_is_refused():
    with rng.drawing(0, total=8, rows=range(4)), pytest.raises(ValueError, match="6 random rows"):
        rng.normal(6)


def images(n=10, size=4, channels=3):
    return np.random.default_rng(0).integers(0, 256, (n, size, size, channels), dtype=np.uint8)


@given(st.integers(1, 12), st.integers(0, 20))
def test_every_epoch_shows_each_image_once(batch, start):
    feed = Feed(images(), None, batch, seed=3)
    stream = np.concatenate([feed.indices(p, range(batch)) for p in range(start + 40)])
    for epoch in range(len(stream) // 10):
        assert sorted(stream[epoch * 10 : epoch * 10 + 10]) == list(range(10))
    assert list(stream[:10]) != list(stream[10:20])


@given(st.integers(0, 50))
def test_rows_of_a_batch_are_the_same_however_it_is_split(position):
    varied = Data(flip=True, crop=1, rotate=10.0)
    feed = Feed(images(), np.arange(10), 6, seed=1, varied=varied)

    def at(rows):
        with rng.drawing(1, position, total=6, rows=rows):
            return feed(position, rows)

    whole, halves = at(range(6)), [at(range(3)), at(range(3, 6))]
    assert torch.equal(whole.real, torch.cat([h.real for h in halves]))
    assert torch.equal(whole.label, torch.cat([h.label for h in halves]))


def test_bytes_survive_the_way_to_floats_and_back():
    x = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1)
    floats = to_tensor(x)
    assert floats.min() == -1
    assert floats.max() == 1
    assert np.array_equal(to_bytes(floats), x)


def test_latents_belong_to_their_seed():
    together, alone = latents([3, 7], 8), latents([7], 8)
    assert torch.equal(together[1], alone[0])
    assert not torch.equal(together[0], together[1])


@given(st.floats(0.05, 3))
def test_truncation_bounds_latents_and_keeps_their_order(bound):
    z = latents(range(64), 4)
    t = latents(range(64), 4, truncation=bound)
    assert t.abs().max() <= bound
    assert torch.equal(z.flatten().argsort(stable=True), t.flatten().argsort(stable=True)) or bound < 0.2


def test_a_wide_truncation_changes_nothing():
    torch.testing.assert_close(latents(range(8), 4, truncation=7.0), latents(range(8), 4), atol=1e-4, rtol=1e-4)
