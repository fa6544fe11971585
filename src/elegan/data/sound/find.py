"""Sounds as they are found, before one of them is read and without torch."""

import hashlib
import os
from pathlib import Path
from typing import Any

from elegan.data.layout import printable
from elegan.data.sound import read
from elegan.data.sources import IMAGES, Kind, Listing, Source, count_kinds, from_folder, from_zip, read_file

KIND = Kind(read.SUFFIXES, "sound files")


def find_sounds(source: Any) -> Source | None:
    """The sounds of a file of sound, or of a folder or zip with more of them than of pictures, not yet read; None for anything else."""
    if not isinstance(source, str):
        return None
    path = Path(os.path.expanduser(source))
    if path.is_file() and path.name.lower().endswith(KIND.suffixes):
        return _from_file(path)
    if not (path.is_file() or path.is_dir()):  # a pipe would be waited for
        return None
    sounds, pictures = count_kinds(path, KIND, IMAGES)
    if not sounds or sounds < pictures:
        return None
    return from_folder(path, "all", kind=KIND) if path.is_dir() else from_zip(path, "all", kind=KIND)


def _from_file(path: Path) -> Source:
    whole = path.resolve()
    status = whole.stat()
    listing = Listing([printable(path.name)], None, (), lambda index: read_file(str(whole)))
    stamp = f"{whole} {status.st_size} {status.st_mtime_ns}"
    return Source(
        path.stem, str(whole), hashlib.sha256(stamp.encode("utf-8", "surrogateescape")).hexdigest(), lambda: listing
    )
