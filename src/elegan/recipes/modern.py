"""GANs after 2018: attention, large class-conditional networks, few pictures, and a plain baseline that needs no tricks.

Widths and batches are for a laptop; those of the papers stand beside them.
"""

from typing import Any

from elegan.recipes.classic import both, dcgan, projection, wgan_gp
from elegan.recipes.fit import Given, narrow
from elegan.recipes.recipe import Recipe

progressive = wgan_gp.vary(
    "progressive",
    "resolution grows with progress, each new size faded in (Karras et al. 2018; width 512)",
    batch=16,
    nets={"generator": "progressive_generator", "discriminator": "progressive_discriminator"},
    losses={"drift": {"name": "drift", "weight": 0.001}},
    optimizers=both({"name": "adam", "lr": 1e-3, "betas": [0.0, 0.99]}),
    task={"n_critic": 1},
    schedule="constant",
)

stylegan = progressive.vary(
    "stylegan",
    "progressive with styles by adaptive instance norm, noise and mixing; R1 (Karras et al. 2019; width and latent 512)",
    nets={"generator": "stylegan_generator"},
    losses={
        "adversarial": "non_saturating",
        "gradient_penalty": None,
        "drift": None,
        # The paper's gamma, at any size: by the number of pixels it was nothing at 16, and the pictures became alike (docs/log.md).
        # Every fourth step, which the paper does not leave out.
        "r1": {"name": "r1", "weight": 10.0, "every": 4},
    },
)

sagan = projection.vary(
    "sagan",
    "projection with self-attention, spectral norm in both networks and two rates (Zhang et al. 2019; its batch is 256)",
    nets={
        "generator": {"spectral_norm": True, "attention": 32},
        "discriminator": {"attention": 32},
    },
    optimizers={"generator": {"lr": 1e-4}, "discriminator": {"lr": 4e-4}},
    task={"n_critic": 1},
    schedule="constant",
)

biggan = sagan.vary(
    "biggan",
    "a latent that speaks at every scale and classes by one shared embedding (Brock et al. 2019; width 96, batch 2048)",
    ema=0.9999,
    nets={
        "generator": {"name": "biggan_generator", "condition": "norm"},
        "discriminator": {"width": 64},
    },
    losses={"orthogonal": {"name": "orthogonal", "weight": 1e-4}},
    optimizers={
        "generator": {"lr": 5e-5, "betas": [0.0, 0.999]},
        "discriminator": {"lr": 2e-4, "betas": [0.0, 0.999]},
    },
    task={"n_critic": 2},
)

fastgan = dcgan.vary(
    "fastgan",
    "for a few hundred pictures: gated skips, a discriminator that must reconstruct, DiffAugment (Liu et al. 2021)",
    steps=50_000,
    batch=8,
    statistics="averaged",
    nets={"generator": "fastgan_generator", "discriminator": "fastgan_discriminator"},
    losses={"adversarial": {"name": "hinge", "soft": 0.2}, "reconstruction": "reconstruction"},
    task={"augment": "color,translation"},
)

rpgan = dcgan.vary(
    "rpgan",
    "dcgan that judges each fake against a real, held by lazy R1 and R2 (RpGAN: Jolicoeur-Martineau 2018; Huang et al. 2024)",
    # Batch norm stays in the discriminator, though it ties the images of a batch together: without it, or with gamma 1,
    # its slope dies on photographs. gamma is .03 at 32 pixels and grows with their number (docs/log.md).
    losses={
        "adversarial": "relativistic",
        "r1": {"name": "r1", "weight": 0.03 / 32**2, "by_size": True, "every": 4},
        "r2": {"name": "r2", "weight": 0.03 / 32**2, "by_size": True, "every": 4},
    },
    optimizers=both({"name": "adam", "lr": 2e-3, "betas": [0.0, 0.99]}),
    schedule={"name": "cosine", "end": 0.25},
    ema=[0.99, 0.995, 0.5],
)

