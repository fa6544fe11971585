"""Recipes as data: differences, settings, files, and what is said of mistakes."""

import tomllib

import numpy as np
import pytest

from elegan.core.errors import UserError
from elegan.recipes import CATALOGUE, WORDS, find_recipe
from elegan.recipes.choose import choose
from elegan.recipes.fit import Given, fitted
from elegan.recipes.recipe import Recipe
from elegan.recipes.show import by_task, full


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_recipe_survives_its_file(name, tmp_path):
    path = tmp_path / "recipe.toml"
    path.write_text(CATALOGUE[name].to_toml())
    assert find_recipe(str(path)).full() == CATALOGUE[name].full()


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_recipe_is_listed_with_its_difference(name):
    recipe = CATALOGUE[name]
    lines = full(recipe)
    assert tomllib.loads("\n".join(lines))["name"] == name
    if recipe.parent:
        assert any(f"# {recipe.parent}: " in line for line in lines)


def test_settings_change_values_parts_and_their_options():
    recipe = find_recipe("dcgan").override(
        ["batch=16", "nets.generator.width=8", "losses.adversarial=least_squares", "losses.adversarial.b=0.9",
         "losses.r1=r1", "losses.r1.weight=5", "losses.r1.every=16", "optimizers.generator.lr=1e-3",
         "nets.discriminator.norm=none", "schedule=cosine", "data.flip=true"]
    )  # fmt: skip
    values = recipe.full()
    assert values["batch"] == 16
    assert values["nets"]["generator"]["width"] == 8
    assert values["losses"]["adversarial"] == {"name": "least_squares", "a": 0.0, "b": 0.9, "c": 1.0}
    assert values["losses"]["r1"] == {"name": "r1", "weight": 5, "every": 16, "by_size": False}
    assert values["optimizers"]["generator"]["lr"] == 1e-3
    assert values["nets"]["discriminator"]["norm"] == "none"
    assert values["schedule"] == {"name": "cosine", "end": 0.0, "until": 1.0}
    assert values["data"]["flip"] is True


def test_a_part_of_another_name_forgets_the_options_of_the_last():
    recipe = find_recipe("wgan-gp").override(["losses.gradient_penalty=r1"])
    assert recipe.full()["losses"]["gradient_penalty"] == {"name": "r1", "weight": 1.0, "every": 1, "by_size": False}
    assert "gradient_penalty" not in find_recipe("sngan").losses
    assert "gradient_penalty" not in find_recipe("wgan-gp").override(["losses.gradient_penalty=none"]).losses


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["batch"], "'batch' is not of the form key=value"),
        (["bacth=3"], "unknown key 'bacth'; did you mean 'batch'"),
        (["nets.generator.widht=3"], "did you mean 'nets.generator.width'"),
        (["n_critic=3"], "did you mean 'task.n_critic'"),
        (["batch=many"], "batch = 'many': input should be a valid integer"),
        (["batch=0"], "batch = 0: input should be greater than 0"),
        (["nets.generator.width=wide"], "nets.generator.width = 'wide'"),
        (["nets.generator=dcgan_generatr"], "unknown nets 'dcgan_generatr'; did you mean 'dcgan_generator'"),
        (["losses.adversarial=hing"], "did you mean 'hinge'"),
        (["optimizers.generator=nowhere.at_all:adam"], "cannot be imported"),
        (["schedule=linaer"], "did you mean 'linear'"),
    ],
)
def test_a_mistake_is_one_line_with_the_nearest_right_value(settings, message):
    with pytest.raises(UserError) as caught:
        find_recipe("dcgan").override(settings)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_broken_file_is_named(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("name = 3\nbatch = -1\ncolour = 2")
    with pytest.raises(UserError, match=r"mine\.toml: name = 3.*batch = -1.*unknown key 'colour'"):
        Recipe.from_toml(path)
    with pytest.raises(UserError, match=r"did you mean 'wgan'|valid are|did you mean 'wgan-gp'"):
        find_recipe("wgann")


def test_a_file_may_say_only_what_differs_from_its_parent(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(
        'parent = "rpgan"\nbatch = 32\n[nets.generator]\nwidth = 48\n[optimizers]\ngenerator = "sgd"\n'
        '[losses]\nr2 = "none"\nadversarial = "hinge"\nr1.weight = 3.0\nlecam = "lecam"\n'
    )
    mine, parent = find_recipe(str(path)), find_recipe("rpgan")
    assert (mine.name, mine.parent, mine.about) == ("mine", "rpgan", "")
    expected = parent.override(
        ["batch=32", "nets.generator.width=48", "losses.r2=none", "losses.adversarial=hinge", "losses.r1.weight=3.0",
         "losses.lecam=lecam", "optimizers.generator=sgd"]
    )  # fmt: skip
    assert mine.full() == expected.full() | {"name": "mine", "parent": "rpgan", "about": ""}
    lines = full(mine)
    assert "batch = 32  # rpgan: 64" in lines
    assert "# without rpgan's losses.r2" in lines
    (tmp_path / "whole.toml").write_text("\n".join(lines))
    assert find_recipe(str(tmp_path / "whole.toml")).full() == mine.full()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('parent = "rpgna"', "unknown parent 'rpgna'; did you mean 'rpgan'"),
        ('parent = "other.toml"', "unknown parent 'other.toml'"),
        ("parent = 3", "unknown parent 3"),
        ('parent = ["rpgan"]', "unknown parent ['rpgan']"),
        ('parent = "rpgan"\nbacth = 3', "unknown key 'bacth'; did you mean 'batch'"),
        ('parent = "rpgan"\nnets = 3', "nets = 3"),
        ('parent = "rpgan"\nlosses = "none"', "losses = 'none'"),
        ('parent = "rpgan"\nname = "a/b"', "name = 'a/b'"),
        ('parent = "rpgan"\n[nets.generator]\nwidht = 3', "did you mean 'nets.generator.width'|width"),
    ],
)
def test_a_mistake_in_what_differs_is_named(tmp_path, text, message):
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(UserError) as caught:
        find_recipe(str(path)).full()
    assert any(part in str(caught.value) for part in message.split("|")), caught.value
    assert "\n" not in str(caught.value)


