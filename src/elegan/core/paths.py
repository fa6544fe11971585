"""Paths that somebody else may have made: checks before they are opened, followed or taken for a name."""

import errno
import os
import re
import stat
from pathlib import Path

from elegan.core.errors import UserError

KINDS = {stat.S_IFIFO: "a FIFO", stat.S_IFSOCK: "a socket", stat.S_IFDIR: "a folder"}
MOST, PIECE = 1 << 30, 1 << 20  # bytes that are read of one file, and at once
LONGEST = 200  # bytes of a name, below the 255 of file systems, so that endings fit


def check_regular(mode: int) -> None:
    """Raises OSError for all but regular files, by `st_mode`: others may block whoever opens them, or never end."""
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, f"{KINDS.get(stat.S_IFMT(mode), 'a device')}, not a file")


def read(path: str | Path, most: int = MOST) -> bytes:
    """The bytes of a regular file. Raises OSError for anything else, at once, and for more than `most` bytes."""
    check_regular(os.stat(path).st_mode)  # opening a device may already act on it
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with open(handle, "rb") as file:
        status = os.fstat(handle)
        check_regular(status.st_mode)  # it may have been exchanged
        data = (
            bytearray()
        )  # in pieces: a file may say less than it has, and read(most) takes the room for all of it at once
        while status.st_size <= most and len(data) <= most and (piece := file.read(PIECE)):
            data += piece
    if len(data) > most or status.st_size > most:
        raise OSError(errno.EFBIG, f"larger than {most >> 20} MiB")
    return bytes(data)


def inside(folder: Path, path: Path) -> Path:
    """The `path`, which lies below `folder`. Raises UserError where a link on the way leads out of the folder."""
    if not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder)):
        raise UserError(f"{path} is or lies behind a link that leads out of {folder}; it is not followed")
    return path


def check_name(what: str, name: str) -> str:
    """The name, if a file can have it. Raises UserError for one that is a path, empty, unprintable or too long."""
    if name in ("", ".", "..") or any(c in "/\\" or not c.isprintable() for c in name):
        raise UserError(
            f"{what} = {name!r} is not a file name: '/', '\\', control characters, '', '.' and '..' are not allowed"
        )
    if len(os.fsencode(name)) > LONGEST:
        raise UserError(f"{what} = {name[:40]!r}... is too long for a file name; at most {LONGEST} bytes")
    return name


def check_portable(what: str, name: str) -> str:
    """The name, if a file can have it on every system. Raises UserError for one that Windows does not take, and as `check_name`
    does.
    """
    if (right := portable(check_name(what, name))) != name:
        raise UserError(f"{what} = {name!r} is no file name on Windows; take {right!r}")
    return name


def portable(name: str) -> str:
    """The name with - for what Windows has in no name, and _ behind those of its devices (CON, NUL, COM1, ...).

    >>> portable("lsun:church"), portable("con.png"), portable("plain. ")
    ('lsun-church', 'con_.png', 'plain--')
    """
    name = re.sub(r"[. ]+$", lambda end: "-" * len(end[0]), re.sub(r'[<>:"|?*]', "-", name))
    return re.sub(r"^(con|prn|aux|nul|com[0-9]|lpt[0-9])(?=\.|$)", r"\1_", name, flags=re.I)
