"""Precision and devices: what is chosen, and that bfloat16 learns beside float32."""

import pytest
import torch

from elegan.core.errors import UserError
from elegan.training.assembly import make_trainer
from elegan.training.engine import Engine
from elegan.training.plan import plan_for

SMALL = ["nets.generator.width=8", "nets.discriminator.width=8", "batch=16"]


def terms(recipe: str, precision: str) -> dict[str, float]:
    plan = plan_for("digits", recipe, settings=SMALL, precision=precision)
    trainer = make_trainer(plan)
    assert all(p.dtype == torch.float32 for p in trainer.game.nets.parameters())
    return {name: value.item() for name, value in trainer.play(0).items()}


@pytest.mark.parametrize("recipe", ["dcgan", "wgan-gp", "projection"])
def test_bfloat16_gives_the_same_step_to_its_rounding(recipe):
    exact, rounded = terms(recipe, "fp32"), terms(recipe, "bf16")
    assert exact != rounded
    for name, value in exact.items():
        assert rounded[name] == pytest.approx(value, rel=0.1, abs=0.05), name


def test_auto_is_known_from_the_device_and_not_timed():
    expected = "bf16" if torch.cpu._is_amx_tile_supported() else "fp32"
    assert Engine("cpu", "auto").precision == expected


def test_what_a_device_lacks_is_said():
    with pytest.raises(UserError, match="'fp16' needs a CUDA device"):
        Engine("cpu", "fp16")
    with pytest.raises(UserError, match="unknown precision 'bf61'; did you mean 'bf16'"):
        Engine("cpu", "bf61")


def test_rows_of_a_batch_belong_to_one_process_each():
    engine = Engine("cpu", "fp32")
    engine.world = 2
    rows = []
    for rank in range(2):
        engine.rank = rank
        rows += [row for part in engine.parts(12, 3) for row in part]
    assert rows == list(range(12))


def test_convolutions_are_channels_last():
    module = Engine("cpu", "fp32").place(torch.nn.Conv2d(3, 8, 3))
    assert module.weight.is_contiguous(memory_format=torch.channels_last)