def test_the_catalogue_is_listed_by_task_in_80_columns():
    lines = by_task()
    assert max(map(len, lines)) <= 80
    heads = [line.partition(":")[0] for line in lines if not line.startswith(" ")]
    assert heads == ["generate", "translate", "restore", "series", "table", "text", "sound", "detect"]
    assert sorted(line.split()[0] for line in lines if line.startswith(" ")) == sorted(CATALOGUE)
    places = {line.split()[0].rstrip(":"): number for number, line in enumerate(lines)}
    assert places["generate"] < places["rpgan"] < places["translate"] < places["cut"] < places["restore"]
    assert places["restore"] < places["denoise"] < places["detect"] < places["ganomaly"]


def test_a_function_of_another_package_is_a_part():
    recipe = find_recipe("dcgan").override(["losses.adversarial=elegan.losses.adversarial:hinge"])
    assert recipe.full()["losses"]["adversarial"] == {"name": "elegan.losses.adversarial:hinge", "soft": 0.0}


@pytest.mark.parametrize(
    ("count", "side", "classes", "accelerated", "recipe", "among"),
    [
        (1000, 28, 10, False, "rpgan", "task.augment=translation"),
        (60_000, 28, 0, False, "rpgan", "steps=46875"),
        (60_000, 28, 0, True, "rpgan", "steps=46875"),
        (60_000, 64, 0, False, "rpgan", "nets.generator.width=32"),
        (60_000, 64, 10, False, "rpgan", "nets.discriminator.width=32"),
        (60_000, 64, 10, False, "rpgan", "nets.generator.condition=norm"),
        (60_000, 64, 10, False, "rpgan", "nets.discriminator.condition=projection"),
        (400, 256, 0, False, "rpgan", "nets.discriminator.width=16"),
        (300, 64, 0, False, "rpgan", "nets.generator.width=16"),
        (300, 64, 0, False, "rpgan", "steps=4000"),
        (1000, 64, 0, False, "rpgan", "batch=64"),
        (100, 32, 0, False, "rpgan", "steps=1000"),
        (400, 128, 0, True, "fastgan", "steps=8000"),
        (5000, 64, 0, True, "stylegan2-ada", "batch=32"),
        (5000, 64, 10, True, "stylegan2-ada", "nets.generator.condition=embedding"),
        (60_000, 256, 0, True, "stylegan2", "losses.r1.weight=1.25e-05"),
        (60_000, 256, 0, True, "stylegan2", "nets.generator.depth=8"),
        (60_000, 64, 0, True, "stylegan2", "nets.generator.width=256"),
        (60_000, 128, 0, True, "stylegan2", "nets.discriminator.width=128"),
        (60_000, 200, 0, True, "stylegan2", "nets.generator.width=64"),
        (60_000, 512, 0, True, "stylegan2", "nets.generator.width=64"),
    ],
)
def test_the_choice_follows_its_rules_and_is_fitted(count, side, classes, accelerated, recipe, among):
    labels = np.repeat(np.arange(classes), count // classes) if classes else None
    given = Given(count, side, accelerated)
    choice = choose(given, labels, classes)
    assert choice.recipe == recipe
    fit = fitted(
        find_recipe(choice.recipe).override(choice.settings), given, [s.partition("=")[0] for s in choice.settings]
    )
    assert fit.full() == fit.override([among]).full()


def test_classes_of_few_images_are_not_conditioned_on():
    assert not choose(Given(60_000, 32, accelerated=False), np.arange(10), 10).settings


@pytest.mark.parametrize(
    ("word", "own"),
    [
        ("condgan", "cgan"),
        ("WGAN_GP", "wgan-gp"),
        ("CycleGAN", "cyclegan"),
        ("real-esrgan", "esrgan"),
        ("progan", "progressive"),
    ],
)
def test_recipes_are_found_by_what_others_call_them(word, own):
    with pytest.raises(UserError, match=f"unknown recipe '{word}'; here it is '{own}'"):
        find_recipe(word)


def test_every_other_name_means_a_recipe_of_the_catalogue():
    assert set(WORDS.values()) <= CATALOGUE.keys()
    assert not WORDS.keys() & CATALOGUE.keys()
