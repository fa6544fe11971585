"""One sweep over every recipe: builds, plays, resumes bit for bit, samples, exports its weights."""

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

import elegan
from conftest import tensors_of
from elegan.recipes import CATALOGUE
from elegan.session import plan_for

# Small enough for two cores; the rest of the recipe is as it stands.
SMALL = {
    "mlp_generator": ["nets.generator.widths=[16,16]"],
    "mlp_discriminator": ["nets.discriminator.widths=[16,16]"],
    **{f"{f}_{n}": [f"nets.{n}.width=16"] for f in ("dcgan", "resnet") for n in ("generator", "discriminator")},
}
WATCH = ["batch=8", "watch.log=1", "watch.every=2", "watch.images=64", "watch.keep=9"]


def small(name: str) -> list[str]:
    return WATCH + [s for part in CATALOGUE[name].nets.values() for s in SMALL[part.name]]


def train(name: str, out, steps: int, **options) -> "elegan.Run":
    return elegan.train("digits", name, settings=small(name), steps=steps, out=out, name="run", quiet=True, **options)


@pytest.mark.parametrize("name", CATALOGUE)
def test_recipe(name, tmp_path):
    whole = train(name, tmp_path / "whole", steps=4)
    train(name, tmp_path / "parts", steps=4)
    parts = elegan.Run.open(tmp_path / "parts" / "run")
    parts.checkpoint(4).unlink()  # what a kill after step 2 leaves
    parts = train(name, tmp_path / "parts", steps=4)

    assert whole.steps == parts.steps == [2, 4]
    for step in whole.steps:
        a, b = tensors_of(whole.checkpoint(step)), tensors_of(parts.checkpoint(step))
        assert a.keys() == b.keys()
        assert {k.split("/")[0] for k in a} == {"nets", "average", "optimizer"}
        for key in a:
            assert np.array_equal(a[key], b[key], equal_nan=True), key
    for file in ("log.jsonl", "samples.png", "recipe.toml"):
        assert (whole.path / file).read_bytes() == (parts.path / file).read_bytes(), file

    images = whole.generate(5)
    assert images.shape == (5, 8, 8, 1)
    assert images.dtype == np.uint8
    assert np.array_equal(images[3:4], whole.generate(seeds=[3], label=3 if whole.conditional else None))
    assert not np.array_equal(images[0], images[1])

    other = train(name, tmp_path / "other", steps=1, seed=1)
    assert not np.array_equal(other.generate(2), images[:2])

    exported = {k: v.contiguous() for k, v in whole.nets.state_dict().items()}
    save_file(exported, tmp_path / "weights.safetensors")
    assert all(np.array_equal(v, exported[k]) for k, v in tensors_of(tmp_path / "weights.safetensors").items())


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_recipe_stands_on_any_shape(name):
    plan = plan_for("digits", name, settings=[*small(name), "data.resolution=28", "data.channels=4"])
    from elegan.run import build_game

    game = build_game(plan.recipe, plan.shape)
    assert plan.shape.channels == 4
    x = game.generate(game.nets, torch.randn(2, game.latent), torch.tensor([0, 1]))
    assert x.shape == (2, 4, 28, 28)
