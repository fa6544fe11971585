"""A training begun with another run takes what fits of its networks, says what does not, and keeps frozen layers as they are."""

import json

import pytest
import torch

import elegan
from elegan import UserError
from elegan.training.assembly import make_trainer
from elegan.training.plan import plan_for
from elegan.training.transfer import bare
from small import small

DISCRIMINATORS = {
    "gan": 2, "dcgan": 2, "wgan": 2, "sngan": 3, "fastgan": 2, "r3gan": 9, "stylegan2": 3, "progressive": 2,
}  # fmt: skip


def trained(root, name, recipe, *settings, steps=1, **options):
    settings = [*small(recipe), "watch.metric=none", *settings]
    return elegan.train("digits", recipe, steps=steps, settings=settings, name=name, out=root, quiet=True, **options)


def begun(recipe, start, *settings):
    return make_trainer(plan_for("digits", recipe, settings=[*small(recipe), *settings], start=start))


def weights(net):
    return dict(bare(net).named_parameters())


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    return trained(tmp_path_factory.mktemp("transfer"), "first", "dcgan")


def test_generator_its_average_and_discriminator_begin_as_they_ended(first):
    trainer = begun("lsgan", first.path)
    assert [t.fresh for t in trainer.taken] == [{}, {}]
    for mine in (trainer.game.nets, trainer.average):
        for name, net in mine.items():
            theirs = weights(first.learnt[name])
            assert all(torch.equal(weight, theirs[key]) for key, weight in weights(net).items())
    assert not torch.equal(first.learnt["discriminator"].state_dict()["discriminator.layers.0.weight"],
                           begun_fresh().game.nets["discriminator"].discriminator.layers[0].weight)  # fmt: skip


def begun_fresh():
    return make_trainer(plan_for("digits", "dcgan", settings=small("dcgan")))


def test_a_packed_model_brings_what_it_has(first, tmp_path):
    elegan.pack(first, path := tmp_path / "packed.safetensors")
    trainer = begun("dcgan", path)
    generator, discriminator = trainer.taken
    assert not generator.fresh
    assert not discriminator.carried
    assert "not there" in next(iter(discriminator.fresh.values()))


def test_a_larger_size_takes_the_blocks_at_the_picture(first):
    """Two blocks become four, as wide at the picture: those nearest to it are carried, as they double alike; the first linear
    layer is new."""
    trainer = begun("dcgan", first.path, "data.resolution=32")
    G, D = (trainer.game.nets["generator"], bare(trainer.game.nets["discriminator"]))
    theirs = first.learnt["generator"]
    assert torch.equal(G.ups[-1].weight, theirs.ups[-1].weight)
    assert torch.equal(D.layers[0].weight, bare(first.learnt["discriminator"]).layers[0].weight)
    generator = trainer.taken[0]
    assert {"project.weight", "ups.0.weight"} <= generator.fresh.keys()
    assert "ups.2.weight" in generator.carried
    said = "\n".join(generator.lines())
    assert "ups.2" in said
    assert "project.weight (" in said
    assert 0 < generator.share < 1


def test_blocks_of_equal_features_are_taken_where_the_larger_networks_are_narrower(tmp_path):
    """At twice the size and half the width, as elegan chooses it, features of one resolution are as wide."""
    first = trained(tmp_path, "sixteen", "dcgan", "data.resolution=16")
    widths = [f"nets.{name}.width=8" for name in ("generator", "discriminator")]
    trainer = begun("dcgan", first.path, "data.resolution=32", *widths)
    generator, discriminator = trainer.taken
    assert {"project.weight", "norms.0.norm.weight", "ups.0.weight"} <= set(generator.carried)
    assert torch.equal(trainer.game.nets["generator"].project.weight, first.nets["generator"].project.weight)
    mine, theirs = (bare(nets["discriminator"]) for nets in (trainer.game.nets, first.learnt))
    assert {"layers.5.weight", "score.linear.weight"} <= set(discriminator.carried)
    assert torch.equal(mine.layers[5].weight, theirs.layers[2].weight)


def test_what_was_asked_for_doubles_as_it_says(first):
    asked = begun("dcgan", first.path, "data.resolution=32", "nets.generator.upsample=nearest")
    assert asked.taken[0].share < begun("dcgan", first.path, "data.resolution=32").taken[0].share


