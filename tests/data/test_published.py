"""Sets in the files in which they were published, written here byte by byte as their pages say."""

import numpy as np
import pytest
from scipy.io import savemat

from elegan.core.errors import UserError
from elegan.data import open_data

RNG = np.random.default_rng(0)
WORDS = ["airplane", "bird", "car", "cat", "deer", "dog", "horse", "monkey", "ship", "truck"]


def stl10(folder, part: str, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Channel by channel, in each column by column; labels from 1."""
    images, labels = RNG.integers(0, 256, (count, 96, 96, 3), np.uint8), np.arange(count) % 10
    with (folder / f"{part}_X.bin").open("wb") as file:
        for image in images:
            for channel in range(3):
                for column in range(96):
                    file.write(image[:, column, channel].tobytes())
    (folder / f"{part}_y.bin").write_bytes(bytes(int(label) + 1 for label in labels))
    return images, labels


def test_stl10_as_its_binary_files_have_it(tmp_path):
    train, labels = stl10(tmp_path, "train", 12)
    test, _ = stl10(tmp_path, "test", 3)
    (tmp_path / "unlabeled_X.bin").write_bytes(bytes(27_648))
    (tmp_path / "class_names.txt").write_text("\n".join(WORDS))
    data = open_data(str(tmp_path), 96)
    assert np.array_equal(data.images, train)
    assert np.array_equal(data.labels, labels)
    assert list(data.classes) == WORDS
    assert any("the part 'unlabeled' of STL-10" in note for note in data.notes)
    assert np.array_equal(open_data(str(tmp_path), 96, split="test").images, test)
    assert len(open_data(str(tmp_path), 96, split="all").images) == 15


def test_svhn_as_matlab_wrote_it(tmp_path):
    images = RNG.integers(0, 256, (11, 32, 32, 3), np.uint8)
    y = np.array([[1 + i % 10] for i in range(11)], np.uint8)  # 10 stands for the digit 0
    savemat(tmp_path / "train_32x32.mat", {"X": images.transpose(1, 2, 3, 0), "y": y}, do_compression=True)
    data = open_data(str(tmp_path), 32)
    assert np.array_equal(data.images, images)
    assert [data.classes[label] for label in data.labels] == [str(int(v) % 10) for v in y.ravel()]
    with pytest.raises(UserError, match="test"):
        open_data(str(tmp_path), 32, split="test")


def test_what_does_not_fit_is_said(tmp_path):
    stl10(tmp_path, "train", 3)
    whole = (tmp_path / "train_X.bin").read_bytes()
    (tmp_path / "train_X.bin").write_bytes(whole[:-1])
    with pytest.raises(UserError, match=r"train_X.bin is cut off: 82,943 bytes"):
        open_data(str(tmp_path))
    (tmp_path / "train_X.bin").write_bytes(whole)
    (tmp_path / "train_y.bin").write_bytes(bytes([1, 2, 11]))
    with pytest.raises(UserError, match="3 labels that do not fit 3 pictures of 10 classes"):
        open_data(str(tmp_path))
    (tmp_path / "train_y.bin").unlink()
    with pytest.raises(UserError, match=r"has train_X.bin and no train_y.bin"):
        open_data(str(tmp_path))
    other = tmp_path / "other"
    other.mkdir()
    (other / "train_32x32.mat").write_bytes(b"no matrix")
    with pytest.raises(UserError, match="no file of SVHN's cropped digits"):
        open_data(str(other))
