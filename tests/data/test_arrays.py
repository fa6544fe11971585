"""Pictures that a program holds: the same as from files to the last byte, in every form in which people have them."""

import io
import mmap
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image
from torch.utils.data import ConcatDataset, DataLoader, IterableDataset, Subset, TensorDataset

from elegan.core.errors import UserError
from elegan.data import open_data, open_held_out, source_of
from elegan.data.arrays import Range, encoded, plain, to_bytes
from elegan.data.decode import decode
from elegan.data.photographs import open_photographs
from elegan.data.sides import kind_of, open_sides

COLOUR = np.random.default_rng(0).integers(0, 256, (6, 9, 12, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def digits():
    return open_data("digits")


class Labelled(torch.utils.data.Dataset):
    """Items as torchvision gives them: a Pillow image and a number, with the names of the classes."""

    classes = ("zero", "one", "two", "never")

    def __init__(self, images: np.ndarray, labels: np.ndarray):
        self.images, self.labels = images, labels

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int):
        return Image.fromarray(self.images[index].squeeze()), int(self.labels[index])


def is_mapped(images: np.ndarray) -> bool:
    base = images
    while isinstance(base, np.ndarray) and base.base is not None:
        base = base.base
    return isinstance(base, mmap.mmap)


def first_channel(x):
    return x[..., 0]


FORMS = {
    "bytes": lambda x: x,
    "without channels": first_channel,
    "floats from 0 to 1": lambda x: x / 255,
    "half floats from 0 to 1": lambda x: (x / 255).astype(np.float16),
    "floats from -1 to 1": lambda x: (x / 127.5 - 1).astype(np.float32),
    "tensor": lambda x: torch.from_numpy(x).permute(0, 3, 1, 2),
    "tensor without channels": lambda x: torch.from_numpy(first_channel(x)),
    "tensor of floats": lambda x: torch.from_numpy(x).permute(0, 3, 1, 2) / 127.5 - 1,
    "bfloat16": lambda x: (torch.from_numpy(x).permute(0, 3, 1, 2) / 255).bfloat16(),
    "list of arrays": list,
    "list of Pillow images": lambda x: [Image.fromarray(one) for one in first_channel(x)],
    "torch dataset": lambda x: TensorDataset(torch.from_numpy(x).permute(0, 3, 1, 2) / 255),
    "parts of torch datasets": lambda x: ConcatDataset(
        [Subset(list(x), range(100)), Subset(list(x), range(100, len(x)))]
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_pictures_and_the_fingerprint_of_the_named_set(digits, form):
    given = source_of(FORMS[form](np.array(digits.images)), digits.labels)
    assert kind_of(given) == "images"
    data = open_data(given)
    assert np.array_equal(data.images, digits.images)
    assert is_mapped(data.images)
    assert np.array_equal(data.labels, digits.labels)
    assert data.classes == digits.classes
    assert data.fingerprint == digits.fingerprint
    assert open_held_out(given, (8, 1), "crop") is None


def test_the_cache_is_taken_the_second_time_and_other_pixels_are_another_entry(digits):
    images = np.array(digits.images[:50])
    first, again = open_data(source_of(images)), open_data(source_of(images.copy()))
    assert first.entry.folder == again.entry.folder
    images[7, 3, 3] ^= 1
    other = open_data(source_of(images))
    assert other.entry.folder != first.entry.folder
    assert other.fingerprint != first.fingerprint
    assert np.array_equal(other.images, images)


@given(arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9), st.sampled_from([1, 3, 4]))))
def test_a_picture_survives_its_encoding(pixels):
    image, facts = decode(encoded(pixels))
    assert np.array_equal(np.asarray(image).reshape(pixels.shape), pixels)
    assert (facts.width, facts.height) == (pixels.shape[1], pixels.shape[0])


@pytest.mark.parametrize("lowest", [0.0, -1.0])
def test_floats_come_back_to_the_bytes_that_they_were_made_of(lowest):
    every = np.arange(256, dtype=np.uint8)
    floats = (every / 255 * (1 - lowest) + lowest).astype(np.float32)
    assert Range().with_values(floats).lowest == lowest
    assert np.array_equal(to_bytes(floats, lowest), every)


def test_alpha_and_colour_are_kept_and_sizes_chosen_as_for_files(tmp_path):
    alpha = np.concatenate([COLOUR, np.full((6, 9, 12, 1), 128, np.uint8)], 3)
    for images in (COLOUR, alpha):
        for number, pixels in enumerate(images):
            Image.fromarray(pixels).save(tmp_path / f"{number}.png")
        of_files, of_array = open_data(tmp_path, fit="pad"), open_data(source_of(images), fit="pad")
        assert np.array_equal(of_files.images, of_array.images)
        assert (of_files.notes, of_files.channels) == (of_array.notes, images.shape[3])


