"""Room on a disk: what writes for hours may wait for it, in place of ending."""

import errno
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}
PAUSE = 2  # seconds between two looks at the disk
LITTLE = 2 << 30  # bytes free on a disk below which trainings have stopped
Say = Callable[[str], None]

_waits: list[tuple[Say, Callable[[], bool]]] = []  # of this process, the innermost last


@contextmanager
def waited_for(say: Say, stopped: Callable[[], bool]) -> Iterator[None]:
    """A context in which `core.files` and `core.journal` wait for room on a full disk, and say so, until `stopped`."""
    _waits.append((say, stopped))
    try:
        yield
    finally:
        _waits.pop()


def comes(error: OSError, path: Path, size: int) -> bool:
    """Whether it is worth trying again to write `size` bytes to `path`, which failed so: after a wait, where the disk was full
    and somebody waits for that; at once no in all other cases."""
    if error.errno not in FULL or not _waits:
        return False
    say, stopped = _waits[-1]
    say(
        f"PAUSED   the disk is full: {path} takes {size / 1e6:.1f} MB and {free(path) / 1e6:.1f} MB are free; "
        "it goes on by itself when there is room, and Ctrl-C ends it"
    )
    while not stopped():
        time.sleep(PAUSE)
        if free(path) >= size:
            return True
    return False


def free(path: Path) -> int:
    """Bytes free on the disk on which this is, or would be."""
    there = next(folder for folder in (path.absolute(), *path.absolute().parents) if folder.is_dir())
    return shutil.disk_usage(there).free
