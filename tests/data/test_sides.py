"""Two sides of pictures: which folders count, what is reported before training, and that a pair stays a pair."""

import shutil
import zipfile

import numpy as np
import pytest
import torch
from PIL import Image

from elegan.core import rng
from elegan.core.errors import UserError
from elegan.data.feed import SidesFeed, middles
from elegan.data.sides import kind_of, open_sides


def photo(number: int, width: int = 40, height: int = 30) -> Image.Image:
    from sklearn.datasets import load_sample_image

    return Image.fromarray(load_sample_image("china.jpg")[number * 5 : number * 5 + height, number : number + width])


def fill(folder, count: int = 4, start: int = 0, **size) -> None:
    folder.mkdir(parents=True)
    for number in range(start, start + count):
        photo(number, **size).save(folder / f"{number}.png")


@pytest.mark.parametrize(
    "names", [("trainA", "trainB"), ("A", "B"), ("train/A", "train/B"), ("wrap/train_a", "wrap/train_b")]
)
def test_layouts(tmp_path, names):
    for start, name in enumerate(names):
        fill(tmp_path / name, 4 + start, start * 10)
    sides = open_sides(str(tmp_path), False, 16)
    assert [len(part) for part in (*sides.train, *sides.held_out)] == [3, 4, 1, 1]
    assert np.array_equal(sides.train[0][0], np.asarray(photo(0)))
    assert kind_of(str(tmp_path)) == "sides"


def test_a_zip_and_its_held_out_part(tmp_path):
    for name, count in (("trainA", 3), ("trainB", 4), ("testA", 2), ("testB", 1)):
        fill(tmp_path / "set" / name, count)
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        for path in sorted((tmp_path / "set").rglob("*.png")):
            archive.write(path, path.relative_to(tmp_path))
    sides = open_sides(str(tmp_path / "set.zip"), False, 16)
    assert [len(part) for part in (*sides.train, *sides.held_out)] == [3, 4, 2, 1]
    assert sides.name == "set"
    assert kind_of(str(tmp_path / "set.zip")) == "pairs"


def test_the_short_side_is_scaled_and_nothing_is_smaller_than_a_crop(tmp_path):
    fill(tmp_path / "A", 2, width=60, height=20)
    fill(tmp_path / "B", 2, width=30, height=45)
    assert [part[0].shape for part in open_sides(str(tmp_path), False, 20, zoom=2).train] == [(40, 120, 3), (60, 40, 3)]
    assert [part[0].shape for part in open_sides(str(tmp_path), False, 25).train] == [(25, 75, 3), (45, 30, 3)]
    with pytest.raises(UserError, match=r"data.zoom = 0.5 is below 1"):
        open_sides(str(tmp_path), False, 20, zoom=0.5)


def test_grey_and_colour_meet(tmp_path):
    fill(tmp_path / "A", 2)
    (tmp_path / "B").mkdir()
    for number in range(2):
        photo(number).convert("L").save(tmp_path / "B" / f"{number}.png")
    sides = open_sides(str(tmp_path), False, 16)
    assert sides.channels == 3
    assert sides.train[1][0].shape == (30, 40, 3)


def test_alpha_is_laid_on_white(tmp_path):
    fill(tmp_path / "A", 2)
    (tmp_path / "B").mkdir()
    for number in range(2):
        clear = photo(number).convert("RGBA")
        clear.putalpha(0)
        clear.save(tmp_path / "B" / f"{number}.png")
    sides = open_sides(str(tmp_path), False, 16)
    assert sides.channels == 3
    assert (sides.train[1][0] == 255).all()
    with pytest.raises(UserError, match=r"data.channels = 4"):
        open_sides(str(tmp_path), False, 16, 4)


