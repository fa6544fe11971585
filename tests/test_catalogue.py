"""One sweep over every recipe: builds, plays, resumes bit for bit, samples, exports its weights."""

import shutil

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

import elegan
from alarms import alarms
from elegan.core import rng
from elegan.core.pixels import to_bytes
from elegan.core.rng import latents
from elegan.core.sizes import Size
from elegan.core.spectra import log_mel
from elegan.data import open_data
from elegan.games.abilities import Enhances, Generates, MakesSound, Restores, Translates, Vocodes
from elegan.training.assembly import make_trainer
from elegan.training.plan import plan_for
from small import (
    CATALOGUE,
    DETECTORS,
    GENERATORS,
    KINDS,
    RESTORERS,
    SERIES,
    SOUNDS,
    TABLES,
    TEXTS,
    TRANSLATORS,
    data_for,
    small,
)
from tensors import tensors_of


def train(name: str, out, steps: int, data="digits", **options) -> "elegan.Run":
    return elegan.train(
        data if isinstance(data, np.ndarray) else str(data),
        name,
        settings=small(name),
        steps=steps,
        out=out,
        name="run",
        quiet=True,
        as_published=True,
        **options,
    )


def resumed_bit_for_bit(name: str, tmp_path, data="digits") -> "elegan.Run":
    """A run of four steps, after one that was cut off at the second ended the same; the guard is silent in both."""
    whole = train(name, tmp_path / "whole", steps=4, data=data)
    shutil.copytree(whole.path, tmp_path / "parts" / "run")
    parts = elegan.Run.open(tmp_path / "parts" / "run")
    parts.checkpoint(4).unlink()  # what a kill after step 2 leaves
    parts = train(name, tmp_path / "parts", steps=4, data=data)

    assert whole.steps == parts.steps == [2, 4]
    assert not alarms(whole)
    for step in whole.steps:
        a, b = tensors_of(whole.checkpoint(step)), tensors_of(parts.checkpoint(step))
        assert a.keys() == b.keys()
        assert {k.split("/")[0] for k in a} == {"nets", "average", "optimizer"}
        for key in a:
            assert np.array_equal(a[key], b[key], equal_nan=True), key
    for file in ("log.jsonl", "samples.png", "recipe.toml"):
        assert (whole.path / file).read_bytes() == (parts.path / file).read_bytes(), file

    exported = {k: v.contiguous() for k, v in whole.nets.state_dict().items()}
    save_file(exported, tmp_path / "weights.safetensors")
    assert all(np.array_equal(v, exported[k]) for k, v in tensors_of(tmp_path / "weights.safetensors").items())
    return whole


def test_what_the_sweep_would_hear_of(tmp_path):
    """Four steps suffice for an alarm."""
    images = open_data("digits").images.copy()
    images[:1300] = images[0]
    assert alarms(train("dcgan", tmp_path, steps=4, data=images)) == {"repeated picture": 1}


@torch.no_grad()
def of_its_own(run: "elegan.Run", num: int) -> torch.Tensor:
    """Images of the run's generator as a module, which has nothing of the run's networks."""
    G = run.generator()
    assert not G.training
    assert bool(G.classes) == run.conditional
    assert not {p.data_ptr() for p in G.parameters()} & {p.data_ptr() for p in run.nets.parameters()}
    label = torch.arange(num) % len(G.classes) if G.classes else None
    images = G(latents(range(num), G.latent), label)
    assert images.abs().max() <= 1
    return images


@pytest.mark.parametrize("name", GENERATORS)
def test_generator(name, tmp_path):
    whole = resumed_bit_for_bit(name, tmp_path)
    images = whole.generate(5)
    assert images.shape == (5, 8, 8, 1)
    assert images.dtype == np.uint8
    assert np.array_equal(images[3:4], whole.generate(seeds=[3], label=3 if whole.conditional else None))
    assert not np.array_equal(images[0], images[1])
    assert np.array_equal(images, to_bytes(of_its_own(whole, 5)))

    other = train(name, tmp_path / "other", steps=1, seed=1)
    assert not np.array_equal(other.generate(2), images[:2])


@pytest.mark.parametrize("name", DETECTORS)
def test_detector(name, tmp_path):
    whole = resumed_bit_for_bit(name, tmp_path)
    images = open_data("digits").images[:5]
    scores = whole.scores(images)
    assert scores.shape == (5,)
    assert len(np.unique(scores)) == 5
    np.testing.assert_allclose(whole.scores(images[3:4]), scores[3:4], rtol=1e-5)
    other = train(name, tmp_path / "other", steps=1, seed=1)
    assert not np.array_equal(other.scores(images), scores)


