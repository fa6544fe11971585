"""Latents of other distributions, and activations by name: what they are, that all that asks for latents agrees, and that the
defaults are the networks' own."""

import numpy as np
import pytest
import torch

import elegan
from elegan.core import rng
from elegan.core.errors import UserError
from elegan.nets.activations import KINDS, activation
from elegan.nets.latents import as_drawn
from elegan.recipes import CATALOGUE, find_recipe, parts
from elegan.run import build_game
from small import SHAPE

Z = rng.latents(range(2000), 16)
BY_HAND = {
    "relu": lambda x: x.clamp(min=0),
    "leaky_relu": lambda x: torch.where(x > 0, x, 0.2 * x),
    "silu": lambda x: x / (1 + (-x).exp()),
    "swish": lambda x: x / (1 + (-x).exp()),
    "gelu": lambda x: x * torch.special.ndtr(x),
    "elu": lambda x: torch.where(x > 0, x, x.exp() - 1),
    "tanh": lambda x: 1 - 2 / ((2 * x).exp() + 1),
}


@pytest.mark.parametrize("name", KINDS)
def test_an_activation_is_its_formula(name):
    x = torch.linspace(-4, 4, 81)
    torch.testing.assert_close(activation(name)(x), BY_HAND[name](x), atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize(
    ("prior", "deviation", "fourth"),
    [("uniform", 1 / 3**0.5, 1 / 5), ("sphere", 1.0, 3 * 16 / 18), ("binary", 1.0, 1.0)],
)
def test_latents_have_the_moments_of_their_prior(prior, deviation, fourth):
    z = as_drawn(Z, prior)
    assert abs(z.mean()) < 0.02
    assert z.std().item() == pytest.approx(deviation, rel=0.01)
    assert z.pow(4).mean().item() == pytest.approx(fourth, rel=0.03)
    if prior == "sphere":
        torch.testing.assert_close(z.square().sum(1), torch.full((2000,), 16.0))
    assert z.abs().max() < 1 if prior == "uniform" else True
    assert set(z.unique().tolist()) == {-1.0, 1.0} if prior == "binary" else True


def test_signs_pass_gradients_on():
    z = Z[:3].clone().requires_grad_()
    (as_drawn(z, "binary") * torch.arange(16.0)).sum().backward()
    torch.testing.assert_close(z.grad, torch.arange(16.0).expand(3, -1))


@pytest.mark.parametrize("prior", ["uniform", "sphere", "binary"])
def test_whatever_makes_pictures_takes_the_same_seeds(prior, tmp_path):
    """Training, samples, export, walks and inversion agree on what seed 3 is."""
    run = elegan.train("digits", "dcgan", steps=2, out=tmp_path, quiet=True, settings={
        "nets.generator.prior": prior, "nets.generator.width": 8, "nets.discriminator.width": 8, "batch": 8,
        "watch.metric": "none", "nets.generator.latent": 6, "nets.generator.activation": "silu"})  # fmt: skip
    images = run.generate(4)
    assert len(np.unique(images.reshape(4, -1), axis=0)) == 4
    G, z = run.generator(), rng.latents([3], 6)
    space = elegan.latent.Space(run)
    assert np.array_equal(space.paint(space.points([3]))[0], images[3])
    if prior == "binary":  # of the three the one with a branch
        assert elegan.export(run, tmp_path / "g.onnx") < 1e-4
    G(z.requires_grad_()).square().mean().backward()
    assert z.grad.abs().sum() > 0
    if prior == "uniform":
        assert not np.array_equal(run.generate(4, truncation=0.3), images)
        return
    for ask in (lambda: run.generate(4, truncation=0.3), lambda: elegan.latent.truncations(space, [0], 3)):
        with pytest.raises(UserError, match=f"prior = '{prior}' are all as far out"):
            ask()


def test_codes_keep_the_normal():
    with pytest.raises(UserError, match=r"nets.generator.prior = 'sphere' would change the codes"):
        build_game(find_recipe("infogan").override(["nets.generator.prior=sphere"]), SHAPE)


def choices() -> list[tuple[str, str]]:
    """(network, its option) of every network that takes an activation or a prior."""
    options = ("activation", "down_activation", "prior")
    return [
        (name, o) for name, function in parts.names("nets").items() for o in options if o in parts.defaults(function)
    ]


@pytest.mark.parametrize(("name", "option"), choices())
def test_the_default_is_the_layer_that_was_there(name, option):
    """By kind: generators double with ReLU, whatever judges or is of the MLP or of a series has a leaky one."""
    leaky = (
        name.startswith(("mlp", "series")) or name.endswith(("encoder", "discriminator")) or option.startswith("down")
    )
    by_paper = "normal" if option == "prior" else "leaky_relu" if leaky and "resnet" not in name else "relu"
    assert parts.defaults(parts.find("nets", name))[option] == by_paper


@pytest.mark.parametrize(("name", "option"), [c for c in choices() if c[1] != "prior"])
def test_another_activation_is_in_every_place(name, option):
    function = parts.find("nets", name)
    arguments = (16, 3, 4) if name == "dcgan_encoder" else (16, 3, 0)
    options = {"widths": (8, 8)} if name.startswith("mlp") else {"width": 16}
    default, other = (
        [type(m).__name__ for m in function(*arguments, **options, **given).modules()]
        for given in ({}, {option: "gelu"})
    )
    was = type(activation(parts.defaults(function)[option])).__name__
    assert ["GELU" if kind == was else kind for kind in default] == other
    assert "GELU" in other


def test_every_recipe_of_these_networks_says_its_own():
    """None of the catalogue's departs from its network's default: what learnt before learns the same."""
    for recipe in CATALOGUE.values():
        for part in recipe.nets.values():
            assert not {"activation", "prior"} & part.options.keys()


def test_a_wrong_name_is_told_the_right_ones():
    with pytest.raises(UserError, match=r"nets.generator.activation = 'rely': input should be 'relu', 'leaky_relu'"):
        find_recipe("dcgan").override(["nets.generator.activation=rely"])
