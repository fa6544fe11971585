"""Devices, precision and processes. The only file that knows torch.distributed.

Processes are started by torchrun. A recipe's batch is that of all processes together, so a run is the same run on any
number of them: each takes its rows, gradients are averaged once a move, and batch norm sees the statistics of all.
"""

import atexit
import ctypes
import os
import sys
from collections.abc import Iterable
from contextlib import AbstractContextManager

import torch
import torch.distributed as dist
from torch import Tensor, nn

from elegan.core.devices import find_device
from elegan.core.errors import UserError, nearest

PRECISIONS = {"fp32": None, "bf16": torch.bfloat16, "fp16": torch.float16}


class Engine:
    """One process's device and place among the others.

    `precision` is one of fp32, bf16, fp16 after `auto` was resolved; raises UserError for one that the device lacks.
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
        """The process that writes files and speaks."""
        return self.rank == 0

    def autocast(self) -> AbstractContextManager:
        return torch.autocast(self.device.type, self.dtype, enabled=self.dtype is not None)

    def place(self, module: nn.Module) -> nn.Module:
        """The module on the device, convolutions channels-last, batch norm over all processes."""
        module = module.to(self.device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        if self.world > 1:
            for layer in module.modules():
                if isinstance(layer, nn.BatchNorm2d):
                    layer.__class__ = _SharedBatchNorm
        return module

    def parts(self, batch: int, accumulate: int) -> list[range]:
        """This process's rows of the batch, in the parts that are played one after another.

        Raises UserError where the batch does not divide evenly.
        """
        size, rest = divmod(batch, self.world * accumulate)
        if rest or not size:
            raise UserError(f"batch = {batch} does not divide into {self.world} processes x {accumulate} parts")
        first = self.rank * accumulate
        return [range(part * size, (part + 1) * size) for part in range(first, first + accumulate)]

    def average_gradients(self, parameters: Iterable[nn.Parameter]) -> None:
        """In one exchange, the mean over processes of every gradient there is."""
        gradients = [p.grad for p in parameters if p.grad is not None]
        if self.world == 1 or not gradients:
            return
        flat = torch.cat([gradient.reshape(-1) for gradient in gradients])
        dist.all_reduce(flat)
        flat /= self.world
        for gradient, mean in zip(gradients, flat.split([g.numel() for g in gradients]), strict=True):
            gradient.copy_(mean.view_as(gradient))

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
        """The leading process's value, in all."""
        if self.world == 1:
            return value
        shared = torch.tensor(value, dtype=torch.float64, device=self.device)
        dist.broadcast(shared, 0)
        return shared.item()

    def any(self, flag: bool) -> bool:
        """Whether the flag is up in any process."""
        return bool(flag) if self.world == 1 else self.mean(torch.tensor(float(flag), device=self.device)).item() > 0

    def wait(self) -> None:
        """Until all processes are here."""
        if self.world > 1:
            dist.barrier()


class _Sum(torch.autograd.Function):
    """The sum over processes, differentiable any number of times."""

    @staticmethod
    def forward(ctx, x: Tensor) -> Tensor:
        x = x.clone()
        dist.all_reduce(x)
        return x

    @staticmethod
    def backward(ctx, gradient: Tensor) -> Tensor:
        return _Sum.apply(gradient)


class _SharedBatchNorm(nn.BatchNorm2d):
    """Batch norm whose statistics in training are those of all processes (torch's own works on CUDA alone)."""

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return super().forward(x)
        with torch.autocast(x.device.type, enabled=False):
            return self._normalise(x.float())

    def _normalise(self, x: Tensor) -> Tensor:
        n = dist.get_world_size() * x.numel() // x.shape[1]
        mean = _Sum.apply(x.sum((0, 2, 3))) / n
        centred = x - mean[:, None, None]
        variance = _Sum.apply(centred.square().sum((0, 2, 3))) / n
        with torch.no_grad():
            statistics = ((self.running_mean, mean), (self.running_var, variance * n / (n - 1)))
            for running, new in statistics:
                running.lerp_(new, self.momentum)  # type: ignore[union-attr, arg-type]
            self.num_batches_tracked.add_(1)  # type: ignore[union-attr]
        scale = self.weight * (variance + self.eps).rsqrt()
        return centred * scale[:, None, None] + self.bias[:, None, None]


def _precision(name: str, device: torch.device) -> str:
    if name == "auto":
        return "bf16" if _gains_from_bfloat16(device) else "fp32"
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


def _gains_from_bfloat16(device: torch.device) -> bool:
    """Known, not timed, so that the same command computes the same on the same machine: tensor cores or AMX tiles."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return device.type == "cpu" and torch.cpu._is_amx_tile_supported()