def test_pillow_images_of_all_modes_and_sizes_are_what_their_files_are(tmp_path):
    """Palettes, 16 bits, transparency, turned by EXIF, opened from files and not loaded yet; one file is broken."""
    photo = Image.fromarray(COLOUR[0])
    turned = Image.Exif()
    turned[0x0112] = 6
    photo.save(tmp_path / "0.png", exif=turned)
    photo.quantize(8).save(tmp_path / "1.png")
    Image.fromarray(COLOUR[1, :, :, 0].astype(np.uint16) * 257).save(tmp_path / "2.png")
    photo.resize((40, 30)).convert("1").save(tmp_path / "3.png")
    photo.resize((31, 30)).convert("CMYK").save(tmp_path / "4.tif")
    (tmp_path / "5.png").write_bytes((tmp_path / "0.png").read_bytes()[:120])
    paths = sorted(tmp_path.iterdir())
    of_files = open_data(tmp_path, 16)
    opened = [Image.open(path) for path in paths]
    of_images = open_data(source_of(opened), 16)
    assert of_images.count == 5
    assert np.array_equal(of_files.images, of_images.images)
    assert any(note.startswith("1 file skipped: picture 5") for note in of_images.notes)


def test_labels_are_numbers_or_names_or_come_with_the_pictures(digits):
    images, labels = np.array(digits.images[:30]), digits.labels[:30] % 3

    def opened(data, labels=None):
        data = open_data(source_of(data, labels))
        return data.classes, None if data.labels is None else data.labels.tolist()

    own, numbers = Labelled(images, labels), labels.tolist()
    assert opened(images) == ((), None)
    assert (
        opened(images, labels)
        == opened(images, numbers)
        == opened(images, torch.tensor(labels))
        == (("0", "1", "2"), numbers)
    )
    assert opened(images, labels * 10 + 2) == (("2", "12", "22"), numbers)
    names = [("b", "a", "c")[label] for label in numbers]
    assert opened(images, names) == opened(images, np.array(names, object)) == (
        ("a", "b", "c"), [{"a": 0, "b": 1, "c": 2}[name] for name in names],
    )  # fmt: skip
    assert opened(own) == (("zero", "one", "two", "never"), numbers)
    assert opened(own, labels + 2) == (("2", "3", "4"), numbers)
    tensors = TensorDataset(torch.from_numpy(images).permute(0, 3, 1, 2), torch.from_numpy(labels))
    assert opened(tensors) == opened([*zip(images, numbers, strict=True)]) == (("0", "1", "2"), numbers)
    assert opened(images, ["one"] * 30) == ((), None)


def test_a_set_of_the_hubs_library_by_its_columns(digits):
    datasets = pytest.importorskip("datasets")
    images, labels = np.array(digits.images[:20, :, :, 0]), (digits.labels[:20] % 3).tolist()
    features = {"img": datasets.Image(), "label": datasets.ClassLabel(names=["a", "b", "c"])}
    columns = {"img": [Image.fromarray(one) for one in images], "label": labels}
    rows = datasets.Dataset.from_dict(columns, features=datasets.Features(features))
    data = open_data(source_of(rows.with_transform(lambda batch: {"img": [0 for _ in batch["img"]]})))
    assert np.array_equal(data.images[..., 0], images)
    assert (data.labels.tolist(), data.classes, data.name) == (labels, ("a", "b", "c"), "dataset")
    assert open_data(source_of(rows.select(range(5)))).count == 5
    named = open_data(source_of(rows, ["x"] * 10 + ["y"] * 10))
    assert (named.labels.tolist(), named.classes) == ([0] * 10 + [1] * 10, ("x", "y"))
    parts = source_of(datasets.DatasetDict(train=rows, test=rows.select(range(4))))
    assert (open_data(parts).count, open_held_out(parts, (8, 1), "crop").count) == (20, 4)
    assert open_data(parts, split="all").count == 24
    with pytest.raises(UserError, match="labels are for one set of pictures"):
        source_of(datasets.DatasetDict(train=rows, test=rows), labels)
    with pytest.raises(UserError, match="the dataset in memory has no image column, only label"):
        open_data(source_of(rows.select_columns(["label"])))


def test_photographs_may_be_in_memory_and_sides_may_not(photographs):
    paths = sorted(Path(photographs).iterdir())
    of_files = open_photographs(str(photographs), 32)
    of_images = open_photographs(source_of([Image.open(path) for path in paths]), 32)
    assert of_images.count == of_files.count
    assert all(np.array_equal(a, b) for a, b in zip(of_files.train, of_images.train, strict=True))
    with pytest.raises(UserError, match="the array in memory has no two sides"):
        open_sides(source_of(COLOUR), True, 8)


class Restless(Labelled):
    """Another picture at every look, as after a random transform."""

    def __getitem__(self, index: int):
        return Image.fromarray(np.random.default_rng().integers(0, 256, (8, 8), dtype=np.uint8)), 0


