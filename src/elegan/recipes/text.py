"""Networks that learn the items of a text: by maximum likelihood, and by that and then against a discriminator."""

from elegan.recipes.recipe import Recipe

lm = Recipe.parse(
    {
        "name": "lm",
        "about": "items of a text by maximum likelihood alone, what textgan is measured against",
        "steps": 4000,
        "ema": [0.99, 0.999, 0.5],
        "task": "likelihood",
        "nets": {"generator": "text_generator"},
        "optimizers": {"likelihood": {"name": "adam", "lr": 3e-3, "betas": [0.9, 0.99]}},
        "schedule": {"name": "cosine", "end": 0.05},
        "data": {"kind": "text", "held": 0.1},
        "watch": {"extractor": "values"},
    }
)

# Of the schedule a seventh is left when the second stage begins.
ADVERSARIAL = {"name": "adam", "lr": 5e-4, "betas": [0.0, 0.99]}

textgan = lm.vary(
    "textgan",
    "lm, then against a discriminator through the straight-through Gumbel softmax (after Nie et al. 2019)",
    steps=5000,
    task={"name": "text", "warmup": 0.8},
    nets={"generator": {"tau": [1.0, 0.5]}, "discriminator": "text_discriminator"},
    losses={
        "adversarial": "relativistic",
        "r1": {"name": "r1", "weight": 0.1},
        "r2": {"name": "r2", "weight": 0.1},
    },
    optimizers={"generator": ADVERSARIAL, "discriminator": {**ADVERSARIAL, "lr": 5e-3}},
)
