"""One encoded image in, one uint8 array out; everything odd about the file is named, nothing is guessed.

Only bitmap formats that Pillow decodes itself (HEIF through pillow-heif) are opened, and camera raw, so no file can start an
outside program (EPS would).
"""

import hashlib
import io
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from elegan.core.sizes import Resolution, Size, size_of
from elegan.data import raw
from elegan.data.deep import MAX_PIXELS, Unreadable, bits_of, deep, rounded, too_large, upright
from elegan.data.profiles import Foreign, to_srgb

VERSION = 3  # raised when the same file would give other pixels, so that no cache of older pixels is taken for new ones
LONGEST = 8  # times the short side: what is left of the long one of a picture that has to be enlarged
MODES = {1: "L", 3: "RGB", 4: "RGBA"}
HEIF_SUFFIXES = (".heic", ".heif", ".hif")
# fmt: off
SUFFIXES = (".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jfif", ".gif", ".bmp", ".dib", ".tif", ".tiff", ".webp",
            ".avif", *HEIF_SUFFIXES, ".ppm", ".pgm", ".pbm", ".pnm", ".pfm", ".tga", ".ico", ".jp2",
            *(raw.SUFFIXES if raw.is_installed() else ()))
# fmt: on
FORMATS = ("PNG", "JPEG", "GIF", "BMP", "DIB", "TIFF", "WEBP", "AVIF", "HEIF", "PPM", "TGA", "ICO", "JPEG2000")
_ORIENTATION = 0x0112
STILL = ("MPO", "HEIF")  # formats of one picture that may carry others beside it
_EXIF_KEYS = {"exif", "Raw profile type exif", "XML:com.adobe.xmp", "xmp"}


class Facts(NamedTuple):
    """A file as it was before it was made uniform: upright width and height, Pillow's mode, and its peculiarities."""

    width: int
    height: int
    mode: str
    peculiar: tuple[str, ...]


class Picture(NamedTuple):
    """One decoded image: uint8 pixels H x W x channels, facts, SHA-256 of the encoded file."""

    pixels: np.ndarray
    facts: Facts
    digest: bytes


def decode(encoded: bytes) -> tuple[Image.Image, Facts]:
    """The upright first frame in mode L, RGB or RGBA (8 bits a channel) and the facts. Raises `Unreadable`."""
    if raw.is_raw(encoded):
        image = rounded(raw.develop(encoded))
        return image, Facts(*image.size, "RGB", ("camera raw",))
    image = open_image(encoded)
    try:
        animated = _is_animated(image)
        turn = orientation(image)
        bits = bits_of(image, encoded)
        image.load()
        turn = turn if image.format == "TIFF" else orientation(image)  # a PNG may tell only at its end
        profile, wide = image.info.get("icc_profile"), bits == 16 and image.mode in ("LA", "RGB", "RGBA")
        to_turn = 1 if image.format == "TIFF" else turn  # these are turned while they are loaded
        full = rounded(upright(deep(encoded, image), to_turn)) if wide else None
        image = ImageOps.exif_transpose(image) if to_turn > 1 else image
        facts = _facts(image, turn, animated, bits)
        image, colours = _in_srgb(full or image, profile)
        return image, facts._replace(peculiar=facts.peculiar + colours)
    except Unreadable:
        raise
    except Exception as error:  # a damaged file makes Pillow's plug-ins raise nearly anything
        raise Unreadable(_reason(error)) from None


def plain_colours(image: Image.Image) -> Image.Image:
    """A picture that a program holds, upright and in sRGB, in mode L, RGB or RGBA. Raises `Unreadable`."""
    try:
        image.load()
        turned = ImageOps.exif_transpose(image) if orientation(image) > 1 else image
        return _in_srgb(turned, image.info.get("icc_profile"))[0]
    except Unreadable:
        raise
    except Exception as error:  # as in `decode`: an opened file may turn out damaged only now
        raise Unreadable(_reason(error)) from None


def brought_to(size: Size, encoded: bytes, channels: int, fit: str) -> Picture:
    """The picture of `decode`, its colours brought to `channels` (1, 3, 4), in that size.

    Raises `Unreadable`.
    """
    image, facts = decode(encoded)
    pixels = np.asarray(_resize(_recolour(image, channels), size, fit))
    return Picture(pixels.reshape(*size, channels), facts, hashlib.sha256(encoded).digest())


