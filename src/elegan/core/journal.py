"""JSON-lines files of records, each with its step."""

import json
import os
from pathlib import Path
from typing import Any, BinaryIO

from elegan.core import files, paths, room
from elegan.core.errors import Failure, UserError

END = 1 << 16  # bytes of a file's end that hold its last record


class Journal:
    """A JSON-lines file that a kill or a power cut leaves readable: whole lines, cut back to the step that is resumed.

    A last line without its newline, or with the NUL bytes that a power cut leaves in its place, was torn: it is not
    read, and the next write cuts it off.
    """

    def __init__(self, path: Path):
        self.path = path

    def write(self, record: dict[str, Any], make_file: bool = True) -> None:
        """Appends a line. Raises Failure on a full disk, unless somebody waits for room (`core.room`), and for a missing file
        unless `make_file`."""
        line = json.dumps(record).encode() + b"\n"
        while True:
            try:
                return self._append(line, make_file)
            except OSError as error:
                if not room.comes(error, self.path, len(line)):
                    raise Failure(f"cannot write {self.path}: {error.strerror}") from error

    def _append(self, line: bytes, make_file: bool) -> None:
        if self.path.exists():
            paths.check_regular(self.path.stat().st_mode)
        flags = os.O_RDWR | os.O_APPEND | (os.O_CREAT if make_file else 0)
        with open(os.open(self.path, flags, 0o666), "rb+") as file:
            self._mend(file)
            file.write(line)

    def _mend(self, file: BinaryIO) -> None:
        """Cuts off a torn last line."""
        end = file.seek(0, os.SEEK_END)
        file.seek(max(0, end - 2))
        if end and (not (last := file.read()).endswith(b"\n") or b"\0" in last):
            file.truncate(len(_whole(self.path.read_bytes())))

    def records(self) -> list[dict[str, Any]]:
        """The records of all whole lines. Raises UserError, with the file and the line's number, for a line that is none."""
        if not self.path.exists():
            return []
        try:
            lines = _whole(paths.read(self.path)).split(b"\n")[:-1]
        except OSError as error:
            raise UserError(f"{self.path} cannot be read: {error.strerror}") from None
        return [self._record(f"line {number}", line) for number, line in enumerate(lines, 1)]

    def last(self) -> dict[str, Any] | None:
        """The newest whole line, of whose file only the end is read; None where there is none, or it is longer than `END`.

        Raises UserError where it is no record.
        """
        try:
            paths.check_regular(self.path.stat().st_mode)
            with open(self.path, "rb") as file:
                start = max(0, file.seek(0, os.SEEK_END) - END)
                file.seek(start)
                lines = _whole(file.read()).split(b"\n")[:-1]
        except FileNotFoundError:
            return None
        except OSError as error:
            raise UserError(f"{self.path} cannot be read: {error.strerror}") from None
        lines = lines[1:] if start else lines
        return self._record("the last line", lines[-1]) if lines else None

    def _record(self, place: str, line: bytes) -> dict[str, Any]:
        try:
            record = json.loads(line)
        except ValueError:
            record = None
        if not isinstance(record, dict):
            raise UserError(f"{self.path}, {place}, is not a record; delete this line to read the rest")
        return record

    def cut(self, step: int) -> None:
        """Removes the records after this step; makes the file where there is none. Raises UserError as `records` does."""
        records = enumerate(self.records(), 1)
        kept = [json.dumps(record) + "\n" for number, record in records if self._step(number, record) <= step]
        files.write(self.path, "".join(kept).encode(), make_folder=False)

    def _step(self, number: int, record: dict[str, Any]) -> int:
        step = record.get("step")
        if not isinstance(step, int):
            raise UserError(f"{self.path}, line {number}, has no step; delete this line to read the rest")
        return step


def _whole(content: bytes) -> bytes:
    """The content without its torn end: up to the last line that ends in a newline and holds no NUL."""
    while content:
        content = content[: content.rfind(b"\n") + 1]
        start = content[:-1].rfind(b"\n") + 1
        if b"\0" not in content[start:]:
            break
        content = content[:start]
    return content
