"""GANs of series, which learn windows of rows in the order of time."""

from elegan.recipes.classic import both
from elegan.recipes.recipe import Recipe

# gamma of R1 and R2 at windows of 24 rows, which by_size keeps for others. Batch norm is in neither network: windows of a series
# differ in level by far more than in anything else, and it takes that from them.
GAMMA = 0.1

rpgan_series = Recipe.parse(
    {
        "name": "rpgan-series",
        "about": "rpgan's losses on windows of a series, by 1-D convolutions without norms",
        "steps": 5000,
        "ema": [0.99, 0.995, 0.5],
        "task": "series",
        "nets": {"generator": "series_generator", "discriminator": "series_discriminator"},
        "losses": {
            "adversarial": "relativistic",
            "r1": {"name": "r1", "weight": GAMMA / 24, "by_size": True, "every": 4},
            "r2": {"name": "r2", "weight": GAMMA / 24, "by_size": True, "every": 4},
        },
        "optimizers": both({"name": "adam", "lr": 5e-4, "betas": [0.0, 0.99]}),
        "schedule": {"name": "cosine", "end": 0.25},
        "data": {"kind": "series"},
        "watch": {"extractor": "values"},
    }
)

ADAM = {"name": "adam", "lr": 1e-3, "betas": [0.9, 0.999]}

timegan = Recipe.parse(
    {
        "name": "timegan",
        "about": "windows of a series step by step, in an embedding learnt first (Yoon et al. 2019)",
        "steps": 5000,
        "ema": [0.99, 0.995, 0.5],
        # Half of the steps for the game, and one move of the generator each, where the authors' program has two.
        "task": {"name": "timegan", "repeat": 1},
        "nets": {
            "embedder": "recurrent",
            "recovery": {"name": "recurrent", "last": "tanh"},
            "supervisor": {"name": "recurrent", "layers": 2},
            "generator": "recurrent",
            "discriminator": {"name": "recurrent", "last": "none"},
        },
        "losses": {
            "adversarial": "non_saturating",
            "recovered": {"name": "root_mean_square", "weight": 10.0},
            "supervised": {"name": "root_mean_square", "weight": 100.0},
            "moments": {"name": "moments", "weight": 100.0},
        },
        "optimizers": {"embedding": ADAM, "generator": {**ADAM, "lr": 2e-3}, "discriminator": ADAM},
        "data": {"kind": "series"},
        "watch": {"extractor": "values"},
    }
)
