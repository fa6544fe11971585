"""Augmentations: what they do to pixels, and that gradients pass."""

import pytest
import torch

from elegan.core import rng
from elegan.core.errors import UserError
from elegan.data import transforms
from elegan.nets.augment import diffaugment


def test_flip_mirrors_some_and_leaves_the_others():
    x = torch.arange(64 * 4.0).view(64, 1, 2, 2)
    y = transforms.flip(x)
    mirrored = (y == x.flip(3)).flatten(1).all(1)
    same = (y == x).flatten(1).all(1)
    assert (mirrored | same).all()
    assert 10 < mirrored.sum() < 54


def test_shift_moves_by_whole_pixels():
    x = torch.zeros(200, 1, 7, 7)
    x[:, :, 3, 3] = 1
    places = transforms.shift(x, 2).flatten(1).argmax(1)
    rows, columns = places // 7, places % 7
    assert set(rows.tolist()) == set(columns.tolist()) == {1, 2, 3, 4, 5}
    assert (transforms.shift(x, 2).flatten(1).sum(1) == 1).all()


def test_rotation_by_nothing_is_nothing_and_by_ninety_at_most_keeps_the_centre():
    x = torch.rand(5, 3, 9, 9)
    torch.testing.assert_close(transforms.rotate(x, 0.0), x)
    torch.testing.assert_close(transforms.rotate(x, 90.0)[..., 4, 4], x[..., 4, 4])


def test_cutout_clears_at_most_a_quarter():
    x = torch.ones(300, 1, 8, 8)
    holes = (diffaugment.cutout(x) == 0).float().mean((1, 2, 3))
    assert 0 < holes.min() <= holes.max() == 0.25


@pytest.mark.parametrize("policy", ["color", "translation", "cutout", "color,translation,cutout"])
def test_the_discriminator_sees_augmented_images_and_passes_gradients(policy):
    seen = []

    class Spy(torch.nn.Module):
        def forward(self, x, label=None):
            seen.append(x)
            return x.sum((1, 2, 3))

    x = torch.rand(6, 3, 8, 8, requires_grad=True)
    with rng.drawing(0, total=6, rows=range(6)):
        diffaugment.Augmented(Spy(), policy)(x).sum().backward()
    assert seen[0].shape == x.shape
    assert not torch.equal(seen[0], x)
    assert x.grad is not None
    assert (x.grad != 0).any()


def test_no_policy_changes_nothing_and_a_wrong_one_is_named():
    x = torch.rand(2, 3, 4, 4)
    assert torch.equal(diffaugment.Augmented(torch.nn.Identity(), "").discriminator(x), x)
    with pytest.raises(UserError, match="'colour'.*did you mean 'color'"):
        diffaugment.Augmented(torch.nn.Identity(), "colour")