def test_pairs_by_name_and_what_has_no_partner(tmp_path):
    fill(tmp_path / "trainA", 4)
    fill(tmp_path / "trainB", 4, start=1)
    photo(3, height=31).save(tmp_path / "trainB" / "3.png")  # one pixel taller than its partner
    sides = open_sides(str(tmp_path), True, 16)
    assert len(sides.train[0]) + len(sides.held_out[0]) == 2
    assert np.array_equal(sides.train[0][0], np.asarray(photo(1)))
    report = "\n".join(sides.notes)
    assert "3 files skipped" in report
    assert "trainA/0.png (no file of this name on the other side)" in report
    assert "trainA/3.png (A is 40x30 and B is 40x31)" in report
    shutil.rmtree(tmp_path / "trainB")
    fill(tmp_path / "trainB", 2, start=7)
    with pytest.raises(UserError, match="no file of A has a partner of the same name in B"):
        open_sides(str(tmp_path), True, 16)


def test_pairs_side_by_side(tmp_path):
    (tmp_path / "train").mkdir()
    for number in range(3):
        both = np.concatenate([np.asarray(photo(number)), 255 - np.asarray(photo(number))], 1)
        Image.fromarray(both).save(tmp_path / "train" / f"{number}.png")
    photo(0, width=41).save(tmp_path / "train" / "odd.png")
    sides = open_sides(str(tmp_path), True, 16)
    assert np.array_equal(sides.train[0][1], np.asarray(photo(1)))
    assert np.array_equal(sides.train[1][1], 255 - np.asarray(photo(1)))
    assert any("odd.png (its width of 41 pixels is odd" in note for note in sides.notes)


def test_what_is_wrong_is_said(tmp_path):
    fill(tmp_path / "flat", 2)
    with pytest.raises(UserError, match="has no folders trainA and trainB"):
        open_sides(str(tmp_path / "flat"), False, 16)
    fill(tmp_path / "half" / "trainA", 2)
    (tmp_path / "half" / "trainB").mkdir()
    with pytest.raises(UserError, match=r"side B of .*half is empty"):
        open_sides(str(tmp_path / "half"), False, 16)
    with pytest.raises(UserError, match="did you mean 'half'"):
        open_sides(str(tmp_path / "hal"), False, 16)
    fill(tmp_path / "same" / "A", 3)
    fill(tmp_path / "same" / "B", 3, start=2)
    assert any(
        "1 files stand on both sides, as A/2.png" in note
        for note in open_sides(str(tmp_path / "same"), False, 16).notes
    )
    fill(tmp_path / "single" / "A", 1)
    fill(tmp_path / "single" / "B", 3)
    with pytest.raises(UserError, match="at least two pictures"):
        open_sides(str(tmp_path / "single"), False, 16)


def test_a_pair_stays_aligned_and_one_pixel_would_be_seen(sides):
    paired = open_sides(str(sides), True, 32, zoom=0)
    feed = SidesFeed(paired, batch=16, seed=0)
    luma = torch.tensor([0.299, 0.587, 0.114])[:, None, None]
    with rng.drawing(0, 0, total=16, rows=range(16)):
        a, b = feed(0, range(16))
    shown = -(a * luma).sum(1)  # B is the negative of A in grey, to a rounding of Pillow's
    assert (b[:, 0] - shown).abs().max() < 0.005
    assert (b[:, 0].roll(1, -1) - shown).abs().amax((1, 2)).min() > 0.02
    assert len({x.numpy().tobytes() for x in a}) > 8


def test_unpaired_sides_are_drawn_apart_and_a_batch_splits(sides):
    feed = SidesFeed(open_sides(str(sides), False, 16, zoom=1.5), batch=4, seed=0)

    def part(rows):
        with rng.drawing(0, 3, total=4, rows=rows):
            return feed(3, rows)

    whole, first, second = part(range(4)), part(range(2)), part(range(2, 4))
    for side in range(2):
        assert torch.equal(whole[side], torch.cat([first[side], second[side]]))
    assert feed.orders[0](0, range(8)).tolist() != feed.orders[1](0, range(8)).tolist()
    assert whole.A.shape == (4, 3, 16, 16)


def test_middles(sides):
    part = open_sides(str(sides), True, 20, zoom=0).train[0]
    assert np.array_equal(middles(part, 20)[0], part[0][10:30, 20:40])
