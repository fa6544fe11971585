"""PSNR and SSIM of restorers on Set5 x4, beside those that authors published.

    python -m benchmarks set5 set5_x4.zip [MODEL ...]

On Y, 4 pixels shaved, on the archive's own low-resolution files. MODEL, by default the shipped upscale-x4, is a packed file, a
shipped model or a run; MODEL@0.5 goes half-way to the adversarial weights.
"""

import io
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image
from torch import Tensor

from benchmarks.arguments import Names
from benchmarks.estimates import mean
from benchmarks.restorers import applied, network, tensor, to_bytes
from benchmarks.results import Row
from elegan.data.resize import resize
from elegan.metrics.fidelity import psnr, ssim

QUICK = {"models": ["upscale-x4"]}
SCALE = SHAVE = 4
# PSNR-Y as published by their authors.
PUBLISHED = {
    "bicubic": 28.42,
    "SRCNN": 30.48,
    "FSRCNN": 30.72,
    "VDSR": 31.35,
    "SRResNet": 32.05,
    "EDSR-baseline": 32.09,
}


def benchmark(data: Path, models: Names = None) -> list[Row]:
    pairs = pictures(data)
    methods = {"bicubic": bicubic, **{name: partial(applied, network(name)) for name in models or ("upscale-x4",)}}
    published = [{"method": f"{name}, published", "PSNR, dB": value} for name, value in PUBLISHED.items()]
    return [*(scores(name, enlarge, pairs) for name, enlarge in methods.items()), *published]


def pictures(archive: Path) -> list[tuple[np.ndarray, np.ndarray]]:
    """(low, high) resolution of each picture, uint8 H x W x 3."""
    with zipfile.ZipFile(archive) as opened:
        read = {n: opened.read(n) for n in sorted(opened.namelist()) if n.endswith(("_LR.png", "_HR.png"))}
    decoded = {name: np.asarray(Image.open(io.BytesIO(data)).convert("RGB")) for name, data in read.items()}
    return [(decoded[name], decoded[name.replace("_LR", "_HR")]) for name in decoded if "_LR" in name]


def bicubic(x: Tensor) -> Tensor:
    return (resize(x, (SCALE * x.shape[2], SCALE * x.shape[3])) * 255).round().clamp(0, 255)


def scores(name: str, enlarge: Callable[[Tensor], Tensor], pairs: list[tuple[np.ndarray, np.ndarray]]) -> Row:
    enlarged = [(to_bytes(enlarge(tensor(low))), high[None]) for low, high in pairs]
    values = {"PSNR, dB": psnr, "SSIM": ssim}
    return {"method": name, "N": len(pairs)} | {
        label: mean([metric(image, high, True, SHAVE) for image, high in enlarged]) for label, metric in values.items()
    }
