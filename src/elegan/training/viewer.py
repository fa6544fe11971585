"""The system's own viewer of pictures, opened beside a training."""

import os
import shutil
import sys
from pathlib import Path


def show(picture: Path) -> list[str]:
    """Opens the picture as a double click would, and does not wait; gives a line where that cannot be, else none."""
    from typer import launch  # it also belongs to the command line, and takes its time to import

    why = _lacking()
    if why is None and launch(str(picture)):
        why = "the system opened no viewer"
    return [] if why is None else [f"cannot show it: {why}; open {picture} yourself"]


def _lacking() -> str | None:
    """Names what a desktop has and this system lacks; macOS and Windows always have it."""
    if sys.platform in ("darwin", "win32", "cygwin"):
        return None
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return "no screen belongs to this terminal"
    return None if shutil.which("xdg-open") else "there is no xdg-open (package xdg-utils)"
