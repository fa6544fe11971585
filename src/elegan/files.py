"""Files that are whole or absent: every artefact of a run goes through here."""

import contextlib
import json
import os
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from elegan import paths
from elegan.errors import Failure, UserError


def write(path: Path, data: bytes) -> None:
    """Writes to a neighbour, syncs, renames. Raises Failure (disk full, no permission) and leaves the old file whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    neighbour = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        neighbour.unlink(missing_ok=True)
        with open(neighbour, "xb") as file:  # never through a link that stands there
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


def read_json(path: Path) -> Any:
    """Raises UserError where there is no such file or it is not JSON."""
    try:
        return json.loads(paths.read(path))
    except (OSError, ValueError) as error:
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
        paths.check_regular(os.stat(path).st_mode)
        with safe_open(path, framework="pt", device=str(device)) as file:
            names = [name for name in file.keys() if name.startswith(prefix)]  # noqa: SIM118
            tensors = {name.removeprefix(prefix): file.get_tensor(name) for name in names}
            return tensors, json.loads((file.metadata() or {}).get("plain", "{}"))
    except (OSError, SafetensorError, ValueError) as error:
        raise UserError(f"{path} cannot be read as safetensors: {error}") from None
