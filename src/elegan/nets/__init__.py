"""Networks by name. Each function takes the shape of the data and gives a module:

generators map latents N x latent (and labels N) to images N x C x H x W in [-1, 1] and carry `latent`;
discriminators map images (and labels) to scores N, as `score(features(x))` where something else reads their features;
translators map pictures to pictures, patch discriminators to lists of score maps, restorers damaged pictures to whole ones.
"""

from elegan.nets.dcgan import dcgan_discriminator, dcgan_encoder, dcgan_generator
from elegan.nets.features import restorer_features, vgg_features
from elegan.nets.heads import head
from elegan.nets.laplacian import laplacian_refiner
from elegan.nets.mlp import mlp_discriminator, mlp_generator
from elegan.nets.patches import patch_discriminator, patch_heads
from elegan.nets.resnet import resnet_discriminator, resnet_generator
from elegan.nets.restorers import hourglass_restorer, residual_restorer
from elegan.nets.translators import resnet_translator, unet

__all__ = [
    "dcgan_discriminator",
    "dcgan_encoder",
    "dcgan_generator",
    "head",
    "hourglass_restorer",
    "laplacian_refiner",
    "mlp_discriminator",
    "mlp_generator",
    "patch_discriminator",
    "patch_heads",
    "residual_restorer",
    "resnet_discriminator",
    "resnet_generator",
    "resnet_translator",
    "restorer_features",
    "unet",
    "vgg_features",
]
