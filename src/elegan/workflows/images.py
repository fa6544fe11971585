"""Tasks on images of one size, with or without classes."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from elegan.data import Dataset, InMemory, open_data
from elegan.data.feed import Feed
from elegan.data.shape import LARGEST
from elegan.metrics import Result
from elegan.metrics.evaluate import evaluate
from elegan.recipes.recipe import Recipe
from elegan.run import Run
from elegan.workflows.workflow import Asked, Workflow, with_remark


class Images(Workflow):
    """The tasks that are trained on images and measured against them."""

    def open(self, recipe: Recipe, source: str | InMemory, most: int = LARGEST) -> Dataset:
        return open_images(recipe, source, most)

    def feed(self, data: Dataset, recipe: Recipe, seed: int, device: torch.device) -> Feed:
        return Feed(data.images, data.labels, recipe.batch, seed, device, recipe.data)

    def facts(self, data: Dataset) -> dict[str, Any]:
        return {"class_counts": data.class_counts}

    def labels(self, data: Dataset) -> np.ndarray | None:
        return data.labels

    def evaluate(self, run: Run, asked: Asked) -> list[Result]:
        """Measures images from latents against the images of a data set."""
        seeds, labels = range(asked.seed, asked.seed + asked.num), run.drawn_labels(asked.num, asked.seed)
        turns = run.labels_for(range(asked.num))
        named, named_turns = _names(run, labels), _names(run, turns)
        remark = "" if asked.data else run.training_images()[1]
        results = evaluate(
            run.stream(seeds, labels=labels),
            asked.data or run.source,
            run.shape[:2],
            labels=named,
            even=(run.stream(seeds, labels=turns), named_turns) if named_turns else None,
            fit=run.recipe.data.fit,
            distinct=run.recipe.data.distinct,
            metrics=asked.metrics,
            extractor=asked.extractor,
            split=asked.split,
            seed=asked.seed,
            settings=run.record | {"images from seed": asked.seed},
            device=str(run.device),
        )
        return with_remark(results, remark)


def open_images(recipe: Recipe, source: str | InMemory, most: int = LARGEST) -> Dataset:
    """Opens the images of a folder, zip or name, or in memory, as the recipe wants them, of `most` pixels a side where it leaves
    the size to them.

    Raises UserError where there are none.
    """
    asked = recipe.data
    return open_data(source, asked.resolution, asked.channels, asked.fit, most=most, distinct=asked.distinct)


def _names(run: Run, labels: Tensor | None) -> list[str] | None:
    """Names of the classes that were asked for; None where none can be."""
    return [run.classes[label] for label in labels.tolist()] if run.conditional and labels is not None else None
