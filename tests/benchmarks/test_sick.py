"""What makes trainings sick on purpose does that, from its progress on, and what passes is over once the run went back."""

import math

import torch

from benchmarks import sick
from elegan.core import ramp
from elegan.data.feed import Batch
from elegan.losses.adversarial import non_saturating
from small import trainer_of

REAL, FAKE = torch.full((4,), 3.0), torch.full((4,), -3.0)


def terms(trainer, t: float) -> dict[str, float]:
    return {name: float(value) for name, value in trainer.play(0, 1.0, t).items()}


def test_half_of_the_labels_are_wrong_from_then_on():
    loss, own = sick.random_labels(begins=0.5), non_saturating()
    with ramp.progress(0.4):
        assert loss.discriminator(REAL, FAKE) == own.discriminator(REAL, FAKE)
    with ramp.progress(0.5):
        wrong = (own.discriminator(REAL, FAKE) + own.discriminator(FAKE, REAL)) / 2
        assert torch.isclose(loss.discriminator(REAL, FAKE), wrong)
    assert loss.generator(REAL, FAKE) == own.generator(REAL, FAKE)


def test_a_scale_grows_until_it_overflows_and_is_gone_after_going_back():
    sick.healthy_again()
    loss = sick.growing(begins=0.5)
    with ramp.progress(0.4):
        once = loss.generator(REAL, FAKE)
    with ramp.progress(0.5):
        assert [float(loss.generator(REAL, FAKE) / once) for _ in range(3)] == [2.0, 4.0, 8.0]
        assert any(torch.isinf(loss.generator(REAL, FAKE)) for _ in range(130))
    with ramp.progress(0.4):
        assert loss.generator(REAL, FAKE) == once
    with ramp.progress(0.6):
        assert loss.generator(REAL, FAKE) == once


def test_a_pixel_is_nan_until_the_run_goes_back():
    sick.healthy_again()
    trainer = trainer_of("dcgan", "task=benchmarks.sick:nan_in_a_batch", "task.begins=0.5")
    assert math.isfinite(terms(trainer, 0.4)["discriminator/real"])
    assert math.isnan(terms(trainer, 0.5)["discriminator/real"])
    again = trainer_of("dcgan", "task=benchmarks.sick:nan_in_a_batch", "task.begins=0.5")
    assert all(math.isfinite(terms(again, t)["discriminator/real"]) for t in (0.4, 0.6))


def test_a_class_is_gone_and_others_of_the_batch_stand_in_its_place():
    label = torch.tensor([0, 1, 2, 1, 1, 0, 2, 1])
    real = label.float().view(-1, 1, 1, 1)
    batch = sick.others(Batch(real, label), 1)
    assert batch.label.tolist() == [0, 2, 2, 2, 0, 0, 2, 2]
    assert torch.equal(batch.real.flatten(), batch.label.float())
    alone = Batch(real[1:2], label[1:2])
    assert sick.others(alone, 1) is alone


def test_it_trains_with_all_classes_before():
    plain, sick_one = (trainer_of("dcgan", *s) for s in ([], ["task=benchmarks.sick:without_class", "task.begins=0.5"]))
    assert terms(plain, 0.4) == terms(sick_one, 0.4)
    assert terms(plain, 0.6) != terms(sick_one, 0.6)
