"""Sheets between looks: when they are drawn, what they cost, and that nothing else changes."""

import itertools
import os
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import elegan as library
from elegan.training import previews
from elegan.training.previews import SHARE, Previews, moments
from elegan.training.viewer import show

SETTINGS = ("batch=8", "nets.generator.width=8", "nets.discriminator.width=8", "watch.images=32", "watch.every=4",
            "watch.log=1")  # fmt: skip


class Clock:
    """Time that passes only when it is told to."""

    def __init__(self):
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def drawing(self, seconds: float, drawn: list):
        """A drawing that takes so many seconds and notes when it began."""

        def draw(step: int) -> None:
            drawn.append(round(self.now, 3))
            self.now += seconds

        return draw


def drawn_at(seconds: float, hours: float) -> list[float]:
    """When a training of steps of a second each draws, with drawings that take `seconds`."""
    clock, drawn = Clock(), []
    previews = Previews(clock.drawing(seconds, drawn), clock)
    previews.begin(0)
    step = 0
    while clock.now < hours * 3600:
        clock.now += 1
        previews.draw_if_due(step := step + 1)
    return drawn


def test_sheets_come_often_at_first_and_rarer_later():
    expected = [10, 30, 60, 120, 180, 240, 300, 360, 420, 480, 540, 600, 900, 1200, 1500]
    assert list(itertools.islice(moments(), 15)) == expected
    assert drawn_at(0, 1500.5 / 3600) == [0, *expected]


@pytest.mark.parametrize("seconds", [0.1, 1, 5, 30])
def test_drawing_takes_a_bounded_share_of_the_time(seconds):
    drawn = drawn_at(seconds, hours=3)
    assert len(drawn) > 3
    later = drawn[1:]
    for number, start in enumerate(later, 1):
        assert number * seconds <= SHARE * start
    if seconds < 0.2:  # what is drawn that fast is never put off by more than a step
        assert len(drawn) == len(drawn_at(0, hours=3))


def train(out: Path, recipe: str, **options) -> library.Run:
    return library.train("digits", recipe, settings=SETTINGS, steps=8, out=out, name="run", quiet=True, **options)


@pytest.mark.parametrize("recipe", ["dcgan", "wgan"])  # statistics recomputed, and averaged
def test_sheets_at_every_step_change_nothing_that_is_kept(tmp_path, monkeypatch, recipe):
    seldom = train(tmp_path / "seldom", recipe)
    monkeypatch.setattr(previews, "moments", lambda: itertools.count(0.0, 1e-3))
    monkeypatch.setattr(previews, "SHARE", float("inf"))
    sheets = []
    often = train(
        tmp_path / "often",
        recipe,
        on_step=lambda step, terms: sheets.append((tmp_path / "often/run/samples.png").read_bytes()),
    )
    assert len(set(sheets)) == 7  # at steps 4 and 5 that of the look
    kept = sorted(path.relative_to(seldom.path) for path in seldom.path.rglob("*") if path.is_file())
    assert kept == sorted(path.relative_to(often.path) for path in often.path.rglob("*") if path.is_file())
    for name in kept:
        if name.name not in ("timing.jsonl", "run.json", ".lock"):
            assert (seldom.path / name).read_bytes() == (often.path / name).read_bytes(), name
    assert sorted(path.stem for path in (often.path / "samples").iterdir()) == ["00000000", "00000004", "00000008"]


def test_the_first_sheet_is_that_of_untrained_networks(tmp_path):
    run = train(tmp_path, "dcgan")
    first, last = (np.asarray(Image.open(run.path / f"samples/{step:08d}.png")) for step in (0, 8))
    assert first.shape == last.shape
    assert not np.array_equal(first, last)
    assert first.std() > 10  # noise, not one grey
    assert library.film(run, tmp_path / "film.gif").exists()


def test_going_on_renews_the_sheet_and_adds_none(tmp_path):
    run = train(tmp_path, "dcgan")
    before = {path.name: path.read_bytes() for path in (run.path / "samples").iterdir()}
    (run.path / "samples.png").unlink()
    train(tmp_path, "dcgan")  # finished before: nothing to draw
    assert not (run.path / "samples.png").exists()
    seen = []
    library.train(resume=run.path, steps=9, quiet=True, on_step=lambda *_: seen.append(run.path / "samples.png"))
    assert all(path.exists() for path in seen)
    after = {path.name: path.read_bytes() for path in (run.path / "samples").iterdir()}
    assert after == before | {"00000009.png": (run.path / "samples.png").read_bytes()}


# Shown

SHORT = ("train", "digits", "--recipe", "wgan", "--steps", "2", "--name", "run",
         *(part for setting in SETTINGS for part in ("--set", setting)))  # fmt: skip


@pytest.mark.skipif(sys.platform != "linux", reason="the way of Linux desktops")
def test_the_systems_viewer_opens_the_sheet_while_it_trains(elegan, tmp_path):
    viewer = tmp_path / "bin/xdg-open"
    viewer.parent.mkdir()
    viewer.write_text('#!/bin/sh\nls "$1" runs/run/checkpoints > shown.txt\n')
    viewer.chmod(0o755)
    environment = os.environ | {"DISPLAY": ":0", "PATH": f"{viewer.parent}:{os.environ['PATH']}"}
    done = elegan(*SHORT, "--show", env=environment)
    assert done.returncode == 0, done.stderr
    assert "cannot show" not in done.stderr
    assert "shows   runs/run/samples.png, renewed as it learns" in done.stderr
    assert (tmp_path / "shown.txt").read_text().splitlines()[0] == "runs/run/samples.png"


@pytest.mark.skipif(sys.platform != "linux", reason="the way of Linux desktops")
def test_where_no_viewer_is_training_says_so_and_goes_on(tmp_path, monkeypatch, capsys):
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    options = {"settings": SETTINGS, "steps": 1, "out": tmp_path, "name": "run", "show": True}
    assert library.train("digits", "wgan", **options).step == 1
    sheet = tmp_path / "run/samples.png"
    line = f"cannot show it: no screen belongs to this terminal; open {sheet} yourself"
    assert line in capsys.readouterr().err.splitlines()
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert show(sheet) == [f"cannot show it: there is no xdg-open (package xdg-utils); open {sheet} yourself"]
