"""Who is called back while a run trains: what they are told, that they change nothing, and what becomes of their errors."""

import json
import random

import numpy as np
import pytest
import torch

import elegan

SETTINGS = {
    "batch": 4,
    "nets.generator.width": 8,
    "nets.discriminator.width": 8,
    "watch.images": 32,
    "watch.every": 4,
    "watch.log": 3,
}


def train(out, steps: int = 8, **options) -> elegan.Run:
    return elegan.train(
        "digits", "wgan", settings=SETTINGS, steps=steps, out=out, name="run", quiet=True, as_published=True, **options
    )


def contents(run: elegan.Run) -> dict[str, bytes]:
    kept = ("log.jsonl", "samples.png", "checkpoints/00000008.safetensors", "checkpoints/00000004.safetensors")
    return {name: (run.path / name).read_bytes() for name in kept}


@pytest.fixture(scope="module")
def alone(tmp_path_factory) -> elegan.Run:
    return train(tmp_path_factory.mktemp("alone"))


def test_steps_and_looks_are_told_as_they_are_logged_and_nothing_changes(alone, tmp_path):
    steps, looks, sheets = [], [], []

    def on_step(step, terms):
        steps.append((step, terms))
        torch.manual_seed(step), np.random.seed(step), random.seed(step)

    def on_look(look):
        torch.rand(step := look.step)
        looks.append(look)
        sheets.append((look.sheet.read_bytes(), elegan.Run.open(tmp_path / "run").step == step))
        assert not look.nets["generator"].training

    run = train(tmp_path, on_step=on_step, on_look=on_look)
    assert contents(run) == contents(alone)
    records = [json.loads(line) for line in (run.path / "log.jsonl").read_text().splitlines()]
    losses = {r["step"]: {k: v for k, v in r.items() if "/" in k} for r in records if "discriminator/adversarial" in r}
    assert [step for step, _ in steps] == [3, 4, 6, 8]
    assert dict(steps) == losses
    assert [look.step for look in looks] == [4, 8]
    assert [look.values for look in looks] == [
        {k: v for k, v in r.items() if k.startswith("FD")} for r in records if any(k.startswith("FD") for k in r)
    ]
    assert all(saved for _, saved in sheets)
    assert sheets[-1][0] == (run.path / "samples.png").read_bytes()
    assert looks[-1].sheet == run.path / "samples/00000008.png"


@pytest.mark.parametrize(("called", "at"), [("on_step", 3), ("on_step", 6), ("on_look", 4)])
def test_an_error_of_theirs_ends_the_training_with_its_state_saved(alone, tmp_path, called, at):
    class Enough(Exception):
        pass

    def enough(step, *terms):
        if getattr(step, "step", step) == at:
            raise Enough(f"at {at}")

    with pytest.raises(Enough, match=f"at {at}") as raised:
        train(tmp_path, **{called: enough})
    assert raised.traceback[-1].name == "enough"
    run = elegan.Run.open(tmp_path / "run")
    assert run.step == at
    assert contents(train(tmp_path)) == contents(alone)
    with pytest.raises(elegan.UserError, match="another process is training"), _locked(run.path):
        train(tmp_path)


def _locked(path):
    from filelock import FileLock

    return FileLock(path / ".lock")
