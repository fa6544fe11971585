"""Trains a generator of our own against a discriminator of elegan's.

A network is a function `(resolution, channels, classes, *, options) -> module`. A generator carries `latent` and maps latents N x latent
and labels N (None without classes) to images N x channels x resolution x resolution in [-1, 1].
"""

import argparse

import torch
from torch import Tensor, nn

import elegan
from elegan.core.ranges import Width


class Waves(nn.Module):
    """Paints each pixel from its place and the latent: a small network of sines, the same at any resolution."""

    def __init__(self, resolution: int, channels: int, width: int, latent: int):
        super().__init__()
        self.latent = latent
        line = torch.linspace(-1, 1, resolution)
        self.register_buffer("places", torch.stack(torch.meshgrid(line, line, indexing="ij"), -1))
        self.place, self.look = nn.Linear(2, width), nn.Linear(latent, width)
        self.colour = nn.Sequential(nn.Linear(width, width), nn.LeakyReLU(0.2), nn.Linear(width, channels), nn.Tanh())

    def forward(self, z: Tensor, label: Tensor | None = None) -> Tensor:
        features = torch.sin(6 * self.place(self.places) + self.look(z)[:, None, None])  # N x H x W x width
        return self.colour(features).permute(0, 3, 1, 2)


def waves(resolution: int, channels: int, classes: int, *, width: Width = 64, latent: Width = 32) -> nn.Module:
    """A generator of `Waves`; it does not ask for the class."""
    return Waves(resolution, channels, width, latent)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="?", default="digits")
    parser.add_argument("--steps", type=int, default=1000)
    given = parser.parse_args()

    settings = ["nets.generator=own_network:waves", "nets.generator.width=96"]
    run = elegan.train(given.data, "dcgan", settings=settings, steps=given.steps, name="waves")
    print("parameters:", sum(p.numel() for p in run.generator().parameters()))
    print("sheet:", elegan.sample(run, 64))
    # Somebody else who opens this run has to allow our module by name: elegan.Run.open(path, trust=["own_network"])


if __name__ == "__main__":
    main()
