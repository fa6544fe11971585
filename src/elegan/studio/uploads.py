"""Files that are dropped into the page, written as they come in and never beyond their bounds."""

import os
import shutil
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request

from elegan.core.errors import UserError

FILE = 8 << 30  # bytes of one file
FILES = 200_000  # of one upload
FREE = 1 << 30  # bytes that stay free on the disk


async def receive(request: Request, path: Path) -> int:
    """Writes the body of a request to a new file, whole or not at all; gives its bytes. Raises UserError for a file that is there
    already or too many of them, HTTPException (413, 507) for more bytes than allowed, or than the disk has room for."""
    upload = next(parent for parent in path.parents if parent.parent.name == "uploads")
    if not upload.is_dir():
        raise UserError("this upload is not known; begin it again")
    if path.exists():
        raise UserError(f"{path.name} was dropped already")
    path.parent.mkdir(parents=True, exist_ok=True)
    if sum(1 for _ in os.scandir(path.parent)) >= FILES:
        raise UserError(f"more than {FILES:,} files in a folder")
    part, count = path.with_name(f".{path.name}.part"), 0
    try:
        with open(part, "xb") as file:
            async for piece in request.stream():
                count += len(piece)
                if count > FILE:
                    raise HTTPException(413, f"{path.name} has more than {FILE >> 30} GiB")
                if shutil.disk_usage(path.parent).free < FREE + len(piece):
                    raise HTTPException(507, f"{path.name} leaves less than {FREE >> 30} GiB free on the disk")
                file.write(piece)
        os.replace(part, path)
    except FileExistsError:
        raise UserError(f"{path.name} comes in twice") from None
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return count
