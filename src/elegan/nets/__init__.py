"""Networks by name. Each function takes the shape of the data and gives a module:

generators map latents N x latent (and labels N) to images N x C x H x W in [-1, 1] and carry `latent`;
discriminators map images (and labels) to scores N.
"""

from elegan.nets.dcgan import dcgan_discriminator, dcgan_generator
from elegan.nets.mlp import mlp_discriminator, mlp_generator
from elegan.nets.resnet import resnet_discriminator, resnet_generator

__all__ = [
    "dcgan_discriminator",
    "dcgan_generator",
    "mlp_discriminator",
    "mlp_generator",
    "resnet_discriminator",
    "resnet_generator",
]
