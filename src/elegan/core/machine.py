"""The machine and the versions that a number was measured on."""

import os
from pathlib import Path

import numpy as np
import torch

from elegan.core.version import __version__


def hardware() -> dict[str, str | int | None]:
    """Versions and machine, for the records of a run."""
    import platform

    return {
        "elegan": __version__,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "system": platform.platform(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "accelerator": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
    }


def _processor() -> str:
    import platform

    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor()
