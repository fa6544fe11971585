"""What a file, a folder or a zip holds, of whatever kind, said before anything is trained on it."""

from typing import Any, Protocol

from elegan.data.rows import is_rows
from elegan.data.sound.describe import describe_sounds
from elegan.data.sound.find import find_sounds
from elegan.data.survey import survey
from elegan.data.text.describe import describe_text
from elegan.data.text.read import is_text


class Description(Protocol):
    """What is said of data; as a string for people."""

    def as_dict(self) -> dict[str, Any]:
        """The description, ready for JSON."""


def describe(source: str) -> Description:
    """Reads all of DATA once: rows, lines of a text, sounds or pictures. Raises UserError where it is none of these."""
    if is_rows(source):
        from elegan.data import describe_rows  # here, as it brings torch

        return describe_rows.describe(source)
    if is_text(source):
        return describe_text(source)
    if sounds := find_sounds(source):
        return describe_sounds(sounds)
    return survey(source)
