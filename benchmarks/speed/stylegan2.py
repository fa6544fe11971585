"""Speed of the StyleGAN2 pair against its plain form: the generator forward, and a training step.

Plain are the same networks as the well-known scripts have them: weights of each image's own in grouped convolutions, NCHW,
float32, nothing frozen, unfused Adam, the generator's graph kept in the discriminator's step. They take turns. A step is
the mean of `--steps`, of which sixteen hold each lazy turn as often as it is played. `apart` shows that both compute the
same: the largest difference of outputs over their deviation, and of weights after two steps of SGD.
"""

import copy
from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.digits import trainer_of
from benchmarks.results import Row
from benchmarks.timing import against_plain, apart, several
from elegan.core import rng
from elegan.nets.modulated import ModulatedConv
from elegan.training import optimizers
from elegan.training.trainer import Trainer

QUICK = {"resolution": 16, "batch": 2, "steps": 1, "rounds": 1}


def benchmark(
    resolution: int = 64, batch: int = 8, steps: int = 16, rounds: int = 6, precision: str = "fp32"
) -> list[Row]:
    settings = [f"batch={batch}"]
    trainer = trainer_of("stylegan2", resolution, settings, precision)
    forward = compared_forward(trainer, rounds)
    plain = Plain(trainer)
    step = against_plain(several(plain.play, steps), several(trainer.play, steps), rounds, steps)
    step |= {"apart": difference(resolution, settings)}
    shape = {"pixels": resolution, "batch": batch}
    return [{"what": what} | shape | row for what, row in (("forward", forward), ("training step", step))]


def compared_forward(trainer: Trainer, rounds: int) -> Row:
    """The generator as it is used, on one set of latents."""
    ours = copy.deepcopy(trainer.game.nets["generator"]).eval()
    plain, z = grouped(copy.deepcopy(ours)), torch.randn(trainer.batch, ours.latent)

    @torch.inference_mode()
    def images(G: nn.Module) -> Tensor:
        return G.synthesis(G.mapping(z))

    difference = (images(plain) - images(ours)).abs().max() / images(plain).std()
    speed = against_plain(partial(images, plain), partial(images, ours), 8 * rounds)
    return speed | {"apart": difference.item()}


class Grouped(ModulatedConv):
    """Equations 1 to 3 of Karras et al. 2020 as written: a weight an image, the batch as groups of one convolution."""

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        weight = (self.weight * self.scale)[None] * self.style(w)[:, None, :, None, None]
        if self.demodulate:
            weight = weight * (weight.square().sum((2, 3, 4), keepdim=True) + 1e-8).rsqrt()
        n, outside, inside, kernel = weight.shape[:4]
        x = x.reshape(1, n * inside, *x.shape[2:])
        if self.blur is None:
            y = F.conv2d(x, weight.flatten(0, 1), padding=kernel // 2, groups=n)
            return y.unflatten(1, (n, outside))[0]
        y = F.conv_transpose2d(x, weight.transpose(1, 2).flatten(0, 1), stride=2, groups=n)
        return self.blur(y.unflatten(1, (n, outside))[0])


def grouped(G: nn.Module) -> nn.Module:
    """The generator with its modulated convolutions in the plain form, laid out plainly."""
    for layer in G.modules():
        if isinstance(layer, ModulatedConv):
            layer.__class__ = Grouped
    return G.to(memory_format=torch.contiguous_format)


def plain_adam(lazy: int) -> Callable[..., torch.optim.Optimizer]:
    """The recipe's Adam, a parameter after the other."""
    c = lazy / (lazy + 1)
    return partial(torch.optim.Adam, lr=2.5e-3 * c, betas=(0.0, 0.99**c), foreach=False, fused=False)


class Plain:
    """The recipe `stylegan2` as a script: `play(step)` like the trainer's, on networks and batches of that trainer."""

    def __init__(self, trainer: Trainer, optimizer: Callable[[int], Callable] = plain_adam):
        self.nets, self.feed, self.batch = copy.deepcopy(trainer.game.nets), trainer.feed, trainer.batch
        self.running = [module for module in self.nets.modules() if hasattr(module, "settle")]
        self.nets.requires_grad_(True).to(memory_format=torch.contiguous_format)
        self.G, self.D = grouped(self.nets["generator"]), self.nets["discriminator"]
        self.opt_G, self.opt_D = optimizer(4)(self.G.parameters()), optimizer(16)(self.D.parameters())

    def play(self, step: int) -> None:
        self.move(4 * step, self.opt_D, self.discriminate)
        if step % 16 == 0:
            self.move(4 * step + 1, self.opt_D, self.r1)
        self.move(4 * step + 2, self.opt_G, self.generate)
        if step % 4 == 0:
            self.move(4 * step + 3, self.opt_G, self.path_length)

    def move(self, position: int, optimizer: torch.optim.Optimizer, loss: Callable[[Tensor], Tensor]) -> None:
        rows = range(self.batch)
        with rng.drawing(0, position, total=self.batch, rows=rows):
            x = self.feed(position, rows).real.contiguous()
            optimizer.zero_grad()
            loss(x).backward()
            optimizer.step()
        for statistic in self.running:
            statistic.settle(lambda sums: sums)

    def discriminate(self, x: Tensor) -> Tensor:
        fake = self.G(rng.normal(self.batch, self.G.latent))
        return F.softplus(-self.D(x)).mean() + F.softplus(self.D(fake)).mean()

    def generate(self, x: Tensor) -> Tensor:
        return F.softplus(-self.D(self.G(rng.normal(self.batch, self.G.latent)))).mean()

    def r1(self, x: Tensor) -> Tensor:
        x.requires_grad_()
        (gradient,) = torch.autograd.grad(self.D(x).sum(), x, create_graph=True)
        return 16 * 2e-4 / 32 * x.shape[2] * x.shape[3] * 0.5 * gradient.square().sum((1, 2, 3)).mean()

    def path_length(self, x: Tensor) -> Tensor:
        w = self.G.styles(rng.normal(self.batch, self.G.latent), None)
        images = self.G.synthesis(w)
        y = rng.normal(*images.shape) / images.shape[-1]
        (gradient,) = torch.autograd.grad((images * y).sum(), w, create_graph=True)
        lengths = gradient.square().sum(2).mean(1).sqrt()
        self.G.path_length.see(lengths.detach()[:, None])
        return 4 * 2.0 * (lengths - self.G.path_length.mean).square().mean()


def difference(resolution: int, settings: list[str]) -> float:
    """Of the weights after two steps of SGD (Adam's first moves are signs, which rounding may turn)."""
    trainer = trainer_of("stylegan2", resolution, settings)
    plain = Plain(trainer, lambda lazy: partial(optimizers.sgd, lr=1e-3))
    trainer.optimizers = {p: optimizers.sgd(trainer.game.owned(p), lr=1e-3) for p in trainer.game.players}
    trainer.rates = dict.fromkeys(trainer.rates, 1e-3)
    for step in range(2):
        plain.play(step)
        trainer.play(step)
    return apart(plain.nets, trainer.game.nets)
