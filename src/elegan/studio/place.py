"""The folder that a studio shows, and the only paths that its page can reach."""

import os
import secrets
import shutil
import tempfile
import time
import zipfile
from pathlib import Path
from typing import IO

from elegan.core import paths
from elegan.core.errors import UserError, nearest, shown
from elegan.core.facts import is_run_folder
from elegan.data.named import NAMES

OWN = ".studio"  # what the studio itself keeps in the folder of runs, which listings leave out
SHOWN = {
    ".png": "image/png", ".gif": "image/gif", ".mp4": "video/mp4", ".webm": "video/webm", ".html": "text/html; charset=utf-8",
    ".toml": "text/plain; charset=utf-8",
}  # fmt: skip
UPLOAD = "upload:"  # begins the name of data that were dropped into the page
DAY = 86_400  # seconds


class Place:
    """A folder of runs. `wide`: whether others than this machine can reach the studio, which then reads no data beside that
    folder but named sets."""

    def __init__(self, folder: Path, wide: bool = False):
        self.folder, self.wide = folder, wide

    def run(self, name: str) -> Path:
        """The run of this name. Raises UserError for a name that is a path, no run, or a link that leads out."""
        path = self.folder / paths.check_name("run", name)
        if not is_run_folder(path):
            beside = [run.parent.name for run in self.folder.glob("*/run.json")]
            raise UserError(f"no run {shown(name)}{nearest(name, beside)}")
        return paths.inside(self.folder, path)

    def file(self, name: str, inner: str) -> tuple[Path, str]:
        """(a file of a run to show, its media type). Raises UserError for what lies outside the run or is of another kind."""
        run = self.run(name)
        return _shown(run, inner)

    def own(self, *names: str) -> Path:
        """A file or folder of the studio's own. Raises UserError for names that are paths."""
        path = self.folder / OWN
        for name in names:
            path /= paths.check_name("name", name)
        return paths.inside(self.folder, path)

    def result(self, work: str, inner: str) -> tuple[Path, str]:
        """(a file that a work wrote, its media type). Raises UserError for what lies outside its folder."""
        path = paths.inside(self.own("works", work), self.own("works", work, *inner.split("/")))
        if not path.is_file():
            raise UserError(f"{shown(inner)} is no longer there; do it again")
        return path, SHOWN.get(path.suffix.lower(), "application/octet-stream")

    def archive(self, work: str) -> IO[bytes]:
        """A zip of all that a work wrote, as a file without a name. Raises UserError where it wrote nothing."""
        folder = paths.inside(self.own("works", work), self.own("works", work))
        written = [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.startswith(".")]
        if not written:
            raise UserError(f"what {shown(work)} wrote is no longer there; do it again")
        file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115  # who answers with it reads it to its end
        with zipfile.ZipFile(file, "w", strict_timestamps=False) as archive:  # photographs do not become smaller
            for path in written:
                archive.write(path, path.relative_to(folder))
        file.seek(0)
        return file

    def upload(self, upload: str, inner: str) -> Path:
        """The place of a file that is dropped. Raises UserError for names that lead anywhere else."""
        parts = inner.split("/")
        if len(parts) > 8:
            raise UserError(f"{shown(inner)} lies more than 8 folders deep")
        return self.own("uploads", upload, *parts)

    def dropped(self, text: str) -> Path:
        """What was dropped, by `upload:ID/NAME` or, of several files, `upload:ID`. Raises UserError where there is no such upload."""
        upload, _, inner = text.removeprefix(UPLOAD).partition("/")
        path = self.upload(upload, inner) if inner else self.own("uploads", upload)
        if not path.exists():
            raise UserError(f"{shown(text)} is no longer there; drop it again")
        return path

    def data(self, text: str) -> str:
        """The data that the page names, as `elegan train` takes them. Raises UserError for a path beside the folder where the studio
        can be reached from elsewhere."""
        if text.startswith(UPLOAD):
            return str(self.dropped(text))
        if self.wide and text not in NAMES:
            path = Path(os.path.expanduser(text))
            if text.startswith("hf:") or not path.resolve().is_relative_to(self.folder.resolve()):
                raise UserError(
                    f"{shown(text)} lies outside the studio's folder, which is all that it reads while others can reach it: "
                    "drop the pictures into the page instead"
                )
        return text

    def new_upload(self, kind: str) -> str:
        """The name of a new upload: of "data", which stay, or of "photos", which are kept for a day. Raises UserError for another kind."""
        if kind not in ("data", "photos"):
            raise UserError(f"unknown kind of upload {shown(kind)}{nearest(kind, ('data', 'photos'))}")
        name = f"{kind}-{secrets.token_hex(6)}"
        self.own("uploads", name).mkdir(parents=True)
        return name

    def new_work(self) -> Path:
        """A new folder for what a work writes, which is kept for a day."""
        path = self.own("works", secrets.token_hex(8))
        path.mkdir(parents=True)
        return path

    def tidy(self) -> None:
        """Removes the photographs that were dropped more than a day ago, and what works made."""
        for path in (*self.own("works").glob("*"), *self.own("uploads").glob("photos-*")):
            if time.time() - path.stat().st_mtime > DAY:
                shutil.rmtree(path, ignore_errors=True)


def _shown(folder: Path, inner: str) -> tuple[Path, str]:
    kind = SHOWN.get(Path(inner).suffix.lower())
    if kind is None or "\0" in inner:
        raise UserError(f"{shown(inner)} is no file that the studio shows")
    path = paths.inside(folder, folder / inner)
    if not path.is_file():
        raise UserError(f"no {shown(inner)} in {folder.name}")
    return path, kind
