"""The size that a training has where none is asked for, where one is, and where it goes on."""

import numpy as np
import pytest
import torch
from PIL import Image

import elegan
from elegan.core.sizes import Size
from elegan.recipes.choose import largest_side
from elegan.training.plan import plan_for
from small import small


@pytest.fixture(scope="module")
def upright(tmp_path_factory):
    """Twelve upright pictures of 160 x 120 pixels."""
    folder = tmp_path_factory.mktemp("upright") / "photos"
    folder.mkdir()
    draws = np.random.default_rng(0)
    for number in range(12):
        small = Image.fromarray(draws.integers(0, 256, (4, 3, 3), np.uint8))
        small.resize((120, 160), Image.Resampling.BICUBIC).save(folder / f"{number}.png")
    return folder


def test_the_machine_says_how_large(upright, tmp_path):
    plan = plan_for(str(upright), out=tmp_path, device="cpu")
    most = largest_side(False, torch.get_num_threads())
    assert plan.shape.resolution == Size(most, most * 3 // 4)
    assert plan.recipe.batch == 16
    named = plan_for(str(upright), "dcgan", out=tmp_path, device="cpu")
    assert named.shape.resolution == plan.shape.resolution
    assert [largest_side(True, 1), largest_side(False, 1), largest_side(False, 64)] == [1024, 64, 128]


def test_a_size_that_is_asked_for_wins_and_a_large_one_is_warned_of(upright, tmp_path):
    asked = plan_for(str(upright), size="32x40", out=tmp_path, device="cpu")
    assert asked.shape.resolution == Size(32, 40)
    large = plan_for(str(upright), size=256, out=tmp_path, device="cpu")
    assert "256 px without a GPU: about 4 times as long a step as at 128 px" in "\n".join(large.lines())
    assert "without a GPU" not in "\n".join(asked.lines())


def test_a_run_of_before_goes_on_at_its_own_size(upright, tmp_path):
    """Its recipe leaves the size to the data, which were then brought to squares."""
    settings = [*small("dcgan"), "data.resolution=16", "watch.metric=none", "batch=4"]
    options = {"settings": settings, "steps": 1, "out": tmp_path, "name": "old", "quiet": True, "device": "cpu"}
    run = elegan.train(str(upright), "dcgan", **options)
    recipe = run.path / "recipe.toml"
    recipe.write_text(recipe.read_text().replace("resolution = 16", "resolution = 0"))
    with pytest.raises(elegan.UserError, match="holds another run: data is"):
        elegan.train(resume=run.path, settings=["data.resolution=8"], quiet=True, device="cpu")
    again = elegan.train(resume=run.path, steps=2, quiet=True, device="cpu")
    assert again.step == 2
    assert again.shape.resolution == 16
