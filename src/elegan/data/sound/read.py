"""One file of sound as samples, and why it cannot be used where it cannot."""

import io
from math import gcd
from typing import Any, NamedTuple

import numpy as np

from elegan.core.errors import UserError, in_a_line
from elegan.data.deep import Unreadable

SUFFIXES = (".wav", ".flac", ".ogg")
MOST = 1 << 28  # samples of all channels in a file: a gigabyte once it is read
SILENT = 10 ** (-70 / 20)  # the peak below which nothing is heard
PEAK = 0.95  # that every sound is brought to


class Heard(NamedTuple):
    """The samples of a file, float32 T in [-1, 1], and what it is in itself."""

    samples: np.ndarray
    rate: int
    channels: int
    coding: str
    cut: bool  # the file ends before its header says


def read(encoded: bytes) -> Heard:
    """Reads a file; its channels are mixed to one. Raises Unreadable for one that holds no sound, UserError without soundfile."""
    soundfile = _soundfile()
    try:
        with soundfile.SoundFile(io.BytesIO(encoded)) as file:
            rate, channels, promised = file.samplerate, file.channels, file.frames
            if promised * channels > MOST:
                raise Unreadable(f"{promised * channels:,} samples by its header, above {MOST:,}")
            samples: np.ndarray = file.read(dtype="float32", always_2d=True)
            coding = file.subtype
    except (soundfile.LibsndfileError, RuntimeError, ValueError, MemoryError) as error:
        raise Unreadable(f"no readable sound: {in_a_line(error)}") from None
    if not len(samples):
        raise Unreadable("no samples")
    if not np.isfinite(samples).all():
        raise Unreadable("samples that are no numbers")
    mixed = samples.mean(1)
    if float(np.abs(mixed).max()) < SILENT:
        raise Unreadable("silent")
    # libsndfile trusts a file's length over its header's, and says so by the header's bytes alone.
    return Heard(mixed, rate, channels, coding, len(samples) < promised or _promises_more(encoded))


def brought_to(rate: int, heard: Heard) -> np.ndarray:
    """The samples at this rate, float32, with a peak of PEAK."""
    from scipy.signal import resample_poly

    samples = heard.samples
    if heard.rate != rate:
        common = gcd(rate, heard.rate)
        samples = resample_poly(samples, rate // common, heard.rate // common).astype(np.float32)
    peak = max(float(np.abs(samples).max()), SILENT)
    scaled: np.ndarray = samples * np.float32(PEAK / peak)
    return scaled


def wav(samples: np.ndarray, rate: int) -> bytes:
    """Samples float T in [-1, 1] as a WAV file of 16 bits."""
    from scipy.io import wavfile

    buffer = io.BytesIO()
    wavfile.write(buffer, rate, to_whole(samples))
    return buffer.getvalue()


def to_whole(samples: np.ndarray) -> np.ndarray:
    """Samples in [-1, 1] as int16."""
    whole: np.ndarray = np.round(np.clip(samples, -1, 1) * 32767).astype(np.int16)
    return whole


def _promises_more(encoded: bytes) -> bool:
    """Whether a WAV's data are fewer than the length that stands before them."""
    if encoded[:4] != b"RIFF":
        return False
    at = encoded.find(b"data", 12)
    length = int.from_bytes(encoded[at + 4 : at + 8], "little")
    return at > 0 and length != 0xFFFFFFFF and length > len(encoded) - at - 8


def _soundfile() -> Any:
    try:
        import soundfile
    except (ImportError, OSError):
        raise UserError("sounds need soundfile: pip install 'elegan[sound]'") from None
    return soundfile
