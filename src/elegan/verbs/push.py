"""A run on the hub: its packed file, its recipe, ONNX, and the page that says what it is."""

import re
import tempfile
from pathlib import Path

from elegan.core import files, hub
from elegan.core.errors import UserError
from elegan.core.files import folder_for
from elegan.core.grid import grid, png
from elegan.games.abilities import Draws, Generates, Restores, Translates, Writes
from elegan.run import Run
from elegan.verbs.card import card
from elegan.verbs.export import exported
from elegan.verbs.pack import MOST, pack
from elegan.verbs.report.evaluations import newest

SHOWN = 64  # images on the page
LICENCES = {
    "apache-2.0", "mit", "bsd-2-clause", "bsd-3-clause", "gpl-3.0", "agpl-3.0", "cc0-1.0", "cc-by-4.0", "cc-by-sa-4.0",
    "cc-by-nc-4.0", "cc-by-nc-sa-4.0", "cc-by-nd-4.0", "cc-by-nc-nd-4.0", "openrail", "unlicense",
}  # fmt: skip  # the hub's names of those that people give to weights; the rest are "other"


def push(
    run: Run,
    to: str,
    *,
    data: str,
    licence: str = "",
    note: str = "",
    private: bool = False,
    samples: bool = False,
    half: bool = False,
    out: str | Path | None = None,
) -> str:
    """Puts a run into the repository `to` of the hub, hub:OWNER/NAME, in one commit, and gives its address: the packed file
    model.safetensors, recipe.toml, model.onnx, and README.md, a model card with what is on record. Nothing is sent that says
    where anything lies on this disk.

    `data`: where the pictures come from, who is on them, and what may be done with them; `licence`: what may be done with the
    model, as the run's where it was packed with one. Images that the run makes are on the page; `samples` puts the newest sheet
    of its training there too, which of a translator or restorer shows pictures of the data. `note` and `half` as in
    `elegan.pack`. `out`: a folder, empty or to be made, where the files are written to be looked at and nothing is sent; it is then
    what is given. Raises UserError where one of the first two is not said, a package is missing, the user may not write there, or
    the folder holds something, Failure where the hub cannot be reached.

    >>> import elegan
    >>> try:
    ...     elegan.push(elegan.Run.open("runs/digits"), "hub:ada/digits", data="")
    ... except elegan.UserError as error:
    ...     print(error)
    say where the data come from and what may be done with them: data is empty
    """
    place = hub.repository(to)
    licence = licence or run.licence
    for what, name, text in (
        ("where the data come from and what may be done with them", "data", data),
        ("what may be done with the model", "licence", licence),
    ):
        if not text.strip():
            raise UserError(f"say {what}: {name} is empty")
        if len(text) > MOST:
            raise UserError(f"{name} has {len(text):,} characters, more than {MOST:,}")
    hub.client()
    if out is not None and any(folder_for(out).iterdir()):
        raise UserError(f"{out} holds something already; --out names a new folder")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / hub.MODEL
        pack(run, file, licence=licence, note=note, half=half)
        packed = Run.open(file, trust=run.trust)
        pictures = _pictures(run, samples)
        page = _page(packed, place.id, data, licence, list(pictures))
        content = {
            "README.md": page.encode(),
            hub.MODEL: file.read_bytes(),
            "recipe.toml": packed.trained_by.shared().to_toml().encode(),
            **pictures,
            **_onnx(run, licence),
        }
    if out is not None:
        for name, encoded in content.items():
            files.write(Path(out) / name, encoded)
        return str(out)
    return hub.send(place, content, f"{run.name}, step {run.step}", private)


def _pictures(run: Run, samples: bool) -> dict[str, bytes]:
    """What the page shows, by file."""
    made = {"images.png": png(grid(run.generate(SHOWN), run.columns))} if run.game.find(Generates) else {}
    sheet = run.file("samples.png")
    if samples and not sheet.exists():
        raise UserError(f"{run.path} has no samples.png")
    return made | ({"samples.png": sheet.read_bytes()} if samples else {})


def _onnx(run: Run, licence: str) -> dict[str, bytes]:
    """The ONNX files, of a translator one a direction; none of what makes nothing."""
    if translates := run.game.find(Translates):
        return {f"model-{way}.onnx": exported(run, str(way), licence)[0] for way in translates.ways}
    makes = any(run.game.find(kind) for kind in (Generates, Draws, Restores))
    return {"model.onnx": exported(run, licence=licence)[0]} if makes else {}


def _page(run: Run, id: str, data: str, licence: str, pictures: list[str]) -> str:
    """README.md: what the hub reads, and the card for people."""
    from huggingface_hub import EvalResult, ModelCardData

    known = licence.lower() if licence.lower() in LICENCES else "other"
    task = "unconditional-image-generation" if run.game.find(Generates) else "image-to-image"
    results = [
        EvalResult(
            task_type=task,
            dataset_type="custom",
            dataset_name=str(record["settings"].data),
            metric_type=re.sub(r"\W+", "-", record["metric"]).lower(),
            metric_value=record["value"],
            metric_name=f"{record['label']}, 95 % interval {record['low']:.4g} to {record['high']:.4g}, "
            f"{record['n_real']} real and {record['n_fake']} generated images",
        )
        for record in newest(run)
        if ":" not in record["metric"]
    ]
    told = ModelCardData(
        license=known,
        license_name=None if known != "other" else re.sub(r"[^a-z0-9.]+", "-", licence.lower())[:96].strip("-"),
        library_name="elegan",
        pipeline_tag=None if run.game.find(Draws) else "text-generation" if run.game.find(Writes) else task,
        tags=["gan", "elegan", run.recipe.name],
        model_name=run.name,
        eval_results=results or None,
    )
    return f"---\n{told.to_yaml()}\n---\n\n{card(run, place=f'{hub.SCHEME}{id}', about_data=data, pictures=pictures)}"
