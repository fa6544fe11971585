"""A run as a single file for others: weights, recipe, and what is known of it."""

import os
from pathlib import Path
from typing import Any

from elegan.core.errors import UserError, shown
from elegan.record import packed
from elegan.run import Run
from elegan.verbs.card import card

MOST = 10_000  # characters of a licence or a note


def pack(run: Run, out: str | Path, *, licence: str = "", note: str = "", half: bool = False) -> str:
    """Writes the averaged weights of a run, its recipe, its evaluations and what is known of its data to the safetensors file
    `out`, which every function that takes a run opens, and gives its card in Markdown. Nothing in it says where anything
    lies on this disk.

    `licence`: what it may be used for; `note`: what else is to be said of it; `half`: weights in half precision, in half the
    bytes, which changes a picture by about one of 255 levels. Raises UserError where there cannot be such a file, Failure on
    a full disk.

    >>> import elegan
    >>> text = elegan.pack(elegan.Run.open("runs/digits"), "digits.safetensors", licence="CC0-1.0")
    >>> text.splitlines()[0], elegan.Run.open("digits.safetensors").step
    ('# digits', 4)
    """
    out = Path(out)
    if out.suffix != ".safetensors":
        raise UserError(f"{shown(str(out))} does not end in .safetensors")
    for name, text in (("licence", licence), ("note", note)):
        if len(text) > MOST:
            raise UserError(f"the {name} has {len(text):,} characters, more than {MOST:,}")
    header = packed.Header(
        name=run.name,
        recipe=run.trained_by.shared().full(),
        facts=_shared(run.info),
        step=run.step,
        abilities={type(ability).__name__: ability.facts() for ability in run.game.abilities if ability.does},
        evaluations=_of_this_step(run),
        licence=licence or run.licence,
        note=note or run.note,
    )
    packed.write(out, run.nets.state_dict(), header, half)
    return card(Run.open(out, trust=run.trust))


def _shared(facts: dict[str, Any]) -> dict[str, Any]:
    """The facts of run.json without the place of the data, which older versions kept there."""
    data = facts["data"]
    named = not os.path.isabs((data.get("source") or "").removeprefix("hf:"))
    return facts | {"data": data if named else {key: value for key, value in data.items() if key != "source"}}


def _of_this_step(run: Run) -> list[dict[str, Any]]:
    """The newest record of each measure that was taken of these weights."""
    newest: dict[tuple[Any, ...], dict[str, Any]] = {}
    for record in run.evaluations:
        settings = record["settings"]
        if settings.get("step") == run.step:
            key = (record["label"], settings.get("data"), settings.get("split"), settings.get("measured by"))
            newest.pop(key, None)
            newest[key] = record
    return list(newest.values())
