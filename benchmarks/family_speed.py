"""Speed of the later recipes: the StyleGAN2 pair against its plain form, and what gradient penalties cost.

    python benchmarks/family_speed.py stylegan2 [--resolution 64] [--batch 8] [--steps 16] [--rounds 5]
    python benchmarks/family_speed.py penalty [--recipe dcgan stylegan2] [--resolution 32 64] [--batch 32] [--rounds 5]

`stylegan2`: the generator forward, and a training step of the recipe (the mean of `steps`, of which sixteen hold each
lazy turn as often as it is played), against the same networks as the well-known scripts have them: weights of each image's own in grouped
convolutions, NCHW, float32, nothing frozen, unfused Adam, the generator's graph kept in the discriminator's step. The
printed differences show that both compute the same. `penalty`: seconds of a discriminator's move with each penalty as
a ratio to the move without; lazy R1 is the mean of sixteen steps. All interleaved in one process, medians.
"""

import argparse
import copy
from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F
from timing import apart, heading, medians, seconds, several
from torch import Tensor, nn

from elegan.core import rng
from elegan.nets.modulated import ModulatedConv
from elegan.training import optimizers
from elegan.training.assembly import make_trainer
from elegan.training.plan import Plan, plan_for
from elegan.training.trainer import Trainer

PERIOD = 16  # steps between two turns of lazy R1
BARE = ["nets.generator.norm=none", "nets.discriminator.norm=none"]
WITHOUT = {"dcgan": BARE, "stylegan2": ["losses.r1=none", "losses.path_length=none"]}
PENALTIES = {
    "plain": [],
    "r1": ["losses.r1=r1"],
    "r1 and r2": ["losses.r1=r1", "losses.r2=r2"],
    "wgan-gp": ["losses.gradient_penalty=gradient_penalty"],
    "dragan": ["losses.dragan_penalty=dragan_penalty"],
    "r1 lazy": ["losses.r1=r1", f"losses.r1.every={PERIOD}"],
}


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


def trainer_of(recipe: str, resolution: int, settings: list[str], precision: str = "fp32") -> Trainer:
    """At work on the digits, drawn large and in colour."""
    return make_trainer(plan_of(recipe, resolution, settings, precision))


def plan_of(recipe: str, resolution: int, settings: list[str], precision: str) -> Plan:
    of_data = [f"data.resolution={resolution}", "data.channels=3"]
    return plan_for("digits", recipe, settings=[*of_data, *settings], precision=precision, as_published=True)


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


def stylegan2(options: argparse.Namespace) -> None:
    resolution, settings = options.resolution[0], [f"batch={options.batch}"]
    forward(options, trainer_of("stylegan2", resolution, settings, options.precision))
    trainer = trainer_of("stylegan2", resolution, settings, options.precision)
    plain = Plain(trainer)
    work = {"plain": several(plain.play, options.steps), "ours": several(trainer.play, options.steps)}
    steps = {name: value / options.steps for name, value in medians(seconds(work, options.rounds)).items()}
    print(f"training step  plain {steps['plain']:.3f} s, ours {steps['ours']:.3f} s, ratio {steps['plain'] / steps['ours']:.2f}; "
          f"weights apart by at most {difference(resolution, settings):.1e} after two steps of SGD, fp32")  # fmt: skip


def forward(options: argparse.Namespace, trainer: Trainer) -> None:
    """Of the generator as it is used, on one set of latents."""
    ours = trainer.game.nets["generator"].eval()
    plain, z = grouped(copy.deepcopy(ours)), torch.randn(options.batch, ours.latent)

    @torch.inference_mode()
    def made(G: nn.Module) -> Tensor:
        return G.synthesis(G.mapping(z))

    found = medians(seconds({"plain": partial(made, plain), "ours": partial(made, ours)}, 8 * options.rounds))
    apart = (made(plain) - made(ours)).abs().max() / made(plain).std()
    print(f"forward        plain {found['plain']:.3f} s, ours {found['ours']:.3f} s, ratio {found['plain'] / found['ours']:.2f}; "
          f"outputs apart by at most {apart:.1e} of their deviation")  # fmt: skip


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


def penalty(options: argparse.Namespace) -> None:
    for recipe in options.recipe:
        for resolution in options.resolution:
            settings = [*WITHOUT[recipe], f"batch={options.batch}"]
            found = costs(recipe, resolution, settings, options)
            ratios = ", ".join(f"{name} {value / found['plain']:.2f}" for name, value in found.items())
            print(f"{recipe} at {resolution} px: plain move {found['plain']:.3f} s; {ratios}", flush=True)


def costs(recipe: str, resolution: int, settings: list[str], options: argparse.Namespace) -> dict[str, float]:
    """Seconds of the discriminator's part of a step by penalty."""
    work = {}
    for name, added in PENALTIES.items():
        trainer = trainer_of(recipe, resolution, [*settings, *added], options.precision)
        turn = [turn for turn in trainer.game.turns if turn.player == "discriminator"][-1]
        work[name] = partial(trainer.move, turn, 0)
    found = medians(seconds(work, options.rounds))
    found["r1 lazy"] = (PERIOD * found["plain"] + found["r1 lazy"]) / PERIOD
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=("stylegan2", "penalty"))
    parser.add_argument("--recipe", nargs="+", default=list(WITHOUT), choices=list(WITHOUT))
    parser.add_argument("--resolution", nargs="+", type=int)
    parser.add_argument("--batch", type=int)
    parser.add_argument("--steps", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--precision", default="fp32")
    options = parser.parse_args()
    options.resolution = options.resolution or ([64] if options.what == "stylegan2" else [32, 64])
    options.batch = options.batch or (8 if options.what == "stylegan2" else 32)
    print(heading())
    {"stylegan2": stylegan2, "penalty": penalty}[options.what](options)


if __name__ == "__main__":
    main()
