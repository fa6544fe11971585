"""What restorers score: enlarging on Set5, denoising on photographs, speed and memory.

    python benchmarks/restores.py set5 set5_x4.zip MODEL...       PSNR and SSIM on Y, 4 pixels shaved, beside published ones
    python benchmarks/restores.py denoise PICTURES MODEL          colour PSNR at sigma 15, 25, 50, level told and not
    python benchmarks/restores.py enlarge PICTURES MODEL...       PSNR-Y, and FD of patches, beside bicubic
    python benchmarks/restores.py inpaint PICTURES MODEL...       PSNR of the holes alone, beside a smooth filling of them
    python benchmarks/restores.py scratches PICTURES MODEL        how much of the drawn damage is found, and what else
    python benchmarks/restores.py speed MODEL WIDTHxHEIGHT        seconds, peak memory; against plain eager float32 NCHW

MODEL is a packed file, a shipped model or a run; PICTURES a folder or zip. DETAIL in MODEL@DETAIL goes towards the
adversarial weights: upscale-x4@0.5.
"""

import argparse
import io
import resource
import statistics
import time
import zipfile
from functools import partial

import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.nn.functional import max_pool2d

from elegan.core import rng
from elegan.core.machine import hardware
from elegan.data.cache import cached, default_root
from elegan.data.damage import UNKNOWN, Scene, downscale, gaussian_noise, holes
from elegan.data.dataset import find
from elegan.data.resize import resize
from elegan.data.sizing import Options
from elegan.games.restore import spoiler
from elegan.metrics import measure
from elegan.metrics.evaluate import open_plain_extractor
from elegan.metrics.fidelity import psnr, ssim
from elegan.nets import pretrained
from elegan.nets.restorers import smooth_fill, whole
from elegan.nets.tiling import in_tiles
from elegan.verbs.restore import open_restorer

PATCH = 32
# PSNR-Y on Set5 x4 as published by their authors.
PUBLISHED = {
    "bicubic": 28.42,
    "SRCNN": 30.48,
    "FSRCNN": 30.72,
    "VDSR": 31.35,
    "SRResNet": 32.05,
    "EDSR-baseline": 32.09,
}


def network(name: str, task: str = "upscale", **options) -> nn.Module:
    model, _, detail = name.partition("@")
    return open_restorer(task, model=model, detail=float(detail) if detail else None, **options).net


@torch.inference_mode()
def applied(net: nn.Module, x: torch.Tensor) -> torch.Tensor:
    """1 x (C + hints) x H x W, colours in [0, 1], to 1 x C x H x W rounded to 8 bits, 0..255."""
    c = net.channels
    x = torch.cat([x[:, :c] * 2 - 1, x[:, c:]], 1)
    y = in_tiles(partial(whole, net), x, net, None, net.scale)
    return (y * 127.5 + 127.5).round().clamp(0, 255)


def tensor(picture: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None].float() / 255


def pictures(source: str) -> list[np.ndarray]:
    return list(cached(find(source, "all"), Options(0, 3, "whole", 1), default_root()).images)


def set5(options: argparse.Namespace) -> None:
    archive = zipfile.ZipFile(options.source)
    read = lambda name: np.asarray(Image.open(io.BytesIO(archive.read(name))).convert("RGB"))  # noqa: E731
    names = sorted(name for name in archive.namelist() if name.endswith("_LR.png"))
    pairs = [(read(name), read(name.replace("_LR", "_HR"))) for name in names]
    print(f"Set5 x4, {len(pairs)} pictures, Y, shave 4")
    rows = {"bicubic": lambda x: (resize(x, (4 * x.shape[2], 4 * x.shape[3])) * 255).round().clamp(0, 255)}
    rows |= {name: partial(applied, network(name)) for name in options.models}
    for name, function in rows.items():
        scores = []
        for small, large in pairs:
            made = to_bytes(function(tensor(small)))
            wanted = large[None]
            scores.append([psnr(made, wanted, True, 4), ssim(made, wanted, True, 4)])
        single = " ".join(f"{p:.2f}" for p, _ in scores)
        print(f"{name:40} {np.mean(scores, 0)[0]:.2f} dB  SSIM {np.mean(scores, 0)[1]:.4f}   {single}")
    print("published:", ", ".join(f"{name} {value}" for name, value in PUBLISHED.items()))


