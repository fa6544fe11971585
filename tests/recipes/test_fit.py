"""What of a named recipe follows the data and the machine, and what stays as it was given."""

import pytest

from elegan.games.game import Shape
from elegan.recipes import CATALOGUE, find_recipe
from elegan.recipes.fit import Given, fitted
from elegan.recipes.show import differences, full
from elegan.run import build_game
from small import KINDS

IMAGES = [name for name, kind in KINDS.items() if kind == "images"]
HOBBY = Given(318, 64, accelerated=False)


def changes(name: str, given: Given, *kept: str, settings: tuple[str, ...] = ()) -> dict[str, str]:
    recipe = find_recipe(name).override(settings)
    return {key: value for key, value, _ in differences(fitted(recipe, given, kept), recipe)}


def test_a_few_hundred_photographs_without_a_gpu():
    narrow = {"nets.generator.width": "32", "nets.discriminator.width": "32"}
    resized = {"nets.generator.upsample": '"nearest"'}
    augment = {"task.augment": '"color,translation"'}
    assert changes("dcgan", HOBBY) == {"steps": "1000", **narrow, **resized, **augment}
    assert changes("vaegan", HOBBY) == {"steps": "1000", **narrow, **resized, "nets.encoder.width": "32"}
    assert changes("fastgan", HOBBY) == {"steps": "8000", **dict.fromkeys(narrow, "16")}
    assert changes("stylegan2-ada", HOBBY) == {"steps": "2000", **dict.fromkeys(narrow, "16")}
    assert changes("stylegan2", HOBBY) == {"steps": "2000", **dict.fromkeys(narrow, "16"), **augment}
    assert changes("gan", HOBBY) == {"steps": "1000", **augment}


def test_many_small_pictures_are_what_recipes_are_published_for():
    resized = {"nets.generator.upsample": '"nearest"'}
    assert changes("dcgan", Given(60_000, 32, accelerated=False)) == {"steps": "46875", **resized}
    assert changes("dcgan", Given(60_000, 256, accelerated=True)) == {"steps": "46875", **resized}
    assert changes("dcgan", Given(60_000, 28, accelerated=False)) == {"steps": "46875"}
    assert changes("dcgan", Given(60_000, 256, accelerated=False))["nets.generator.width"] == "16"
    assert changes("dcgan", Given(60_000, 1024, accelerated=False))["nets.generator.width"] == "16"


def test_what_is_given_is_kept_and_the_rest_goes_by_it():
    kept = changes("stylegan2", Given(60_000, 512, accelerated=True), "batch", settings=("batch=4",))
    assert kept["losses.r1.weight"] == "5e-05"
    assert kept["steps"] == "750000"
    assert "batch" not in kept
    assert "steps" not in changes("dcgan", HOBBY, "steps")
    for given in ("nets.discriminator", "nets.discriminator.name", "nets.discriminator.width", "nets"):
        assert "nets.discriminator.width" not in changes("dcgan", HOBBY, given), given
    assert "task.augment" not in changes("dcgan", HOBBY, settings=("task.ada=color",))
    assert "task.augment" not in changes("dcgan", HOBBY, settings=("task.augment=cutout",))
    assert "losses.r1.weight" not in changes("stylegan2", HOBBY, settings=("losses.r1=none",))


@pytest.mark.parametrize("name", [name for name in CATALOGUE if name not in IMAGES])
def test_other_tasks_stay_as_they_are(name):
    assert changes(name, HOBBY) == {}


def test_a_file_is_taken_as_it_is(tmp_path):
    (tmp_path / "whole.toml").write_text("\n".join(full(find_recipe("dcgan"))))
    (tmp_path / "mine.toml").write_text('parent = "dcgan"\nbatch = 32')
    for name in ("whole.toml", "mine.toml"):
        assert changes(str(tmp_path / name), HOBBY) == {}


@pytest.mark.parametrize("name", IMAGES)
def test_what_was_fitted_is_whole_and_narrower(name):
    """At a size that divides no width evenly."""
    recipe = find_recipe(name)
    fit = fitted(recipe, Given(318, 72, accelerated=False))
    assert fit.override([f"batch={fit.batch}"]).full() == fit.full()
    before, after = (sum(p.numel() for p in build_game(r, Shape(72, 3, 3)).nets.parameters()) for r in (recipe, fit))
    assert after == before if name == "gan" else after < before
