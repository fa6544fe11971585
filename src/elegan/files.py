"""Files that are whole or absent: every artefact of a run goes through here."""

import contextlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from elegan.errors import Failure, UserError

LONGEST = 255  # bytes that a name may have on the usual file systems
MARK = 10  # of them are added while a file is written


def folder_for(path: str | Path) -> Path:
    """A folder to write into, which need not be there yet.

    Raises UserError where there cannot be one: a file stands there or above, nothing may be written there, a name is too
    long or empty.
    """
    path = Path(path)
    if long := [name for name in path.parts if len(os.fsencode(name)) > LONGEST - MARK]:
        raise UserError(
            f"the name {long[0][:40]}... of {len(os.fsencode(long[0]))} bytes is too long; at most {LONGEST - MARK}"
        )
    try:
        there = next(folder for folder in (path, *path.absolute().parents) if folder.exists())
        if not there.is_dir():
            raise UserError(f"cannot write into {path}: {there} is a file")
        with tempfile.TemporaryFile(dir=there):
            return path
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UserError(f"cannot write into {path}: {reason}") from None


def file_for(path: str | Path) -> Path:
    """A file to write, or to write anew. Raises UserError where there cannot be one: see `folder_for`."""
    path = Path(path)
    if not path.name or path.is_dir():
        raise UserError(f"{path} is a folder; name a file to write")
    folder_for(path if len(os.fsencode(path.name)) > LONGEST - MARK else path.parent)
    return path


def write(path: Path, data: bytes) -> None:
    """Writes to a neighbour, syncs, renames. Raises Failure (disk full, no permission) and leaves the old file whole."""
    neighbour = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(neighbour, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(neighbour, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            neighbour.unlink()
        raise Failure(f"cannot write {path}: {error.strerror} ({len(data) / 1e6:.1f} MB)") from error


def clear_torn(folder: Path) -> None:
    """Removes what killed writers left below the folder; nobody else may be writing there."""
    for path in folder.rglob(".*"):
        if path.suffix[1:].isdigit():
            path.unlink(missing_ok=True)


def write_json(path: Path, value: Any) -> None:
    write(path, json.dumps(value, indent=1, ensure_ascii=False).encode() + b"\n")


def read_json(path: Path, most: int = 1 << 28) -> Any:
    """Raises UserError where there is no such file, it is not JSON, or it has more than `most` bytes."""
    try:
        if path.stat().st_size > most:
            raise UserError(f"{path} cannot be read: it has more than {most >> 20} MiB")
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path} cannot be read: {error}") from None


def encode_tensors(tensors: dict[str, Tensor], plain: dict[str, Any]) -> bytes:
    """Tensors and JSON-able data as one safetensors file, the latter in its header."""
    whole = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    return save(whole, {"plain": json.dumps(plain)})


def write_tensors(path: Path, tensors: dict[str, Tensor], plain: dict[str, Any]) -> None:
    """Writes what `encode_tensors` gives. Raises Failure on a full disk."""
    write(path, encode_tensors(tensors, plain))


def read_tensors(path: Path, prefix: str = "", device: torch.device | str = "cpu") -> tuple[dict[str, Tensor], dict]:
    """The tensors whose name starts with `prefix`, without it, and the plain data. Raises UserError for a broken file."""
    try:
        with safe_open(path, framework="pt", device=str(device)) as file:
            names = [name for name in file.keys() if name.startswith(prefix)]  # noqa: SIM118
            tensors = {name.removeprefix(prefix): file.get_tensor(name) for name in names}
            return tensors, json.loads((file.metadata() or {}).get("plain", "{}"))
    except (OSError, SafetensorError, ValueError) as error:
        raise UserError(f"{path} cannot be read as safetensors: {error}") from None