def denoise(options: argparse.Namespace) -> None:
    net, shown = network(options.models[0], "denoise"), pictures(options.source)[: options.count]
    print(f"{len(shown)} pictures of {options.source}, colour PSNR, mean and 1.96 standard errors")
    for sigma in (15.0, 25.0, 50.0):
        rows: dict[str, list[float]] = {"noisy": [], "told": [], "blind": []}
        for number, picture in enumerate(shown):
            x = tensor(picture)
            with rng.drawing("benchmark", number, total=1, rows=range(1)):
                noisy = gaussian_noise(Scene(x, x[:, :0]), sigma=(sigma, sigma)).x
            wanted, level = picture[None], torch.full_like(x[:, :1], sigma / 255)
            rows["noisy"].append(float(10 * torch.log10(1 / (noisy - x).square().mean())))
            for name, hint in (("told", level), ("blind", torch.full_like(level, UNKNOWN))):
                rows[name].append(psnr(to_bytes(applied(net, torch.cat([noisy, hint], 1))), wanted))
        for name, values in rows.items():
            gain = np.mean(values) - np.mean(rows["noisy"])
            error = 1.96 * np.std(values, ddof=1) / np.sqrt(len(values))
            print(f"sigma {sigma:.0f}  {name:6} {np.mean(values):.2f} +- {error:.2f} dB  (+{gain:.2f})")


