"""Tables of pictures with captions of columns and rows, and pictures in motion, as encoded files."""

import io
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from elegan.core.errors import Failure

LEAST = 64  # pixels of a picture's side, so that a caption fits above it
TEXT = 13
FORMATS = ("gif", "mp4")


def table(
    images: np.ndarray, top: Sequence[str], left: Sequence[str] = (), title: str = "", least: int = LEAST
) -> np.ndarray:
    """Pictures, uint8 (rows * columns) x H x W x C row by row, as one RGB page with a caption from `top` above each column,
    one from `left`, if there are any, before each row, and a title over all.
    """
    images = enlarged(images, least)
    (h, w), columns = images.shape[1:3], len(top)
    font = ImageFont.load_default(TEXT)
    margin = max([0, *(int(font.getlength(text)) + 8 for text in left)])
    above = TEXT + 8
    first = above * bool(title) + above * any(top)
    rows = len(images) // columns
    size = max(margin + columns * (w + 2), int(font.getlength(title)) + 8), first + rows * (h + 2)
    page = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(page)
    draw.text((4, above / 2), title, "black", font, anchor="lm")
    for column, text in enumerate(top):
        draw.text((margin + column * (w + 2) + w / 2, first - above / 2), text, "black", font, anchor="mm")
    for row, text in enumerate(left):
        draw.text((4, first + row * (h + 2) + h / 2), text, "black", font, anchor="lm")
    for place, image in enumerate(images):
        row, column = divmod(place, columns)
        page.paste(Image.fromarray(image), (margin + column * (w + 2) + 1, first + row * (h + 2) + 1))
    return np.asarray(page)


def enlarged(images: np.ndarray, least: int) -> np.ndarray:
    """Converts uint8 N x H x W x C to RGB on white, enlarged by whole pixels to `least` a side or more."""
    scale = -(-least // images.shape[1])
    images = images.repeat(scale, 1).repeat(scale, 2)
    if images.shape[3] == 4:
        alpha = images[..., 3:].astype(np.uint16)
        return ((images[..., :3] * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)
    return images if images.shape[3] == 3 else images.repeat(3, 3)


def gif(images: Iterable[np.ndarray], rate: float) -> bytes:
    """Encodes uint8 pictures H x W x C as an endless animation, `rate` a second (GIF counts in hundredths of a second)."""
    frames, buffer = map(Image.fromarray, images), io.BytesIO()
    pause = max(20, round(100 / rate) * 10)  # browsers slow down what is faster than 20 ms
    next(frames).save(buffer, "GIF", save_all=True, append_images=frames, duration=pause, loop=0, optimize=False)
    return buffer.getvalue()


def mp4(images: np.ndarray, rate: float) -> bytes:
    """Encodes uint8 N x H x W x 3 as MPEG-4 video. Raises Failure where OpenCV was built without it."""
    h, w = (side - side % 2 for side in images.shape[1:3])  # the codec's colours are at half the size
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "video.mp4"
        video = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), rate, (w, h))
        if not video.isOpened():
            raise Failure("OpenCV on this machine cannot write MPEG-4; use --format gif")
        for image in images:
            video.write(np.ascontiguousarray(image[:h, :w, ::-1]))
        video.release()
        return path.read_bytes()
