"""The runs of a studio's folder as its page shows them, one and all."""

import os
import threading
from pathlib import Path
from typing import Any

from elegan.core.errors import UserError
from elegan.core.facts import is_run_folder, read_lines
from elegan.core.ranges import whole
from elegan.core.screen import plain
from elegan.games.abilities import Draws, Generates, Restores, Scores, Translates
from elegan.recipes import CATALOGUE
from elegan.recipes.show import differences
from elegan.record.record import START
from elegan.run import Run
from elegan.studio import trainings
from elegan.studio.place import Place
from elegan.training.curves import panels
from elegan.verbs.restore import tasks_of
from elegan.verbs.runs import Listed, listed

ABILITIES = {"generate": Generates, "series": Draws, "translate": Translates, "restore": Restores, "score": Scores}
POINTS = 3000  # records of a log that a page draws


class Runs:
    """The runs of a folder. Of those that are finished, which nothing changes but a new training or a verb, what was read is kept."""

    def __init__(self, place: Place):
        self.place = place
        self.finished: dict[Path, tuple[tuple[int, ...], Listed]] = {}
        self.lock = threading.Lock()

    def all(self) -> list[dict[str, Any]]:
        """Every run below the folder, the newest first; before them what began and has no folder yet, or never had."""
        with self.lock:  # who asks while they are read waits for that, and reads nothing twice
            return self._all()

    def _all(self) -> list[dict[str, Any]]:
        folder, records = os.path.realpath(self.place.folder), trainings.begun(self.place)
        found = [self._listed(path) for path in _folders(folder) if is_run_folder(path)]
        entries = [_entry(run, records.get(run.path.name)) for run in found]
        known = {run.path.name for run in found}
        for name in records.keys() & known:
            trainings.made(self.place, name, records[name])
        missing = {name: record for name, record in records.items() if name not in known}
        for name in [name for name, record in missing.items() if record.get("made") and not trainings.lives(record)]:
            trainings.forget(self.place, name)  # its run was deleted
            del missing[name]
        begun = [_beginning(self.place, name, record) for name, record in missing.items()]
        return [*begun, *sorted(entries, key=lambda entry: (-entry["changed"], entry["name"]))]

    def _listed(self, path: Path) -> Listed:
        stamps = _stamps(path)
        if (before := self.finished.get(path)) and before[0] == stamps:
            return before[1]
        run = listed(path)
        self.finished.pop(path, None)
        if run.state == "finished":
            self.finished[path] = stamps, run
        return run


def _folders(folder: str) -> list[Path]:
    """What may be a run: folders, and links to those that lie in this one."""
    if not os.path.isdir(folder):
        return []
    with os.scandir(folder) as entries:
        return [
            Path(entry.path)
            for entry in entries
            if not entry.name.startswith(".")
            and entry.is_dir()
            and (not entry.is_symlink() or os.path.realpath(entry.path).startswith(folder + os.sep))
        ]


