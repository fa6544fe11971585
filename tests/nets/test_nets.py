"""Networks: every resolution, channel count, norm and condition; spectral norm against the SVD."""

import math

import pytest
import torch
from torch import nn

from elegan import nets
from elegan.core.errors import UserError
from elegan.nets.layers import pyramid
from elegan.nets.norms import NORMS, ConditionalNorm, norm, spectral
from elegan.recipes import parts

FAMILIES = ("mlp", "dcgan", "resnet")
SMALL = {"mlp": {"widths": (8, 8)}, "dcgan": {"width": 4}, "resnet": {"width": 16}}


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("resolution", [8, 12, 17, 28, 30, 32, 64, 100, 128])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_images_of_any_size_and_scores(family, resolution, channels):
    G = parts.find("nets", f"{family}_generator")(resolution, channels, 0, latent=5, **SMALL[family])
    D = parts.find("nets", f"{family}_discriminator")(resolution, channels, 0, **SMALL[family])
    x = G(torch.randn(2, 5))
    assert x.shape == (2, channels, resolution, resolution)
    assert x.abs().max() <= 1
    assert D(x).shape == (2,)


@pytest.mark.parametrize("resolution", range(8, 129))
def test_the_pyramid_covers_the_resolution_from_a_few_pixels(resolution):
    start, doublings = pyramid(resolution)
    assert start.height == start.width
    assert 2 <= start.height <= 8
    assert 0 <= start.height * 2**doublings - resolution < 2**doublings


@pytest.mark.parametrize("norm", ["batch", "instance", "layer", "none"])
@pytest.mark.parametrize("family", FAMILIES)
def test_norms_by_name(family, norm):
    if family == "mlp" and norm == "instance":
        pytest.skip("a row of features has no instance to normalise over")
    G = parts.find("nets", f"{family}_generator")(16, 3, 0, norm=norm, **SMALL[family])
    D = parts.find("nets", f"{family}_discriminator")(16, 3, 0, norm=norm, **SMALL[family])
    assert D(G(torch.randn(3, G.latent))).isfinite().all()


@pytest.mark.parametrize("family", ["mlp", "dcgan", "r3gan"])
def test_a_projection_starts_undecided(family):
    """The relativistic loss of a fresh discriminator is near log 2, for it can tell nothing yet, whatever the label."""
    torch.manual_seed(0)
    D = parts.find("nets", f"{family}_discriminator")(32, 3, 10, condition="projection")
    real, fake = (D(torch.rand(32, 3, 32, 32) * 2 - 1, torch.randint(10, (32,))) for _ in range(2))
    assert nn.functional.softplus(fake - real).mean() < 2 * math.log(2)


@pytest.mark.parametrize(
    ("family", "net", "condition"),
    [
        *[(f, "generator", "embedding") for f in FAMILIES],
        *[(f, "generator", "norm") for f in ("dcgan", "resnet")],
        *[(f, "discriminator", "embedding") for f in ("mlp", "dcgan")],
        *[(f, "discriminator", "projection") for f in FAMILIES],
    ],
)
def test_the_class_matters_where_it_is_asked_for(family, net, condition):
    torch.manual_seed(0)
    module = parts.find("nets", f"{family}_{net}")(16, 1, 3, condition=condition, **SMALL[family])
    for embedding in [m for m in module.modules() if isinstance(m, nn.Embedding)]:
        nn.init.normal_(embedding.weight)
    x = torch.randn(2, module.latent) if net == "generator" else torch.randn(2, 1, 16, 16)
    first, second = module(x, torch.tensor([0, 0])), module(x, torch.tensor([1, 2]))
    assert not torch.allclose(first, second)


def test_unknown_norms_and_conditions_are_named():
    with pytest.raises(UserError, match="unknown norm 'bach'; did you mean 'batch'"):
        nets.dcgan_generator(16, 1, 0, norm="bach")
    with pytest.raises(UserError, match="unknown condition 'label'"):
        nets.dcgan_generator(16, 1, 3, condition="label")


@pytest.mark.parametrize("layer", [nn.Conv2d(3, 8, 3), nn.Linear(6, 4), nn.Embedding(5, 7)])
def test_spectral_norm_divides_by_the_largest_singular_value(layer):
    sigma = torch.linalg.matrix_norm(layer.weight.detach().flatten(1), 2)
    expected = layer.weight.detach() / sigma
    spectral(layer)
    for _ in range(200):
        weight = layer.weight
    torch.testing.assert_close(weight.detach(), expected, atol=1e-4, rtol=1e-3)
    layer.eval()
    u = layer.parametrizations.weight[0].u.clone()
    assert torch.equal(layer.weight, layer.weight)
    assert torch.equal(layer.parametrizations.weight[0].u, u)  # evaluation does not iterate


def test_conditional_norm_starts_as_the_plain_one():
    x, label = torch.randn(4, 6, 3, 3), torch.tensor([0, 1, 0, 1])
    conditional = ConditionalNorm("batch", 6, 2)
    torch.testing.assert_close(conditional(x, label), nn.BatchNorm2d(6)(x))


def channels_last(x):
    return x.contiguous(memory_format=torch.channels_last)


def channels_last_with_a_free_stride(x):
    """As the gradient of a gather over places: the stride over images is any number where there is one image."""
    n, c, h, w = x.shape
    return channels_last(x).clone().as_strided(x.shape, (c if n == 1 else c * h * w, 1, w * c, c))


@pytest.mark.parametrize("name", NORMS)
@pytest.mark.parametrize("n", [1, 3])
def test_a_norm_has_the_same_gradients_in_any_memory_layout(name, n):
    """Torch's instance and batch norm have not, for one image."""
    torch.manual_seed(0)
    layer = norm(name, 6)
    x, g = torch.randn(n, 6, 8, 8), torch.randn(n, 6, 8, 8)
    layouts = [torch.Tensor.contiguous, channels_last]
    if name != "batch":  # torch's own; the trainer never shows it such an image
        layouts.append(channels_last_with_a_free_stride)
    found = []
    for lay_x in layouts:
        for lay_g in layouts:
            leaf = lay_x(x).requires_grad_()
            y = layer(leaf)
            found.append([y, *torch.autograd.grad(y, [leaf, *layer.parameters()], lay_g(g))])
    for others in found[1:]:
        for a, b in zip(found[0], others, strict=True):
            torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-4)


def test_a_residual_translator_begins_with_its_input_and_learns_a_change():
    torch.manual_seed(0)
    G = nets.resnet_translator(32, 3, 0, width=4, blocks=2, residual=True)
    x = torch.rand(1, 3, 32, 32) * 2 - 1
    torch.testing.assert_close(G(x), x, rtol=0, atol=0)
    G(x).square().mean().backward()
    with torch.no_grad():
        for p in G.parameters():
            p -= 0.01 * p.grad
    assert G(x).square().mean() < x.square().mean()
