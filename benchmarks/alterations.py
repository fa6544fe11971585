"""Changes to a picture that leave it a copy: functions of the picture, uint8 H x W x 3, and a random generator."""

import io
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageFont

Alter = Callable[[np.ndarray, np.random.Generator], np.ndarray]


def add(change: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(change), 0, 255).astype(np.uint8)


def jpeg(quality: int) -> Alter:
    def alter(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        buffer = io.BytesIO()
        Image.fromarray(x).save(buffer, "JPEG", quality=quality)
        return np.asarray(Image.open(buffer).convert("RGB"))

    return alter


def shift(mode: str) -> Alter:
    """By 4 pixels in one direction and 0 to 4 in the other; what comes in from outside is by numpy's `mode`."""

    def alter(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        by = [int(rng.choice([-4, 4])), int(rng.integers(-4, 5))]
        top, left = rng.permutation(by) + 4
        return np.pad(x, ((4, 4), (4, 4), (0, 0)), mode)[top : top + len(x), left : left + x.shape[1]]

    return alter


def crop(keep: float) -> Alter:
    """A random square of `keep` of the side, enlarged again (bicubic)."""

    def alter(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        size = round(len(x) * keep)
        top, left = rng.integers(0, len(x) - size + 1, 2)
        part = Image.fromarray(x[top : top + size, left : left + size])
        return np.asarray(part.resize((x.shape[1], len(x)), Image.Resampling.BICUBIC))

    return alter


def mirror(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return np.ascontiguousarray(x[:, ::-1])


def together(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return jpeg(75)(shift("edge")(mirror(x, rng), rng), rng)


def grey(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return np.asarray(Image.fromarray(x).convert("L").convert("RGB"))


def opposite_hue(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Hue by 180 degrees in HSV, which keeps the largest and the smallest channel of a pixel and so not its luma."""
    hue, saturation, value = Image.fromarray(x).convert("HSV").split()
    turned = Image.fromarray(np.asarray(hue) + np.uint8(128))
    return np.asarray(Image.merge("HSV", (turned, saturation, value)).convert("RGB"))


def opposite_chroma(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Hue by 180 degrees in YCbCr, which keeps luma but for what leaves the range."""
    y, blue, red = Image.fromarray(x).convert("YCbCr").split()
    turned = [Image.fromarray(255 - np.asarray(chroma)) for chroma in (blue, red)]
    return np.asarray(Image.merge("YCbCr", (y, *turned)).convert("RGB"))


def rotate(mode: str) -> Alter:
    """By 2 to 5 degrees either way about the centre (bilinear); what comes in from outside is by numpy's `mode`."""

    def alter(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        angle, margin = rng.uniform(2, 5) * rng.choice([-1, 1]), len(x) // 4
        wide = Image.fromarray(np.pad(x, ((margin, margin), (margin, margin), (0, 0)), mode))
        turned = np.asarray(wide.rotate(angle, Image.Resampling.BILINEAR))
        return turned[margin : margin + len(x), margin : margin + x.shape[1]]

    return alter


def rotate_and_crop(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """As `rotate`, and then the largest square without a corner from outside, enlarged again."""
    angle = rng.uniform(2, 5) * rng.choice([-1, 1])
    radians = abs(np.deg2rad(angle))
    cut = len(x) / 2 * (1 - 1 / (np.cos(radians) + np.sin(radians)))
    turned = Image.fromarray(x).rotate(angle, Image.Resampling.BICUBIC)
    box = (cut, cut, x.shape[1] - cut, len(x) - cut)
    return np.asarray(turned.resize((x.shape[1], len(x)), Image.Resampling.BICUBIC, box))


def caption(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A bar over the lower or the upper quarter with random letters on it, black on white or white on black."""
    image, high = Image.fromarray(x), len(x) // 4
    ink, paper = (0, 255) if rng.random() < 0.5 else (255, 0)
    top = int(rng.choice([0, len(x) - high]))
    drawing = ImageDraw.Draw(image)
    drawing.rectangle((0, top, x.shape[1], top + high - 1), (paper,) * 3)
    words = "".join(rng.choice([*"abcdefghijklmnopqrstuvwxyz    "], 20))
    drawing.text((1, top - high // 8), words, (ink,) * 3, ImageFont.load_default(0.9 * high))
    return np.asarray(image)


WANTED: dict[str, Alter] = {
    "exact": lambda x, rng: x,
    "noise, sigma 13": lambda x, rng: add(x + rng.normal(0, 12.75, x.shape)),
    "JPEG, quality 50": jpeg(50),
    "darker, x 0.6": lambda x, rng: add(x * 0.6),
    "brighter, x 1.4": lambda x, rng: add(x * 1.4),
    "brighter, + 40": lambda x, rng: add(x + 40.0),
    "mirrored": mirror,
    "shifted 4 px, edge repeated": shift("edge"),
    "shifted 4 px, black": shift("constant"),
    "shifted 4 px, reflected": shift("reflect"),
    "cropped to 90 %": crop(0.9),
    "mirrored, shifted, JPEG 75": together,
    "grey": grey,
    "hue by 180 degrees, HSV": opposite_hue,
    "hue by 180 degrees, YCbCr": opposite_chroma,
    "negative": lambda x, rng: 255 - x,
    "rotated 2 to 5 degrees, black": rotate("constant"),
    "rotated 2 to 5 degrees, reflected": rotate("reflect"),
    "rotated 2 to 5 degrees, cropped": rotate_and_crop,
    "caption over a quarter": caption,
}
BEYOND: dict[str, Alter] = {
    "noise, sigma 25": lambda x, rng: add(x + rng.normal(0, 25, x.shape)),
    "JPEG, quality 20": jpeg(20),
    "cropped to 80 %": crop(0.8),
}
KINDS = WANTED | BEYOND