class Endless(IterableDataset):
    def __iter__(self):
        yield COLOUR[0]


def test_pictures_that_are_others_each_time_are_refused(digits):
    with pytest.raises(
        UserError, match="picture 0 of the restless in memory is another each time: leave out its random"
    ):
        open_data(source_of(Restless(digits.images[:9], digits.labels[:9])))


FLOATS = COLOUR / 255
WITH_NAN = FLOATS.copy()
WITH_NAN[3, 2, 1, 0] = np.nan
WRONG = [
    (WITH_NAN, "float pictures lie in 0..1 or -1..1; these in nan..nan"),
    (FLOATS * 255, "these in 0..255; as uint8, or divided by 255"),
    (FLOATS * 4 - 2, r"these in -2..2"),
    (FLOATS + np.inf, "these in"),
    (COLOUR.astype(np.int64), "are uint8 in 0..255, or floats in 0..1 or -1..1; these are of int64"),
    (COLOUR > 9, "these are of bool"),
    (np.array([COLOUR[0], COLOUR[1, :3]], dtype=object), "an array of objects is no set of pictures"),
    (COLOUR.transpose(0, 3, 1, 2), r"picture 0 of the array in memory: a picture of the shape \(3, 9, 12\) .*data.transpose"),
    (torch.from_numpy(COLOUR), r"picture 0 of the tensor in memory: .* \(9, 12, 3\) .*data.permute\(0, 3, 1, 2\)"),
    (COLOUR[..., :2], r"picture 0 .* \(9, 12, 2\) is not H x W or H x W x C"),
    (COLOUR[0], r"the array in memory has the shape \(9, 12, 3\); pictures are N x H x W"),
    (COLOUR[0, 0, 0], "the array in memory has the shape"),
    (COLOUR[None], "the array in memory has the shape"),
    (COLOUR[:0], "the array in memory holds no pictures"),
    (np.zeros((3, 0, 5), np.uint8), "picture 0 of the array in memory"),
    ([], "the list in memory holds no pictures"),
    (["a.png", "b.png"], "picture 0 of the list in memory: a str is no picture"),
    ([COLOUR[0], None], "picture 1 of the list in memory: a NoneType is no picture"),
    ([(COLOUR[0], COLOUR[1])], "picture 0 of the list in memory comes with a ndarray that is no class"),
    (OrderedDict(a=1), "a OrderedDict does not give its pictures by number"),
    (Endless(), "a Endless does not give its pictures by number"),
    (DataLoader(TensorDataset(torch.from_numpy(COLOUR))), "a DataLoader does not give its pictures by number"),
    (io.BytesIO(b"x"), "a BytesIO does not give its pictures by number"),
    (7, "a int does not give its pictures by number"),
]  # fmt: skip
WRONG_LABELS = [
    ([0, 1], r"labels of the shape \(2,\) do not go with 6 pictures"),
    ([0.5] * 6, "labels are integers or names, not of float64; the first is 0.5"),
    ([None] * 6, "labels are integers or names, not of object"),
    ([[0], [1, 2]] * 3, "labels are N integers or names"),
    (np.zeros((6, 2), int), r"labels of the shape \(6, 2\)"),
    (3, r"labels of the shape \(\)"),
]


@pytest.mark.parametrize(("data", "words"), WRONG, ids=[words[:30] for _, words in WRONG])
def test_what_is_no_set_of_pictures_is_refused_in_a_line(data, words):
    with pytest.raises(UserError, match=words) as error:
        open_data(source_of(data))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(("labels", "words"), WRONG_LABELS, ids=[words[:30] for _, words in WRONG_LABELS])
def test_what_are_no_labels_is_refused_in_a_line(labels, words):
    with pytest.raises(UserError, match=words):
        source_of(COLOUR, labels)


def test_labels_beside_a_folder_are_refused(tmp_path):
    with pytest.raises(UserError, match="labels are for pictures in memory"):
        source_of(str(tmp_path), [0])


def test_each_picture_is_taken_once_and_the_set_remains_the_same_set(digits):
    twice = np.concatenate([digits.images[:40], digits.images[30:50]])
    data = open_data(source_of(twice, [0] * 40 + [1] * 20))
    once = data.distinct()
    assert (once.images == digits.images[:50]).all()
    assert once.labels.tolist() == [0] * 40 + [1] * 10
    assert once.names == [*data.names[:40], *data.names[50:]]
    assert once.fingerprint == data.fingerprint  # a run of one can go on with the other
    assert "10 of 60 files are the same as another: --set data.distinct=true takes each once" in data.notes
    assert once.notes[-1] == "10 of 60 files are the same as another and left out (data.distinct)"
    assert once.distinct() is once
    assert digits.distinct().kept is None


def test_a_plain_picture_is_not_copied():
    assert plain(COLOUR[0]).base is COLOUR
