"""A run's generator, translator or restorer as an ONNX file, for programs without torch."""

import copy
import io
import json
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import torch
from torch import nn
from torch.nn.utils import parametrize

from elegan.core import files
from elegan.core.errors import Failure, UserError, shown
from elegan.core.version import __version__
from elegan.metrics.model import messages
from elegan.run import Run
from elegan.workflows import workflow_of
from elegan.workflows.pictures import colours
from elegan.workflows.workflow import Exported

OPSET = 18
TOLERANCE = 1e-4  # of pictures in [-1, 1]


def export(run: Run, out: str | Path, direction: str | None = None) -> float:
    """Writes the averaged generator, translator (of `direction`) or restorer; gives the largest deviation from torch.

    Input: "z" N x latent and, of a conditional run, "label" N (int64); of translators and restorers "x", N x C x H x
    W in [-1, 1] (behind the colours the planes of hints), H and W multiples of what the file's metadata call
    `multiple`. Output: "images" in [-1, 1]. N, H and W are free. Raises UserError where a package is missing or the
    run makes no pictures, Failure where the file would not give within 1e-4 what torch gives; then nothing is
    written.

    >>> import elegan
    >>> elegan.export(elegan.Run.open("runs/digits"), "digits.onnx") < 1e-4
    True
    """
    out = Path(out)
    if out.suffix != ".onnx":
        raise UserError(f"{shown(str(out))} does not end in .onnx")
    files.file_for(out)
    encoded, _, worst = exported(run, direction)
    files.write(out, encoded)
    return worst


def exported(run: Run, direction: str | None = None, licence: str = "") -> tuple[bytes, Exported, float]:
    """The ONNX file of a run, what was exported, and the largest deviation from torch; see `export`, also for the errors."""
    _check_packages("onnx", "onnxscript", "onnxruntime")
    workflow = workflow_of(run.recipe)
    way = workflow.direction(run, direction)
    part = workflow.exported(run.game, plain(run.nets), run.shape, way)
    if part is None:
        raise UserError(f"{run.path} makes no pictures: {run.use}")
    encoded = encode(part, _about(run, part, licence or run.licence))
    worst = max(deviation(encoded, part, n) for n in (1, 3))
    if not worst <= TOLERANCE:
        raise Failure(
            f"the file would be off by {worst:.1e}, more than {TOLERANCE:.0e}, from torch; nothing is written"
        )
    return encoded, part, worst


def _about(run: Run, part: Exported, licence: str) -> dict[str, Any]:
    """Facts for whoever uses the file: whose it is, what goes in and what comes out."""
    name, made = part.makes or ("images", {"planes": colours(run.shape.channels), "range": [-1, 1]})
    return {
        "elegan": __version__,
        "run": run.name,
        "step": run.step,
        "licence": licence,
        "classes": run.classes,
        "multiple": part.multiple,
        "scale": part.scale,
        "inputs": part.about,
        "outputs": {name: made},
    }


def _check_packages(*packages: str) -> None:
    missing = [name for name in packages if find_spec(name) is None]
    if missing:
        raise UserError(f"export needs {', '.join(missing)}; pip install 'elegan[onnx]'")


@runtime_checkable
class Holding(Protocol):
    """A module whose graph would follow a buffer, which ONNX cannot: `hold` fixes it as it stands, for good."""

    def hold(self) -> None: ...


def plain(nets: nn.ModuleDict) -> nn.ModuleDict:
    """A frozen copy on the CPU with parametrised weights as plain ones and what follows a buffer held."""
    nets = copy.deepcopy(nets).cpu().eval().requires_grad_(False)
    for module in nets.modules():
        if isinstance(module, Holding):
            module.hold()
        parametrized: Any = module.parametrizations if parametrize.is_parametrized(module) else ()
        for name in list(parametrized):
            parametrize.remove_parametrizations(module, name, leave_parametrized=True)
    return nets


def encode(part: Exported, told: dict[str, Any]) -> bytes:
    """The ONNX file, with `told` as JSON among its metadata. Raises Failure for what torch cannot export."""
    free: dict[int, Any] = {0: torch.export.Dim("n")}
    if part.multiple:
        free |= {axis: part.multiple * torch.export.Dim(name) for axis, name in ((2, "h"), (3, "w"))}
    examples = part.inputs(2)
    try:
        with _quiet():
            program = torch.onnx.export(
                part.net, examples, dynamo=True, opset_version=OPSET, input_names=part.names, output_names=[part.makes[0] if part.makes else "images"],
                dynamic_shapes=tuple(free for _ in examples), verbose=False,
            )  # fmt: skip
    except Exception as error:  # its many stages raise nearly anything
        raise Failure(f"torch cannot export this network: {str(error).strip().splitlines()[0]}") from error
    assert program is not None
    program.model.metadata_props["elegan"] = json.dumps(told)
    whole = program.model_proto
    for message in messages(whole.graph):  # where in which file on this machine each operator comes from
        if "metadata_props" in message.DESCRIPTOR.fields_by_name:
            message.ClearField("metadata_props")
    encoded: bytes = whole.SerializeToString()
    return encoded


@contextmanager
def _quiet() -> Iterator[None]:
    """The exporter talks about its stages by print, by warnings and by logging."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


def deviation(encoded: bytes, part: Exported, n: int) -> float:
    """The largest difference between onnxruntime and torch over n pictures in [-1, 1]."""
    import onnxruntime

    session = onnxruntime.InferenceSession(encoded, providers=["CPUExecutionProvider"])
    inputs = part.inputs(n)
    with torch.no_grad():
        expected = part.net(*inputs)
    (images,) = session.run(None, {name: x.numpy() for name, x in zip(part.names, inputs, strict=True)})
    return float((torch.from_numpy(images) - expected).abs().max())