def whole(encoded: bytes, short: Resolution, least: Resolution, channels: int, halves: int = 1) -> Picture:
    """The picture of `decode`, its colours brought to `channels`, cut and scaled as `scaled` says. Raises `Unreadable`.

    With `halves` 2 it holds two pictures side by side, which are resized apart so that neither bleeds into the other.
    """
    image, facts = decode(encoded)
    image = _recolour(image, channels)
    if image.width % halves:
        raise Unreadable(f"its width of {image.width} pixels is odd: no two pictures side by side")
    width = image.width // halves
    wide, high = middle(width, image.height, short, least)
    size = scaled(width, image.height, short, least)
    left, top = (width - wide) // 2, (image.height - high) // 2
    boxes = [(x + left, top, x + left + wide, top + high) for x in range(0, image.width, width)]
    kept = size == (width, image.height)
    parts = [image] if kept else [image.resize(size, Image.Resampling.LANCZOS, box=b, reducing_gap=4.0) for b in boxes]
    pixels = np.concatenate([np.asarray(part).reshape(size[1], -1, channels) for part in parts], 1)
    return Picture(pixels, facts, hashlib.sha256(encoded).digest())


def scaled(width: int, height: int, short: Resolution, least: Resolution) -> tuple[int, int]:
    """The size of what `middle` leaves once the short side is `short` pixels, or with `short` 0 its own, but no less
    than `least`. A `Size` in place of a number is covered by the picture."""
    factor = _factor(width, height, short, least)
    width, height = middle(width, height, short, least)
    return max(1, round(width * factor)), max(1, round(height * factor))


def middle(width: int, height: int, short: Resolution, least: Resolution) -> tuple[int, int]:
    """The size of the part that is kept of a picture: all of it, but where it has to be enlarged no more than LONGEST times
    its short side, so that no small file becomes a huge picture."""
    if _factor(width, height, short, least) <= 1:
        return width, height
    longest = LONGEST * min(width, height)
    return min(width, longest), min(height, longest)


def _factor(width: int, height: int, short: Resolution, least: Resolution) -> float:
    covering, own = (max(size.height / height, size.width / width) for size in (size_of(short), size_of(least)))
    return covering or max(own, 1.0)


def side_by_side(left: bytes, right: bytes) -> bytes:
    """Two encoded pictures of one size as one, uncompressed, alpha laid on white. Raises `Unreadable`."""
    images = [_recolour(decode(encoded)[0], 3) for encoded in (left, right)]
    sizes = [f"{image.width}x{image.height}" for image in images]
    if sizes[0] != sizes[1]:
        raise Unreadable(f"A is {sizes[0]} and B is {sizes[1]}")
    joined = np.concatenate([np.asarray(image) for image in images], 1)
    return f"P6 {joined.shape[1]} {joined.shape[0]} 255\n".encode() + joined.tobytes()


def open_image(encoded: bytes) -> Image.Image:
    """The file as Pillow sees it, not yet decoded. Raises `Unreadable` for what is no image, or too large a one."""
    if not encoded:
        raise Unreadable("empty file")
    try:
        image = Image.open(io.BytesIO(encoded), formats=_formats())
    except UnidentifiedImageError:
        raise Unreadable("not an image") from None
    except Exception as error:
        raise Unreadable(_reason(error)) from None
    if image.width * image.height > MAX_PIXELS:
        raise too_large()
    return image


@cache
def _formats() -> list[str]:
    """The `FORMATS` that this build of Pillow has."""
    from pillow_heif import register_heif_opener

    Image.init()
    register_heif_opener()
    return [name for name in FORMATS if name in Image.OPEN]


def _reason(error: Exception) -> str:
    if isinstance(error, Image.DecompressionBombError):
        return str(too_large())
    first_line = (str(error) or type(error).__name__).splitlines()[0]
    return first_line[:120]


def _is_animated(image: Image.Image) -> bool:
    try:
        return image.format not in STILL and bool(getattr(image, "is_animated", False))
    except Exception:  # what follows a whole first frame may be damaged
        return False


def _facts(image: Image.Image, orientation: int, animated: bool, bits: int) -> Facts:
    mode = image.mode
    peculiarities = {
        "16-bit": bits == 16 or mode.startswith("I"),
        "float": mode == "F",
        "1-bit": mode == "1",
        "palette": mode in ("P", "PA"),
        mode: mode in ("CMYK", "YCbCr", "LAB", "HSV"),
        "transparency": image.has_transparency_data,
        "EXIF-rotated": orientation > 1,
        "animated": animated,
    }
    return Facts(*image.size, mode, tuple(name for name, is_so in peculiarities.items() if is_so))


