"""What safetensors files hold."""

from pathlib import Path

import numpy as np
from safetensors.numpy import load_file


def tensors_of(path: Path) -> dict[str, np.ndarray]:
    """Everything in a safetensors file."""
    return load_file(path)
