"""Sizes as people, files and records have them."""

import pytest

from elegan.core.errors import UserError
from elegan.core.sizes import Size, resolution_of, size_of
from elegan.nets.layers import pyramid
from elegan.recipes import find_recipe


def test_every_spelling_of_a_size_is_the_same():
    assert size_of("48x32") == size_of([48, 32]) == size_of(Size(48, 32)) == size_of("48×32") == (48, 32)
    assert resolution_of("32x32") == resolution_of([32, 32]) == resolution_of("32") == 32


@pytest.mark.parametrize("wrong", ["", "x", "48x", "48x32x3", "-48x32", "1e2", "٤x٤"])
def test_what_is_no_size_is_named(wrong):
    with pytest.raises(UserError, match="is no size: a number of pixels, or HxW such as 256x384"):
        size_of(wrong)


@pytest.mark.parametrize(
    ("given", "kept"), [("64", 64), ("'48x32'", "48x32"), ("48x32", "48x32"), ("48x48", 48), ("0", 0)]
)
def test_a_recipe_keeps_a_size_as_it_is_written(given, kept):
    recipe = find_recipe("dcgan").override([f"data.resolution={given}"])
    assert recipe.data.resolution == kept
    assert type(recipe).parse(recipe.full()).data.resolution == kept


@pytest.mark.parametrize("wrong", ["3", "2048", "48x2048", "3x48", "true", "1.5", "48x"])
def test_a_recipe_refuses_other_sizes(wrong):
    with pytest.raises(UserError, match=r"data\.resolution"):
        find_recipe("dcgan").override([f"data.resolution={wrong}"])


@pytest.mark.parametrize(
    "size", [Size(256, 384), Size(512, 288), Size(8, 8), Size(28, 20), Size(1024, 1024), Size(16, 96)]
)
def test_a_pyramid_covers_the_size_and_starts_small(size):
    start, doublings = pyramid(size)
    painted = start << doublings
    assert all(side <= p < side + 2**doublings for side, p in zip(size, painted, strict=True))
    assert start.short <= 6
