"""Training speed of the trainer against the same networks in a plain eager float32 script, interleaved in one run.

    python benchmarks/speed.py [--recipe dcgan] [--resolution 32] [--channels 3] [--precision fp32] [--rounds 5]

Prints the median images a second of each variant, their ratio, and how far the trained weights are apart, which shows
that the gain is not bought with another result (float32; bfloat16 differs by rounding).
"""

import argparse
import statistics

import numpy as np
import torch
import torch.nn.functional as F

from benchmarks.timing import apart, heading, seconds, several
from elegan.core import rng
from elegan.data.feed import Feed
from elegan.games.game import Shape
from elegan.recipes import find_recipe
from elegan.run import build_game
from elegan.training.engine import Engine
from elegan.training.optimizers import adam, sgd
from elegan.training.trainer import Trainer


def ours(shape: Shape, images: np.ndarray, batch: int, precision: str, width: int, optimizer=adam):
    """The trainer on the recipe `dcgan`."""
    torch.manual_seed(0)
    game = build_game(recipe(width), shape)
    engine = Engine("auto", precision)
    engine.place(game.nets)
    feed = Feed(images, None, batch, 0, engine.device)
    optimizers = {player: optimizer(game.owned(player)) for player in game.players}
    trainer = Trainer(game, optimizers, feed, engine, batch=batch, decay=0.0)
    return lambda step: trainer.play(step), game.nets


def plain_adam(parameters) -> torch.optim.Optimizer:
    return torch.optim.Adam(parameters, lr=2e-4, betas=(0.5, 0.999))


def plain(shape: Shape, images: np.ndarray, batch: int, precision: str, width: int, optimizer=plain_adam):
    """As the well-known scripts do it: NCHW, float32, nothing frozen, the generator's graph kept in D's step."""
    torch.manual_seed(0)
    nets = build_game(recipe(width), shape).nets.to(Engine("auto", "fp32").device)
    G, D = nets["generator"], nets["discriminator"]
    device = next(G.parameters()).device
    feed = Feed(images, None, batch, 0, device)
    opt_G, opt_D = (optimizer(net.parameters()) for net in (G, D))

    def noise(position: int) -> torch.Tensor:
        with rng.drawing(0, position, total=batch, rows=range(batch)):
            return rng.normal(batch, G.latent, device=device)

    def play(step: int) -> None:
        x = feed(2 * step, range(batch)).real.contiguous()
        fake = G(noise(2 * step))
        loss = F.softplus(-D(x)).mean() + F.softplus(D(fake)).mean()
        opt_D.zero_grad()
        loss.backward()
        opt_D.step()
        opt_G.zero_grad()
        F.softplus(-D(G(noise(2 * step + 1)))).mean().backward()
        opt_G.step()

    return play, nets


def recipe(width: int):
    return find_recipe("dcgan").override([f"nets.generator.width={width}", f"nets.discriminator.width={width}"])


def same_result(shape: Shape, images: np.ndarray, options: argparse.Namespace) -> float:
    """How far the weights are apart after three steps of SGD (Adam's first moves are signs, which rounding may turn)."""
    nets = []
    for make in (plain, ours):
        play, made = make(shape, images, options.batch, options.precision, options.width, sgd)
        for step in range(3):
            play(step)
        nets.append(made)
    return apart(*nets)


def main() -> None:
    parser = argparse.ArgumentParser()
    for name, default in (
        ("resolution", 32),
        ("channels", 3),
        ("width", 64),
        ("batch", 64),
        ("rounds", 5),
        ("steps", 10),
    ):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--precision", default="auto")
    options = parser.parse_args()
    shape = Shape(options.resolution, options.channels, 0)
    images = np.random.default_rng(0).integers(0, 256, (2048, shape[0], shape[0], shape[1]), dtype=np.uint8)
    variants = {
        name: make(shape, images, options.batch, options.precision, options.width)
        for name, make in (("plain", plain), ("ours", ours))
    }
    difference = same_result(shape, images, options)
    times = seconds({name: several(play, options.steps) for name, (play, _) in variants.items()}, options.rounds)
    rates = {name: [options.steps * options.batch / value for value in values] for name, values in times.items()}
    print(heading())
    medians = {name: statistics.median(values) for name, values in rates.items()}
    for name, value in medians.items():
        print(f"{name:6} {value:8.0f} images/s  ({min(rates[name]):.0f} to {max(rates[name]):.0f})")
    print(
        f"ratio  {medians['ours'] / medians['plain']:.2f}   weights apart by at most {difference:.1e} after three steps of SGD"
    )


if __name__ == "__main__":
    main()