def inpaint(options: argparse.Namespace) -> None:
    nets = {name: network(name, "inpaint", mask="auto-scratches") for name in options.models}
    shown = pictures(options.source)[: options.count]
    decibels: dict[str, list[float]] = {name: [] for name in ("smooth filling", *nets)}
    shares = []
    for number, picture in enumerate(shown):
        h, w = (side // 32 * 32 for side in picture.shape[:2])
        x = tensor(picture[:h, :w])
        with rng.drawing("benchmark", number, total=1, rows=range(1)):
            holed = holes(Scene(x, x[:, :0]), boxes=2, strokes=6, size=(0.05, 0.2), share=(0.02, 0.15))
        shares.append(float(holed.hints.mean()))
        made = {"smooth filling": smooth_fill(holed.x * 2 - 1, holed.hints) * 127.5 + 127.5}
        made |= {name: applied(net, torch.cat(holed, 1)) for name, net in nets.items()}
        for name, y in made.items():
            error = ((y / 255 - x) * holed.hints).square().sum() / (3 * holed.hints.sum())
            decibels[name].append(float(10 * torch.log10(1 / error)))
    print(
        f"{len(shown)} pictures of {options.source}, {np.mean(shares):.1%} of them unknown: PSNR of these pixels, mean and 1.96 standard errors"
    )
    for name, values in decibels.items():
        print(f"{name:40} {np.mean(values):.2f} +- {1.96 * np.std(values, ddof=1) / np.sqrt(len(values)):.2f} dB")


def find_damage(options: argparse.Namespace) -> None:
    net, recipe = pretrained.unpack(options.models[0])
    found: list[list[float]] = []
    for number, picture in enumerate(pictures(options.source)[: options.count]):
        side = min(picture.shape[:2]) // 32 * 32
        with rng.drawing("benchmark", number, total=1, rows=range(1)):
            x, y = spoiler(recipe)(picture[None, :side, :side])
        with torch.inference_mode():
            told = max_pool2d((whole(net, x).mean(1) > 0).float(), 3, 1, 1) > 0
        drawn = y.mean(1) > 0
        near = max_pool2d(drawn.float(), 5, 1, 2) > 0
        found.append([float((told & drawn).sum() / drawn.sum()), float((told & near).sum() / told.sum().clamp(min=1)),
                      float((told & ~near).float().mean())])  # fmt: skip
    recall, precision, false = np.nanmean(found, 0)
    print(f"{len(found)} pictures of {options.source}: {recall:.1%} of the damaged pixels found; of those told {precision:.1%} within "
          f"two pixels of damage; {false:.2%} of all pixels told wrongly")  # fmt: skip


def enlarge(options: argparse.Namespace) -> None:
    nets = {name: network(name) for name in options.models}
    scale, shown = next(iter(nets.values())).scale, pictures(options.source)[: options.count]
    decibels: dict[str, list[float]] = {name: [] for name in ("bicubic", *nets)}
    patches: dict[str, list[np.ndarray]] = {name: [] for name in ("photograph", "bicubic", *nets)}
    for picture in shown:
        h, w = (side // scale * scale for side in picture.shape[:2])
        wanted = picture[None, :h, :w]
        x = tensor(wanted[0])
        small = downscale(Scene(x, x[:, :0]), factor=scale).x
        made = {"bicubic": to_bytes((resize(small, (h, w)) * 255).round().clamp(0, 255))}
        made |= {name: to_bytes(applied(net, small)) for name, net in nets.items()}
        for name, y in made.items():
            decibels[name].append(psnr(y, wanted, True, scale))
        for name, y in {"photograph": wanted, **made}.items():
            patches[name].append(in_patches(y[0]))
    real = np.concatenate(patches.pop("photograph"))
    extractor = open_plain_extractor("random", real)
    print(
        f"x{scale}, {len(shown)} pictures of {options.source}: PSNR-Y, {scale} pixels shaved, and the Frechet distance of {len(real):,}"
    )
    print(f"patches of {PATCH} pixels to the photographs' own in {extractor.name}")
    for name, values in decibels.items():
        (fd,) = measure(extractor, real, np.concatenate(patches[name]), ("fd",), 0, {})
        print(f"{name:40} {np.mean(values):.2f} dB   FD {fd.value:.3f}")


def in_patches(picture: np.ndarray) -> np.ndarray:
    """uint8 H x W x 3 cut into N x PATCH x PATCH x 3, what is left over at the right and below dropped."""
    h, w = (side // PATCH for side in picture.shape[:2])
    cut = picture[: h * PATCH, : w * PATCH].reshape(h, PATCH, w, PATCH, 3)
    return cut.swapaxes(1, 2).reshape(-1, PATCH, PATCH, 3)


def to_bytes(y: torch.Tensor) -> np.ndarray:
    return y.permute(0, 2, 3, 1).numpy().astype(np.uint8)


@torch.inference_mode()
def speed(options: argparse.Namespace) -> None:
    width, height = map(int, options.models[0].split("x"))
    net = open_restorer(options.task, model=options.source, scale=options.scale).net
    plain = open_restorer(options.task, model=options.source, scale=options.scale).net.to(
        memory_format=torch.contiguous_format
    )
    x = torch.from_numpy(
        np.random.default_rng(0).random((1, net.channels + net.hints, height, width), dtype=np.float32)
    )
    small = x[..., : min(height, 512), : min(width, 512)]
    ratios, seconds = [], []
    for _ in range(options.rounds):
        times = []
        for run in (
            lambda: whole(plain, small),
            lambda: whole(net, small.contiguous(memory_format=torch.channels_last)),
        ):
            began = time.perf_counter()
            run()
            times.append(time.perf_counter() - began)
        ratios.append(times[0] / times[1])
        began = time.perf_counter()
        in_tiles(partial(whole, net), x, net, None, net.scale)
        seconds.append(time.perf_counter() - began)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"{width}x{height} by {options.source}: {statistics.median(seconds):.2f} s (median of {len(seconds)}), peak memory of the process {peak:.2f} GB")  # fmt: skip
    print(f"ratio to eager float32 NCHW on {small.shape[3]}x{small.shape[2]}: {statistics.median(ratios):.2f}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=("set5", "denoise", "inpaint", "scratches", "enlarge", "speed"))
    parser.add_argument("source", help="pictures; for speed the model")
    parser.add_argument("models", nargs="+", help="models; for speed WIDTHxHEIGHT")
    parser.add_argument("--task", default="upscale")
    parser.add_argument("--scale", type=float, default=2.0)
    parser.add_argument("--count", type=int, default=100, help="pictures at most")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    machine = hardware()
    print(machine["processor"], machine["cores"], "cores,", machine["threads"], "threads, torch", machine["torch"])
    {
        "set5": set5,
        "denoise": denoise,
        "inpaint": inpaint,
        "scratches": find_damage,
        "enlarge": enlarge,
        "speed": speed,
    }[options.what](options)


if __name__ == "__main__":
    main()
