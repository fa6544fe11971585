"""A run's latent space: walks, tables, the latents of real pictures, directions and what they change."""

from elegan.verbs.latent.directions import directions
from elegan.verbs.latent.invert import invert
from elegan.verbs.latent.space import Space, slerp
from elegan.verbs.latent.tables import mixed, rows_between, truncations, walk

__all__ = ["Space", "directions", "invert", "mixed", "rows_between", "slerp", "truncations", "walk"]
