"""Translation from one kind of picture to another: pix2pix, CycleGAN, CUT. Settings for a laptop at 128 pixels.

A GPU takes more: data.resolution=256, nets.generator.width=64 and nets.generator.blocks=9.
"""

from elegan.recipes.classic import ADAM, both
from elegan.recipes.recipe import Recipe

WITHOUT_GRID = {"upsample": "nearest"}  # where the papers have transposed convolutions (docs/log.md)
PATCHGAN = {"name": "patch_discriminator", "norm": "instance"}

pix2pix = Recipe.parse(
    {
        "name": "pix2pix",
        "about": "pictures from paired pictures: U-Net, PatchGAN, L1 (Isola et al. 2017)",
        "steps": 20_000,
        "batch": 4,
        "task": "translate_pairs",
        "nets": {
            "generator": {"name": "unet", **WITHOUT_GRID},
            "discriminator": {"name": "patch_discriminator", "norm": "batch"},
        },
        "losses": {"adversarial": "non_saturating", "reconstruction": {"name": "l1", "weight": 100.0}},
        "optimizers": both(ADAM),
        "schedule": {"name": "linear", "start": 0.5},
        "data": {"kind": "pairs", "resolution": 128, "flip": True},
        "watch": {"images": 256},
    }
)

cyclegan = pix2pix.vary(
    "cyclegan",
    "two sets of pictures into one another without pairs, by cycles (Zhu et al. 2017)",
    steps=100_000,
    batch=1,
    task="translate_cycle",
    nets={"generator": {"name": "resnet_translator", **WITHOUT_GRID}, "discriminator": PATCHGAN},
    losses={
        "adversarial": "least_squares",
        "reconstruction": None,
        # Half of the papers' 10 and 5, as least squares has a factor 1/2 here; Adam does not see a common factor.
        "cycle": {"name": "l1", "weight": 5.0},
        "identity": {"name": "l1", "weight": 2.5},
    },
    data={"kind": "sides"},
)

cut = cyclegan.vary(
    "cut",
    "one direction without pairs, each patch tied to its place (Park et al. 2020)",
    task="translate_patches",
    nets={"heads": "patch_heads"},
    losses={
        "cycle": None,
        "identity": None,
        "nce": {"name": "patch_nce", "weight": 0.25},
        "identity_nce": {"name": "patch_nce", "weight": 0.25},
    },
)

fastcut = cut.vary(
    "fastcut",
    "cut without its identity loss, half of the inputs mirrored: faster (Park et al. 2020, section 3.2)",
    losses={"nce": {"weight": 5.0}, "identity_nce": None},
    task={"mirror": True},
)
