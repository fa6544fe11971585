"""Paths that somebody else may have made: what is opened, followed and taken for a name."""

import errno
import os
import stat
from pathlib import Path

from elegan.core.errors import UserError

KINDS = {stat.S_IFIFO: "a FIFO", stat.S_IFSOCK: "a socket", stat.S_IFDIR: "a folder"}
MOST = 1 << 30  # bytes that are read of one file
LONGEST = 200  # bytes of a name, below the 255 of file systems, so that endings fit


def check_regular(mode: int) -> None:
    """Raises OSError for what may block whoever opens it or never end: all but regular files, by `st_mode`."""
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, f"{KINDS.get(stat.S_IFMT(mode), 'a device')}, not a file")


def read(path: str | Path, most: int = MOST) -> bytes:
    """The bytes of a regular file. Raises OSError for anything else, at once, and for more than `most` bytes."""
    check_regular(os.stat(path).st_mode)  # opening a device may already act on it
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with open(handle, "rb") as file:
        status = os.fstat(handle)
        check_regular(status.st_mode)  # it may have been exchanged
        data = file.read(most + 1) if status.st_size <= most else b""
    if len(data) > most or status.st_size > most:
        raise OSError(errno.EFBIG, f"larger than {most >> 20} MiB")
    return data


def inside(folder: Path, path: Path) -> Path:
    """`path`, which is below `folder`. Raises UserError where a link on the way leads out of the folder."""
    if not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder)):
        raise UserError(f"{path} is or lies behind a link that leads out of {folder}; it is not followed")
    return path


def check_name(what: str, name: str) -> str:
    """The name, where it can be that of one file. Raises UserError for one that leads elsewhere or nowhere."""
    if name in ("", ".", "..") or any(c in "/\\" or not c.isprintable() for c in name):
        raise UserError(
            f"{what} = {name!r} is no plain name: without '/', '\\' and control characters, not '', '.' or '..'"
        )
    if len(os.fsencode(name)) > LONGEST:
        raise UserError(f"{what} = {name[:40]!r}... is longer than {LONGEST} bytes")
    return name
