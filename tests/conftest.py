"""What the tests share: one thread (two workers share two cores), a cache of their own, small data, runs in subprocesses."""

import math
import os
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

import hypothesis
import pytest

from many_calls import Calls

# Two workers on two cores make any single example slow now and then; the suite asserts nothing about time.
hypothesis.settings.register_profile("elegan", deadline=None, derandomize=True, max_examples=50)
hypothesis.settings.load_profile("elegan")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ["HF_HUB_DISABLE_XET"] = "1"  # the hub's stand-in speaks its older protocol alone
# Started in the background, the suite ignores Ctrl-C and the loss of its terminal, and so would every process that it starts.
for number, handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, handler)


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory) -> Path:
    """Decoded data of the test session; subprocesses inherit it."""
    path = tmp_path_factory.mktemp("cache")
    os.environ["ELEGAN_CACHE"] = str(path)
    return path


@pytest.fixture(scope="session")
def test_data() -> Path:
    """The folder of real data sets, or a skip where it is absent."""
    path = Path(os.environ.get("ELEGAN_TEST_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if not path.is_dir():
        pytest.skip(f"no test data at {path}; set ELEGAN_TEST_DATA")
    return path


@pytest.fixture(scope="session")
def calls(cache):
    """Calls of the command line and of Python, each a process of its own that need not import torch."""
    with Calls() as calls:
        yield calls


@pytest.fixture
def elegan(calls, tmp_path):
    """Runs the command line in a process of its own, in tmp_path; gives the completed process."""

    def run(*arguments: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess:
        words = ["-m", "elegan", *map(str, arguments)]
        done = calls.start(*words, cwd=tmp_path, env=env).wait()
        return subprocess.CompletedProcess(words, done.code, done.out, done.err)

    return run


@pytest.fixture(scope="session")
def sides(tmp_path_factory) -> Path:
    """trainA and trainB of the same names: parts of two real photographs, and the same parts negated and in grey."""
    from PIL import Image, ImageOps
    from sklearn.datasets import load_sample_image

    root = tmp_path_factory.mktemp("sides")
    for number in range(24):
        photo = Image.fromarray(load_sample_image(("china.jpg", "flower.jpg")[number % 2]))
        part = photo.crop((number * 20, number * 10, number * 20 + 60, number * 10 + 40 + number % 3))
        for side, picture in (("A", part), ("B", ImageOps.invert(part.convert("L")).convert("RGB"))):
            (root / f"train{side}").mkdir(exist_ok=True)
            picture.save(root / f"train{side}" / f"{number:02d}.png")
    return root


@pytest.fixture(scope="session")
def rows(tmp_path_factory) -> Path:
    """A CSV of 120 hours: two waves of other speeds, a count, a column that is constant and one of words."""
    path = tmp_path_factory.mktemp("rows") / "waves.csv"
    lines = ["when,slow,fast,people,always,said"]
    for hour in range(120):
        slow, fast = math.sin(hour / 9), math.cos(hour / 2) * 100
        day = f"2024-03-{1 + hour // 24:02d} {hour % 24:02d}:00"
        lines.append(f"{day},{slow:.3f},{fast:.1f},{hour * 7 % 13},5,{'yes' if hour % 2 else 'no'}")
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture(scope="session")
def poem(tmp_path_factory) -> Path:
    """A text of 160 lines: numbers in words of two languages, which have rules and different lengths."""
    tens, ones = (
        ("twenty", "thirty", "forty", "fifty"),
        ("one", "two", "three", "four", "five", "six", "seven", "eight"),
    )
    path = tmp_path_factory.mktemp("text") / "numbers.txt"
    lines = [
        f"{ten} {one} {word}" for ten in tens for one in ones for word in ("apples", "pears", "plums", "蘋果", "梨子")
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def sounds(tmp_path_factory) -> Path:
    """low/ and high/, in each 22 tones of a quarter of a second and less, rising, at 4000 Hz."""
    import numpy as np
    from scipy.io import wavfile

    pytest.importorskip("soundfile")
    root = tmp_path_factory.mktemp("sounds")
    for name, tone in (("low", 300), ("high", 1200)):
        (root / name).mkdir()
        for number in range(22):
            time = np.arange(800 + 10 * number) / 4000
            wave = np.sin(2 * np.pi * (tone + 10 * number + 400 * time) * time) * np.hanning(len(time))
            wavfile.write(root / name / f"{name}_anna_{number}.wav", 4000, (wave * 20_000).astype(np.int16))
    return root


@pytest.fixture(scope="session")
def photographs(tmp_path_factory) -> Path:
    """Parts of two real photographs, of unlike sizes."""
    from PIL import Image
    from sklearn.datasets import load_sample_image

    root = tmp_path_factory.mktemp("photographs")
    for number in range(20):
        photo = Image.fromarray(load_sample_image(("china.jpg", "flower.jpg")[number % 2]))
        part = photo.crop((number * 20, number * 10, number * 20 + 90 + number, number * 10 + 80))
        part.save(root / f"{number:02d}.png")
    return root
