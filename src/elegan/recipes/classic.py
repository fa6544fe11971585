"""The classic GANs, from that of 2014 to SNGAN, each as the difference from its parent."""

from typing import Any

from elegan.recipes.fit import diffaugment, narrow, without_grid
from elegan.recipes.recipe import Recipe

ADAM = {"name": "adam", "lr": 2e-4, "betas": [0.5, 0.999]}
# The two-time-scale and WGAN-GP papers' form: no momentum.
ADAM_WITHOUT_MOMENTUM = {"name": "adam", "lr": 2e-4, "betas": [0.0, 0.9]}


def both(optimizer: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The optimiser for both players."""
    return {"generator": optimizer, "discriminator": optimizer}


gan = Recipe.parse(
    {
        "name": "gan",
        "about": "fully connected, non-saturating loss (Goodfellow et al. 2014); losses.adversarial=minimax for the saturating form",
        "nets": {"generator": "mlp_generator", "discriminator": "mlp_discriminator"},
        "losses": {"adversarial": "non_saturating"},
        "optimizers": both(ADAM),
        "steps": 50_000,
    }
).fitting({"task.augment": diffaugment})

dcgan = gan.vary(
    "dcgan",
    "convolutions with batch norm (Radford et al. 2016)",
    statistics="recomputed",
    nets={"generator": "dcgan_generator", "discriminator": "dcgan_discriminator"},
).fitting({"nets.generator.width": narrow, "nets.discriminator.width": narrow, "nets.generator.upsample": without_grid})

lsgan = dcgan.vary(
    "lsgan", "least-squares targets in place of likelihoods (Mao et al. 2017)", losses={"adversarial": "least_squares"}
)

wgan = dcgan.vary(
    "wgan",
    "a critic with clipped weights measures the Wasserstein distance (Arjovsky et al. 2017)",
    losses={"adversarial": "wasserstein"},
    optimizers=both({"name": "rmsprop", "lr": 5e-5}),
    task={"n_critic": 5, "clip": 0.01},
)

wgan_gp = dcgan.vary(
    "wgan-gp",
    "a critic held to gradient norm one, residual networks (Gulrajani et al. 2017)",
    nets={"generator": "resnet_generator", "discriminator": {"name": "resnet_discriminator", "norm": "none"}},
    losses={"adversarial": "wasserstein", "gradient_penalty": {"name": "gradient_penalty", "weight": 10.0}},
    optimizers=both(ADAM_WITHOUT_MOMENTUM),
    schedule="linear",
    task={"n_critic": 5},
)

dragan = dcgan.vary(
    "dragan",
    "dcgan with a gradient penalty around the real images (Kodali et al. 2017)",
    # Batch norm ties the images of a batch together, and a penalty on each image's gradient then has no meaning.
    nets={"discriminator": {"norm": "layer"}},
    losses={"dragan_penalty": {"name": "dragan_penalty", "weight": 10.0}},
)

sngan = wgan_gp.vary(
    "sngan",
    "spectral norm in the discriminator, hinge loss (Miyato et al. 2018)",
    nets={"discriminator": {"spectral_norm": True}},
    losses={"adversarial": "hinge", "gradient_penalty": None},
)

cgan = dcgan.vary(
    "cgan",
    "dcgan given the class: embedded beside the latent and as a plane of the image (Mirza & Osindero 2014)",
    nets={"generator": {"condition": "embedding"}, "discriminator": {"condition": "embedding"}},
)

projection = sngan.vary(
    "projection",
    "sngan given the class: batch norm by class, projection discriminator (Miyato & Koyama 2018)",
    nets={"generator": {"condition": "norm"}, "discriminator": {"condition": "projection"}},
)
