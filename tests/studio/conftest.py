"""A studio over a folder with one small run."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import elegan
from served import Served, serving

TINY = [
    "nets.generator.width=8",
    "nets.discriminator.width=8",
    "batch=8",
    "watch.images=32",
    "watch.every=2",
    "watch.log=1",
]


@pytest.fixture(scope="session")
def digits_run(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("studio") / "runs"
    elegan.train("digits", "dcgan", steps=4, settings=TINY, out=out, name="digits", quiet=True)
    return out / "digits"


@pytest.fixture(scope="module")
def served(digits_run, tmp_path_factory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served") / "runs"
    shutil.copytree(digits_run, folder / "digits")
    with serving(folder) as studio:
        yield studio
