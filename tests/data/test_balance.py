"""Classes balanced in training: shares, pictures in turn, and batches as a function of seed and place."""

import numpy as np
import pytest

from elegan.core.errors import UserError
from elegan.data.feed import Balanced, Feed
from elegan.recipes.recipe import Data
from elegan.training.plan import plan_for

LABELS = np.repeat([0, 1, 3], [100, 25, 4])


@pytest.mark.parametrize(("full", "goals"), [(True, [100, 100, 100]), (False, [100, 50, 20])])
def test_an_epoch_has_so_many_of_each_class_and_its_pictures_in_turn(full, goals):
    order = Balanced(LABELS, full, 10, 0, "epoch")
    for epoch in (0, 1):
        places = order.epoch(epoch)
        drawn = np.bincount(places, minlength=len(LABELS))
        assert [int(drawn[label == LABELS].sum()) for label in (0, 1, 3)] == goals
        for label in (0, 1, 3):
            assert np.ptp(drawn[label == LABELS]) <= 1
    assert not np.array_equal(order.epoch(0), order.epoch(1))


def test_batches_follow_from_seed_and_place():
    images = np.arange(len(LABELS), dtype=np.uint8).reshape(-1, 1, 1, 1)
    first, again, other = (Feed(images, LABELS, 32, seed, varied=Data(balance="sqrt")) for seed in (0, 0, 1))
    for position in (7, 0, 40):  # in any order, across epochs
        whole = first.indices(position, range(32))
        assert np.array_equal(whole, np.concatenate([again.indices(position, range(a, a + 8)) for a in (0, 8, 16, 24)]))
        assert not np.array_equal(whole, other.indices(position, range(32)))
    assert np.array_equal(first(3, range(32)).label, LABELS[first.indices(3, range(32))])


def test_what_has_no_classes_is_not_balanced(tmp_path):
    images = np.random.default_rng(0).integers(0, 255, (20, 8, 8, 1), np.uint8)
    with pytest.raises(UserError, match="data.balance = 'full' is for images with classes"):
        plan_for(images, "dcgan", settings={"data.balance": "full"}, out=tmp_path)
