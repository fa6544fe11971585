"""Sounds: what is read of files of any kind, what is said of what is odd, and the clips that come of it."""

import io
import zipfile

import numpy as np
import pytest
from scipy.io import wavfile

from elegan.core.errors import UserError
from elegan.data.sound import damage
from elegan.data.sound.describe import describe_sounds
from elegan.data.sound.find import find_sounds
from elegan.data.sound.sounds import SoundFeed, lengths_of, open_sounds

soundfile = pytest.importorskip("soundfile")


def tone(rate: int, seconds: float, pitch: float = 440) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * pitch * np.arange(round(rate * seconds)) / rate)


def encoded(samples: np.ndarray, rate: int, format: str = "WAV", subtype: str = "PCM_16") -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate, format=format, subtype=subtype)
    return buffer.getvalue()


def test_a_folder_becomes_clips_of_one_length_with_its_classes(sounds):
    data = open_sounds(str(sounds))
    assert (data.rate, data.samples.shape[1], data.classes) == (4000, 1024, ("high", "low"))
    assert (data.count, len(data.held), data.class_counts) == (40, 4, [20, 20])
    assert not set(data.trained) & set(data.held)
    waves = data.waves(data.trained)
    assert waves.abs().amax(1).sub(0.95).abs().max() < 1e-3  # one peak
    assert lengths_of(data.samples).max() <= 1010
    assert data.fingerprint == open_sounds(str(sounds)).fingerprint
    assert find_sounds("digits") is None


def test_a_feed_is_a_function_of_position(sounds):
    data = open_sounds(str(sounds))
    feed, again = (SoundFeed(data, 8, seed=3) for _ in range(2))
    real, label = feed(5, range(8))
    part, own = again(5, range(4, 8))
    assert np.array_equal(real[4:], part)
    assert np.array_equal(label[4:], own)
    assert not np.array_equal(real, feed(6, range(8)).real)


def test_files_of_any_kind_are_used_and_what_cannot_be_is_said(tmp_path):
    stereo = np.stack([tone(8000, 0.2), tone(8000, 0.2, 660)], 1)
    lying = bytearray(encoded(tone(8000, 0.2), 8000))
    at = lying.find(b"data")
    lying[at + 4 : at + 8] = (10**6).to_bytes(4, "little")
    files = {
        "a.wav": encoded(tone(8000, 0.2), 8000),
        "b.wav": encoded(stereo, 8000, subtype="PCM_24"),
        "c.flac": encoded(tone(16_000, 0.2), 16_000, "FLAC"),
        "d.ogg": encoded(tone(8000, 0.2), 8000, "OGG", "VORBIS"),
        "e.wav": bytes(lying),
        "empty.wav": encoded(np.zeros(0), 8000),
        "nothing.wav": b"",
        "quiet.wav": encoded(np.zeros(1000), 8000),
        "nan.wav": encoded(np.full(100, np.nan), 8000, subtype="FLOAT"),
        "words.txt": b"no sound",
    }
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    data = open_sounds(str(tmp_path / "all.zip"))
    assert data.count + len(data.held) == 5
    assert data.rate == 8000
    told = "\n".join(data.notes)
    for words in (
        "resampled to 8,000 Hz: 1 of 16,000 Hz",
        "1 of several channels were mixed",
        "1 end before their header says",
        "4 files skipped",
        "empty.wav (no samples)",
        "1 .txt",
    ):
        assert words in told
    whole = str(describe_sounds(find_sounds(str(tmp_path / "all.zip"))))
    for words in (
        "5 sounds",
        "8,000 Hz 4, 16,000 Hz 1",
        "PCM_24 1",
        "quiet.wav: silent",
        "nan.wav: samples that are no numbers",
    ):
        assert words in whole


def test_resampling_keeps_the_pitch_and_a_long_file_is_cut_into_clips(tmp_path):
    wavfile.write(tmp_path / "long.wav", 44_100, (tone(44_100, 3.3, 1000) * 32_767).astype(np.int16))
    data = open_sounds(str(tmp_path / "long.wav"))
    assert (data.rate, data.samples.shape) == (16_000, (3, 16_384))
    assert "1 were cut into clips" in data.notes
    assert any("a single file" in note for note in data.notes)
    heard = np.abs(np.fft.rfft(data.samples[1].astype(float)))
    assert abs(heard.argmax() * 16_000 / 16_384 - 1000) < 2
    half = open_sounds(str(tmp_path / "long.wav"), rate=8000, seconds=0.5)
    assert (half.rate, half.samples.shape) == (8000, (6, 4096))


def test_a_folder_for_it_is_held_out(tmp_path):
    for part, count in (("train", 6), ("test", 2)):
        (tmp_path / part).mkdir()
        for number in range(count):
            (tmp_path / part / f"{number}.wav").write_bytes(encoded(tone(8000, 0.2, 300 + 50 * number), 8000))
    data = open_sounds(str(tmp_path))
    assert {data.names[place].split("/")[0] for place in data.held} == {"test"}
    assert len(data.held) == 2


def test_what_holds_no_sound_is_refused(tmp_path):
    (tmp_path / "quiet.wav").write_bytes(encoded(np.zeros(1000), 8000))
    with pytest.raises(UserError, match=r"no sound that can be read: 1 file skipped: quiet.wav \(silent\)"):
        open_sounds(str(tmp_path))
    with pytest.raises(UserError, match="no folder, zip or file of sounds"):
        open_sounds(str(tmp_path / "none"))


def test_noise_is_mixed_at_its_ratio_and_a_low_pass_takes_what_is_above():
    import torch

    y, noise = torch.from_numpy(np.stack([tone(8000, 0.2)] * 2)).float(), torch.ones(2, 1600)
    x = damage.mixed(y, noise, torch.tensor([5.0, -5.0]))
    ratio = 10 * (y.square().mean(1) / (x - y).square().mean(1)).log10()
    torch.testing.assert_close(ratio, torch.tensor([5.0, -5.0]), atol=1e-3, rtol=0)
    both = y + torch.from_numpy(tone(8000, 0.2, 3000)).float()
    apart = damage.low_pass(both, torch.full((2,), 0.5)) - y
    assert apart[:, 200:-200].abs().max() < 0.05
