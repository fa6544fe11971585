"""The runs of a folder at a glance, from their names, headers and last lines; a thousand take less than a second."""

import contextlib
import math
import os
import re
import time
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from elegan.core import files, paths
from elegan.core.errors import UserError
from elegan.core.journal import Journal
from elegan.core.memory import in_bytes
from elegan.record.record import falling

if TYPE_CHECKING:
    from rich.table import Table

UNITS = ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s"))  # seconds


@dataclass(frozen=True)
class Listed:
    """A folder among the runs.

    `state`: "training" (by a process of now), "finished", "stopped", "nothing saved" (no checkpoint: it began, and failed or
    was killed), "damaged", or "no run"; of the last two `fault` says why and the rest may be empty. `step`: the newest, of
    `steps`, which of a run that has converged are no more. `newest` and `best`: values of the watched `metric`, None where there is
    none. `changed`: when
    the log was written, in seconds since 1970. `size`: bytes on disk.
    """

    path: Path
    state: str
    recipe: str = ""
    data: str = ""
    seed: int | None = None
    step: int = 0
    steps: int = 0
    metric: str = ""
    newest: float | None = None
    best: float | None = None
    best_step: int | None = None
    changed: float = 0.0
    size: int = 0
    fault: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The entry, ready for JSON."""
        return asdict(self) | {"path": str(self.path)}


def runs(folder: str | Path = "runs") -> list[Listed]:
    """The runs of a folder, and what else is a folder in it, the newest first; nothing but their heads and ends is read.

    Raises UserError where there is no such folder.

    >>> import elegan
    >>> [(run.path.name, run.state) for run in elegan.runs("runs/") if run.path.name == "digits"]
    [('digits', 'finished')]
    """
    try:
        with os.scandir(folder) as entries:
            folders = [Path(entry.path) for entry in entries if os.path.isdir(entry) and not entry.name.startswith(".")]
    except (OSError, ValueError) as error:
        raise UserError(f"no folder of runs at {folder}: {getattr(error, 'strerror', error)}") from None
    return sorted(map(listed, folders), key=lambda run: (-run.changed, run.path))


def listed(path: Path) -> Listed:
    """What the folder at this path is, among the runs."""
    if not os.path.isfile(path / "run.json"):
        return Listed(path, "no run", changed=_time(path), size=_size(path), fault="there is no run.json")
    changed = _time(path / "log.jsonl") or _time(path / "run.json")
    try:
        return Listed(path, **_facts(path), changed=changed, size=_size(path))
    except (UserError, OSError) as error:  # OSError: it goes away, or may not be looked into
        fault = str(error)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        fault = f"{path / 'run.json'}, recipe.toml or the newest checkpoint does not say what a run's does"
    return Listed(path, "damaged", changed=changed, size=_size(path), fault=fault)


def _facts(path: Path) -> dict[str, Any]:
    info, recipe = files.read_json(_own(path, "run.json")), _head(_own(path, "recipe.toml"))
    saved = _checkpoints(path)
    watched = _watched(saved[-1][1]) if saved else {}
    reached = saved[-1][0] if saved else 0
    steps = reached if reached and info.get("converged") == reached else int(recipe["steps"])
    training = reached < steps and is_locked(path)
    log = (Journal(_own(path, "log.jsonl")).last() if training else None) or {}
    return {
        "state": "training" if training else _state(reached, steps),
        "recipe": str(recipe["name"]),
        "data": str(info["data"]["name"]),
        "seed": int(info["seed"]),
        "step": max(reached, int(log.get("step", 0))),
        "steps": steps,
        **watched,
    }


def _state(reached: int, steps: int) -> str:
    return "finished" if reached >= steps else "stopped" if reached else "nothing saved"


def _own(folder: Path, name: str) -> Path:
    """The file or folder of this name in a folder, which may be a link within it but not out of it: see `paths.inside`."""
    path = folder / name
    return paths.inside(folder, path) if path.is_symlink() else path


def _head(path: Path) -> dict[str, Any]:
    """The values of a recipe before its first section. Reading all of it would take most of the time."""
    try:
        text = paths.read(path, most=1 << 20).decode("utf-8-sig")
        return tomllib.loads(re.split(r"^\[", text, maxsplit=1, flags=re.M)[0])
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path} is not a recipe: {error}") from None


def _checkpoints(path: Path) -> list[tuple[int, Path]]:
    folder = _own(path, "checkpoints")
    names = os.listdir(folder) if folder.is_dir() else []
    return sorted((int(name[:8]), folder / name) for name in names if re.fullmatch(r"[0-9]{8}\.safetensors", name))


def _watched(checkpoint: Path) -> dict[str, Any]:
    """The watched metric as the checkpoint's header has it."""
    plain = files.read_plain(_own(checkpoint.parent, checkpoint.name))
    history = [(int(step), float(value)) for step, value in plain.get("history", []) if math.isfinite(value)]
    if not history:
        return {}
    best_step, best = min(history, key=lambda pair: pair[1])
    metric = str(plain.get("recipe", {}).get("watch", {}).get("metric", ""))
    newest, best = (falling(metric, value) for value in (history[-1][1], best))
    return {"metric": metric, "newest": newest, "best": best, "best_step": best_step}


def is_locked(path: Path) -> bool:
    """Whether a process trains there. Where that cannot be asked, on a disk that only reads, none does."""
    from filelock import FileLock, Timeout

    lock = _own(path, ".lock")
    if lock.is_file():
        try:
            with FileLock(lock, timeout=0):
                return False
        except Timeout:
            return True
        except OSError:
            return False
    return False


def _time(path: Path) -> float:
    with contextlib.suppress(OSError):
        return path.stat().st_mtime
    return 0.0


def _size(path: Path) -> int:
    """Bytes below a folder; no link is followed."""
    return sum(entry.stat(follow_symlinks=False).st_size for entry in _files(path))


def _files(path: str | Path) -> Iterator[os.DirEntry[str]]:
    with contextlib.suppress(OSError), os.scandir(path) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _files(entry.path)
            else:
                yield entry


def table(runs: Sequence[Listed], now: float | None = None) -> "Table":
    """A table for a terminal, two lines a run and more for long names, with what is none of them left out."""
    from rich.table import Table
    from rich.text import Text

    now = time.time() if now is None else now
    grid = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), expand=False)
    for name, options in (("run", {"overflow": "fold"}), ("state", {}), ("recipe", {"overflow": "fold", "max_width": 14}),
                          ("step", {"justify": "right"}), ("metric", {"justify": "right"}), ("size", {"justify": "right"})):  # fmt: skip
        grid.add_column(name, **options)
    for run in runs:
        cells = (
            printable(run.path.name),
            f"{run.state}\n{age(now - run.changed)} ago",
            f"{printable(run.recipe)}\n{printable(run.data)}",
            f"{run.step}\nof {run.steps}",
            "" if run.newest is None else f"{run.metric} {run.newest:.4g}\nbest {run.best:.4g}",
            in_bytes(run.size),
        )
        grid.add_row(*map(Text, cells))
    return grid


def printable(text: str) -> str:
    """A name without what would steer a terminal: control characters, turns of direction, bytes that are no text."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def age(seconds: float) -> str:
    """A time in its largest unit, as in 3 min or 2 d."""
    count, unit = next(((seconds // length, unit) for length, unit in UNITS if seconds >= length), (0, "s"))
    return f"{count:.0f} {unit}"
