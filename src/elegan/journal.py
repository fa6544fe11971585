"""JSON-lines files of records, each with its step."""

import json
from pathlib import Path
from typing import Any

from elegan import files, paths
from elegan.errors import Failure, UserError


class Journal:
    """A JSON-lines file that a killed run leaves readable: whole lines, cut back to the step that is resumed."""

    def __init__(self, path: Path):
        self.path = path

    def write(self, record: dict[str, Any]) -> None:
        """Appends a line. Raises Failure on a full disk."""
        try:
            if self.path.exists():
                paths.check_regular(self.path.stat().st_mode)
            with open(self.path, "a", encoding="utf-8") as file:
                file.write(json.dumps(record) + "\n")
        except OSError as error:
            raise Failure(f"cannot write {self.path}: {error.strerror}") from error

    def records(self) -> list[dict[str, Any]]:
        """All whole lines; a last one that a kill tore is left out. Raises UserError for what is no file."""
        if not self.path.exists():
            return []
        try:
            lines = paths.read(self.path).decode().split("\n")[:-1]
        except OSError as error:
            raise UserError(f"{self.path} cannot be read: {error.strerror}") from None
        return [json.loads(line) for line in lines]

    def cut(self, step: int) -> None:
        """Forgets what was written after this step."""
        kept = [json.dumps(record) + "\n" for record in self.records() if record["step"] <= step]
        if self.path.exists():
            files.write(self.path, "".join(kept).encode())
