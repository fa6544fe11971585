"""Doublings as one layer against the two that they stand for."""

import pytest
import torch
from torch.nn.functional import conv2d, interpolate, pad

from elegan import nets
from elegan.nets.layers import normal_weights
from elegan.nets.upsampling import NearestConv, doubling, painting
from elegan.recipes import find_recipe
from elegan.recipes.fit import Given, fitted


def test_nearest_doubling_and_convolution_are_one_transposed_convolution():
    layer, x = NearestConv(3, 5).double(), torch.randn(2, 3, 4, 6, dtype=torch.double)
    in_turn = conv2d(interpolate(x, scale_factor=2), layer.weight.flip(2, 3).transpose(0, 1), layer.bias, padding=1)
    torch.testing.assert_close(layer(x), in_turn)


def test_a_repeated_border_is_one_of_the_doubled_picture():
    layer, x = NearestConv(3, 5, repeated=True).double(), torch.randn(2, 3, 4, 6, dtype=torch.double)
    doubled = pad(interpolate(x, scale_factor=2), (1, 1, 1, 1), mode="replicate")
    torch.testing.assert_close(layer(x), conv2d(doubled, layer.weight.flip(2, 3).transpose(0, 1), layer.bias))


@pytest.mark.parametrize("kind", ["nearest", "bilinear"])
def test_an_even_picture_stays_even_whatever_the_weights(kind):
    """Away from the border; a transposed convolution makes a grid of it."""
    x = torch.ones(1, 4, 6, 6)
    inner = [doubling(k, 4, 2, 4)(x)[..., 2:-2, 2:-2] for k in (kind, "transposed")]
    even, gridded = (y.flatten(2).std(2).max().item() for y in inner)
    assert even < 1e-6 < 1e-2 < gridded


@pytest.mark.parametrize("kind", ["nearest", "bilinear"])
def test_no_frame_is_painted_around_a_picture(kind):
    painted, inner = (layer(kind, 4, 2, 4)(torch.ones(1, 4, 6, 6)).flatten(2) for layer in (painting, doubling))
    assert painted.std(2).max() < 1e-6 < 1e-2 < inner.std(2).max()


@pytest.mark.parametrize("size", [3, 4])
@pytest.mark.parametrize("kind", ["transposed", "nearest", "bilinear"])
def test_every_kind_doubles_and_learns(kind, size):
    layer = normal_weights(doubling(kind, 3, 5, size, bias=False))
    y = layer(torch.randn(2, 3, 5, 7))
    y.square().mean().backward()
    assert y.shape == (2, 5, 10, 14)
    assert all(p.grad.abs().max() > 0 for p in layer.parameters())


def test_antialiased_translators_of_before_keep_their_layers():
    old = nets.resnet_translator(32, 3, 0, width=4, blocks=2, antialias=True)
    same = nets.resnet_translator(32, 3, 0, width=4, blocks=2, antialias=True, upsample="bilinear")
    assert old.state_dict().keys() == same.state_dict().keys()


@pytest.mark.parametrize("recipe", ["dcgan", "rpgan", "cgan", "lsgan"])
def test_a_named_recipe_leaves_no_grid_and_the_published_one_is_as_it_was(recipe):
    published = find_recipe(recipe)
    named = fitted(published, Given(1000, 64, accelerated=True))
    kept = fitted(published, Given(1000, 64, accelerated=True), kept=["nets.generator.upsample"])
    upsample = [r.full()["nets"]["generator"]["upsample"] for r in (published, named, kept)]
    assert upsample == ["transposed", "nearest", "transposed"]
