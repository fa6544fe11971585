"""Models on the Hugging Face hub, or on any server of its interface that HF_ENDPOINT names: `hub:OWNER/NAME`, as it is now, or
`hub:OWNER/NAME@REVISION`, a branch, a tag or a commit."""

import os
import re
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from elegan.core.errors import Failure, UserError, in_a_line, shown
from elegan.core.screen import Level, manner
from elegan.core.version import __version__

if TYPE_CHECKING:
    from huggingface_hub import HfApi

SCHEME = "hub:"
MODEL = "model.safetensors"  # what `elegan pack` makes, in the repository of a model
PART = r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}"


@dataclass(frozen=True)
class Repository:
    """A model's repository: OWNER/NAME, and the revision that is meant (None: the newest)."""

    id: str
    revision: str | None

    @property
    def name(self) -> str:
        return self.id.partition("/")[2]


def is_hub(name: str | Path) -> bool:
    """Whether this names a model on the hub."""
    return str(name).startswith(SCHEME)


def repository(name: str | Path) -> Repository:
    """The repository of a name such as `hub:OWNER/NAME@REVISION`. Raises UserError for any other form.

    >>> repository("hub:ada/digits@v2")
    Repository(id='ada/digits', revision='v2')
    """
    text = name.as_posix() if isinstance(name, Path) else name
    match = re.fullmatch(rf"{SCHEME}({PART}/{PART})(?:@([A-Za-z0-9][A-Za-z0-9._/-]{{0,99}}))?", text)
    if not match:
        raise UserError(f"{shown(text)} is not hub:OWNER/NAME or hub:OWNER/NAME@REVISION")
    return Repository(match[1], match[2])


def fetched(name: str | Path) -> Path:
    """The packed file of a model on the hub, in the cache of its library, where it is brought once.

    Raises UserError where there is no such model or revision, it holds no packed file, or it is closed to the user; Failure where
    the hub cannot be reached and the cache does not have it.
    """
    place = repository(name)
    api = client()
    from huggingface_hub import errors

    try:
        return Path(api.hf_hub_download(place.id, MODEL, revision=place.revision))
    except errors.LocalEntryNotFoundError as error:
        raise Failure(f"{name} cannot be fetched, and is not in the cache: {in_a_line(error)}") from None
    except errors.EntryNotFoundError:
        raise UserError(f"{name} holds no {MODEL}: elegan push makes one") from None
    except errors.RevisionNotFoundError:
        raise UserError(f"{name} has no revision {place.revision or 'main'!r}") from None
    except errors.GatedRepoError:
        raise UserError(f"{name} asks for its terms to be accepted, on its page of the hub") from None
    except errors.RepositoryNotFoundError:
        raise UserError(f"the hub has no model {place.id!r}, or it is closed to you: hf auth login") from None
    except (errors.HfHubHTTPError, OSError, ValueError) as error:
        raise Failure(f"{name} cannot be fetched: {in_a_line(error)}") from None


def client() -> "HfApi":
    """The hub's library at work for elegan. Raises UserError where it is missing."""
    if find_spec("huggingface_hub") is None:
        raise UserError("the hub needs huggingface_hub; pip install 'elegan[hub]'")
    from huggingface_hub import HfApi
    from huggingface_hub.utils.tqdm import disable_progress_bars

    if manner.level == Level.QUIET:
        disable_progress_bars()
    where = os.environ.get("HF_ENDPOINT")  # as it is now, and not as it was when the library was imported
    return HfApi(endpoint=where, library_name="elegan", library_version=__version__)


def send(to: Repository, content: dict[str, bytes], message: str, private: bool) -> str:
    """Puts files by name into the repository, in one commit, which makes it where it is not there yet. Gives its address.

    Raises UserError where the user may not write there, Failure where the hub cannot be reached or takes no more.
    """
    api: Any = client()
    from huggingface_hub import CommitOperationAdd, errors

    try:
        made = api.create_repo(to.id, private=private or None, exist_ok=True)
        added = [CommitOperationAdd(name, data) for name, data in content.items()]
        api.create_commit(to.id, added, commit_message=message, revision=to.revision)
    except errors.LocalTokenNotFoundError:
        raise UserError("the hub does not know you: hf auth login, or a token in HF_TOKEN") from None
    except errors.HfHubHTTPError as error:
        status = error.response.status_code if error.response is not None else 0
        if status in (401, 403, 404):
            raise UserError(
                f"you may not write to {to.id} on the hub ({status}): hf auth login, or another OWNER"
            ) from None
        raise Failure(f"the hub did not take {to.id}: {in_a_line(error)}") from None
    except (OSError, ValueError) as error:
        raise Failure(f"the hub cannot be reached: {in_a_line(error)}") from None
    return str(made)
