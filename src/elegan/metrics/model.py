"""A check that an ONNX file is arithmetic alone: a model may name operators that need a library loaded, and other files."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from elegan.core import paths
from elegan.core.errors import UserError

# The operators of onnxruntime as it is installed; others come from libraries, which are never loaded.
DOMAINS = ("", "ai.onnx", "ai.onnx.ml", "com.microsoft")
CALLBACKS = ("PythonOp", "PythonOpGrad")  # call functions of the program, in builds for training


def check_model(path: Path) -> None:
    """Raises UserError for operators beyond the standard ones and the model's own functions, and for weights in a file
    outside the model's folder."""
    import onnx

    model = onnx.load(str(path), load_external_data=False)
    known = {*DOMAINS, *(function.domain for function in model.functions)}
    for message in messages(model):
        if isinstance(message, onnx.NodeProto) and (message.domain not in known or message.op_type in CALLBACKS):
            name = f"{message.domain}:{message.op_type}"
            raise UserError(f"{path} has the operator {name!r}, which only a library could do; none is loaded")
        if isinstance(message, onnx.TensorProto):
            _check_places(path, {entry.key: entry.value for entry in message.external_data})


def _check_places(path: Path, told: dict[str, str]) -> None:
    """Raises UserError for weights that are said to stand in a file that is not beside the model."""
    if "location" in told:
        other = paths.inside(path.parent, path.parent / told["location"])
        if not other.is_file():
            raise UserError(f"{path} has weights in {told['location']!r}, which is no file beside it")


def messages(message: Any) -> Iterator[Any]:
    """All parts of a protocol buffer, whatever they are nested in."""
    yield message
    for field, value in message.ListFields():
        if field.message_type:
            for part in [value] if hasattr(value, "ListFields") else value:
                yield from messages(part)