def test_classes_are_carried_by_name(tmp_path):
    first = trained(tmp_path, "by-class", "cgan")
    images = torch.zeros(12, 8, 8, dtype=torch.uint8)
    images[::2] += 200
    labels = ["7", "elephant", "3"] * 4
    settings = small("cgan")
    trainer = make_trainer(plan_for(images, "cgan", labels=labels, settings=settings, start=first.path))
    there = weights(first.learnt["generator"])["input.embed.weight"]
    here = weights(trainer.game.nets["generator"])["input.embed.weight"]
    assert torch.equal(here[0], there[3])
    assert torch.equal(here[1], there[7])
    assert torch.allclose(here[2], there.mean(0))


def test_the_command_line_names_what_matched_and_the_run_remembers(first, elegan, tmp_path):
    done = elegan(
        "train", "digits", "--recipe", "dcgan", "--steps", "1", "--from", first.path, "--size", "16", "--name", "next",
        *(word for setting in small("dcgan") for word in ("--set", setting)),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "generator: " in done.stderr
    assert "new: project.weight (" in done.stderr
    command = ("train", "digits", "--recipe", "dcgan", "--from", first.path, "--size", "16", "--dry-run")
    said = elegan(*command, *(word for setting in small("dcgan") for word in ("--set", setting))).stdout
    assert "new: project.weight (" in said
    kept = json.loads((tmp_path / "runs" / "next" / "run.json").read_text())["began_with"]
    assert kept["generator"]["carried"]
    assert "project.weight" in kept["generator"]["new"]


@pytest.mark.parametrize(("recipe", "count"), DISCRIMINATORS.items())
def test_frozen_layers_stay_and_all_others_learn(recipe, count, tmp_path):
    before = trained(tmp_path, "before", recipe)
    there = {key: value.clone() for key, value in weights(before.learnt["discriminator"]).items()}
    after = trained(tmp_path, "after", recipe, "task.freeze=1", start=before.path, steps=2)
    here = weights(after.learnt["discriminator"])
    layers = bare(after.learnt["discriminator"]).layers_in_order()
    assert len(layers) == count
    frozen = {id(p) for module in layers[0] for p in module.parameters()}
    stayed = {key for key, value in here.items() if torch.equal(value, there[key])}
    assert stayed >= {key for key, value in here.items() if id(value) in frozen}
    assert here.keys() - stayed
    assert not frozen & set(map(id, after.game.owned("discriminator")))
    assert after.recipe.task.options["freeze"] == 1


def test_a_frozen_training_goes_on_bit_for_bit(first, tmp_path):
    whole = trained(tmp_path, "whole", "dcgan", "task.freeze=1", start=first.path, steps=4)
    halves = trained(tmp_path, "halves", "dcgan", "task.freeze=1", start=first.path, steps=2)
    halves = elegan.train(resume=halves.path, steps=4, quiet=True)
    assert whole.checkpoint(4).read_bytes()[-1000:] == halves.checkpoint(4).read_bytes()[-1000:]
    assert all(torch.equal(a, b) for a, b in zip(whole.learnt.parameters(), halves.learnt.parameters(), strict=True))


def test_wrong_calls_end_in_a_line(first, sides, tmp_path):
    translator = elegan.train(str(sides), "pix2pix", steps=1, settings=small("pix2pix"), out=tmp_path, quiet=True)
    with pytest.raises(UserError, match=r"no weights of .*pix2pix.* have the places and shapes .*generator"):
        begun("gan", translator.path)
    with pytest.raises(UserError, match=r"no weights of .* have the places and shapes"):
        begun("stylegan2", first.path)
    with pytest.raises(UserError, match=r"task.freeze keeps layers of a run .* give --from RUN"):
        begun("dcgan", None, "task.freeze=1")
    with pytest.raises(UserError, match=r"task.freeze = 3: .*dcgan_discriminator.* has 2 layers"):
        begun("dcgan", first.path, "task.freeze=3")
    elegan.pack(first, packed := tmp_path / "packed.safetensors")
    with pytest.raises(UserError, match=r"task.freeze keeps discriminator.layers.0.weight, which .* not there"):
        begun("dcgan", packed, "task.freeze=1")
