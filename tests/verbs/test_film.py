"""The film of a training: its frames are the sheets, in order and equally long, in each format."""

import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import elegan
from elegan.core.errors import UserError
from elegan.verbs.film import CAPTION, film

TINY = ["nets.generator.width=4", "nets.discriminator.width=4", "batch=8", "watch.images=32", "watch.every=1"]


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> elegan.Run:
    """Four sheets, of which the first is made another size and the second transparent."""
    run = elegan.train("digits", "dcgan", steps=3, settings=TINY, out=tmp_path_factory.mktemp("film"), quiet=True)
    first, second = run.path / "samples/00000000.png", run.path / "samples/00000001.png"
    Image.new("L", (50, 20), 0).save(first)
    size = Image.open(second).size
    clear = Image.new("RGBA", size, (255, 0, 0, 0))
    clear.paste((0, 0, 255, 255), (0, 0, size[0], size[1] // 2))
    clear.save(second)
    (run.path / "samples/notes.png").write_text("no sheet")
    return run


def decoded(path: Path) -> tuple[list[np.ndarray], list[float]]:
    """Frames and when each is shown, in seconds."""
    if path.suffix == ".gif":
        image, frames, times, now = Image.open(path), [], [], 0.0
        for number in range(image.n_frames):
            image.seek(number)
            frames.append(np.asarray(image.convert("RGB")))
            times.append(now)
            now += image.info["duration"] / 1000
        return frames, times
    av = pytest.importorskip("av")
    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
        return [frame.to_ndarray(format="rgb24") for frame in frames], [float(frame.time) for frame in frames]


@pytest.mark.parametrize("ending", ["mp4", "webm", "gif"])
def test_the_frames_are_the_sheets(run, tmp_path, ending):
    if ending != "gif":
        pytest.importorskip("av")
    path = film(run, tmp_path / f"film.{ending}", fps=5)
    frames, times = decoded(path)
    assert times == pytest.approx([0, 0.2, 0.4, 0.6], abs=0.002)
    newest = np.asarray(Image.open(run.path / "samples.png").convert("RGB")).astype(int)
    height, width = newest.shape[:2]
    assert all(frame.shape[0] % 2 == frame.shape[1] % 2 == 0 for frame in frames)
    last = frames[-1].astype(int)
    left = (last.shape[1] - width) // 2
    sheets = [frame.astype(int)[CAPTION : CAPTION + height, left : left + width] for frame in frames]
    assert np.abs(sheets[-1] - newest).mean() < 6
    assert sheets[0][height // 2, width // 2].max() < 16  # black, fitted into the width, on white
    assert sheets[0][2].min() > 235
    assert np.abs(sheets[1][height // 4, width // 2] - [0, 0, 255]).max() < 30
    assert sheets[1][3 * height // 4].min() > 235  # what is transparent stands on white
    assert all(frame[:CAPTION, :40].min() < 128 for frame in frames)  # step
    assert film(run, tmp_path / f"again.{ending}", fps=5).read_bytes() == path.read_bytes()


def test_a_film_lies_in_its_run_and_is_h264(run):
    av = pytest.importorskip("av")
    path = elegan.film(run)
    assert path == run.path / "film.mp4"
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert stream.average_rate == Fraction(12)


def test_what_makes_no_film_is_said(run, tmp_path):
    with pytest.raises(UserError, match=r"ends in none of .mp4, .webm, .gif; did you mean '.mp4'"):
        film(run, tmp_path / "film.mp3")
    for fps in (0, 61, float("nan"), True, "12"):
        with pytest.raises(UserError, match="fps"):
            film(run, tmp_path / "film.gif", fps=fps)
    one = elegan.train("digits", "dcgan", steps=1, settings=TINY, out=tmp_path, name="one", quiet=True)
    (one.path / "samples/00000000.png").unlink()
    with pytest.raises(UserError, match=r"has 1 sheet of samples, and a film takes two: .*watch.every"):
        film(one)
    (one.path / "samples/00000000.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(50))
    with pytest.raises(UserError, match=r"00000000.png cannot be read: .*; without that file"):
        film(one, tmp_path / "film.gif")
    (one.path / "samples/00000000.png").unlink()
    (one.path / "samples/00000000.png").symlink_to(run.path / "samples.png")
    with pytest.raises(UserError, match="leads out"):
        film(one)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one"]
    assert not (one.path / "film.mp4").exists()


def test_without_its_library_the_extra_is_named_and_gif_still_works(run, tmp_path):
    code = (
        "import sys; sys.modules['av'] = None\n"
        "import elegan\n"
        f"run = elegan.Run.open({str(run.path)!r})\n"
        "elegan.film(run, 'film.gif')\n"
        "try:\n    elegan.film(run, 'film.webm')\n"
        "except elegan.UserError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "film.webm needs PyAV: pip install 'elegan[film]'; --out film.gif needs nothing\n"
    assert [path.name for path in tmp_path.iterdir()] == ["film.gif"]
