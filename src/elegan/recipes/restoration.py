"""Restoration of photographs: larger, cleaner, whole, coloured. Each recipe names the damage to undo and the network for it.

Enlarging is learnt in two stages: `sr-x4` by distance alone, then `sr-x4-detail --from` that run with a discriminator.
"""

from elegan.recipes.recipe import Recipe

ADAM = {"name": "adam", "lr": 2e-3, "betas": [0.9, 0.99]}

sr_x4 = Recipe.parse(
    {
        "name": "sr-x4",
        "about": "photographs four times as large: residual blocks at low resolution, L1 (Lim et al. 2017, small)",
        "steps": 20_000,
        "batch": 16,
        "ema": 0.998,
        "task": "restore",
        "nets": {"restorer": {"name": "residual_restorer", "width": 32, "blocks": 10}},
        "losses": {"reconstruction": "l1"},
        "optimizers": {"generator": ADAM},
        "schedule": {"name": "cosine", "end": 0.01},
        "data": {"kind": "photographs", "resolution": 128, "flip": True},
        "damage": {"downscale": {"name": "downscale", "factor": 4}},
        "watch": {"metric": "l1", "images": 64},
    }
)

CRITIC = {"name": "patch_discriminator", "width": 32, "layers": 2, "norm": "none", "spectral_norm": True}

sr_x4_detail = sr_x4.vary(
    "sr-x4-detail",
    "sr-x4 gone on with a discriminator that asks for detail, begun --from its run (Ledig et al. 2017; Wang et al. 2018)",
    steps=5_000,
    batch=4,
    ema=0.99,
    data={"resolution": 96},
    nets={"discriminator": CRITIC, "features": "restorer_features"},
    # With all of them at 1 the discriminator got its way: a grid over everything (docs/log.md).
    losses={
        "reconstruction": {"weight": 20.0},
        "perceptual": {"name": "l1", "weight": 10.0},
        "matching": {"name": "l1", "weight": 2.0},
        "adversarial": "relativistic",
    },
    optimizers={"generator": {"lr": 2e-4}, "discriminator": {"name": "adam", "lr": 4e-4, "betas": [0.5, 0.99]}},
)

srgan = sr_x4_detail.vary(
    "srgan",
    "sr-x4 gone on with one score a picture, begun --from its run (Ledig et al. 2017; 16 blocks of 64 channels, batch 16)",
    # What differs from the paper: no batch norm in the restorer and all of it at low resolution (sr-x4's network), pictures kept near
    # by L1, and a restorer's features where nobody has VGG's; nets.features=vgg_features has those.
    nets={"discriminator": {"name": "dcgan_discriminator", "width": 32}},
    losses={"matching": None, "adversarial": "non_saturating"},
)

esrgan = sr_x4_detail.vary(
    "esrgan",
    "dense blocks, each score against the mean of the others, begun --from an sr-x4 with rrdb_restorer (Wang et al. 2018; 23 blocks)",
    nets={"restorer": "rrdb_restorer", "discriminator": {"name": "dcgan_discriminator", "width": 32}},
    losses={"matching": None, "adversarial": "relativistic_average"},
)

sr_x2 = sr_x4.vary(
    "sr-x2",
    "photographs twice as large",
    nets={"restorer": {"blocks": 6}},
    data={"resolution": 64},
    damage={"downscale": {"factor": 2}},
)

denoise = sr_x4.vary(
    "denoise",
    "noise of any strength up to sigma 55 taken away, its level told or not",
    batch=8,
    nets={"restorer": {"width": 48, "blocks": 8, "fold": 2}},
    data={"resolution": 64},
    damage={"downscale": None, "noise": {"name": "gaussian_noise", "sigma": [0, 55], "tell": True, "hidden": 0.5}},
)

inpaint = sr_x4.vary(
    "inpaint",
    "holes filled: gated convolutions (Yu et al. 2019), the known pixels kept; L1",
    batch=8,
    nets={"restorer": {"name": "hourglass_restorer", "keep": "known"}},
    # Of a crop a fifth is unknown, and nothing else can be wrong.
    losses={"reconstruction": {"weight": 5.0}},
    optimizers={"generator": {"lr": 1e-3}},
    data={"resolution": 96},
    damage={"downscale": None, "holes": {"name": "holes", "size": [0.05, 0.35], "share": [0.02, 0.3]}},
)

inpaint_detail = inpaint.vary(
    "inpaint-detail",
    "inpaint gone on with a discriminator of patches, begun --from its run",
    steps=5_000,
    nets={"discriminator": CRITIC},
    losses={"adversarial": "hinge"},
    optimizers={"generator": {"lr": 2e-4}, "discriminator": {"name": "adam", "lr": 4e-4, "betas": [0.5, 0.99]}},
)

oldphoto = sr_x4.vary(
    "oldphoto",
    "old photographs made whole: fading, yellowing, blur, grain, dust, scratches and JPEG undone at once",
    nets={"restorer": {"name": "hourglass_restorer"}},
    optimizers={"generator": {"lr": 5e-4}},
    damage={
        "downscale": None,
        "blur": {"name": "gaussian_blur", "chance": 0.5},
        "grain": {"name": "grain", "chance": 0.7},
        "fading": {"name": "fading", "chance": 0.7},
        "scratches": {"name": "scratches", "chance": 0.6},
        "creases": {"name": "creases", "chance": 0.3},
        "dust": {"name": "dust", "chance": 0.5},
        "sepia": {"name": "sepia", "chance": 0.5},
        "jpeg": {"name": "jpeg", "chance": 0.5},
    },
)

colorize = sr_x4.vary(
    "colorize",
    "black-and-white photographs coloured, their brightness kept",
    nets={"restorer": {"name": "hourglass_restorer", "keep": "brightness"}},
    optimizers={"generator": {"lr": 5e-4}},
    damage={"downscale": None, "greyscale": "greyscale"},
)

scratches = oldphoto.vary(
    "scratches",
    "where a photograph is scratched, creased or dusty: for inpaint to fill",
    losses={"reconstruction": "l2"},
    nets={"restorer": {"name": "residual_restorer", "width": 32, "blocks": 6, "fold": 2, "keep": False}},
    optimizers={"generator": {"lr": 2e-3}},
    data={"resolution": 96, "learn": "damage"},
    damage={
        "scratches": {"chance": 1.0, "tell": True, "count": [0, 5]},
        "creases": {"chance": 1.0, "tell": True, "count": [0, 2]},
        "dust": {"chance": 1.0, "tell": True, "density": [0.0, 8.0]},
    },
)
