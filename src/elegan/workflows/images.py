"""Tasks on images of one size, with or without classes."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from elegan.data import Dataset, InMemory, open_data
from elegan.data.feed import Feed
from elegan.metrics import Result
from elegan.metrics.evaluate import evaluate
from elegan.recipes.recipe import Recipe
from elegan.run import Run
from elegan.workflows.workflow import Workflow, with_remark


class Images(Workflow):
    """The tasks that are trained on images and measured against them."""

    def open(self, recipe: Recipe, source: str | InMemory) -> Dataset:
        return open_images(recipe, source)

    def feed(self, data: Dataset, recipe: Recipe, seed: int, device: torch.device) -> Feed:
        return Feed(data.images, data.labels, recipe.batch, seed, device, recipe.data)

    def facts(self, data: Dataset) -> dict[str, Any]:
        return {"class_counts": data.class_counts}

    def labels(self, data: Dataset) -> np.ndarray | None:
        return data.labels

    def evaluate(
        self,
        run: Run,
        data: str | InMemory | None,
        metrics: Sequence[str] | None,
        num: int,
        extractor: str,
        split: str,
        seed: int,
    ) -> list[Result]:
        """Measures images from latents against the images of a data set."""
        seeds, labels = range(seed, seed + num), run.drawn_labels(num, seed)
        turns = run.labels_for(range(num))
        named, named_turns = _names(run, labels), _names(run, turns)
        remark = "" if data else run.training_images()[1]
        results = evaluate(
            run.stream(seeds, labels=labels),
            data or run.source,
            run.shape[:2],
            labels=named,
            even=(run.stream(seeds, labels=turns), named_turns) if named_turns else None,
            fit=run.recipe.data.fit,
            metrics=metrics,
            extractor=extractor,
            split=split,
            seed=seed,
            settings=run.record | {"images from seed": seed},
            device=str(run.device),
        )
        return with_remark(results, remark)


def open_images(recipe: Recipe, source: str | InMemory) -> Dataset:
    """Opens the images of a folder, zip or name, or in memory, as the recipe wants them.

    Raises UserError where there are none.
    """
    return open_data(source, recipe.data.resolution, recipe.data.channels, recipe.data.fit)


def _names(run: Run, labels: Tensor | None) -> list[str] | None:
    """Names of the classes that were asked for; None where none can be."""
    return [run.classes[label] for label in labels.tolist()] if run.conditional and labels is not None else None
