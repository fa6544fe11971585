"""Distances of pictures and the contrast of patches against their formulas; the pool against its rule."""

import math

import pytest
import torch

from elegan.core import rng
from elegan.games.pool import Pool
from elegan.losses import criteria


def test_distances():
    x, y = torch.tensor([[0.0, 1.0, -2.0]]), torch.tensor([[0.5, 1.0, 1.0]])
    assert criteria.l1(x, y).item() == pytest.approx(3.5 / 3)
    assert criteria.l2(x, y).item() == pytest.approx(9.25 / 3)
    assert criteria.charbonnier(x, y, epsilon=4.0).item() == pytest.approx((math.sqrt(16.25) + 4 + 5) / 3)
    assert criteria.charbonnier(x, y, epsilon=0.0).item() == pytest.approx(criteria.l1(x, y).item())


def test_patch_nce():
    """Orthogonal keys: log(1 + (P - 1) exp(-1 / T)) where every query is its key; log P where it is like none."""
    P, T = 8, 0.07
    keys = torch.eye(P, 16)[None]
    found = criteria.patch_nce(keys, keys, temperature=T)
    assert found.item() == pytest.approx(math.log1p((P - 1) * math.exp(-1 / T)), abs=1e-6)
    like_none = torch.eye(16)[P:][None]
    assert criteria.patch_nce(like_none, keys).item() == pytest.approx(math.log(P), rel=1e-5)
    query = keys.clone().requires_grad_()
    key = keys.clone().requires_grad_()
    criteria.patch_nce(query, key).backward()
    assert key.grad is None
    assert query.grad.abs().sum() > 0


def test_a_pool_fills_then_hands_out_old_for_new():
    pool = Pool(4, 1, 1)
    seen_old = 0
    for step in range(40):
        with rng.drawing(0, step, total=2, rows=range(2)):
            new = torch.tensor([2.0 * step, 2.0 * step + 1]).view(2, 1, 1, 1)
            pool.put(new)
            out = pool.take().flatten()
        held = set(pool.images.flatten().tolist())
        for given, made in zip(out.tolist(), new.flatten().tolist(), strict=True):
            if given != made:
                seen_old += 1
                assert given < made
                assert given not in held  # what is handed out makes room
                assert made in held  # for what came in its place
    assert bool(pool.filled.all())
    assert 20 < seen_old < 60  # half of the 80 pictures, less those that filled the pool


def test_a_pool_of_none_hands_on():
    pool = Pool(0, 1, 1)
    pool.put(torch.ones(3, 1, 1, 1))
    assert pool.take().shape == (3, 1, 1, 1)
