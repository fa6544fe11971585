"""Sounds as one HTML page that loads nothing from elsewhere."""

from collections.abc import Sequence
from html import escape
from pathlib import Path
from string import Template
from typing import NamedTuple

import numpy as np
import torch

from elegan.core import files
from elegan.core.grid import png
from elegan.core.html import inside
from elegan.core.pixels import to_bytes
from elegan.core.spectra import hop_of, log_mel
from elegan.data.sound.read import wav

TEMPLATE = Path(__file__).with_name("page.html")
FIGURE = Template("""<figure><img alt="" src="$picture"><audio controls preload="none" src="$sound" aria-label="$words"></audio>
<figcaption>$words</figcaption></figure>""")


class Clip(NamedTuple):
    """A sound as addresses that hold it: its log-mel picture and a WAV, and what it is in words."""

    words: str
    picture: str
    sound: str


def clip(samples: np.ndarray, rate: int, words: str) -> Clip:
    """Samples float T in [-1, 1] as a clip; low frequencies are below."""
    hop = hop_of(rate)
    whole = torch.from_numpy(np.pad(samples, (0, -len(samples) % hop))).float()
    mel = to_bytes(log_mel(whole[None], rate).flip(1)[:, None])[0]
    return Clip(words, inside(png(mel)), inside(wav(samples, rate), "wav", "audio"))


def write_page(path: Path, title: str, clips: Sequence[Clip]) -> None:
    """Writes a page of these sounds. Raises UserError where there cannot be such a file, Failure on a full disk."""
    figures = "\n".join(FIGURE.substitute({key: escape(text) for key, text in one._asdict().items()}) for one in clips)
    text = Template(TEMPLATE.read_text(encoding="utf-8")).substitute(title=escape(title), figures=figures)
    files.write(path, text.encode("utf-8", "backslashreplace"))
