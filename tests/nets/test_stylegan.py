"""StyleGAN2: its layers against plain forms, its regularisers against formulas, truncation, export."""

import copy
import math

import pytest
import torch
from torch import nn
from torch.nn.functional import conv2d, conv_transpose2d, interpolate

from elegan import nets
from elegan.core import ramp, rng
from elegan.core.errors import UserError
from elegan.core.statistics import RunningMean
from elegan.games.abilities import Generates
from elegan.games.game import Shape
from elegan.games.inference import paint
from elegan.losses import penalties
from elegan.nets.adain import AdaIN
from elegan.nets.blurpool import BlurPool
from elegan.nets.equalized import EqualizedLinear
from elegan.nets.modulated import MinibatchStdDev, ModulatedConv
from elegan.recipes import find_recipe
from elegan.run import build_game
from elegan.training import optimizers
from elegan.training.engine import Engine
from elegan.training.trainer import Trainer

SMALL = ["nets.generator.width=4", "nets.generator.latent=6", "nets.discriminator.width=4"]
CONDITIONAL = ["nets.generator.condition=embedding", "nets.discriminator.condition=projection"]


def generator(resolution=8, channels=1, classes=0, **options) -> nn.Module:
    torch.manual_seed(0)
    return nets.stylegan2_generator(resolution, channels, classes, latent=6, width=2, **options)