r3gan = rpgan.vary(
    "r3gan",
    "rpgan's losses at every step, residual networks without norms (Huang et al. 2024; batch 512)",
    nets={"generator": "r3gan_generator", "discriminator": "r3gan_discriminator"},
    # gamma falls to a tenth, as in the paper, whose values are .05 at 32 pixels of CIFAR-10, 2 at 64 and 150 at 256.
    losses={name: {"weight": [1.0, 0.1], "by_size": False, "every": 1} for name in ("r1", "r2")},
    optimizers=both({"lr": 2e-4, "betas": [0.0, [0.9, 0.99]]}),
    ema=[0.99, 0.999, 0.5],
    # The authors' augmentation for all their sets; their colours are half as likely as the rest.
    task={"ada": "blit,geometry,color,cutout", "ada_p": [0.0, 0.3, 0.5]},
)

# StyleGAN2, for 32 to 64 pixels on a laptop; on a GPU with the authors' widths, batches and depth (the rules below). With
# classes: nets.generator.condition=embedding and nets.discriminator.condition=projection.
# At 8 or 16 pixels the noise can paint the picture in place of the latent (on the digits it made nine tenths of the
# deviation after 400 steps), and gamma's rule gives almost nothing: nets.generator.noise=false and a larger
# losses.r1.weight.
STYLE_BATCH = 32
GAMMA = 2e-4  # times the pixels, over the batch


def lazy_adam(every: int) -> dict[str, Any]:
    """Adam corrected for a player with one more turn each `every` steps."""
    return {"name": "adam", "lr": 2.5e-3, "betas": [0.0, 0.99], "lazy": every}


def batch_on_gpu(batch: int, recipe: Recipe, given: Given) -> int:
    """The batch up to 128 pixels, then in inverse proportion to the resolution, at least 4."""
    return min(batch, max(4, batch * 128 // given.resolution)) if given.accelerated else batch


def gamma(weight: float, recipe: Recipe, given: Given) -> float:
    """The weight of R1 a pixel: gamma = .0002 H W / batch."""
    return GAMMA / recipe.batch


def width_on_gpu(width: int, recipe: Recipe, given: Given) -> int:
    """Channels at the full size in the authors' networks (Karras et al. 2020b): 512 at 32 px, 256 at 64, 128 at 128, 64 at 256
    and 512; from 1024 px, where they have 32, more. Without a GPU as in other recipes."""
    size = 1 << (given.resolution - 1).bit_length()
    return max(64, min(512, 16384 // size)) if given.accelerated else narrow(width, recipe, given)


def depth_on_gpu(depth: int, recipe: Recipe, given: Given) -> int:
    """Layers of mapping (Karras et al. 2020b)."""
    return 8 if given.accelerated and given.resolution >= 256 else depth


stylegan2 = dcgan.vary(
    "stylegan2",
    "styles from a mapping network, modulated convolutions, noise, path length (Karras et al. 2020)",
    batch=STYLE_BATCH,
    # A half-life of batch x 10/32 thousand images: 312 steps at any batch.
    ema=0.998,
    nets={"generator": "stylegan2_generator", "discriminator": "stylegan2_discriminator"},
    losses={
        "r1": {"name": "r1", "weight": GAMMA / STYLE_BATCH, "by_size": True, "every": 16},
        "path_length": {"name": "path_length", "weight": 2.0, "every": 4},
    },
    optimizers={"generator": lazy_adam(4), "discriminator": lazy_adam(16)},
).fitting(
    {
        "batch": batch_on_gpu,
        "losses.r1.weight": gamma,
        "nets.generator.width": width_on_gpu,
        "nets.discriminator.width": width_on_gpu,
        "nets.generator.depth": depth_on_gpu,
    }
)

stylegan2_ada = stylegan2.vary(
    "stylegan2-ada",
    "stylegan2 for few images: augmentation as strong as the discriminator overfits (Karras et al. 2020b)",
    task={"ada": "blit,geometry,color"},
)
