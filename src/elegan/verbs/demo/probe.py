"""The guard's probe of a lesson: what it reads of points, in the units in which it reads pictures."""

import numpy as np
import torch
from torch import Tensor, nn

from elegan.core import rng
from elegan.games.abilities import Generates
from elegan.metrics.signals import centres_of, diversity, energy_distance, lost_clusters, separation, small
from elegan.verbs.demo.points import Points, as_pictures
from elegan.workflows.signs import Signs

FEW, MANY, BATCHES = 64, 512, 8
KINDS = 8  # clusters of the points of a file


class PointsProbe:
    """Signs of a generator of points in units of what real ones show among themselves; see `workflows.signs.GenerationProbe`,
    of which these are the ones that points have. There is no near-duplicate and no copy among them, and all directions are
    two."""

    pictures = FEW

    def __init__(self, points: Points, generates: Generates):
        self.generates, self.z = generates, rng.latents(range(MANY), generates.latent)
        self.real = as_pictures(points.draw(MANY, "guard"))
        self.reference = small(self.real)
        batches = self.reference.split(FEW)
        self.usual = float(np.median([diversity(rows).spread for rows in batches]))
        self.noise = float(np.std([energy_distance(rows, self.reference) for rows in batches])) / self.usual
        self.centres = self._kinds(points)

    def _kinds(self, points: Points) -> Tensor:
        if points.density:
            return small(as_pictures(points.density.centres.float()))
        return centres_of(self.reference, KINDS)

    @torch.no_grad()
    def __call__(self, average: nn.ModuleDict, nets: nn.ModuleDict, thorough: bool) -> Signs:
        made = self.generates.generate(average, self.z, None)
        many = small(made)
        rows = many[:FEW]
        of_real, of_made = (nets["discriminator"](x[:FEW], None) for x in (self.real, made))
        return {
            "": {
                "spread": diversity(rows).spread / self.usual,
                "distance": energy_distance(rows, self.reference) / self.usual,
                "noise": self.noise,
                "separation": separation(of_real, of_made),
                "lost": lost_clusters(self.reference, many, self.centres),
            }
        }