def _written(path: Path) -> float:
    """When a file was written, in seconds since 1970; 0 where there is none."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0


def _stamps(path: Path) -> tuple[int, ...]:
    """When what is read of a run was written."""
    names = ("", "log.jsonl", "run.json", "recipe.toml", "checkpoints")
    return tuple(os.stat(path / name).st_mtime_ns if os.path.exists(path / name) else 0 for name in names)


def _entry(run: Listed, record: dict[str, Any] | None) -> dict[str, Any]:
    entry: dict[str, Any] = plain(run.as_dict())
    entry["name"] = run.path.name
    if run.state in ("stopped", "nothing saved") and record:
        entry["state"] = "starting" if trainings.lives(record) else run.state
    entry["alarm"] = os.path.isdir(run.path / "alarms")
    entry["picture"] = _written(run.path / "samples.png")
    return entry


def _beginning(place: Place, name: str, record: dict[str, Any]) -> dict[str, Any]:
    """A training that was begun and has made no run: it is about to, or it failed."""
    lives = trainings.lives(record)
    fault = "" if lives else (trainings.said(place, name) or ["it ended before it began"])[-1]
    return {
        "name": name, "state": "starting" if lives else "failed", "fault": fault, "changed": record.get("asked", 0), "step": 0, "steps": 0,
        "recipe": "", "data": "", "metric": "", "newest": None, "best": None, "size": 0, "alarm": False, "picture": 0,
    }  # fmt: skip


def one_run(place: Place, name: str) -> dict[str, Any]:
    """All that the page of a run shows. Raises UserError where there is no such run."""
    record = trainings.begun(place).get(name)
    if record is not None and not is_run_folder(place.folder / name):
        return _beginning(place, name, record) | {"said": trainings.said(place, name)}
    path = place.run(name)
    entry, run = _entry(listed(path), record), Run.open(path)
    if entry["state"] == "damaged":
        return entry | {"said": trainings.said(place, name)}
    return entry | {
        "seed": run.info["seed"],
        "count": run.info["data"]["count"],
        "classes": run.classes,
        "notes": run.info["data"]["notes"],
        "shape": plain(run.shape._asdict()),
        "device": run.info["sessions"][-1].get("device", ""),
        "abilities": abilities(run),
        "restores": _restores(run),
        "ways": [str(way) for way in translates.ways] if (translates := run.game.find(Translates)) else [],
        "checkpoints": run.steps,
        "settings": [list(row) for row in _own_settings(run)],
        "source": _source(run),
        "said": trainings.said(place, name),
        **course(path),
    }


def _restores(run: Run) -> dict[str, Any] | None:
    """What a run restores, and whether it began from a faithful network, between which and itself there is a way."""
    restores = run.game.find(Restores)
    if restores is None:
        return None
    return {**restores.facts(), "tasks": tasks_of(run), "detail": run.file(START).exists()}


def abilities(run: Run) -> list[str]:
    """What the run's networks can do, in the page's words."""
    return [name for name, kind in ABILITIES.items() if run.game.find(kind)]


def course(path: Path) -> dict[str, Any]:
    """What a run's records and pictures say of its course: curves by panel, alarms, speed, time, sheets of samples by step."""
    log, timing = (read_lines(path / name, dict[str, Any]) for name in ("log.jsonl", "timing.jsonl"))
    alarms = [record for record in log if "alarm" in record]
    every = -(-len(log) // POINTS) or 1
    last = timing[-1] if timing else {}
    return {
        "panels": plain(
            panels(record for number, record in enumerate(log) if number % every == 0 or "alarm" in record)
        ),
        "alarms": [
            {"step": a["step"], "images": a["images"], "rule": a["alarm"], "text": a.get("text", "")} for a in alarms
        ],
        "speed": last.get("images_per_second"),
        "seconds": sum(record.get("seconds", 0) for record in timing),
        "step_seconds": _pace(timing),
        "sheets": sheets(path),
    }


def _pace(timing: list[dict[str, Any]]) -> float | None:
    """Seconds a step, of the newest records; None before there are two."""
    newest = timing[-6:]
    steps = newest[-1]["step"] - newest[0]["step"] if newest else 0
    return sum(record["seconds"] for record in newest[1:]) / steps if steps > 0 else None


def sheets(path: Path) -> list[int]:
    """The steps of which there is a sheet of samples."""
    try:
        names = os.listdir(path / "samples")
    except OSError:
        return []
    return sorted(step for name in names if name.endswith(".png") and (step := whole(name[:-4])) is not None)


def _own_settings(run: Run) -> list[tuple[str, str, str]]:
    """(key, value, the usual value) of what the run's recipe has of its own."""
    parent = CATALOGUE.get(run.recipe.name) or CATALOGUE.get(run.recipe.parent)
    return differences(run.recipe, parent) if parent else []


def _source(run: Run) -> str:
    try:
        return run.source
    except UserError:
        return ""


def state(place: Place, name: str) -> dict[str, Any]:
    """The entry of one run, which says whether anything of it changed."""
    record = trainings.begun(place).get(name)
    if not is_run_folder(place.folder / name):
        if record is None:
            raise UserError(f"no run {name!r} any more")
        return _beginning(place, name, record)
    return _entry(listed(place.run(name)), record)
