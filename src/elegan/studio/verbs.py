"""What the page can ask for that takes a while: elegan's own verbs, on what lies in the studio's folder, as works."""

import io
import json
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
from PIL import Image, ImageOps

from elegan.core import files, grid, paths
from elegan.core.errors import UserError, nearest, shown
from elegan.core.progress import counted
from elegan.core.screen import plain
from elegan.data.dataset import find
from elegan.data.decode import decode, plain_colours
from elegan.data.deep import Unreadable
from elegan.data.describe import describe
from elegan.data.photo import read_photo
from elegan.data.survey import Survey
from elegan.run import Run
from elegan.studio import explore, trainings
from elegan.studio.explore import address
from elegan.studio.place import Place
from elegan.studio.works import Work
from elegan.verbs.compare import compare as compare_runs
from elegan.verbs.copies import copies as copies_of
from elegan.verbs.evaluate import evaluate as evaluate_run
from elegan.verbs.film import film as film_of
from elegan.verbs.inputs import Outcome
from elegan.verbs.latent import Space
from elegan.verbs.latent import invert as invert_in
from elegan.verbs.latent.save import read_pictures, save_walk
from elegan.verbs.report.pictures import neighbours
from elegan.verbs.report.report import report as report_on
from elegan.verbs.restore import SCRATCHES, find_scratches, open_chain, restore_files
from elegan.verbs.restore import targets as restored_to
from elegan.verbs.translate import targets as translated_to
from elegan.verbs.translate import translate_files

Asked = Mapping[str, Any]
SAMPLES, SIDE = 24, 160  # pictures of a data set that are shown, and their pixels a side
SHOWN = 1600  # pixels of the longer side of a photograph as the page shows it before and after


class Verbs:
    """The verbs of a studio by name; each takes its work and what was asked, and gives what the page shows."""

    def __init__(self, place: Place, models: explore.Models):
        self.place, self.models = place, models

    def find(self, name: str) -> Callable[[Work, Asked], Any]:
        """The verb of this name. Raises UserError for another."""
        names = ("survey", "plan", "evaluate", "compare", "report", "copies", "film", "walk", "ways", "invert", "scratches", "restore",
                 "translate")  # fmt: skip
        if name not in names:
            raise UserError(f"unknown verb {shown(name)}{nearest(name, names)}")
        verb: Callable[[Work, Asked], Any] = getattr(self, name)
        return verb

    def survey(self, work: Work, asked: Asked) -> dict[str, Any]:
        """What `elegan data` says, with a few of the pictures; of rows, lines and sounds the words alone."""
        source = self.place.data(str(asked.get("data") or ""))
        found = describe(source)
        if not isinstance(found, Survey):
            return {"lines": str(found).splitlines(), "pictures": [], "series": True}
        return found.as_dict() | {"lines": found.lines(), "pictures": _samples(source)}

    def plan(self, work: Work, asked: Asked) -> dict[str, Any]:
        """What `elegan train --dry-run` says."""
        found = trainings.dry_run(self.place, asked, lambda: work.hear("measuring", 0, None))
        return found | {"name": Path(found["path"]).name}

    def evaluate(self, work: Work, asked: Asked) -> list[dict[str, Any]]:
        """Measures a run on so many pictures, and keeps the records with it."""
        run = self._run(asked)
        return [result.to_record() for result in evaluate_run(run, num=int(asked.get("num") or 2000))]

    def compare(self, work: Work, asked: Asked) -> dict[str, Any]:
        """Runs side by side."""
        found = compare_runs([self.place.run(str(name)) for name in asked.get("runs") or ()])
        named = found.as_dict() | {"text": str(found)}
        bare: dict[str, Any] = json.loads(json.dumps(named).replace(f"{self.place.folder}{os.sep}", ""))
        return bare

    def report(self, work: Work, asked: Asked) -> dict[str, Any]:
        """Writes the report of a run."""
        return {"file": report_on(self._run(asked)).name}

    def copies(self, work: Work, asked: Asked) -> dict[str, Any]:
        """Searches a run's pictures for copies of its data; the suspects come beside their nearest training images."""
        run = self._run(asked)
        found = copies_of(run, num=int(asked.get("num") or 2000))
        sheet = run.file("copies/suspects-001.png")
        pairs = neighbours(run, run.name)
        nearest = [] if isinstance(pairs, str) else [[p.data for p in (one, *near)] for one, near in pairs]
        return {
            **found.summary(),
            "lines": found.lines(),
            "sheet": "copies/suspects-001.png" if sheet.exists() else "",
            "nearest": nearest,
        }

    def film(self, work: Work, asked: Asked) -> dict[str, Any]:
        """Writes the film of a training."""
        run = self._run(asked)
        ending = paths.check_name("format", str(asked.get("format") or "gif"))
        return {"file": film_of(run, run.file(f"film.{ending}"), fps=float(asked.get("fps") or 6)).name}

    def walk(self, work: Work, asked: Asked) -> dict[str, Any]:
        """Writes the film of a closed walk from seed to seed."""
        run, folder = self._run(asked), self.place.new_work()
        truncation = asked.get("truncation")
        saved = save_walk(
            Space(run, asked.get("label")),
            [int(seed) for seed in asked.get("seeds") or ()],
            24,
            24.0,
            str(asked.get("format") or "gif"),
            None if truncation is None else float(truncation),
            folder,
        )
        return {"url": _result(Path(saved.paths[0]), folder)}

    def ways(self, work: Work, asked: Asked) -> list[dict[str, Any]]:
        """A run's directions, each with what it changes."""
        return explore.explain(self.models, str(asked.get("run")), asked.get("step"), asked.get("label"))

    def invert(self, work: Work, asked: Asked) -> dict[str, Any]:
        """The point whose picture is nearest to a photograph, and how near."""
        run = self._run(asked)
        space = Space(run, asked.get("label"))
        target = _as_data(run, self.place.dropped(str(asked.get("photo"))))
        found = invert_in(space, target, steps=int(asked.get("steps") or 200))
        spec = {"run": run.name, "step": run.step, "label": found.label, "point": explore.encoded(found.point)}
        return {"spec": spec, "L1": found.L1, "PSNR": plain(found.PSNR), "far": found.far, "photo": address(target)}

    def scratches(self, work: Work, asked: Asked) -> dict[str, Any]:
        """The mask of the scratches that are found on a photograph, white where they are."""
        mask = find_scratches(_photo(self.place.dropped(str(asked.get("photo")))))
        path = self.place.new_work() / "mask.png"
        grid.save_png(path, mask[..., None].astype(np.uint8) * 255)
        return {"url": _result(path, path.parent)}

    def restore(self, work: Work, asked: Asked) -> list[dict[str, Any]]:
        """Restores photographs, one or a folder of them, into a folder of the work's own."""
        source, folder = self.place.dropped(str(asked.get("photo"))), self.place.new_work()
        options = {name: asked[name] for name in ("scale", "sigma", "detail") if asked.get(name) is not None}
        if asked.get("model"):
            options["model"] = str(self.place.run(str(asked["model"])))
        if mask := asked.get("mask"):
            options["mask"] = mask if mask == SCRATCHES else str(self.place.dropped(str(mask)))
        restorer = open_chain(str(asked.get("task") or "upscale"), **options, device="auto")
        format, quality = asked.get("format") or None, asked.get("quality")
        places = restored_to(restorer, str(source), folder, format)
        outcomes = restore_files(restorer, places, format, None if quality is None else int(quality))
        return [_shown(outcome, folder) for outcome in counted(outcomes, "photographs", len(places))]

    def translate(self, work: Work, asked: Asked) -> list[dict[str, Any]]:
        """Translates pictures, one or a folder of them, into a folder of the work's own."""
        run, folder = self._run(asked), self.place.new_work()
        places = translated_to(str(self.place.dropped(str(asked.get("photo")))), folder)
        strength = float(asked.get("strength", 1.0))
        outcomes = translate_files(run, places, direction=asked.get("direction"), strength=strength)
        return [_shown(outcome, folder) for outcome in counted(outcomes, "photographs", len(places))]

    def _run(self, asked: Asked) -> Run:
        step = asked.get("step")
        return Run.open(self.place.run(str(asked.get("run"))), "newest" if step is None else step, device="auto")


