"""Losses and penalties against closed forms and finite differences."""

import math
from contextlib import nullcontext

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from elegan.core import rng
from elegan.losses import adversarial, penalties
from elegan.losses.double_backward import TwiceDifferentiable

scores = st.lists(st.floats(-8, 8), min_size=1, max_size=6).map(lambda v: torch.tensor(v, dtype=torch.float64))


def sigmoid(x):
    return 1 / (1 + torch.exp(-x))


@given(scores, scores)
def test_the_2014_pair_is_the_log_likelihood(real, fake):
    D = -(sigmoid(real).log().mean() + (1 - sigmoid(fake)).log().mean())
    torch.testing.assert_close(adversarial.non_saturating().discriminator(real, fake), D)
    torch.testing.assert_close(adversarial.minimax().discriminator(real, fake), D)
    torch.testing.assert_close(adversarial.non_saturating().generator(real, fake), -sigmoid(fake).log().mean())
    torch.testing.assert_close(adversarial.minimax().generator(real, fake), (1 - sigmoid(fake)).log().mean())


@given(scores, scores, st.floats(-2, 2), st.floats(-2, 2), st.floats(-2, 2))
def test_least_squares_draws_to_its_targets(real, fake, a, b, c):
    loss = adversarial.least_squares(a=a, b=b, c=c)
    expected = ((real - b) ** 2).mean() / 2 + ((fake - a) ** 2).mean() / 2
    torch.testing.assert_close(loss.discriminator(real, fake), expected)
    torch.testing.assert_close(loss.generator(real, fake), ((fake - c) ** 2).mean() / 2)


@given(scores, scores)
def test_wasserstein_and_hinge(real, fake):
    torch.testing.assert_close(adversarial.wasserstein().discriminator(real, fake), fake.mean() - real.mean())
    hinge = adversarial.hinge().discriminator(real, fake)
    expected = sum(max(0, 1 - x) for x in real) / len(real) + sum(max(0, 1 + x) for x in fake) / len(fake)
    torch.testing.assert_close(hinge, torch.as_tensor(expected, dtype=torch.float64))
    for loss in (adversarial.wasserstein(), adversarial.hinge()):
        torch.testing.assert_close(loss.generator(real, fake), -fake.mean())


@given(scores)
def test_relativistic_sees_only_differences(real):
    fake = real.flip(0)
    loss = adversarial.relativistic()
    torch.testing.assert_close(loss.discriminator(real, fake), loss.discriminator(real + 3, fake + 3))
    torch.testing.assert_close(loss.discriminator(real, real), torch.tensor(math.log(2), dtype=torch.float64))
    torch.testing.assert_close(loss.generator(real, fake), loss.discriminator(fake, real))


@pytest.mark.parametrize(
    "name",
    ["non_saturating", "minimax", "least_squares", "wasserstein", "hinge", "relativistic", "relativistic_average"],
)
def test_descending_the_losses_moves_scores_the_right_way(name):
    loss = getattr(adversarial, name)()
    real, fake = torch.tensor([0.3], requires_grad=True), torch.tensor([0.2], requires_grad=True)
    d_real, d_fake = torch.autograd.grad(loss.discriminator(real, fake), [real, fake])
    assert d_real < 0 < d_fake  # D raises real scores and lowers fake ones
    (g_fake,) = torch.autograd.grad(loss.generator(real, fake), [fake])
    assert g_fake < 0


def linear_critic(w):
    return lambda x: x.flatten(1) @ w


@given(st.integers(0, 1000))
def test_penalties_of_a_linear_critic_have_a_closed_form(seed):
    torch.manual_seed(seed)
    w = torch.randn(12)
    real, fake = torch.randn(2, 3, 3, 2, 2)
    D, norm = linear_critic(w), w.norm()
    torch.testing.assert_close(penalties.gradient_penalty(D, real, fake), (norm - 1) ** 2)
    torch.testing.assert_close(
        penalties.gradient_penalty(D, real, fake, one_sided=True, target=10.0), (norm - 10).clamp(min=0) ** 2
    )
    torch.testing.assert_close(penalties.dragan_penalty(D, real, fake), (norm - 1) ** 2)
    torch.testing.assert_close(penalties.r1(D, real, fake), norm**2 / 2)
    torch.testing.assert_close(penalties.r2(D, real, fake), norm**2 / 2)


@pytest.mark.parametrize("name", ["gradient_penalty", "dragan_penalty", "r1", "r2"])
def test_a_penalty_reaches_the_weights_as_finite_differences_say(name):
    torch.manual_seed(0)
    D = nn.Sequential(nn.Flatten(), nn.Linear(8, 5), nn.Tanh(), nn.Linear(5, 1))
    real, fake = torch.randn(2, 4, 2, 2, 2)

    def value() -> torch.Tensor:
        with rng.drawing(1, total=4, rows=range(4)):
            return getattr(penalties, name)(lambda x: D(x).squeeze(1), real, fake)

    weight = D[1].weight
    (gradient,) = torch.autograd.grad(value(), [weight])
    direction = torch.randn_like(weight)
    h = 2e-3
    weight.data += h * direction
    up = value().item()
    weight.data -= 2 * h * direction
    down = value().item()
    assert (gradient * direction).sum().item() == pytest.approx((up - down) / (2 * h), rel=2e-2)


def test_convolutions_differentiated_twice_have_torchs_gradients():
    torch.manual_seed(0)
    D = nn.Sequential(
        nn.Conv2d(3, 4, 4, 2, 1),
        nn.LeakyReLU(0.2, inplace=True),
        nn.Conv2d(4, 6, 3, stride=(2, 1), padding=(2, 0), groups=2, bias=False),
        nn.Tanh(),
        nn.ConvTranspose2d(6, 4, 3, stride=2, output_padding=1, groups=2),
        nn.Tanh(),
        nn.Conv2d(4, 2, 3, dilation=2, padding="same"),
        nn.Tanh(),
        nn.Conv2d(2, 2, 1),
    ).double()
    x = torch.randn(2, 3, 11, 10, dtype=torch.float64, requires_grad=True)

    def gradients(context) -> tuple[torch.Tensor, ...]:
        with context:
            y = D(x).tanh()
        (g,) = torch.autograd.grad(y.sum(), x, create_graph=True)
        return torch.autograd.grad(g.square().sum() + y.square().sum(), [x, *D.parameters()], allow_unused=True)

    for found, wanted in zip(gradients(TwiceDifferentiable()), gradients(nullcontext()), strict=True):
        torch.testing.assert_close(found, wanted)


def test_penalties_are_float32_under_autocast():
    D = nn.Linear(4, 1)
    x = torch.randn(3, 1, 2, 2)
    exact = penalties.r1(lambda x: D(x.flatten(1)), x, x)
    with torch.autocast("cpu", torch.bfloat16):
        assert penalties.r1(lambda x: D(x.flatten(1)), x, x) == exact