@pytest.mark.parametrize("demodulate", [True, False])
@pytest.mark.parametrize(("kernel", "up"), [(1, False), (3, False), (3, True)])
def test_modulation_is_a_convolution_with_weights_of_each_image(kernel, up, demodulate):
    torch.manual_seed(0)
    layer = ModulatedConv(5, 7, kernel, 6, up, demodulate)
    x, w = torch.randn(3, 5, 4, 4, requires_grad=True), torch.randn(3, 6, requires_grad=True)

    def grouped() -> torch.Tensor:
        weight = layer.weight / math.sqrt(5 * kernel**2) * layer.style(w)[:, None, :, None, None]
        if demodulate:
            weight = weight / (weight.square().sum((2, 3, 4), keepdim=True) + 1e-8).sqrt()
        together = x.reshape(1, 15, 4, 4)
        if up:
            y = conv_transpose2d(together, weight.transpose(1, 2).flatten(0, 1), stride=2, groups=3)
            return layer.blur(y.unflatten(1, (3, 7))[0])
        return conv2d(together, weight.flatten(0, 1), padding=kernel // 2, groups=3).unflatten(1, (3, 7))[0]

    y, expected, wanted = layer(x, w), grouped(), [x, w, *layer.parameters()]
    assert y.shape == (3, 7, 8, 8) if up else (3, 7, 4, 4)
    torch.testing.assert_close(y, expected, atol=1e-5, rtol=1e-4)
    g = torch.randn_like(y)
    for a, b in zip(torch.autograd.grad(y, wanted, g), torch.autograd.grad(expected, wanted, g), strict=True):
        torch.testing.assert_close(a, b, atol=1e-4, rtol=1e-4)


def test_demodulation_gives_unit_variance():
    torch.manual_seed(0)
    layer = ModulatedConv(64, 64, 3, 6)
    assert layer(torch.randn(4, 64, 16, 16), 5 * torch.randn(4, 6)).std().item() == pytest.approx(1, abs=0.15)


def test_the_filter_doubles_as_bilinear_interpolation_does():
    x = torch.randn(2, 3, 6, 6)
    zeros = torch.zeros(2, 3, 13, 13)
    zeros[..., ::2, ::2] = nn.functional.pad(x, (0, 1, 0, 1))
    doubled = BlurPool(3, padding=2, gain=4.0)(zeros)[..., :12, :12]
    expected = interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
    torch.testing.assert_close(doubled[..., 1:11, 1:11], expected[..., 1:11, 1:11])


@pytest.mark.parametrize("rate", [1.0, 0.01])
def test_an_equalised_layer_starts_alike_and_learns_at_its_rate(rate):
    torch.manual_seed(0)
    layer, x = EqualizedLinear(256, 200, bias=1.0, rate=rate), torch.randn(100, 256)
    before = layer(x).detach()
    assert (before - 1).std().item() == pytest.approx(1, abs=0.05)
    step = optimizers.adam(layer.parameters(), lr=1e-3)
    layer(x).square().mean().backward()
    step.step()
    # Adam moves every weight by lr, which here is lr x rate / sqrt(inputs) of the weight in use.
    used = rate / math.sqrt(256)
    moved = (layer(x).detach() - before).abs().max()
    assert 0 < moved < 1.1e-3 * (used * x.abs().sum(1).max() + rate)


def test_minibatch_spread_is_the_mean_deviation_of_neighbours_however_a_batch_is_split():
    x = torch.randn(8, 3, 2, 2, dtype=torch.float64)
    layer = MinibatchStdDev(4)
    y = layer(x)
    for group in (slice(0, 4), slice(4, 8)):
        expected = x[group].numpy().std(0).mean()
        assert y[group, 3].numpy() == pytest.approx(expected, rel=1e-5)
    torch.testing.assert_close(torch.cat([layer(x[:4]), layer(x[4:])]), y)
    assert layer(x[:6]).shape == (6, 4, 2, 2)


@pytest.mark.parametrize("resolution", [8, 12, 17, 28, 32, 64, 100, 128])
@pytest.mark.parametrize("channels", [1, 4])
def test_any_size(resolution, channels):
    G = generator(resolution, channels).eval()
    x = G(torch.randn(2, 6))
    assert x.shape == (2, channels, resolution, resolution)
    assert x.abs().max() <= 1
    w = G.mapping(torch.randn(2, 6))
    torch.testing.assert_close(G.synthesis(w), G.synthesis(w[:, None].expand(-1, G.levels, -1)))
    assert nets.stylegan2_discriminator(resolution, channels, 0, width=2)(x).shape == (2,)


@pytest.mark.parametrize(
    ("resolution", "channels"),
    [
        (32, [512, 512, 512, 512]),
        (64, [512, 512, 512, 512, 256]),
        (128, [512, 512, 512, 512, 256, 128]),
        (256, [512, 512, 512, 512, 256, 128, 64]),
    ],
)
def test_the_authors_widths_a_size(resolution, channels):
    """min(512, 16384 / size) at 4, 8, ... pixels in both networks."""
    with torch.device("meta"):
        G = nets.stylegan2_generator(resolution, 3, 0, width=channels[-1])
        D = nets.stylegan2_discriminator(resolution, 3, 0, width=channels[-1])
    assert [paint.conv.weight.shape[1] for paint in G.synthesis.paints] == channels
    assert [*(block.conv.weight.shape[1] for block in D.blocks), D.gather.weight.shape[0]] == channels[::-1]


def test_the_paper_has_fourteen_levels_at_256_pixels():
    assert generator(256).levels == 14
    assert generator(32).levels == 8


def test_the_class_matters_where_it_is_asked_for():
    first, second = torch.tensor([0, 0]), torch.tensor([1, 2])
    G = generator(classes=3, condition="embedding").eval()
    D = nets.stylegan2_discriminator(8, 1, 3, width=2, condition="projection")
    for net, x in ((G, torch.randn(2, 6)), (D, torch.randn(2, 1, 8, 8))):
        assert not torch.allclose(net(x, first), net(x, second))
    with pytest.raises(UserError, match="needs labelled data"):
        generator(condition="embedding")
    with pytest.raises(UserError, match="depth = 0"):
        generator(depth=0)


def test_styles_are_mixed_in_training_alone():
    z = torch.randn(200, 6)
    plain, mixed = generator(mixing=0.0), generator(mixing=1.0)
    w = plain.mapping(z)
    torch.testing.assert_close(plain.styles(z, None), w[:, None].expand(-1, plain.levels, -1))
    own = torch.isclose(mixed.styles(z, None), w[:, None], rtol=1e-4).all(2)
    places = own.sum(1)
    assert set(places.tolist()) == set(range(1, mixed.levels))
    assert all(row[:place].all() for row, place in zip(own, places, strict=True))
    mixed.eval()
    assert torch.equal(mixed(z[:3]), mixed(z[:3]))
    torch.testing.assert_close(mixed(z[:3]), mixed.synthesis(mixed.mapping(z[:3])).clamp(-1, 1))


def test_noise_differs_in_training_alone():
    G = generator(mixing=0.0)
    for name, parameter in G.named_parameters():
        if name.endswith("strength"):
            nn.init.ones_(parameter)
    z = torch.randn(1, 6).expand(2, -1)
    first, second = G(z)
    assert not torch.allclose(first, second, atol=1e-3)
    first, second = G.eval()(z)
    torch.testing.assert_close(first, second)
    first, second = generator(mixing=0.0, noise=False)(z)
    torch.testing.assert_close(first, second)


def test_a_running_mean_is_the_same_however_the_move_was_split():
    rows, group = torch.randn(12, 3), torch.tensor([0, 1] * 6)
    whole, parts = RunningMean(3, 3), RunningMean(3, 3)
    others = RunningMean(3, 3)  # another process
    for move in range(3):
        whole.see(rows + move, group)
        whole.settle(lambda sums: sums)
        others.see(rows[8:] + move, group[8:])
        for part in (slice(0, 4), slice(4, 8)):
            parts.see(rows[part] + move, group[part])
        parts.settle(lambda sums: sums + others.sums)
        others.sums.zero_()
    torch.testing.assert_close(parts.mean, whole.mean)
    torch.testing.assert_close(whole.mean[1], rows[1::2].mean(0) + 1)  # the mean of moves 0, 1, 2
    assert not whole.mean[2].any()  # a class that never came


def test_a_running_mean_becomes_exponential():
    running = RunningMean(decay=0.9)
    for _ in range(200):
        running.see(torch.zeros(2, 1))
        running.settle(lambda sums: sums)
    running.see(torch.ones(2, 1))
    running.settle(lambda sums: sums)
    assert running.mean.item() == pytest.approx(0.1)
    running.settle(lambda sums: sums)  # a move that saw nothing
    assert running.mean.item() == pytest.approx(0.1)


def test_path_length_is_the_papers_with_its_gamma():
    G, z, r, mean = generator(resolution=16), torch.randn(4, 6), 16, 0.03
    G.path_length.mean.fill_(mean)
    with rng.drawing(0, total=4, rows=range(4)):
        found = 2 * penalties.path_length(G, z, None)
    assert found.requires_grad

    with rng.drawing(0, total=4, rows=range(4)):
        w = G.styles(z, None).detach()
        G.synthesis(w)  # draws its noise
        y = rng.normal(4, 1, r, r)
    G.eval()
    lengths = []
    for one, picture in zip(w, y, strict=True):
        J = torch.func.jacrev(lambda w: G.synthesis(w[None]).flatten())(one)
        lengths.append(torch.einsum("plk,p->lk", J, picture.flatten()).norm())
    lengths = torch.stack(lengths)
    unit = r * math.sqrt(G.levels)  # between the paper's lengths and those of its authors' setting
    gamma = math.log(2) / (r**2 * (math.log(r) - math.log(2)))
    torch.testing.assert_close(found.detach(), gamma * (lengths - unit * mean).square().mean(), rtol=1e-4, atol=1e-6)

    G.path_length.settle(lambda sums: sums)
    assert G.path_length.mean.item() == pytest.approx(lengths.mean().item() / unit, rel=1e-4)


def test_path_length_needs_a_mapping_network():
    game = build_game(find_recipe("dcgan").override(["losses.path_length=path_length"]), Shape(8, 1, 0))
    with pytest.raises(UserError, match="needs a generator with a mapping network"):
        game.turns[-1].loss(game.nets, batch_of(4))


def test_r1_and_r2_by_size_and_lazy_adam_follow_their_formulas():
    D, (real, fake) = lambda x: x.square().sum((1, 2, 3)), torch.randn(2, 4, 3, 5, 5)
    for penalty in (penalties.r1, penalties.r2):
        torch.testing.assert_close(penalty(D, real, fake, by_size=True), 25 * penalty(D, real, fake))
    group = optimizers.adam([nn.Parameter(torch.ones(1))], lr=0.1, betas=(0.0, 0.99), lazy=16).param_groups[0]
    assert group["lr"] == pytest.approx(0.1 * 16 / 17)
    assert group["betas"] == pytest.approx((0.0, 0.99 ** (16 / 17)))
    turns = build_game(find_recipe("stylegan2").override(SMALL), Shape(8, 1, 0)).turns
    assert [(t.player, t.every) for t in turns] == [
        ("discriminator", 1), ("discriminator", 16), ("generator", 1), ("generator", 4),
    ]  # fmt: skip


def batch_of(n: int, position: int = 0, classes: int = 3):
    from elegan.data.feed import Batch

    torch.manual_seed(position)
    return Batch(torch.rand(n, 1, 8, 8) * 2 - 1, torch.arange(n) % classes)


def trainer_of(*settings: str, accumulate: int = 1) -> Trainer:
    torch.manual_seed(0)
    game = build_game(find_recipe("stylegan2-ada").override([*SMALL, *settings]), Shape(8, 1, 3))
    game.nets["discriminator"].adaptive.probability.p.fill_(0.5)
    whole = lambda position: batch_of(8, position)  # noqa: E731

    def feed(position, rows):
        return type(b := whole(position))(*(t[rows.start : rows.stop] for t in b))

    players = {player: optimizers.sgd(game.owned(player), lr=1e-3) for player in game.players}
    return Trainer(game, players, feed, Engine("cpu", "fp32"), batch=8, accumulate=accumulate)


def test_a_batch_in_parts_teaches_the_same_and_leaves_the_same_statistics():
    settings = [*CONDITIONAL, "losses.r1.every=2", "losses.path_length.every=2"]
    whole, parts = trainer_of(*settings), trainer_of(*settings, accumulate=2)
    start = copy.deepcopy(whole.game.nets.state_dict())
    for step in range(4):
        a, b = whole.play(step), parts.play(step)
        assert a.keys() == b.keys()
    for name, value in whole.game.nets.state_dict().items():
        torch.testing.assert_close(parts.game.nets.state_dict()[name], value, atol=1e-5, rtol=1e-4, msg=name)
    moved = ("p", "w_mean.mean", "path_length.mean")
    assert {m for m in moved for k in start if k.endswith(m) and not torch.equal(start[k], whole.game.nets.state_dict()[k])} == {*moved}  # fmt: skip


def test_truncation_draws_to_the_mean_picture_of_each_class():
    trainer = trainer_of(*CONDITIONAL)
    for step in range(2):
        trainer.play(step)
    average, labels, device = trainer.average, torch.tensor([0, 1, 0, 1]), torch.device("cpu")
    free, whole, half, mean = (
        paint(trainer.game.ability(Generates), average, range(4), labels, device, T) for T in (None, 1.0, 0.5, 1e-9)
    )
    assert (free == whole).all()
    assert (mean[0] == mean[2]).all()
    assert (mean[1] == mean[3]).all()
    assert (mean[0] != mean[1]).any()
    assert (half != free).any()
    G = average["generator"]
    w = G.mapping(torch.randn(2, 6), labels[:2])
    torch.testing.assert_close(G.truncate(w, labels[:2], 0.5), (w + G.w_mean.mean[labels[:2]]) / 2)


def test_the_generator_stands_in_one_graph_for_any_batch():
    """What exporters start from."""
    G = generator(resolution=17, channels=3).eval().requires_grad_(False)
    graph = torch.export.export(
        G, (torch.randn(2, 6),), dynamic_shapes=({0: torch.export.Dim("batch", max=64)},)
    ).module()
    for n in (1, 2, 5):
        z = torch.randn(n, 6)
        torch.testing.assert_close(graph(z), G(z), atol=1e-5, rtol=1e-5)


def test_onnx_gives_the_same_pictures_for_any_batch(tmp_path):
    onnxruntime = pytest.importorskip("onnxruntime", reason="the onnx extra")
    pytest.importorskip("onnxscript", reason="torch's exporter to ONNX needs onnx and onnxscript")
    G = generator(resolution=17, channels=3).eval().requires_grad_(False)
    batch = torch.export.Dim("batch", max=64)
    torch.onnx.export(G, (torch.randn(2, 6),), tmp_path / "G.onnx", dynamo=True, dynamic_shapes=({0: batch},))
    session = onnxruntime.InferenceSession(tmp_path / "G.onnx")
    for n in (1, 2, 5):
        z = torch.randn(n, 6)
        (images,) = session.run(None, {session.get_inputs()[0].name: z.numpy()})
        torch.testing.assert_close(torch.from_numpy(images), G(z), atol=1e-4, rtol=1e-4)


def test_adaptive_instance_norm_is_its_equation():
    """Karras et al. 2019, equation 1, with the norm's own weights as the style's bias."""
    torch.manual_seed(0)
    layer, x, w = AdaIN(4, 6), torch.randn(3, 4, 5, 5) * 3 + 1, torch.randn(3, 6)
    s, b = layer.style(w)[..., None, None].chunk(2, 1)
    normal = (x - x.mean((2, 3), keepdim=True)) / (x.var((2, 3), correction=0, keepdim=True) + 1e-5).sqrt()
    torch.testing.assert_close(layer(x, w), (1 + s) * normal + b, atol=1e-5, rtol=1e-4)


def test_the_first_stylegan_has_two_styles_a_size_and_grows():
    torch.manual_seed(0)
    G = nets.stylegan_generator(32, 3, 0, latent=6, width=8, depth=2)
    z = torch.randn(2, 6)
    assert G.levels == 8
    with ramp.progress(0.0):
        made = G(z)
    blocks = made.unflatten(3, (4, 8)).unflatten(2, (4, 8))  # pixels of 8 x 8 at first
    assert blocks.std((3, 5)).max() == 0
    with ramp.progress(1.0):
        assert G(z).unflatten(3, (4, 8)).unflatten(2, (4, 8)).std((3, 5)).max() > 0
    G.eval()
    w = G.mapping(torch.randn(2, 6))[:, None].expand(-1, 8, -1).clone()
    base = G.synthesis(w)
    for level in range(8):  # every style is of use
        changed = w.clone()
        changed[:, level] += 1
        assert (G.synthesis(changed) - base).abs().max() > 1e-3
