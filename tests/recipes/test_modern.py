"""What recipes after 2018 need: numbers that follow progress, penalties on scores, top-k, attention, R3GAN, FastGAN."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

import elegan
from elegan import nets
from elegan.core import ramp, rng
from elegan.core.errors import UserError
from elegan.games.critic import BatchCritic
from elegan.games.game import Shape
from elegan.games.generate import best
from elegan.losses import adversarial, penalties, regularizers
from elegan.nets.attention import SelfAttention, level_of
from elegan.nets.blurpool import BlurPool, Upsample
from elegan.nets.fastgan import _quarter
from elegan.nets.norms import AdaptiveNorm
from elegan.nets.r3gan import Block
from elegan.recipes import find_recipe
from elegan.recipes.recipe import Recipe
from elegan.run import build_game
from elegan.training.assembly import make_trainer
from elegan.training.plan import plan_for
from tensors import tensors_of

SMALL = ["nets.generator.width=8", "nets.discriminator.width=8", "batch=8", "watch.log=1", "watch.every=2",
         "watch.images=64", "watch.keep=9"]  # fmt: skip
RAMPS = ["losses.r1=r1", "losses.r1.weight=[2.0,0.2]", "ema=[0.0,0.5,0.5]", "task.top_k=[1.0,0.5]",
         "optimizers.discriminator.betas=[0.0,[0.9,0.99]]"]  # fmt: skip
finite = st.floats(-1e3, 1e3)


@given(finite, finite, st.floats(0.01, 1), st.floats(0, 1))
def test_a_ramp_goes_from_start_to_end_by_half_a_cosine_and_stays(start, end, until, t):
    number = ramp.Ramp(start, end, until)
    assert number.at(0) == start
    assert number.at(until) == pytest.approx(end)
    assert number.at(max(t, until)) == pytest.approx(end)
    assert number.at(until / 2) == pytest.approx((start + end) / 2)
    assert min(start, end) - 1e-9 <= number.at(t) <= max(start, end) + 1e-9


def test_now_reaches_into_options_and_leaves_the_rest():
    options = {"betas": (0.0, ramp.Ramp(0.9, 0.99)), "name": "x", "pair": (1, 2)}
    assert ramp.now(options) == {"betas": (0.0, 0.9), "name": "x", "pair": (1, 2)}
    with ramp.progress(1.0):
        assert ramp.now(options)["betas"] == (0.0, pytest.approx(0.99))
    assert ramp.now(ramp.Ramp(3, 4)) == 3


def test_a_recipe_with_ramps_survives_its_file(tmp_path):
    recipe = find_recipe("dcgan").override(RAMPS)
    (tmp_path / "mine.toml").write_text(recipe.to_toml())
    again = Recipe.from_toml(tmp_path / "mine.toml")
    assert again.full() == recipe.full()
    assert again.full()["losses"]["r1"]["weight"] == ramp.Ramp(2.0, 0.2)
    assert again.ema == ramp.Ramp(0.0, 0.5, 0.5)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("losses.r1.weight=heavy", "losses.r1.weight = 'heavy': input should be a number, or [start, end]"),
        ("losses.r1.weight=[1,2,3]", "until in (0, 1]"),
        ("losses.r1.weight=[1]", "input should be [start, end]"),
        ("losses.r1.every=0", "losses.r1.every = 0"),
        ("ema=1", "ema = 1: input should be at least 0 and less than 1"),
        ("ema=[0.5,1.5]", "input should be at least 0 and less than 1"),
        ("optimizers.generator.lr=[1e-4,1e-5]", "optimizers.generator.lr"),
    ],
)
def test_what_is_no_number_is_named(setting, message):
    with pytest.raises(UserError) as caught:
        find_recipe("dcgan").override(["losses.r1=r1", setting])
    assert message in str(caught.value)


def test_the_trainer_lets_weights_moments_and_averages_follow_progress(tmp_path):
    trainer = make_trainer(plan_for("digits", "dcgan", settings=[*SMALL, *RAMPS], out=tmp_path))
    first, last = trainer.play(0, t=0.0), trainer.play(0, t=1 - 1e-9)
    assert trainer.optimizers["discriminator"].param_groups[0]["betas"] == (0.0, pytest.approx(0.99))
    assert trainer.optimizers["generator"].param_groups[0]["betas"] == (0.5, 0.999)
    assert first["discriminator/r1"] > 0
    with ramp.progress(0.5):
        half = ramp.now(trainer.average.decay)
    assert half == pytest.approx(0.5)
    assert last.keys() == first.keys()


def test_the_weight_of_a_penalty_is_its_value_at_this_progress():
    game = build_game(
        find_recipe("dcgan").override([*SMALL, "losses.r1=r1", "losses.r1.weight=[2.0,0.5]"]), Shape(8, 1, 0)
    )
    game.nets.eval()
    batch = _batch()
    values = []
    for t in (0.0, 0.5, 1.0):
        with ramp.progress(t), rng.drawing(0, total=4, rows=range(4)):
            values.append(game.turns[0].loss(game.nets, batch)["r1"].item())
    assert values[1] / values[0] == pytest.approx(1.25 / 2, rel=1e-4)
    assert values[2] / values[0] == pytest.approx(0.25, rel=1e-4)


def _batch(n: int = 4, label=None):
    from elegan.data.feed import Batch

    return Batch(torch.randn(n, 1, 8, 8, generator=torch.Generator().manual_seed(0)).tanh(), label)


def test_everything_that_follows_progress_or_remembers_resumes_exactly(tmp_path):
    settings = [*SMALL, *RAMPS, "losses.lecam=lecam", "losses.consistency=consistency", "task.augment=color"]

    def train(name: str):
        return elegan.train("digits", "dcgan", settings=settings, steps=4, out=tmp_path, name=name, quiet=True)

    whole = train("whole")
    train("parts")
    (tmp_path / "parts" / "checkpoints" / "00000004.safetensors").unlink()
    a, b = tensors_of(whole.checkpoint(4)), tensors_of(train("parts").checkpoint(4))
    assert a.keys() == b.keys()
    assert all(np.array_equal(a[key], b[key]) for key in a)
    assert a["nets/losses_lecam.anchors.mean"].all()
    log = [(tmp_path / name / "log.jsonl").read_bytes() for name in ("whole", "parts")]
    assert log[0] == log[1]


def linear(w: torch.Tensor):
    return lambda x: x.flatten(1) @ w


def test_r1_and_r2_are_the_gradients_of_their_own_images():
    torch.manual_seed(0)
    D = nn.Sequential(nn.Flatten(), nn.Linear(12, 7), nn.Softplus(), nn.Linear(7, 1), nn.Flatten(0))
    for penalty, index in ((penalties.r1, 0), (penalties.r2, 1)):
        pair = torch.randn(2, 5, 3, 2, 2)
        expected = sum(
            torch.autograd.functional.jacobian(lambda x: D(x[None])[0], x).square().sum() / 2 for x in pair[index]
        )
        torch.testing.assert_close(penalty(D, *pair), expected / 5)


@given(st.integers(0, 1000))
def test_consistency_is_zero_where_the_critic_does_not_see_the_change(seed):
    torch.manual_seed(seed)
    real, fake = torch.randn(2, 3, 2, 8, 8)
    assert regularizers.consistency(lambda x: x.new_ones(len(x)), real, fake) == 0
    without_shift = regularizers.consistency(lambda x: x.sum((1, 2, 3)), real, fake, shifts=0.0)
    assert without_shift == pytest.approx(0, abs=1e-6)  # a sum does not see a mirror


def test_consistency_is_the_squared_difference_of_scores():
    real, fake = torch.randn(2, 6, 1, 8, 8)
    left = lambda x: x[..., :4].sum((1, 2, 3))  # noqa: E731
    with rng.drawing(1, total=6, rows=range(6)):
        value = regularizers.consistency(left, real, fake, shifts=0.0, lambda_real=3.0, lambda_fake=0.0)
    with rng.drawing(1, total=6, rows=range(6)):
        mirrored = rng.uniform(6, 1, 1, 1).flatten() < 0.5
    change = torch.where(mirrored, left(real.flip(3)) - left(real), 0.0)
    assert mirrored.any()
    torch.testing.assert_close(value, 3 * change.square().mean())


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=5), st.floats(0, 0.999))
def test_lecam_follows_the_scores_and_draws_each_to_the_others_anchor(values, decay):
    memory, D = regularizers.lecam(decay=decay), lambda x: x.flatten(1).mean(1)
    real_anchor = fake_anchor = 0.0
    for move, value in enumerate(values, 1):
        real, fake = torch.full((2, 1, 2, 2), value), torch.full((2, 1, 2, 2), 1 - value)
        expected = (value - fake_anchor) ** 2 + (1 - value - real_anchor) ** 2
        assert memory(D, real, fake).item() == pytest.approx(expected, rel=1e-4, abs=1e-5)
        memory.anchors.settle(lambda sums: sums)
        rate = max(1 / move, 1 - decay)
        real_anchor += rate * (value - real_anchor)
        fake_anchor += rate * (1 - value - fake_anchor)


@given(st.lists(st.integers(-50, 50).map(float), min_size=1, max_size=9, unique=True), st.floats(0.01, 1))
def test_top_k_keeps_the_best_rows_with_their_partners(values, share):
    fake = torch.tensor(values)
    real = fake + 100
    kept_real, kept = best(real, fake, share)
    assert len(kept) == max(1, math.ceil(share * len(values)))
    assert set(kept.tolist()) == set(sorted(fake.tolist())[-len(kept) :])
    assert torch.equal(kept_real, kept + 100)
    patches = torch.stack([fake, fake - 1], 1)
    assert torch.equal(best(patches, patches, share)[1][:, 0], kept)


def test_the_critic_of_a_batch_scores_a_picture_once():
    calls = []
    critic = BatchCritic(lambda x, label: calls.append(label) or x.sum((1, 2, 3)), torch.tensor([1]))
    x = torch.randn(1, 1, 2, 2)
    assert critic(x) is critic(x)
    critic(x.clone())
    assert len(calls) == 2


@pytest.mark.parametrize("precision", [None, torch.bfloat16])
def test_a_penalty_that_comes_first_shares_its_scores_at_the_same_precision(precision):
    D, x, calls = nets.dcgan_discriminator(8, 1, 0, width=4, norm="none"), torch.randn(3, 1, 8, 8), []
    critic = BatchCritic(lambda x, label: calls.append(x) or D(x), None)
    with torch.autocast("cpu", precision, enabled=precision is not None):
        penalty = penalties.r1(critic, x, x)
        loss = critic(x).float().mean()
    assert len(calls) == (1 if precision is None else 2)
    both = torch.autograd.grad(penalty + loss, list(D.parameters()))
    apart = torch.autograd.grad(penalties.r1(D, x, x) + D(x).mean(), list(D.parameters()))
    tolerance = {} if precision is None else {"atol": 1e-2, "rtol": 2e-2}
    torch.testing.assert_close(both, apart, **tolerance)


def test_the_overlap_of_filters_is_the_papers():
    G = nn.Sequential(nn.Conv2d(2, 3, 2), nn.Flatten(), nn.Linear(5, 4), nn.Embedding(7, 5))
    overlap = 0.0
    for W in (G[0].weight.flatten(1), G[2].weight):
        gram = W @ W.T
        overlap += ((gram * (1 - torch.eye(len(gram)))) ** 2).sum()
    torch.testing.assert_close(regularizers.orthogonal(G, torch.zeros(0), None), overlap)
    nn.init.orthogonal_(G[0].weight)
    nn.init.orthogonal_(G[2].weight)
    assert regularizers.orthogonal(G, torch.zeros(0), None).item() == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("name", ["consistency", "lecam"])
@pytest.mark.parametrize("recipe", ["gan", "wgan-gp", "projection"])
def test_a_penalty_on_scores_joins_any_recipe_by_one_setting(recipe, name):
    small = ["nets.generator.widths=[8]", "nets.discriminator.widths=[8]"] if recipe == "gan" else SMALL[:2]
    game = build_game(find_recipe(recipe).override([*small, f"losses.{name}={name}"]), Shape(8, 1, 3))
    with rng.drawing(0, total=4, rows=range(4)):
        terms = game.turns[0].loss(game.nets, _batch(label=torch.tensor([0, 1, 2, 0])))
    assert terms[name] > 0
    assert terms[name].requires_grad


def test_what_is_no_penalty_has_no_place():
    with pytest.raises(UserError, match=r"losses\.second = 'hinge' is a function of nothing and has no place"):
        build_game(find_recipe("dcgan").override([*SMALL, "losses.second=hinge"]), Shape(8, 1, 0))
    game = build_game(find_recipe("dcgan").override([*SMALL, "losses.reconstruction=reconstruction"]), Shape(8, 1, 0))
    with pytest.raises(UserError, match="needs a discriminator that reconstructs"):
        game.turns[0].loss(game.nets, _batch())


def test_soft_margins_lie_below_the_hard_ones():
    score = torch.zeros(50)
    with rng.drawing(0, total=50, rows=range(50)):
        soft = adversarial.hinge(soft=0.2).discriminator(score, score)
    assert 1.6 < soft < 2  # two margins of .8 to 1
    assert soft == pytest.approx(1.8, abs=0.05)


def test_doubling_and_halving_keep_a_flat_picture_and_move_nothing_to_a_side():
    flat, x, y = torch.ones(1, 3, 8, 8), torch.randn(2, 3, 6, 6), torch.randn(2, 3, 12, 12)
    up, down = Upsample(), BlurPool(3, padding=1, stride=2)
    torch.testing.assert_close(up(flat), torch.ones(1, 3, 16, 16))
    torch.testing.assert_close(down(flat)[..., 1:-1, 1:-1], torch.ones(1, 3, 2, 2))
    for smooth, picture in ((up, x), (down, y)):
        torch.testing.assert_close(smooth(picture.flip(3)), smooth(picture).flip(3))
        torch.testing.assert_close(smooth(picture.flip(2)), smooth(picture).flip(2))
    # Each is the transpose of the other but for the factor 4, away from the edge.
    x, y = (nn.functional.pad(t[..., 1:-1, 1:-1], [1] * 4) for t in (x, y))
    torch.testing.assert_close((up(x) * y).sum(), 4 * (x * down(y)).sum(), rtol=1e-3, atol=1e-3)


def test_r3gan_begins_as_bright_at_one_edge_as_at_the_other_and_looks_at_both_alike():
    """With [1, 2, 1] the first column had over five times the deviation of the last."""
    made, slope = 0.0, 0.0
    for seed in range(8):
        torch.manual_seed(seed)
        made = made + nets.r3gan_generator(32, 3, 0, width=16)(torch.randn(32, 64)).square().mean((0, 1)).detach()
        x = torch.randn(8, 3, 32, 32, requires_grad=True)
        score = nets.r3gan_discriminator(32, 3, 0, width=16)(x).sum()
        slope = slope + torch.autograd.grad(score, x)[0].square().mean((0, 1))
    for power in (made, slope):
        for along in (0, 1):
            side = power.mean(along).sqrt()
            first, last = side[:4].mean(), side[-4:].mean()
            assert 0.7 < first / last < 1.4
    assert 0.8 < made[:, 0].mean().sqrt() / made[:, 8:24].mean().sqrt() < 1.25


def test_a_block_starts_as_its_skip_and_its_branch_as_it_should_be_scaled():
    torch.manual_seed(0)
    block, x = Block(64, depth=16), torch.randn(8, 64, 4, 4)
    assert torch.equal(block(x), x)
    h = block.widen(x)
    assert h.std().item() == pytest.approx(math.sqrt(2 / 1.04) / 2, rel=0.1)  # 16^(-1/4) is a half


def test_attention_starts_as_nothing_and_is_the_written_sum():
    torch.manual_seed(0)
    layer, x = SelfAttention(8).double(), torch.randn(2, 8, 1, 3, dtype=torch.double)
    assert torch.equal(layer(x), x)
    layer.gamma.data.fill_(0.7)
    f, g, h = (conv(x)[:, :, 0] for conv in (layer.f, layer.g, layer.h))  # one row is not pooled
    for n, i in ((0, 0), (1, 2)):
        weights = torch.stack([(f[n, :, i] * g[n, :, j]).sum().exp() for j in range(3)])
        seen = sum(w * h[n, :, j] for j, w in enumerate(weights / weights.sum()))
        made = x[n, :, 0, i] + 0.7 * layer.v(seen[None, :, None, None])[0, :, 0, 0]
        torch.testing.assert_close(layer(x)[n, :, 0, i], made)


@pytest.mark.parametrize(("sizes", "attention", "level"), [([8, 16, 32, 64], 32, 2), ([4, 8], 32, 1), ([8], 0, None)])
def test_attention_stands_at_the_largest_level_allowed(sizes, attention, level):
    assert level_of(sizes, attention) == level


def test_adaptive_norm_scales_and_shifts_linearly_in_its_vector():
    layer, x, v = AdaptiveNorm("instance", 4, 3), torch.randn(2, 4, 5, 5), torch.randn(2, 3)
    plain = layer(x, torch.zeros(2, 3))
    torch.testing.assert_close(plain.mean((2, 3)), torch.zeros(2, 4), atol=1e-5, rtol=0)
    torch.testing.assert_close(layer(x, v).mean((2, 3)), layer.shift(v), atol=1e-5, rtol=1e-4)


PAIRS = {
    "r3gan": (nets.r3gan_generator, nets.r3gan_discriminator, {"width": 16, "blocks": 1}),
    "fastgan": (nets.fastgan_generator, nets.fastgan_discriminator, {"width": 4}),
    "progressive": (nets.progressive_generator, nets.progressive_discriminator, {"width": 8}),
    "resnet": (nets.resnet_generator, nets.resnet_discriminator, {"width": 16, "attention": 16, "spectral_norm": True}),
    "biggan": (nets.biggan_generator, nets.resnet_discriminator, {"width": 16, "attention": 16}),
}


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("resolution", [8, 17, 28, 32, 64, 100])
def test_pairs_of_any_resolution(name, resolution):
    generator, discriminator, options = PAIRS[name]
    G, D = generator(resolution, 3, 0, latent=12, **options), discriminator(resolution, 3, 0, **options)
    x = G(torch.randn(2, 12))
    assert x.shape == (2, 3, resolution, resolution)
    assert x.abs().max() <= 1
    score = D(x)
    assert len(score) == 2
    assert score.isfinite().all()
    assert score.ndim == (2 if name == "fastgan" else 1)


@pytest.mark.parametrize(
    ("build", "condition"),
    [
        (nets.r3gan_generator, "embedding"),
        (nets.r3gan_discriminator, "projection"),
        (nets.biggan_generator, "norm"),
        (nets.resnet_discriminator, "projection"),
    ],
)
def test_the_class_matters_where_it_is_asked_for(build, condition):
    torch.manual_seed(0)
    module = build(16, 1, 3, condition=condition, width=16)
    x = torch.randn(2, module.latent) if hasattr(module, "latent") else torch.randn(2, 1, 16, 16)
    assert not torch.allclose(module(x, torch.tensor([0, 0])), module(x, torch.tensor([1, 2])))
    with pytest.raises(UserError, match="needs labelled data"):
        build(16, 1, 0, condition=condition)


def test_every_piece_of_biggans_latent_matters():
    torch.manual_seed(0)
    G = nets.biggan_generator(32, 1, 0, latent=18, width=16).eval()
    assert sum(G.pieces) == 18
    z = torch.randn(1, 18, requires_grad=True)
    (gradient,) = torch.autograd.grad(G(z).square().sum(), z)
    assert (gradient != 0).all()


@pytest.mark.parametrize("resolution", [8, 28, 64, 100])
def test_fastgans_discriminator_gives_pictures_beside_what_they_should_be(resolution):
    D = nets.fastgan_discriminator(resolution, 3, 0, width=4)
    x = torch.rand(3, 3, resolution, resolution)
    pairs = D.reconstruct(x)
    assert len(pairs) == (1 if resolution < 16 else 2)
    assert all(made.shape == wanted.shape for made, wanted in pairs)
    torch.testing.assert_close(pairs[0][1].mean(), x.mean(), atol=0.02, rtol=0)
    loss = regularizers.reconstruction(BatchCritic(D, None), x, x)
    (gradient,) = torch.autograd.grad(loss, [D.extract[0].parametrizations.weight.original])
    assert gradient.abs().sum() > 0


def test_fastgan_has_its_authors_blocks():
    """Two convolutions with noise at every other size from 8 pixels, one without in between, spectral norm on all."""
    G, D = nets.fastgan_generator(256, 3, 0, width=4), nets.fastgan_discriminator(64, 3, 0, width=4)
    assert [len(up.convs) for up in G.ups] == [2, 1, 2, 1, 2, 1]
    assert [[noise.fixed.shape[-1] for noise in up.noises] for up in G.ups] == [
        [8, 8],
        [],
        [32, 32],
        [],
        [128, 128],
        [],
    ]
    assert [tuple(skip.see[1].weight.shape[1::-1]) for skip in G.skips] == [(64, 8), (32, 8), (16, 8)]
    for net in (G, D):
        layers = [layer for layer in net.modules() if isinstance(layer, nn.Conv2d | nn.Linear)]
        assert all(hasattr(layer, "parametrizations") for layer in layers)


def test_fastgans_noise_is_new_in_training_and_the_same_in_evaluation():
    torch.manual_seed(0)
    G, z = nets.fastgan_generator(16, 3, 0, width=4, norm="none"), torch.randn(1, 256).expand(6, -1)

    def drawn(rows: range) -> torch.Tensor:
        with rng.drawing(0, total=6, rows=rows), torch.no_grad():
            return G(z[rows.start : rows.stop])

    without = drawn(range(6))
    torch.testing.assert_close(
        without[1:], without[:1].expand(5, -1, -1, -1), atol=1e-5, rtol=1e-4
    )  # strength starts at zero
    for up in G.ups:
        for noise in up.noises:
            noise.strength.data.fill_(1.0)
    for _ in range(20):  # until the power iterations stand still
        drawn(range(6))
    whole = drawn(range(6))
    assert (whole[1:] - whole[0]).abs().amax((1, 2, 3)).min() > 1e-3
    torch.testing.assert_close(torch.cat([drawn(range(2)), drawn(range(2, 6))]), whole, atol=1e-3, rtol=1e-3)
    G.eval()
    assert torch.equal(G(z[:1]), G(z[:1]))
    torch.testing.assert_close(G(z[:2])[0], G(z[:2])[1])


def test_a_quarter_of_a_picture_is_the_same_quarter_of_its_features():
    x = torch.arange(16.0).view(1, 1, 4, 4).expand(4, -1, -1, -1)
    corner = torch.tensor([[True, True], [True, False], [False, True], [False, False]])
    quarters = _quarter(x, corner)[:, 0, 0, 0].tolist()
    assert quarters == [0, 2, 8, 10]


@pytest.mark.parametrize(
    ("t", "level"), [(0, 0), (0.1, 0), (0.15, 0.5), (0.2, 1), (0.3, 1), (0.35, 1.5), (0.6, 3), (1, 3)]
)
def test_levels_are_held_and_faded_in_until_all_are_there(t, level):
    G = nets.progressive_generator(32, 1, 0, latent=4, width=8)
    z = torch.randn(1, 4)
    with ramp.progress(t):
        x = G(z)
    assert G.level.item() == pytest.approx(level, abs=1e-6)
    torch.testing.assert_close(G.eval()(z), x)  # afterwards the level is part of the state
    step = 2 ** (3 - math.ceil(level))
    assert torch.equal(x, x[..., ::step, ::step].repeat_interleave(step, 2).repeat_interleave(step, 3))


@pytest.mark.parametrize("name", ["generator", "discriminator"])
def test_growing_changes_nothing_at_once(name):
    torch.manual_seed(0)
    build = getattr(nets, f"progressive_{name}")
    module = build(32, 1, 0, latent=4, width=8) if name == "generator" else build(32, 1, 0, width=8)
    x = torch.randn(2, 4) if name == "generator" else torch.randn(2, 1, 32, 32)
    module.eval()
    for level in (1.0, 2.0):
        outs = []
        for here in (level - 1e-4, level, level + 1e-4, level + 0.5):
            module.level.fill_(here)
            outs.append(module(x))
        torch.testing.assert_close(outs[0], outs[1], atol=2e-3, rtol=1e-3)
        torch.testing.assert_close(outs[2], outs[1], atol=2e-3, rtol=1e-3)
        assert (outs[3] - outs[1]).abs().max() > 1e-2


def test_drift_is_the_mean_square_of_real_scores():
    real, fake = torch.randn(2, 4, 1, 2, 2)
    torch.testing.assert_close(
        regularizers.drift(lambda x: x[:, 0, 0, 0], real, fake), real[:, 0, 0, 0].square().mean()
    )
