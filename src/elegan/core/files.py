"""Files that are whole or absent: every artefact of a run goes through here. torch is imported where tensors are at hand."""

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors import SafetensorError, safe_open

from elegan.core import paths, room
from elegan.core.errors import Failure, UserError

if TYPE_CHECKING:
    import torch
    from torch import Tensor

LONGEST = 255  # bytes that a name may have on the usual file systems
MARK = 10  # bytes that are added to a name while its file is written
DTYPES = {
    "F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16", "I64": "int64", "I32": "int32", "I16": "int16",
    "I8": "int8", "U8": "uint8", "BOOL": "bool",
}  # fmt: skip  # of safetensors, by torch's names
PLAIN, SEALED = "plain", "sealed"  # keys of a header: in files without digests, and in those with them


class Damaged(UserError):
    """A file of tensors that is cut or broken, or whose bytes are not those that were written."""


def folder_for(path: str | Path) -> Path:
    """A folder to write into, which need not exist yet.

    Raises UserError where there cannot be one: a file stands there or above, writing is not permitted, or a name is too
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
        raise UserError(f"cannot write into {path}: {reason}; --out names another folder") from None


def file_for(path: str | Path) -> Path:
    """A file to write or overwrite. Raises UserError where there cannot be one: see `folder_for`."""
    path = Path(path)
    if not path.name or path.is_dir():
        raise UserError(f"{path} is a folder; name a file to write")
    folder_for(path if len(os.fsencode(path.name)) > LONGEST - MARK else path.parent)
    return path


def write(path: Path, data: bytes, make_folder: bool = True) -> None:
    """Writes to a neighbour, syncs and renames; `make_folder` first makes the folder that holds it.

    Raises Failure (no permission; a full disk, unless somebody waits for room, see `core.room`) and leaves the old file whole.
    """
    while True:
        try:
            return _write(path, data, make_folder)
        except OSError as error:
            if not room.comes(error, path, len(data)):
                raise Failure(f"cannot write {path}: {error.strerror} ({len(data) / 1e6:.1f} MB)") from error


def _write(path: Path, data: bytes, make_folder: bool) -> None:
    neighbour = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        if make_folder:
            path.parent.mkdir(parents=True, exist_ok=True)
        neighbour.unlink(missing_ok=True)
        with open(neighbour, "xb") as file:  # never through a link that stands there
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(neighbour, path)
    except BaseException:  # Ctrl-C too
        with contextlib.suppress(OSError):
            neighbour.unlink()
        raise


def clear_torn(folder: Path) -> None:
    """Removes what killed writers left below the folder; nobody else may be writing there."""
    for path in folder.rglob(".*"):
        if path.suffix[1:].isdigit():
            path.unlink(missing_ok=True)


def write_json(path: Path, value: object) -> None:
    write(path, json.dumps(value, indent=1, ensure_ascii=False).encode() + b"\n")


def read_json(path: Path, most: int = 1 << 28) -> Any:
    """The value that a JSON file holds. Raises UserError where it is missing, not JSON, or longer than `most` bytes."""
    try:
        return json.loads(paths.read(path, most))
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path} cannot be read: {error}") from None


def encode_tensors(tensors: "dict[str, Tensor]", plain: dict[str, Any]) -> bytes:
    """Tensors and plain (JSON) data as one safetensors file, the data in its header beside a digest of every tensor.

    The header's text carries its own digest, so that any part of the file can be checked when it is read.
    """
    from safetensors.torch import save

    whole = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    digests = {name: _digest_of(name, whole[name]) for name in sorted(whole)}
    text = json.dumps({"plain": plain, "digests": digests})
    # One key alone: the format's writer puts several in an order that changes from call to call.
    return save(whole, {SEALED: f"{_short(text.encode())} {text}"})


def write_tensors(path: Path, tensors: "dict[str, Tensor]", plain: dict[str, Any], make_folder: bool = True) -> None:
    """Writes a file as `encode_tensors` makes it. Raises Failure on a full disk."""
    write(path, encode_tensors(tensors, plain), make_folder)


def read_tensors(
    path: Path, prefix: str = "", device: "torch.device | str" = "cpu"
) -> "tuple[dict[str, Tensor], dict[str, Any]]":
    """The tensors whose names start with `prefix`, which is taken off, and the plain data, checked against their digests.

    Files without digests, which older versions wrote, are taken as they are. Raises Damaged for a broken file, UserError
    for a missing one.
    """
    try:
        paths.check_regular(os.stat(path).st_mode)
        with safe_open(path, framework="pt") as file:
            digests, plain = _unsealed(file.metadata() or {})
            names = [name for name in file.keys() if name.startswith(prefix)]  # noqa: SIM118
            tensors = {name: file.get_tensor(name) for name in names}
    except (OSError, SafetensorError, ValueError, KeyError, TypeError, RuntimeError) as error:  # RecursionError too
        # Safetensors opens the file once more for the tensors, when it may be gone.
        if isinstance(error, OSError) or not path.exists():
            raise UserError(f"{path} cannot be read: {error}") from None
        raise Damaged(f"{path} is damaged: it cannot be read as safetensors: {error}") from None
    if digests is not None:
        _check(path, tensors, {name: digest for name, digest in digests.items() if name.startswith(prefix)})
    return {name.removeprefix(prefix): tensor.to(device) for name, tensor in tensors.items()}, plain


def read_plain(path: Path) -> dict[str, Any]:
    """The plain data alone, of whose file only the header is read. Raises Damaged, or UserError, as `read_tensors` does."""
    try:
        paths.check_regular(os.stat(path).st_mode)
        with safe_open(path, framework="numpy") as file:
            return _unsealed(file.metadata() or {})[1]
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error}") from None
    except (SafetensorError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise Damaged(f"{path} is damaged: it cannot be read as safetensors: {error}") from None


def check_tensors(path: Path) -> None:
    """Checks that every tensor of a file is what was written, without torch. Raises what `read_tensors` does."""
    try:
        paths.check_regular(os.stat(path).st_mode)
        with safe_open(path, framework="numpy") as file:
            digests, _ = _unsealed(file.metadata() or {})
        content = np.memmap(path, np.uint8, "r")
        start = 8 + int.from_bytes(content[:8].tobytes(), "little")
        header: dict[str, Any] = json.loads(content[8:start].tobytes())
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error}") from None
    except (SafetensorError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise Damaged(f"{path} is damaged: it cannot be read as safetensors: {error}") from None
    header.pop("__metadata__", None)
    found = {
        name: _digest(
            name, f"torch.{DTYPES[tensor['dtype']]}", tensor["shape"], content[start + first : start + end].data
        )
        for name, tensor in header.items()
        for first, end in [tensor["data_offsets"]]
    }
    if digests is not None and found != digests:
        raise Damaged(f"{path} is damaged: it does not hold the tensors that were written into it")


def _unsealed(header: dict[str, str]) -> tuple[dict[str, str] | None, dict[str, Any]]:
    """(digests, plain data); the digests are None where the file carries none."""
    if not header.keys() - {PLAIN}:
        return None, json.loads(header.get(PLAIN, "{}"))
    seal, _, text = header[SEALED].partition(" ")
    if seal != _short(text.encode()):
        raise ValueError("its header is not the one that was written")
    content = json.loads(text)
    return content["digests"], content["plain"]


def _check(path: Path, tensors: "dict[str, Tensor]", digests: dict[str, str]) -> None:
    if tensors.keys() != digests.keys():
        raise Damaged(f"{path} is damaged: it does not hold the tensors that were written into it")
    for name, tensor in tensors.items():
        if _digest_of(name, tensor) != digests[name]:
            raise Damaged(f"{path} is damaged: {name} is not what was written")


def _digest_of(name: str, tensor: "Tensor") -> str:
    import torch

    return _digest(name, str(tensor.dtype), tensor.shape, tensor.reshape(-1).view(torch.uint8).numpy().data)


def _digest(name: str, dtype: str, shape: Iterable[int], content: memoryview) -> str:
    """A digest of a tensor's name, type as torch calls it, shape and bytes."""
    return _short(f"{name} {dtype} {list(shape)} ".encode(), content)


def _short(*parts: bytes | memoryview) -> str:
    """The first 128 bits of SHA-256: against chance, not against malice."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()[:32]
