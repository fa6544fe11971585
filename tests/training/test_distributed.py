"""Two processes under torchrun are the same run as one, and either goes on with the other's checkpoint."""

import os
import socket
import subprocess
import sys

import numpy as np
import pytest

from tensors import tensors_of

SMALL = ["--set", "nets.generator.width=8", "--set", "nets.discriminator.width=8", "--set", "watch.metric=none",
         "--set", "watch.every=2", "--set", "watch.keep=9", "--name", "run"]  # fmt: skip
# Plain SGD: Adam's first moves are the signs of gradients, which rounding decides where a gradient is nearly zero.
SGD = [s for p in ("generator", "discriminator") for s in ("--set", f"optimizers.{p}=sgd")]


def command(out, steps, *options) -> list[str]:
    own = [*SMALL, *SGD, *options, "--out", out, "--steps", str(steps)]
    return ["-m", "elegan", "train", "digits", "--as-published", *own]


def torchrun(folder, out, steps, *options) -> None:
    """Two processes as users start them."""
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    words = [sys.executable, *launcher, *command(out, steps, *options)]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr


def launch(calls, folder, processes, out, steps, *options) -> None:
    """One process, or several with what torchrun tells them."""
    with socket.create_server(("localhost", 0)) as free:
        port = free.getsockname()[1]
    told = [] if processes == 1 else [
        {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(processes), "LOCAL_WORLD_SIZE": str(processes),
         "MASTER_ADDR": "localhost", "MASTER_PORT": str(port)}
        for rank in range(processes)
    ]  # fmt: skip
    started = [calls.start(*command(out, steps, *options), cwd=folder, env=os.environ | more) for more in told or [{}]]
    for done in [process.wait() for process in started]:
        assert done.code == 0, done.err


def weights(folder, out, step) -> dict[str, np.ndarray]:
    return tensors_of(folder / out / "run" / "checkpoints" / f"{step:08d}.safetensors")


@pytest.mark.parametrize(
    "options",
    [  # nothing that follows progress, for on its way the run of two processes is made twice as long
        "cgan task.augment=color,translation data.crop=1",
        "wgan-gp task.n_critic=2 schedule=constant",
        "rpgan losses.r1.every=2 losses.r1.weight=0.1 losses.r2.every=2 losses.r2.weight=0.1 schedule=constant ema=0.9",
        pytest.param(
            "stylegan2-ada task.n_critic=4 task.ada_images=500 task.ada_target=-0.99 nets.generator.latent=8 "
            "nets.generator.condition=embedding losses.path_length.every=2",
            marks=pytest.mark.slow,
        ),
    ],
    ids=["batch-norm", "double-backward", "double-backward-of-batch-norm", "running-statistics"],
)
def test_two_processes_teach_what_one_does_with_the_doubled_batch(calls, tmp_path, options):
    recipe, *settings = options.split()
    options = ["--recipe", recipe, *(s for setting in settings for s in ("--set", setting))]
    launch(calls, tmp_path, 1, "one", 4, *options)
    launch(calls, tmp_path, 2, "two", 2, *options)
    first_half = weights(tmp_path, "two", 2)
    launch(calls, tmp_path, 2, "two", 4, *options)
    one, two = weights(tmp_path, "one", 4), weights(tmp_path, "two", 4)
    assert one.keys() == two.keys()
    for key, expected in one.items():
        np.testing.assert_allclose(two[key], expected, rtol=2e-3, atol=2e-5, err_msg=key)
    moved = [key for key in one if key.startswith("nets/") and not np.array_equal(first_half[key], two[key])]
    assert len(moved) > len([key for key in one if key.startswith("nets/")]) / 2


def test_one_goes_on_with_the_checkpoint_of_two_and_back(calls, tmp_path):
    options = ["--recipe", "cgan"]
    launch(calls, tmp_path, 1, "one", 6, *options)
    torchrun(tmp_path, "mixed", 2, *options)
    launch(calls, tmp_path, 1, "mixed", 4, *options)
    launch(calls, tmp_path, 2, "mixed", 6, *options)
    one, mixed = weights(tmp_path, "one", 6), weights(tmp_path, "mixed", 6)
    for key, expected in one.items():
        np.testing.assert_allclose(mixed[key], expected, rtol=5e-3, atol=5e-5, err_msg=key)