def _samples(source: str) -> list[str]:
    """A few pictures of a data set, evenly from its beginning to its end, as addresses that hold them."""
    listing, found = find(source, "all").listing(), []
    for index in np.unique(np.linspace(0, len(listing.names) - 1, SAMPLES).astype(int)).tolist():
        try:
            image = plain_colours(decode(listing.read(index))[0])
        except Unreadable:
            continue
        small = image.size[0] < SIDE // 2  # whose pixels are to be seen as they are
        found.append(
            _inline_image(
                ImageOps.contain(image, (SIDE, SIDE), Image.Resampling.NEAREST if small else Image.Resampling.LANCZOS)
            )
        )
    return found


def _as_data(run: Run, path: Path) -> np.ndarray:
    """A photograph as the run reads its data, uint8 H x W x C. Raises UserError for a file that is no picture."""
    (pixels,) = read_pictures(run, [str(path)]).values()
    return pixels


def _photo(path: Path) -> Any:
    try:
        return read_photo(path)
    except Unreadable as error:
        raise UserError(f"{path.name} cannot be read: {error}") from None


def _shown(outcome: Outcome, folder: Path) -> dict[str, Any]:
    """An outcome for the page: names, addresses of the whole result and, no larger than a screen, of both sides; of a larger one
    also those of both in all their pixels."""
    said = {"name": outcome.source.name, "fault": outcome.fault, "remark": outcome.remark}
    if outcome.fault:
        return said
    before, after = _photo(outcome.source).colours(3), _photo(outcome.target).colours(3)
    size = after.shape[1], after.shape[0]
    sides = {}
    for side, pixels in (("before", before), ("after", after)):
        path = folder / f".{side}-{'-'.join(outcome.target.relative_to(folder).parts)}.png"
        image = Image.fromarray((pixels * 255 + 0.5).astype(np.uint8)).resize(size, Image.Resampling.BICUBIC)
        image.thumbnail((SHOWN, SHOWN), Image.Resampling.LANCZOS)
        files.write(path, _png(image))
        sides[side] = _result(path, folder)
    pixels = {}
    if max(size) > SHOWN:
        source = folder / f".source-{'-'.join(outcome.target.relative_to(folder).parts)}"
        shutil.copyfile(outcome.source, source)
        pixels = {"before": f"{_result(source, folder)}?pixels", "after": f"{_result(outcome.target, folder)}?pixels"}
    return said | {
        "url": _result(outcome.target, folder),
        "file": outcome.target.name,
        "size": size,
        "was": before.shape[1::-1],
        "pixels": pixels,
        **sides,
    }


def in_pixels(path: Path) -> bytes:
    """A photograph of any format as a PNG of 8 bits, which every browser shows."""
    return _png(Image.fromarray((_photo(path).colours(3) * 255 + 0.5).astype(np.uint8)))


def _png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def _result(path: Path, folder: Path) -> str:
    """The address of a file in the folder of a work."""
    return f"/results/{folder.name}/{quote(path.relative_to(folder).as_posix())}"


def _inline_image(image: Image.Image) -> str:
    return address(np.atleast_3d(np.asarray(image)))
