"""Trainings as processes of their own: begun by the studio or anybody, found again by the lock that each holds, stopped politely."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil

from elegan.core import files, paths
from elegan.core.errors import Failure, UserError, in_a_line, nearest, shown
from elegan.core.facts import is_run_folder
from elegan.recipes import CATALOGUE
from elegan.studio.place import Place
from elegan.verbs.runs import is_locked, listed

LINES = 40  # of what a training said, that are shown
ENOUGH = 1 << 16  # bytes of its end that hold them
ENDING = 60.0  # seconds in which the process of a training that is done ends
# The options of `elegan train` that the page may give, and the words with which a command line does.
OPTIONS = (
    "recipe",
    "steps",
    "images",
    "epochs",
    "minutes",
    "size",
    "seed",
    "direction",
    "guard",
    "device",
    "precision",
)


def arguments(place: Place, asked: Mapping[str, Any]) -> list[str]:
    """What stands behind `elegan train` for what the page asks: `data`, `name`, `settings`, and OPTIONS. Every value is bound to
    its option, so that none can pass for another. Raises UserError for an option that there is not, and as `Place.data` does."""
    unknown = asked.keys() - {"data", "name", "settings", *OPTIONS}
    if unknown:
        raise UserError(f"the studio starts no training with {', '.join(sorted(unknown))}")
    if not str(asked.get("data") or "").strip():
        raise UserError("name the data to train on: a folder, a zip or a set such as digits")
    given = {name: value for name in OPTIONS if (value := asked.get(name)) not in (None, "")}
    if "recipe" in given:
        given["recipe"] = recipe_of(place, str(given["recipe"]))
    if asked.get("name"):
        given["name"] = paths.check_name("name", str(asked["name"]))
    settings = [f"--set={setting}" for setting in asked.get("settings") or ()]
    options = [f"--{name}={value}" for name, value in given.items()]
    return [*options, *settings, f"--out={place.folder}", "--", place.data(str(asked["data"]))]


def recipe_of(place: Place, name: str) -> str:
    """What `--recipe` takes for a recipe of the catalogue, or for `run:NAME` that of a run. Raises UserError for any other, such as
    a path."""
    if name.startswith("run:"):
        return str(paths.inside(place.folder, place.run(name.removeprefix("run:")) / "recipe.toml"))
    if name not in CATALOGUE:
        raise UserError(f"unknown recipe {shown(name)}{nearest(name, CATALOGUE)}")
    return name


def dry_run(place: Place, asked: Mapping[str, Any], go_on: Any) -> dict[str, Any]:
    """What the training would be and cost, in a process of its own, whose memory is then the training's; `go_on` is asked now and
    then, and what it raises ends it. Raises UserError with what elegan says of it."""
    command = [sys.executable, "-m", "elegan", "train", "--dry-run", "--json", *arguments(place, asked)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL) as process:
        try:
            while True:
                try:
                    out, err = process.communicate(timeout=0.2)
                    break
                except subprocess.TimeoutExpired:
                    go_on()
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        said = err.decode(errors="replace").strip().splitlines()
        raise UserError(_bare(said[-1]) if said else f"it ended with {process.returncode}")
    found: dict[str, Any] = json.loads(out)
    return found


def begin(place: Place, name: str, rest: Sequence[str]) -> None:
    """Starts `elegan train` with these arguments for the run `name`. It goes on when the studio and its page are gone.

    Raises UserError where one trains there now, Failure where it cannot begin.
    """
    if not _is_free(place, name):
        raise UserError(f"{name} trains already")
    folder = place.own("trainings")
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with open(folder / f"{name}.log", "wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "elegan", "train", *rest],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        began = psutil.Process(process.pid).create_time()
    except (OSError, psutil.Error) as error:
        raise Failure(f"the training cannot begin: {in_a_line(error)}") from error
    _children.append(process)
    files.write_json(folder / f"{name}.json", {"pid": process.pid, "began": began, "asked": time.time()})


def _is_free(place: Place, name: str) -> bool:
    """Whether nothing trains there; a run that has reached its last step is waited for until its process has ended too."""
    until = time.monotonic() + ENDING
    while alive(place, name):
        if time.monotonic() > until or listed(place.folder / name).state != "finished":
            return False
        time.sleep(0.1)
    return True


_children: list[
    subprocess.Popen[bytes]
] = []  # that are asked now and then whether they are over, or they would stay as zombies


def _process(record: Mapping[str, Any]) -> psutil.Process | None:
    """The process of a training that was begun here, while it lives; another one of its number is none."""
    for child in [child for child in _children if child.poll() is not None]:
        _children.remove(child)
    with contextlib.suppress(psutil.Error, KeyError, TypeError):
        process = psutil.Process(record["pid"])
        if abs(process.create_time() - record["began"]) < 1 and process.status() != psutil.STATUS_ZOMBIE:
            return process
    return None


def begun(place: Place) -> dict[str, dict[str, Any]]:
    """What is on record of the trainings that were begun here, by name."""
    found = {}
    for path in place.own("trainings").glob("*.json"):
        with contextlib.suppress(UserError):
            record = files.read_json(path, 1 << 16)
            if isinstance(record, dict):
                found[path.stem] = record
    return found


def made(place: Place, name: str, record: dict[str, Any]) -> None:
    """Puts on record that a training has made its run: where that is missing later, somebody deleted it."""
    if not record.get("made"):
        files.write_json(place.own("trainings", f"{name}.json"), record | {"made": True})


def forget(place: Place, name: str) -> None:
    """Drops what is on record of a training that is over. Raises UserError while it goes on."""
    if alive(place, name):
        raise UserError(f"{name} trains now; stop it first")
    for ending in ("json", "log"):
        place.own("trainings", f"{name}.{ending}").unlink(missing_ok=True)


def alive(place: Place, name: str) -> bool:
    """Whether this run is trained now, or is about to be."""
    path = place.folder / name
    if is_run_folder(path) and is_locked(path):
        return True
    record = begun(place).get(name)
    return record is not None and _process(record) is not None


def lives(record: Mapping[str, Any]) -> bool:
    """Whether the process on record goes on."""
    return _process(record) is not None


def stop(place: Place, name: str) -> None:
    """Asks a run's training to save and stop, whoever began it. Raises UserError where none trains there."""
    record = begun(place).get(name)
    process = (record and _process(record)) or _holder(place.run(name) / ".lock")
    if process is None:
        raise UserError(f"nothing trains {name} now")
    try:
        process.send_signal(signal.SIGTERM)
    except psutil.Error as error:
        raise UserError(
            f"{name} is trained by a process that may not be stopped from here: {in_a_line(error)}"
        ) from None


def _holder(lock: Path) -> psutil.Process | None:
    """The process, of those that may be looked into, that has this file open; not this one, which may be asking for it."""
    wanted = os.path.realpath(lock)
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.pid != os.getpid() and any(file.path == wanted for file in process.open_files()):
                return process
    return None


def said(place: Place, name: str) -> list[str]:
    """The newest lines of what a training begun here said."""
    path = place.own("trainings", f"{name}.log")
    try:
        with open(path, "rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - ENOUGH))
            text = file.read().decode(errors="replace")
    except OSError:
        return []
    return [line for line in map(_bare, text.splitlines()) if line][-LINES:]


def _bare(line: str) -> str:
    """A line without the name of the program, and what would steer a terminal."""
    return "".join(c for c in line.removeprefix("elegan: ") if c.isprintable()).rstrip()
