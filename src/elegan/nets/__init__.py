"""Networks by name. Each function takes the shape of the data and gives a module:

generators map latents N x latent (and labels N) to images N x C x H x W in [-1, 1] and carry `latent`; those that make images of
a class that is asked for also carry `classes`, how many there are, else it is 0 or absent;
discriminators map images (and labels) to scores N, or N x P of P patches, as `score(features(x))` where something else reads
their features;
those of a series, a table, a text and sounds do the same with windows N x C x T, rows N x W, items N x V x T of single ones and
samples N x T; those of timegan map steps N x T x K to steps N x T x L;
vocoders map log-mel pictures to samples, enhancers samples to samples;
translators map pictures to pictures, patch discriminators map them to lists of score maps, restorers map damaged pictures to whole ones.
"""

from elegan.nets.adain import stylegan_generator
from elegan.nets.biggan import biggan_generator
from elegan.nets.convolutions1d import series_discriminator, series_generator
from elegan.nets.dcgan import dcgan_discriminator, dcgan_encoder, dcgan_generator
from elegan.nets.fastgan import fastgan_discriminator, fastgan_generator
from elegan.nets.heads import head
from elegan.nets.hearing import sound_discriminator
from elegan.nets.laplacian import laplacian_refiner
from elegan.nets.mlp import mlp_discriminator, mlp_generator
from elegan.nets.patches import patch_discriminator, patch_heads
from elegan.nets.perceptual import restorer_features, vgg_features
from elegan.nets.progressive import progressive_discriminator, progressive_generator
from elegan.nets.r3gan import r3gan_discriminator, r3gan_generator
from elegan.nets.recurrent import recurrent
from elegan.nets.resnet import resnet_discriminator, resnet_generator
from elegan.nets.restorers import hourglass_restorer, residual_restorer
from elegan.nets.rrdb import rrdb_restorer
from elegan.nets.spectral import spectral_enhancer, spectral_vocoder
from elegan.nets.stylegan import stylegan2_discriminator, stylegan2_generator
from elegan.nets.tables import table_discriminator, table_generator
from elegan.nets.text import text_discriminator, text_generator
from elegan.nets.translators import resnet_translator, unet
from elegan.nets.wavegan import wavegan_discriminator, wavegan_generator

__all__ = [
    "biggan_generator",
    "dcgan_discriminator",
    "dcgan_encoder",
    "dcgan_generator",
    "fastgan_discriminator",
    "fastgan_generator",
    "head",
    "hourglass_restorer",
    "laplacian_refiner",
    "mlp_discriminator",
    "mlp_generator",
    "patch_discriminator",
    "patch_heads",
    "progressive_discriminator",
    "progressive_generator",
    "r3gan_discriminator",
    "r3gan_generator",
    "recurrent",
    "residual_restorer",
    "resnet_discriminator",
    "resnet_generator",
    "resnet_translator",
    "restorer_features",
    "rrdb_restorer",
    "series_discriminator",
    "series_generator",
    "sound_discriminator",
    "spectral_enhancer",
    "spectral_vocoder",
    "stylegan2_discriminator",
    "stylegan2_generator",
    "stylegan_generator",
    "table_discriminator",
    "table_generator",
    "text_discriminator",
    "text_generator",
    "unet",
    "vgg_features",
    "wavegan_discriminator",
    "wavegan_generator",
]
