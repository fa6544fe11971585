"""A run's generator as an ONNX file, for programs without torch."""

import copy
import io
import json
import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from elegan.core import files, rng
from elegan.core.errors import Failure, UserError, shown
from elegan.core.latents import latents
from elegan.games.game import Game, Shape
from elegan.games.inference import Generator
from elegan.metrics.model import messages
from elegan.nets.progressive import Growing
from elegan.run import Run

OPSET = 18
TOLERANCE = 1e-4  # of pictures in [-1, 1]


class Exported(NamedTuple):
    """A network, what its inputs are called, and `inputs(n)`, n rows to try it with.

    `multiple`: of pixels, that the sides of its input must be; 0 where the input is a latent.
    """

    net: nn.Module
    names: tuple[str, ...]
    inputs: Callable[[int], tuple[Tensor, ...]]
    multiple: int


def export(run: Run, out: str | Path, direction: str | None = None) -> float:
    """Writes the averaged generator, translator (of `direction`) or restorer; gives the largest deviation from torch.

    Input: "z" N x latent and, of a conditional run, "label" N (int64); of translators and restorers "x", N x C x H x
    W in [-1, 1] (behind the colours the planes of hints), H and W multiples of what the file's metadata call
    `multiple`. Output: "images" in [-1, 1]. N, H and W are free. Raises UserError where a package is missing or the
    run makes no pictures, Failure where the file would not give within 1e-4 what torch gives; then nothing is
    written.
    """
    out = Path(out)
    if out.suffix != ".onnx":
        raise UserError(f"{shown(str(out))} does not end in .onnx")
    files.file_for(out)
    _check_packages("onnx", "onnxscript", "onnxruntime")
    if not (run.game.generate or run.game.translate or run.game.restore):
        raise UserError(f"{run.path} makes no pictures: {run.use}")
    way = run.direction(direction) if run.game.translate or direction is not None else None
    part = exported(run.game, run.nets, run.shape, run.conditional, way)
    told = {"run": run.path.resolve().name, "step": run.step, "classes": run.classes, "multiple": part.multiple}
    encoded = encode(part, told)
    worst = max(deviation(encoded, part, n) for n in (1, 3))
    if not worst <= TOLERANCE:
        raise Failure(f"{out} would be off by {worst:.1e}, more than {TOLERANCE:.0e}, from torch; nothing is written")
    files.write(out, encoded)
    return worst


def _check_packages(*packages: str) -> None:
    missing = [name for name in packages if find_spec(name) is None]
    if missing:
        raise UserError(f"export needs {', '.join(missing)}; pip install 'elegan[onnx]'")


def exported(game: Game, nets: nn.ModuleDict, shape: Shape, conditional: bool, way: str | None) -> Exported:
    """What to export of a game's networks: those that generate, restore or translate this `way`."""
    nets = plain(nets)
    if game.generate:

        def drawn(n: int) -> tuple[Tensor, ...]:
            z = latents(range(n), game.latent)
            return (z, torch.arange(n) % shape.classes) if conditional else (z,)

        return Exported(Generator(game, nets), ("z", "label")[: 1 + conditional], drawn, 0)
    net: Any = nets[way or "restorer"]

    def pictures(n: int) -> tuple[Tensor, ...]:
        # Not square, and another size for each n.
        size = n, shape.channels + game.hints, 2 * shape.resolution, 2 * shape.resolution + n * net.multiple
        return (torch.rand(size, generator=rng.generator("export", n)) * 2 - 1,)

    return Exported(net, ("x",), pictures, net.multiple)


def plain(nets: nn.ModuleDict) -> nn.ModuleDict:
    """A frozen copy on the CPU with parametrised weights as plain ones and every growing network held at its level."""
    nets = copy.deepcopy(nets).cpu().eval().requires_grad_(False)
    for module in nets.modules():
        if isinstance(module, Growing):
            module.hold()
        for name in list(module.parametrizations) if parametrize.is_parametrized(module) else []:  # type: ignore
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
                part.net, examples, dynamo=True, opset_version=OPSET, input_names=part.names, output_names=["images"],
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
    return whole.SerializeToString()


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
        wanted = part.net(*inputs)
    (found,) = session.run(None, {name: x.numpy() for name, x in zip(part.names, inputs, strict=True)})
    return float((torch.from_numpy(found) - wanted).abs().max())
