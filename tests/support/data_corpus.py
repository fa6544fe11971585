"""Image files of every odd kind, written by the tests themselves."""

import io
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image


def pixels(seed: int, height: int = 16, width: int = 16, channels: int = 3) -> np.ndarray:
    """Smooth uint8 pictures, different for each seed, so that resizing and JPEG keep them recognisable."""
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(0, 256, (4, 4, channels), dtype=np.uint8).squeeze())
    return np.asarray(coarse.resize((width, height), Image.Resampling.BILINEAR)).reshape(height, width, channels)


def save(path: Path, array: np.ndarray, **options) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array.squeeze()).save(path, **options)
    return path


def folder_of(root: Path, names: list[str], **shape) -> Path:
    """A folder with one PNG for each name, all different."""
    for seed, name in enumerate(names):
        save(root / name, pixels(seed, **shape))
    return root


def zipped(folder: Path, archive: Path, prefix: str = "") -> Path:
    """The folder's files in a zip, in an order that is not alphabetical."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as out:
        for path in sorted(folder.rglob("*"), reverse=True):
            if path.is_file():
                out.write(path, prefix + path.relative_to(folder).as_posix())
    return archive


def png_claiming(width: int, height: int) -> bytes:
    """A PNG of a few hundred bytes whose header announces any size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">L", len(data)) + kind + data + struct.pack(">L", zlib.crc32(kind + data))

    header = struct.pack(">LLBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(4096))) + chunk(b"IEND", b"")
    )


def dng(turn: int = 1) -> bytes:
    """A camera raw file of 96 x 64 pixels: a mosaic of one orange, as DNG 1.4 stores it, to be turned by EXIF's `turn`."""
    mosaic = np.zeros((64, 96), np.uint16)
    mosaic[0::2, 0::2], mosaic[0::2, 1::2], mosaic[1::2, 0::2], mosaic[1::2, 1::2] = 40_000, 30_000, 30_000, 12_000
    to_camera = [
        3240454,
        -1537139,
        -498531,
        -969266,
        1876011,
        41556,
        55643,
        -204026,
        1057225,
    ]  # sRGB's primaries, in millionths
    matrix = tuple(value for entry in to_camera for value in (entry, 1_000_000))
    tags = [
        (50706, 1, 4, bytes([1, 4, 0, 0]), True), (50708, 2, 0, "Elegan Test", True), (33421, 3, 2, (2, 2), True),
        (33422, 1, 4, bytes([0, 1, 1, 2]), True), (50721, 10, 9, matrix, True), (50778, 3, 1, 21, True),
        (50728, 5, 3, (1, 1, 1, 1, 1, 1), True), (50717, 4, 1, 65535, True), (274, 3, 1, turn, True),
        (271, 2, 0, "Elegan", True), (272, 2, 0, "Test", True),
    ]  # fmt: skip
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, mosaic, photometric=32803, extratags=tags, metadata=None, software=False)
    return buffer.getvalue()


def _png() -> bytes:
    buffer = io.BytesIO()
    Image.new("L", (1, 1)).save(buffer, "PNG")
    return buffer.getvalue()


PNG = _png()
