"""Published weights that metrics are defined on: where they lie on this machine, and how they get there, always checked."""

import hashlib
import os
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from elegan.core import files, paths
from elegan.core.errors import Failure, UserError, nearest, shown
from elegan.data.cache import default_root

HUB = "https://huggingface.co"
SECONDS = 30  # without an answer
MOST = 1 << 28  # bytes of a file


@dataclass(frozen=True)
class Weights:
    """A file that its publisher no longer changes: `called` in sentences, `variable` names a file that takes its place."""

    called: str
    file: str
    url: str
    sha256: str
    variable: str

    @property
    def place(self) -> Path:
        """The file in elegan's cache, there or not."""
        return default_root().parent / "extractors" / self.file

    @property
    def there(self) -> bool:
        """Whether the user names a file, or the cache holds one."""
        return bool(os.environ.get(self.variable)) or self.place.is_file()

    def find(self, given: str = "", cache: Path | None = None) -> Path:
        """The checked file: `given`, that of the variable, or that in the folder `cache`, fetched if it is absent.

        Raises UserError for a missing or another file, Failure where it cannot be fetched.
        """
        name = given or os.environ.get(self.variable, "")
        path = Path(name) if name else (cache / self.file if cache else self.place)
        if name and not path.is_file():
            raise UserError(f"no {self.called} at {name!r}")
        if not path.is_file():
            return self.fetch(to=path)
        self._check(path, str(path))
        return path

    def fetch(self, origin: str = "", to: Path | None = None) -> Path:
        """Brings the file to the cache (or to the path `to`) from `origin`: a file, an http or https address, or
        hf:OWNER/NAME/FILE of the Hugging Face hub; by default from its publisher. Gives its path.

        Nothing is kept unless its SHA-256 is right. Raises UserError for an origin that is none of these or another file, Failure where
        it cannot be read or written.
        """
        path, origin = to or self.place, origin or self.url
        try:
            with _opened(origin) as source:
                content = source.read(MOST)  # an answer may be endless
        except (urllib.error.URLError, OSError, ValueError) as error:
            raise Failure(
                f"the {self.called} cannot be fetched from {shown(origin)} ({getattr(error, 'reason', None) or error}); with "
                f"{self.file} from elsewhere: elegan fetch inception --from FILE, or {self.variable}=FILE"
            ) from None
        self._compare(hashlib.sha256(content).hexdigest(), origin)
        files.write(path, content)
        return path

    def _check(self, path: Path, name: str) -> None:
        with open(path, "rb") as file:
            self._compare(hashlib.file_digest(file, "sha256").hexdigest(), name)

    def _compare(self, digest: str, name: str) -> None:
        if digest != self.sha256:
            raise UserError(
                f"{name} is not the 2015 Inception file: its SHA-256 is {digest[:8]}..., not {self.sha256[:8]}..."
            )


def _opened(origin: str) -> IO[bytes]:
    if origin.startswith("hf:"):
        owner, _, rest = origin.removeprefix("hf:").partition("/")
        name, _, file = rest.partition("/")
        if not (owner and name and file):
            raise UserError(f"{shown(origin)} is not hf:OWNER/NAME/FILE")
        base = os.environ.get("HF_ENDPOINT", HUB).rstrip("/")
        origin = f"{base}/{urllib.parse.quote(f'{owner}/{name}/resolve/main/{file}')}"
    if "://" in origin:
        if not origin.startswith(("https://", "http://")):
            raise UserError(f"{shown(origin)}: an address begins with https:// or http://")
        answer: IO[bytes] = urllib.request.urlopen(origin, timeout=SECONDS)
        return answer
    path = Path(os.path.expanduser(origin))
    if not path.exists():
        beside = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
        raise UserError(f"no file {shown(origin)}{nearest(path.name, beside)}")
    paths.check_regular(path.stat().st_mode)
    return open(path, "rb")


INCEPTION = Weights(
    called="Inception weights",
    file="weights-inception-2015-12-05-6726825d.pth",
    url="https://github.com/toshas/torch-fidelity/releases/download/v0.2.0/weights-inception-2015-12-05-6726825d.pth",
    sha256="6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2",
    variable="ELEGAN_INCEPTION",
)
WEIGHTS = {"inception": INCEPTION}


def fetch(what: str = "inception", origin: str = "") -> Path:
    """Brings published weights to the cache, checked, and gives their path; see `Weights.fetch` for `origin` and the errors.

    >>> import elegan
    >>> elegan.fetch("inception", "weights/nowhere.pth")
    Traceback (most recent call last):
    elegan.core.errors.UserError: no file 'weights/nowhere.pth'
    """
    if what not in WEIGHTS:
        raise UserError(f"nothing to fetch is called {shown(what)}{nearest(what, WEIGHTS)}")
    return WEIGHTS[what].fetch(origin)


def preferred(extractor: str, metrics: Collection[str] | None) -> str:
    """The extractor that is meant: "auto" is inception for a metric asked for by its word for those features alone, such as fid,
    where the weights are on this machine."""
    return "inception" if extractor == "auto" and {"fid", "kid"} & set(metrics or ()) and INCEPTION.there else extractor
