"""From training to pictures on the disk, as a user does it."""

import json
import shutil

import numpy as np
import pytest
import torch
from PIL import Image

import elegan
import elegan as library
from elegan.core import rng
from elegan.core.errors import UserError
from elegan.data.feed import Pair, middles
from elegan.data.sides import open_sides
from elegan.games.abilities import Translates
from elegan.games.game import Shape
from elegan.metrics import classifier
from elegan.metrics.evaluate import extractor_for_sides
from elegan.recipes import find_recipe
from elegan.run import build_game
from elegan.training.assembly import make_trainer
from elegan.training.plan import plan_for
from elegan.verbs.translate import targets

SMALL = ["nets.generator.width=4", "nets.generator.blocks=2", "nets.discriminator.width=4", "data.resolution=32",
         "watch.images=16", "watch.log=1"]  # fmt: skip


@pytest.fixture(scope="module")
def cyclegan(sides, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs")
    return library.train(str(sides), "cyclegan", settings=SMALL, steps=2, out=out, name="cycle", quiet=True)


def test_the_log_holds_metric_floor_and_pairs(sides, tmp_path):
    settings = [*SMALL, "nets.generator=unet", "nets.generator.width=4"]
    settings.remove("nets.generator.blocks=2")
    run = library.train(str(sides), "pix2pix", settings=settings, steps=2, out=tmp_path, name="p", quiet=True)
    last = json.loads((run.path / "log.jsonl").read_text().splitlines()[-1])
    label = next(key for key in last if key.startswith("FD["))
    tag = label.split()[0]
    assert {f"{tag} AtoB", f"{tag} AtoB floor", f"{tag} AtoB untranslated", "L1", "PSNR", "SSIM"} <= last.keys()
    # Input, output, target of the two held-out pairs.
    assert Image.open(run.path / "samples.png").size == (6 * 33 + 1, 33 + 1)


def test_a_single_picture_goes_to_the_file_that_is_named(cyclegan, sides, tmp_path):
    one = next(sides.rglob("*.png"))
    (outcome,) = library.translate(cyclegan, one, direction="AtoB", out=tmp_path / "new/dusk.png")
    assert outcome.target == tmp_path / "new/dusk.png"
    assert Image.open(outcome.target).size == Image.open(one).size
    with pytest.raises(UserError, match=r"is one file, for \d+ pictures; --out names a folder"):
        library.translate(cyclegan, one.parent, direction="AtoB", out=tmp_path / "x.png")
    with pytest.raises(UserError, match=r"does not end in \.png, as the picture does"):
        library.translate(cyclegan, one, direction="AtoB", out=tmp_path / "x.jpg")


def test_a_classifier_that_tells_the_sides_apart_measures_translations(cyclegan, sides, tmp_path, monkeypatch):
    monkeypatch.setattr(classifier, "SEEN", classifier.SEEN // 20)
    monkeypatch.setenv("ELEGAN_CACHE", str(tmp_path))
    data = open_sides(str(sides), False, 32, 3, 0)
    told = extractor_for_sides("classifier", data, middles(data.train[1], 32))
    for side, pictures in enumerate(data.train):
        _, probabilities = told.features(middles(pictures, 32))
        assert (probabilities.argmax(1) == side).float().mean() > 0.9
    assert [r.label.split("[")[0] for r in elegan.evaluate(cyclegan, metrics=["fd"], extractor="classifier")] == [
        "FD",
        "FD",
    ]


def test_both_directions_are_shown_with_the_way_back(cyclegan):
    assert Image.open(cyclegan.path / "samples.png").size == (6 * 33 + 1, 2 * 33 + 1)


def test_strength_mixes(cyclegan):
    x = np.random.default_rng(0).random((40, 30, 3), dtype=np.float32)
    full, half, none = (cyclegan.translate(x, "AtoB", strength) for strength in (1.0, 0.5, 0.0))
    np.testing.assert_allclose(none, x, atol=1e-6)
    np.testing.assert_allclose(half, (full + x) / 2, atol=1e-6)
    with pytest.raises(UserError, match="strength = 2"):
        cyclegan.translate(x, "AtoB", 2)


def test_files_folders_and_faults(cyclegan, elegan, tmp_path, sides):
    folder = tmp_path / "in" / "deep"
    folder.mkdir(parents=True)
    Image.fromarray(np.full((33, 47), 90, np.uint8)).save(folder / "grey.png")
    (tmp_path / "in" / "bad.jpg").write_bytes(b"no image")
    first = elegan("translate", cyclegan.path, "in", sides / "trainA" / "00.png", "--direction", "AtoB", "--out", "out")
    assert first.returncode == 1
    assert "2 of 3 pictures translated" in first.stdout
    assert "1 of 3 failed: in/bad.jpg (not an image)" in first.stderr
    made = Image.open(tmp_path / "out" / "deep" / "grey.png")
    assert (made.size, made.mode) == ((47, 33), "L")
    assert (tmp_path / "out" / "00.png").exists()
    assert not (tmp_path / "out" / "bad.jpg").exists()
    again = elegan("translate", cyclegan.path, "in/deep/*.png", "--direction", "AtoB", "--out", "out/deep")
    assert again.returncode == 0
    assert "1 stood in out/deep already" in again.stdout


def test_mistakes(cyclegan):
    with pytest.raises(UserError, match="translates both ways"):
        cyclegan.direction()
    with pytest.raises(UserError, match="did you mean 'AtoB'"):
        cyclegan.direction("AtoC")
    with pytest.raises(UserError, match="elegan translate"):
        cyclegan.generate(1)
    with pytest.raises(UserError, match="no picture 'nowhere.png'"):
        targets(["nowhere.png"], cyclegan.path / "t")


def test_the_recipe_follows_from_the_folders(sides, tmp_path):
    assert plan_for(str(sides), out=tmp_path).recipe.name == "pix2pix"
    for number, path in enumerate(sorted((sides / "trainA").iterdir())):
        for side in "AB":
            (tmp_path / f"train{side}").mkdir(exist_ok=True)
            shutil.copy(path, tmp_path / f"train{side}" / f"{side}{number}.png")
    plan = plan_for(str(tmp_path), out=tmp_path, settings=["data.direction=BtoA"])
    assert plan.recipe.name == "fastcut"
    assert "24 files stand on both sides" in "\n".join(plan.lines())
    assert list(make_trainer(plan).game.ability(Translates).ways) == ["BtoA"]


def test_what_does_not_go_together(sides, tmp_path):
    plan = plan_for(str(sides), "cyclegan", settings=SMALL, out=tmp_path)
    plan.engine.world = 2
    with pytest.raises(UserError, match="task.pool remembers the pictures of one process"):
        make_trainer(plan)
    for recipe, setting, message in (
        ("cyclegan", "task.pool=2", "task.pool = 2 is smaller than batch = 4"),
        ("cyclegan", "losses.adversarial=relativistic", "compares with a real picture of the same row"),
        ("pix2pix", "losses.reconstruction.every=4", "losses.reconstruction.every = 4"),
        ("cut", "nets.generator=unet", "shows no features to contrast"),
        ("pix2pix", "losses.reconstruction=r1", "losses.reconstruction = 'r1' is a function of D, real, fake"),
    ):
        with pytest.raises(UserError, match=message):
            make_trainer(plan_for(str(sides), recipe, settings=["batch=4", setting], out=tmp_path))
    with pytest.raises(UserError, match=r"losses.l1 = 'l1' is a function of x, y"):
        make_trainer(plan_for("digits", "dcgan", settings=["losses.l1=l1"], out=tmp_path))


@pytest.mark.parametrize("recipe", ["cut", "fastcut"])
def test_no_query_meets_its_own_answer_among_the_wrong_ones(recipe):
    """Drawn with replacement, 62 % of the queries did at 16 x 16 places, and 98 % at 8 x 8."""
    game = build_game(find_recipe(recipe).override(SMALL), Shape(32, 3, 0))
    seen = []
    game.nets["heads"].register_forward_pre_hook(lambda heads, given: seen.append(given))
    batch = Pair(torch.rand(2, 3, 32, 32), torch.rand(2, 3, 32, 32))
    with rng.drawing(0, 0, total=2, rows=range(2)):
        game.turns[0].loss(game.nets, batch)
    for features, places in seen:
        for found, rows in zip(features, places, strict=True):
            area = found.shape[2] * found.shape[3]
            assert [len(set(row)) for row in rows.tolist()] == [min(256, area)] * 2
    # The queries ask where the answers are.
    assert all(map(torch.equal, seen[0][1], seen[1][1]))
