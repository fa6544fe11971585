"""GANs of sounds: as log-mel pictures, and as samples."""

from elegan.recipes.classic import both
from elegan.recipes.modern import rpgan
from elegan.recipes.recipe import Recipe

# Parsed anew, so that none of rpgan's options follows the size of what it takes for pictures.
specgan = Recipe.parse(
    rpgan.vary(
        "specgan",
        "log-mel pictures of sounds by rpgan's networks and losses, then phases (SpecGAN: Donahue et al. 2019)",
        steps=3000,
        batch=32,
        statistics="averaged",
        task={"name": "spectrograms", "augment": "translation"},
        nets={
            "generator": {"width": 32, "upsample": "nearest"},
            "discriminator": {"width": 32},
        },
        data={"kind": "sound"},
    ).model_dump()
)

vocoder = Recipe.parse(
    {
        "name": "vocoder",
        "about": "sounds of log-mel pictures, against critics of periods and spectra (Kong et al. 2020; Jang et al. 2021)",
        "steps": 2000,
        "batch": 8,
        "ema": [0.99, 0.995, 0.5],
        "task": "vocode",
        "nets": {"generator": "spectral_vocoder", "discriminator": "sound_discriminator"},
        "losses": {
            "adversarial": "least_squares",
            "mel": {"name": "l1", "weight": 45.0},
            "matching": {"name": "l1", "weight": 2.0},
            "spectral": {"name": "spectral", "weight": 1.0},
        },
        "optimizers": both({"name": "adam", "lr": 1e-3, "betas": [0.8, 0.99]}),
        "schedule": {"name": "cosine", "end": 0.1},
        "data": {"kind": "sound"},
        "watch": {"metric": "l1", "images": 100},
    }
)

enhance = vocoder.vary(
    "enhance",
    "sounds without their noise, babble or white, by masks on their spectra, with vocoder's critics",
    task={"name": "enhance"},
    nets={"generator": "spectral_enhancer"},
    losses={"distortion": {"name": "distortion", "weight": 0.2}},
)

widen = enhance.vary(
    "widen",
    "high frequencies for sounds that lack them, with vocoder's critics",
    task={"name": "widen"},
    losses={"distortion": None},
)

wavegan = Recipe.parse(
    {
        "name": "wavegan",
        "about": "samples of sounds by 1-D convolutions, with phase shuffle (Donahue et al. 2019; width 64)",
        "task": {"name": "waves", "n_critic": 5},
        "nets": {"generator": "wavegan_generator", "discriminator": "wavegan_discriminator"},
        "losses": {"adversarial": "wasserstein", "gradient_penalty": {"name": "gradient_penalty", "weight": 10.0}},
        "optimizers": both({"name": "adam", "lr": 1e-4, "betas": [0.5, 0.9]}),
        "data": {"kind": "sound"},
    }
)
