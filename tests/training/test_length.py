"""How long a training is: in steps, images, passes and minutes; and what it says of its time."""

import re

import pytest

import elegan
from elegan.core.errors import UserError
from elegan.recipes import find_recipe
from elegan.training.pace import Pace
from elegan.training.plan import plan_for
from elegan.training.progress import outlook
from tensors import tensors_of

SMALL = {"nets.generator.width": 4, "nets.discriminator.width": 4, "batch": 8, "watch.images": 32}
CHEAP = {**SMALL, "watch.metric": "none", "statistics": "averaged"}  # to look at


def planned(tmp_path, recipe="dcgan", settings=SMALL, **options):
    return plan_for("digits", recipe, settings=settings, out=tmp_path, **options)


def test_lengths_become_steps(tmp_path):
    count = planned(tmp_path).data.count
    assert planned(tmp_path, images=100).recipe.steps == 13
    assert planned(tmp_path, epochs=2).recipe.steps == -(-2 * count // 8)
    assert planned(tmp_path).recipe.steps == -(-max(50 * count, 64_000) // 8)
    assert planned(tmp_path, as_published=True).recipe.steps == 50_000
    assert planned(tmp_path, find_recipe("dcgan")).recipe.steps == 50_000


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": 1, "images": 1}, "give --steps or --images, not both"),
        ({"epochs": 1, "minutes": 1}, "give --epochs or --minutes, not both"),
        ({"minutes": 0}, "--minutes 0: must be above 0"),
        ({"minutes": float("nan")}, "--minutes nan: must be above 0"),
        ({"epochs": 0}, "steps = 0"),
        ({"size": 16, "settings": ["data.resolution=32"]}, "give --size or --set data.resolution, not both"),
        ({"until": "bored"}, "--until 'bored': the only end to wait for is converged"),
        ({"until": "converged", "minutes": 1}, "--until converged counts looks, not minutes"),
        (
            {"until": "converged", "settings": ["watch.metric=none"]},
            "goes by the watched metric, and watch.metric = 'none'",
        ),
        ({"recipe": None, "as_published": True}, "--as-published is for a recipe that is named"),
    ],
)
def test_lengths_that_do_not_go_together(tmp_path, options, message):
    with pytest.raises(UserError, match=re.escape(message)):
        planned(tmp_path, **options)


def test_size_is_the_resolution(tmp_path):
    for settings in (SMALL, ["batch=8"]):
        plan = planned(tmp_path, size=16, settings=settings)
        assert plan.data.resolution == plan.recipe.data.resolution == 16
        assert "resolution16" in plan.path.name


def test_the_plan_says_what_was_fitted_and_how_to_have_it_as_published(tmp_path):
    lines = "\n".join(planned(tmp_path, settings=(), steps=3).lines())
    assert re.search(
        r"fitted to 1,4\d\d images of 8 px and no GPU: task.augment translation \(as published: --as-publ",
        lines,
    )
    chosen = "\n".join(planned(tmp_path, None, settings=()).lines())
    assert "(as published: --recipe rpgan --as-published)" in chosen
    assert "fitted" not in "\n".join(planned(tmp_path, as_published=True).lines())
    kept = planned(tmp_path, settings=["task.augment="], steps=3)
    assert "fitted" not in "\n".join(kept.lines())
    assert kept.recipe.full() == planned(tmp_path, steps=3, settings=(), as_published=True).recipe.full()


def test_minutes_are_fixed_as_steps_when_a_run_begins(tmp_path):
    def train(name, **options):
        return elegan.train("digits", "dcgan", settings=CHEAP, out=tmp_path, name=name, quiet=True, **options)

    first = train("timed", minutes=0.2)
    steps, every = first.recipe.steps, first.recipe.watch.every
    assert first.step == steps > 0
    again = train("timed", minutes=0.2)
    assert (again.recipe.steps, again.recipe.watch.every) == (steps, every)
    settings = {**CHEAP, "watch.every": every}
    other = elegan.train("digits", "dcgan", settings=settings, out=tmp_path, name="steps", steps=steps, quiet=True)
    a, b = tensors_of(first.checkpoint(steps)), tensors_of(other.checkpoint(steps))
    assert all((a[key] == b[key]).all() for key in a)
    assert (first.path / "recipe.toml").read_bytes() == (other.path / "recipe.toml").read_bytes()
    with pytest.raises(UserError, match="to the steps that it has; for more of them give --steps"):
        elegan.train(resume=first.path, minutes=1)
    with pytest.raises(UserError, match="leave out --as-published"):
        elegan.train(resume=first.path, as_published=True)
    more = train("steps", minutes=0.2)  # of a run that was begun with another length
    assert more.recipe.steps > steps
    assert more.step == more.recipe.steps
    assert train("steps", minutes=0.2).step == more.step
    with pytest.raises(UserError, match=r"too short here for a step and a look; the least is --minutes \d+"):
        train("never", minutes=1e-6)


def test_looks_take_no_more_than_their_share():
    pace = Pace(step=0.5, look=3.0, start=4.0)
    steps, every = pace.fitting(604)
    assert (steps, every) == (1140, 0)
    assert pace.seconds(steps, 114) == pytest.approx(604)
    steps, every = pace.fitting(64)
    assert (steps, every) == (96, 24)
    assert pace.seconds(steps, every) == pytest.approx(64)
    assert pace.fitting(604, every=10) == (750, 10)
    assert pace.fitting(5)[0] < 1


def test_an_outlook_of_hours_says_what_fits_into_one():
    assert outlook(90) == "about 90 s on this machine"
    assert outlook(10_800) == "about 3.0 h on this machine; --minutes 60 fits into an hour"


def test_a_training_that_stands_still_has_converged_after_ten_looks(tmp_path):
    """And one that was cut off on the way ends at the same step, in the same bytes; steps that are asked for go on."""
    rates = {f"optimizers.{player}.lr": 0.0 for player in ("generator", "discriminator")}
    still = SMALL | rates | {"watch.every": 2, "watch.log": 2}

    def train(name, **options) -> elegan.Run:
        options = {"guard": "off", "out": tmp_path, "name": name, "quiet": True, "steps": 50} | options
        return elegan.train("digits", "dcgan", settings=still, until="converged", **options)

    def stop(look) -> None:
        if look.step == 12:
            raise ValueError("enough")

    whole = train("whole")
    assert whole.step == whole.info["converged"] == 20
    assert whole.finished
    with pytest.raises(ValueError, match="enough"):
        train("parts", on_look=stop)
    parts = elegan.train(resume=tmp_path / "parts", quiet=True, guard="off")
    assert parts.step == 20
    assert (whole.path / "log.jsonl").read_bytes() == (parts.path / "log.jsonl").read_bytes()
    assert "no better, at 95 %" in (whole.path / "log.jsonl").read_text().splitlines()[-1]
    assert train("whole").step == 20
    longer = elegan.train(resume=whole.path, steps=24, quiet=True, guard="off")
    assert longer.step == 24
    assert longer.info["until"] is None


def test_without_a_word_on_looks_there_are_forty(tmp_path):
    assert planned(tmp_path, steps=1000, until="converged").every == 25