@pytest.mark.parametrize("name", TRANSLATORS)
def test_translator(name, tmp_path, sides):
    whole = resumed_bit_for_bit(name, tmp_path, sides)
    picture = np.random.default_rng(0).random((50, 37, 3), dtype=np.float32)
    for way in whole.ability(Translates).ways:
        made = whole.translate(picture, way)
        assert made.shape == picture.shape
        assert np.array_equal(made, whole.translate(picture, way))
        assert np.abs(made - picture).max() > 0.01
    other = train(name, tmp_path / "other", steps=1, data=sides, seed=1)
    way = next(iter(other.ability(Translates).ways))
    assert not np.array_equal(other.translate(picture, way), whole.translate(picture, way))


@pytest.mark.parametrize("name", RESTORERS)
def test_restorer(name, tmp_path, photographs):
    whole = resumed_bit_for_bit(name, tmp_path, photographs)
    restores = whole.ability(Restores)
    x = torch.rand(1, 3 + restores.hints, 50, 37)
    y = restores.restore(whole.nets, x)
    assert y.shape == (1, 3, 50 * restores.scale, 37 * restores.scale)
    assert torch.equal(y, restores.restore(whole.nets, x))
    other = train(name, tmp_path / "other", steps=1, data=photographs, seed=1)
    assert not torch.equal(y, other.ability(Restores).restore(other.nets, x))


@pytest.mark.parametrize("name", SERIES)
def test_series(name, tmp_path, rows):
    whole = resumed_bit_for_bit(name, tmp_path, rows)
    windows = whole.windows(5)
    assert windows.shape == (5, 24, 3)
    assert np.array_equal(windows[3:4], whole.windows(seeds=[3]))
    assert not np.array_equal(windows[0], windows[1])
    other = train(name, tmp_path / "other", steps=1, data=rows, seed=1)
    assert not np.array_equal(other.windows(2), windows[:2])


@pytest.mark.parametrize("name", TABLES)
def test_table(name, tmp_path, rows):
    whole = resumed_bit_for_bit(name, tmp_path, rows)
    made = whole.table(5)
    assert list(made) == ["slow", "fast", "people", "always", "said"]
    assert all(len(column) == 5 for column in made.values())
    assert all(np.array_equal(column[3:4], whole.table(seeds=[3])[name]) for name, column in made.items())
    assert len(set(made["slow"])) > 1
    assert set(whole.table(20, label="said=yes")["said"]) <= {"yes", "no"}
    other = train(name, tmp_path / "other", steps=1, data=rows, seed=1)
    assert not np.array_equal(other.table(2)["slow"], made["slow"][:2])


@pytest.mark.parametrize("name", TEXTS)
def test_text(name, tmp_path, poem):
    whole = resumed_bit_for_bit(name, tmp_path, poem)
    lines = whole.lines(5)
    assert len(set(lines)) == 5
    assert lines[3:4] == whole.lines(seeds=[3])
    assert whole.lines(5, temperature=0.01) != lines
    assert set("".join(whole.lines(50))) <= set(poem.read_text())
    other = train(name, tmp_path / "other", steps=1, data=poem, seed=1)
    assert other.lines(2) != lines[:2]


@pytest.mark.parametrize("name", SOUNDS)
def test_sounds(name, tmp_path, sounds):
    whole = resumed_bit_for_bit(name, tmp_path, sounds)
    other = train(name, tmp_path / "other", steps=1, data=sounds, seed=1)
    x = torch.rand(2, 1024) * 2 - 1
    if whole.game.find(MakesSound):
        made = whole.sounds(5)
        assert np.allclose(made[3:4], whole.sounds(seeds=[3]), atol=1e-3)
        assert not np.array_equal(made[0], made[1])
        assert not np.array_equal(other.sounds(2), made[:2])
    elif vocodes := whole.game.find(Vocodes):
        made = vocodes.vocode(whole.nets, log_mel(x, 4000)).numpy()
    else:
        made = whole.ability(Enhances).enhance(whole.nets, x).numpy()
        assert not np.array_equal(made, other.ability(Enhances).enhance(other.nets, x).numpy())
    assert made.shape[1] == 1024
    assert np.isfinite(made).all()


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_move_changes_the_weights_of_its_player_alone(name, sides, photographs, rows, sounds, poem, tmp_path):
    plan = plan_for(
        data_for(name, sides, photographs, rows, sounds, poem),
        name,
        settings=small(name),
        out=tmp_path,
        as_published=True,
    )
    trainer = make_trainer(plan)
    game = trainer.game
    for position, turn in enumerate(game.turns):
        before = {k: v.clone() for k, v in game.nets.named_parameters()}
        trainer.move(turn, position)
        moved = {k.split(".")[0] for k, v in game.nets.named_parameters() if not torch.equal(v, before[k])}
        assert moved == set(game.players[turn.player])