def orientation(image: Image.Image) -> int:
    """The orientation, 1 (upright) to 8 (EXIF 2.3, 4.6.4), looked up only where there can be one: it costs half a decode.

    HEIF is always upright: it says itself how it is turned, whatever its EXIF says (ISO 23008-12), and is while it is decoded.
    """
    if image.format != "TIFF" and not image.info.keys() & _EXIF_KEYS:
        return 1
    try:
        value = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # a broken EXIF block does not make the pixels unreadable
        return 1
    return value if value in range(1, 9) else 1


def _in_srgb(image: Image.Image, profile: Any) -> tuple[Image.Image, tuple[str, ...]]:
    """`_eight_bit` in sRGB where there is a profile to tell, and what was done about that."""
    if not profile or image.mode in ("LAB", "HSV"):
        return _eight_bit(image), ()
    plain = image if image.mode == "CMYK" else _eight_bit(image)
    try:
        converted = to_srgb(plain, profile)
    except Foreign:
        return _eight_bit(plain), ("broken colour profile",)
    return _eight_bit(converted), ("colour profile",) if converted is not plain else ()


def _eight_bit(image: Image.Image) -> Image.Image:
    """Any Pillow mode as L, RGB or RGBA."""
    if image.mode in ("L", "RGB", "RGBA") and "transparency" not in image.info:
        return image
    if image.mode.startswith("I") or image.mode == "F":
        return Image.fromarray(_scaled(np.asarray(image), image.mode == "F"))
    if image.has_transparency_data:
        return image.convert("RGBA")
    if image.mode == "LAB":
        to_rgb = ImageCms.buildTransform(ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), "LAB", "RGB")
        return ImageCms.applyTransform(image, to_rgb) or image
    return image.convert("L" if image.mode == "1" else "RGB")


def _scaled(values: np.ndarray, is_float: bool) -> np.ndarray:
    """Greys of more than 8 bits to 0..255 with rounding: 16-bit by its full range, floats from 0..1 or 0..255."""
    low, high = float(values.min()), float(values.max())
    full = (1.0 if high <= 1 else 255.0) if is_float else 65535.0
    if not (low >= 0 and high <= full):  # also true of NaN
        raise Unreadable(f"grey values {low:g}..{high:g} are outside 0..{full:g}")
    return np.rint(values.astype(np.float64) * (255 / full)).astype(np.uint8)


def _recolour(image: Image.Image, channels: int) -> Image.Image:
    if image.mode == "RGBA" and channels < 4:
        white = Image.new("RGBA", image.size, (255, 255, 255, 255))
        image = Image.alpha_composite(white, image).convert("RGB")
    return image if image.mode == MODES[channels] else image.convert(MODES[channels])


def _resize(image: Image.Image, size: Size, fit: str) -> Image.Image:
    width, height = image.size
    if (height, width) == size:
        return image
    if fit == "pad" and width * size.height != height * size.width:
        return _pad(image, size)
    part = largest(width, height, size) if fit == "crop" else (width, height)
    left, top = ((whole - kept) // 2 for whole, kept in zip((width, height), part, strict=True))
    box = (left, top, left + part[0], top + part[1])
    return image.resize((size.width, size.height), Image.Resampling.LANCZOS, box=box, reducing_gap=4.0)


def largest(width: int, height: int, size: Size) -> tuple[int, int]:
    """Width and height of the largest part of a picture that has the shape of `size`."""
    if width * size.height > height * size.width:
        return max(1, round(height * size.width / size.height)), height
    return width, max(1, round(width * size.height / size.width))


def _pad(image: Image.Image, size: Size) -> Image.Image:
    """The whole image inside the size, its outermost rows or columns repeated to the border."""
    scale = min(size.width / image.width, size.height / image.height)
    width, height = (max(1, round(side * scale)) for side in image.size)
    pixels = np.asarray(image.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=4.0))
    left, top = (size.width - width) // 2, (size.height - height) // 2
    border = [(top, size.height - height - top), (left, size.width - width - left)] + [(0, 0)] * (pixels.ndim - 2)
    return Image.fromarray(np.pad(pixels, border, mode="edge"))
