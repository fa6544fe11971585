"""StyleGAN2, for 32 to 64 pixels on a laptop.

A GPU takes more: nets.generator.width and nets.discriminator.width of 16384 / size, at most 512 (the authors' networks:
512 at 32 px, 256 at 64, 128 at 128, 64 at 256 and 512), from 256 px nets.generator.depth=8. With classes: nets.generator.condition=embedding and nets.discriminator.condition=projection.
Of 8 or 16 pixels the noise can paint the picture in place of the latent (on the digits it made nine tenths of the
deviation after 400 steps), and gamma's rule gives almost nothing: nets.generator.noise=false and a larger losses.r1.weight.
"""

from elegan.recipes.classic import dcgan

BATCH = 32


def adam(every: int) -> dict:
    """Corrected for the player's lazy turn."""
    return {"name": "adam", "lr": 2.5e-3, "betas": [0.0, 0.99], "lazy": every}


stylegan2 = dcgan.vary(
    "stylegan2",
    "styles from a mapping network, modulated convolutions, noise, path length (Karras et al. 2020)",
    batch=BATCH,
    # A half-life of batch x 10/32 thousand images: 312 steps at any batch.
    ema=0.998,
    nets={"generator": "stylegan2_generator", "discriminator": "stylegan2_discriminator"},
    losses={
        # gamma = .0002 H W / batch; with another batch change the weight.
        "r1": {"name": "r1", "weight": 2e-4 / BATCH, "by_size": True, "every": 16},
        "path_length": {"name": "path_length", "weight": 2.0, "every": 4},
    },
    optimizers={"generator": adam(4), "discriminator": adam(16)},
)

stylegan2_ada = stylegan2.vary(
    "stylegan2-ada",
    "stylegan2 for few images: augmentation as strong as the discriminator overfits (Karras et al. 2020b)",
    task={"ada": "blit,geometry,color"},
)
