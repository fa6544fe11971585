"""What is measured of a run, by what it makes; see `elegan.evaluate`."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import Tensor

from elegan.core import paths
from elegan.core.errors import UserError
from elegan.core.facts import read_lines
from elegan.core.journal import Journal
from elegan.core.pixels import to_bytes
from elegan.data.feed import middles
from elegan.data.photographs import open_photographs
from elegan.data.sides import open_sides
from elegan.games.inference import restored, translated
from elegan.games.restore import spoiled_middles
from elegan.metrics import Result
from elegan.metrics.evaluate import evaluate, evaluate_arrays, extractor_for_sides
from elegan.metrics.pairs import measure_pairs
from elegan.recipes.parts import said
from elegan.run import Run


def recorded(path: Path) -> list[dict[str, Any]]:
    """The records of an evaluations.jsonl, none where it is absent.

    Raises UserError, naming file and line, for one that elegan did not write.
    """
    return read_lines(path, Result)


def of_images(
    run: Run, data: str | None, metrics: Sequence[str] | None, num: int, extractor: str, split: str, seed: int
) -> list[Result]:
    """Of images from latents, against the images of a data set."""
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
    return _with_remark(results, remark)


def _names(run: Run, labels: Tensor | None) -> list[str] | None:
    """Of classes that were asked for."""
    return [run.classes[label] for label in labels.tolist()] if run.conditional and labels is not None else None


def of_translations(
    run: Run, data: str | None, metrics: Sequence[str] | None, num: int, extractor: str, split: str, seed: int
) -> list[Result]:
    """Of the middles of held-out pictures translated, each direction by itself, against the other side's pictures."""
    wanted, size, results = run.recipe.data, run.shape.resolution, []
    sides = open_sides(data or run.source, wanted.kind == "pairs", size, run.shape.channels, wanted.zoom)
    parts = {"train": sides.train, "test": sides.held_out}
    if split not in parts:
        raise UserError(f"a run that translates is measured against split train or test, not {split!r}")
    for way in run.game.translate:
        given, target = (middles(sides.held_out["AB".index(side)], size)[:num] for side in (way[0], way[-1]))
        made = translated(run.game, run.nets, way, given, run.device)
        record = {"data": sides.name, "fingerprint": sides.fingerprint, "split": split, "direction": way} | run.record
        real = middles(parts[split]["AB".index(way[-1])], size)
        network = extractor_for_sides(extractor, sides, real, str(run.device), said(extractor))
        found = evaluate_arrays(network, made, real, target if sides.paired else None, metrics, seed, record)
        mark = f" {way}" * (len(run.game.translate) > 1)
        results += [replace(r, metric=r.metric + mark, label=r.label + mark) for r in found]
    return _with_remark(results, "" if data else run.changed(sides.fingerprint))


def of_restorations(run: Run, data: str | None, num: int, seed: int) -> list[Result]:
    """Of the middles of held-out photographs, damaged and restored, against the photographs."""
    size = run.shape.resolution
    opened = open_photographs(data or run.source, size, run.shape.channels, run.recipe.data.split)
    x, y = spoiled_middles(run.recipe, opened.held_out, size, num, run.device, seed, "evaluate")
    record = {"data": opened.name, "fingerprint": opened.fingerprint, "damage from seed": seed} | run.record
    results = measure_pairs(restored(run.game, run.nets, x), to_bytes(y), record)
    return _with_remark(results, "" if data else run.changed(opened.fingerprint))


def _with_remark(results: list[Result], remark: str) -> list[Result]:
    return [replace(r, warnings=(*r.warnings, remark)) for r in results] if remark else results


def keep(folder: Path, results: Sequence[Result]) -> None:
    """Adds a line a result to the folder's evaluations.jsonl. Raises Failure on a full disk."""
    folder.mkdir(parents=True, exist_ok=True)
    journal = Journal(paths.inside(folder, folder / "evaluations.jsonl"))
    for result in results:
        journal.write(result.to_record())
