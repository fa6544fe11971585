"""GANs of tables, which learn rows of numbers and kinds."""

from elegan.recipes.recipe import Recipe

_ADAM = {"name": "adam", "lr": 2e-4, "betas": [0.5, 0.9], "weight_decay": 1e-6}

ctgan = Recipe.parse(
    {
        "name": "ctgan",
        "about": "rows of a table: mode-specific numbers, sampling by kind, packs of rows (Xu et al. 2019)",
        "steps": 5000,
        "batch": 500,
        "ema": [0.99, 0.995, 0.5],
        "task": "table",
        "nets": {"generator": "table_generator", "discriminator": "table_discriminator"},
        "losses": {
            "adversarial": "wasserstein",
            "gradient_penalty": {"name": "gradient_penalty", "weight": 10.0},
            "asked": {"name": "asked", "weight": 1.0},
        },
        "optimizers": {"generator": _ADAM, "discriminator": _ADAM},
        "data": {"kind": "table"},
        "watch": {"extractor": "values"},
    }
)