@pytest.mark.parametrize("name", [*GENERATORS, *DETECTORS, *TRANSLATORS])
def test_a_step_on_pictures_that_are_not_square(name, sides, tmp_path):
    """Portrait, and no side a power of two; where two networks of levels meet they must round alike."""
    size = Size(64, 40) if name in TRANSLATORS else Size(28, 20)
    data, settings = data_for(name, sides, None, None, None, None), [*small(name), "batch=4", f"data.resolution={size}"]
    plan = plan_for(data, name, settings=settings, out=tmp_path, as_published=True)
    assert plan.shape.resolution == size
    trainer = make_trainer(plan)
    trainer.play(0, t=1.0)
    plan.workflow.make_one(trainer.game, trainer.game.nets.eval(), plan.shape, plan.engine.device)
    with torch.no_grad():
        if generates := trainer.game.find(Generates):
            label = torch.zeros(2, dtype=torch.long) if generates.classes else None
            made = generates.generate(trainer.game.nets.eval(), latents(range(2), generates.latent), label)
            assert made.shape[2:] == size


@pytest.mark.parametrize("name", CATALOGUE)
def test_the_layout_in_memory_changes_no_gradient(name, sides, photographs, rows, sounds, poem, tmp_path):
    """The engine lays networks out channels-last; that once met a kernel of torch's with wrong gradients."""
    single = {"images": ["data.resolution=16"], "table": []}.get(KINDS[name], ["batch=1"])
    data, found = data_for(name, sides, photographs, rows, sounds, poem), []
    for layout in (torch.channels_last, torch.contiguous_format):
        trainer = make_trainer(plan_for(data, name, settings=[*small(name), *single], out=tmp_path, as_published=True))
        trainer.game.nets.to(memory_format=layout)
        found.append([gradients(trainer, turn, position) for position, turn in enumerate(trainer.game.turns)])
    for turn, (a, b) in enumerate(zip(*found, strict=True)):
        # Rounding passes batch norms of a few pixels: in biggan 1.3e-4, in fastgan up to 8e-3; 1e-15 of both in float64.
        bound = {"biggan": 1e-3, "fastgan": 2e-2}.get(name, 1e-4)
        assert (a - b).norm() <= bound * b.norm(), (turn, float((a - b).norm() / b.norm()))


def gradients(trainer, turn, position) -> torch.Tensor:
    parameters, rows = trainer.game.owned(turn.player), range(trainer.batch)
    trainer.freeze_all_but(parameters)
    with rng.drawing(0, position, total=trainer.batch, rows=rows):
        terms = turn.loss(trainer.game.nets, trainer.feed(position, rows))
    loss = torch.stack([term for term in terms.values() if term.requires_grad]).sum()
    found = torch.autograd.grad(loss, parameters, materialize_grads=True)
    return torch.cat([g.flatten() for g in found])


@pytest.mark.parametrize("name", TRANSLATORS)
def test_accumulation_plays_the_same_step(name, sides, tmp_path):
    """Pools and patches are drawn for the whole batch, so parts of it add up to it."""
    # Batch norm looks at what stands in a part, and Adam makes a whole step of a rounding error.
    settings = [*small(name), "nets.generator.norm=instance", "nets.discriminator.norm=instance",
                "optimizers.generator=sgd", "optimizers.generator.lr=1e-4", "optimizers.discriminator=sgd",
                "optimizers.discriminator.lr=1e-4"]  # fmt: skip
    ends = []
    for parts in (1, 2):
        trainer = make_trainer(plan_for(str(sides), name, settings=[*settings, f"accumulate={parts}"], out=tmp_path))
        for step in range(3):
            trainer.play(step)
        ends.append(trainer.game.nets.state_dict())
    for key, value in ends[0].items():
        close = 5e-3 if "pool" in key else 1e-5  # of a pixel; another picture would be further by far
        torch.testing.assert_close(value.float(), ends[1][key].float(), rtol=1e-4, atol=close)


@pytest.mark.parametrize("name", GENERATORS)
def test_every_generator_stands_on_any_shape(name):
    plan = plan_for("digits", name, settings=[*small(name), "data.resolution=28", "data.channels=4"], as_published=True)
    from elegan.run import build_game

    game = build_game(plan.recipe, plan.shape)
    assert plan.shape.channels == 4
    generates = game.ability(Generates)
    x = generates.generate(game.nets, torch.randn(2, generates.latent), torch.tensor([0, 1]))
    assert x.shape == (2, 4, 28, 28)
