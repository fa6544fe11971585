"""Devices, precision and processes. The only file that knows torch.distributed.

Processes are started by torchrun. A recipe's batch is that of all processes together, so a run is the same run on any
number of them: each takes its rows, gradients are averaged once a move, and batch norm uses the statistics of all.
"""

import atexit
import ctypes
import os
import sys
from collections.abc import Iterable
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn

from elegan.core.devices import find_device
from elegan.core.errors import UserError, nearest

PRECISIONS = {"fp32": None, "bf16": torch.bfloat16, "fp16": torch.float16}


class Engine:
    """One process's device and its place among the others.

    `precision` is fp32, bf16 or fp16 once `auto` is resolved. Raises UserError for a device that this machine does not
    have, or a precision that the device does not.
    """

    def __init__(self, device: str = "auto", precision: str = "auto"):
        self.rank, self.world = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
        self.device = find_device(device)
        self.precision = _precision(precision, self.device)
        self.dtype = PRECISIONS[self.precision]
        # float16 has too small a range for gradients; the others scale by one, which costs nothing.
        self.scaler = torch.amp.GradScaler(self.device.type, enabled=self.dtype is torch.float16)
        if self.device.type == "cpu":
            _keep_freed_memory()
        if self.world > 1 and not dist.is_initialized():
            dist.init_process_group("nccl" if self.device.type == "cuda" else "gloo")
            # Threads of a group that nobody left can abort a process at its very end.
            atexit.register(dist.destroy_process_group)

    @property
    def leads(self) -> bool:
        """Whether this is the process that writes files and prints."""
        return self.rank == 0

    def autocast(self) -> torch.autocast:
        """A context of this precision, in which nothing changes at fp32."""
        return torch.autocast(self.device.type, self.dtype, enabled=self.dtype is not None)

    def place(self, module: nn.Module) -> nn.Module:
        """The module on the device, convolutions channels-last, batch norm over all processes."""
        module = module.to(self.device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # not in torch's overloads
        if self.world > 1:
            for layer in module.modules():
                if isinstance(layer, nn.BatchNorm2d):
                    layer.__class__ = _SharedBatchNorm
        return module

    def parts(self, batch: int, accumulate: int) -> list[range]:
        """This process's rows of the batch, in the parts that are played one after another.

        Raises UserError for a batch that does not divide evenly.
        """
        size, rest = divmod(batch, self.world * accumulate)
        if rest or not size:
            raise UserError(
                f"batch = {batch} does not divide into {self.world} processes x {accumulate} parts; "
                f"take a multiple of {self.world * accumulate}"
            )
        first = self.rank * accumulate
        return [range(part * size, (part + 1) * size) for part in range(first, first + accumulate)]

    def average_gradients(self, parameters: Iterable[nn.Parameter]) -> None:
        """Replaces every gradient by its mean over processes, in one exchange."""
        gradients = [p.grad for p in parameters if p.grad is not None]
        if self.world == 1 or not gradients:
            return
        flat = torch.cat([gradient.reshape(-1) for gradient in gradients])
        dist.all_reduce(flat)
        flat /= self.world
        for gradient, mean in zip(gradients, flat.split([g.numel() for g in gradients]), strict=True):
            gradient.copy_(mean.view_as(gradient))

    def gradient_norm(self, parameters: Iterable[nn.Parameter]) -> Tensor:
        """The length of all gradients together, float32, 0-d; not finite where one of them is not."""
        gradients = [p.grad for p in parameters if p.grad is not None]
        if not gradients:
            return torch.zeros((), device=self.device)
        norm: Tensor = torch.stack(torch._foreach_norm(gradients)).float().norm()
        return norm

    def total(self, values: Tensor) -> Tensor:
        """The sum over processes."""
        if self.world > 1:
            values = values.clone()
            dist.all_reduce(values)
        return values

    def mean(self, values: Tensor) -> Tensor:
        """The mean over processes."""
        return self.total(values) / self.world

    def from_leader(self, value: float) -> float:
        """The leading process's value, in all processes."""
        if self.world == 1:
            return value
        shared = torch.tensor(value, dtype=torch.float64, device=self.device)
        dist.broadcast(shared, 0)
        return float(shared.item())

    def any(self, flag: bool) -> bool:
        """Whether the flag is up in any process."""
        return bool(flag) if self.world == 1 else self.mean(torch.tensor(float(flag), device=self.device)).item() > 0

    def wait(self) -> None:
        """Waits until all processes are here."""
        if self.world > 1:
            dist.barrier()


def _summed(x: Tensor) -> Tensor:
    summed: Tensor = _Sum.apply(x)  # type: ignore[no-untyped-call]  # untyped in torch
    return summed


class _Sum(torch.autograd.Function):
    """The sum over processes, differentiable any number of times."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        x = x.clone()
        dist.all_reduce(x)
        return x

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        return _summed(*gradients)


class _SharedBatchNorm(nn.BatchNorm2d):
    """Batch norm whose statistics in training are those of all processes (torch's own works on CUDA alone)."""

    # Torch lets them be None, where a layer keeps no running statistics or their plain mean; here none does.
    running_mean: Tensor
    running_var: Tensor
    num_batches_tracked: Tensor
    momentum: float

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return super().forward(x)
        with torch.autocast(x.device.type, enabled=False):
            return self._normalise(x.float())

    def _normalise(self, x: Tensor) -> Tensor:
        n = dist.get_world_size() * x.numel() // x.shape[1]
        mean = _summed(x.sum((0, 2, 3))) / n
        centred = x - mean[:, None, None]
        variance = _summed(centred.square().sum((0, 2, 3))) / n
        with torch.no_grad():
            self.running_mean.lerp_(mean, self.momentum)
            self.running_var.lerp_(variance * n / (n - 1), self.momentum)
            self.num_batches_tracked.add_(1)
        scale = self.weight * (variance + self.eps).rsqrt()
        return centred * scale[:, None, None] + self.bias[:, None, None]


def _precision(name: str, device: torch.device) -> str:
    if name == "auto":
        return "bf16" if gains_from_bfloat16(device) else "fp32"
    if name not in PRECISIONS:
        raise UserError(f"unknown precision {name!r}{nearest(name, [*PRECISIONS, 'auto'])}")
    if name == "fp16" and device.type != "cuda":
        raise UserError(f"precision 'fp16' needs a CUDA device and this is {device.type}; use bf16 or fp32")
    return name


def _keep_freed_memory() -> None:
    """Tells glibc not to hand large freed blocks back to the system, where there is glibc.

    Each step frees and asks for the same tens of megabytes, and every page of them would be faulted in again: measured
    as a quarter of a DCGAN's step (docs/speed.md).
    """
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        trim_threshold, top_pad, mmap_threshold = -1, -2, -3  # malloc.h
        libc.mallopt(trim_threshold, 2**31 - 1)
        libc.mallopt(mmap_threshold, 2**25)  # the largest that glibc takes
        libc.mallopt(top_pad, 2**26)


def gains_from_bfloat16(device: torch.device) -> bool:
    """Whether the device has tensor cores or AMX tiles. It is not timed, so that a command always computes the same."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return device.type == "cpu" and bool(torch.cpu._is_amx_tile_supported())
