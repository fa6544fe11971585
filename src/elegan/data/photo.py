"""Photographs in and out with all that belongs to them: rotation, colour profile, alpha, grey, 16 bits, file format.

Values are those of the file, in the space of its profile, which goes with the result.
"""

import io
import re
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, PngImagePlugin, TiffImagePlugin

from elegan.core import files
from elegan.core.pixels import with_channels
from elegan.data import raw
from elegan.data.decode import STILL, open_image, orientation
from elegan.data.deep import Unreadable, bits_of, deep, upright
from elegan.data.sources import read_file

ORIENTATION, XMP, SETTINGS, PLACE = 0x0112, 0x02BC, 0x8769, 0x8825
# Title, maker, model, orientation, software, date, artist, copyright, the camera's settings, the place.
DESCRIPTIVE = {0x010E, 0x010F, 0x0110, ORIENTATION, 0x0131, 0x0132, 0x013B, 0x8298, SETTINGS, PLACE}
OPAQUE, DEEP = (
    ("JPEG", "MPO"),
    ("PNG", "TIFF", "HEIF"),
)  # formats without alpha, and those of more than 8 bits a channel
QUALITY = {"JPEG": 95, "MPO": 95, "WEBP": 95, "AVIF": 90, "HEIF": 90}  # of the formats that lose something
_XMP_TURN = re.compile(rb"""(tiff:Orientation\s*(?:=\s*["']|>\s*))[2-8]""")  # as an attribute and as an element
_XMP_KEY = "XML:com.adobe.xmp"
_TEXT_BYTES = 1 << 20  # of a comment; what is longer describes no picture


@dataclass(frozen=True)
class Photo:
    """A photograph. `pixels`: float32 H x W x C in [0, 1], upright, C 1 (grey) or 3; `alpha`: H x W as in the file, or None.

    `bits`: 8 or 16; `dpi`: dots an inch, across and down; `texts`: comments by keyword.
    """

    pixels: np.ndarray
    alpha: np.ndarray | None
    bits: int
    format: str
    profile: bytes | None
    exif: bytes | None
    xmp: bytes | None = None
    dpi: tuple[float, float] | None = None
    texts: Mapping[str, str] = field(default_factory=dict)

    def colours(self, channels: int) -> np.ndarray:
        """The pixels as H x W x `channels`, 1 or 3."""
        return with_channels(self.pixels, channels)

    def as_its_own(self, pixels: np.ndarray) -> np.ndarray:
        """Other pixels with the channels of this photograph."""
        return with_channels(pixels, self.pixels.shape[2])


def read_photo(path: Path) -> Photo:
    """Reads a photograph; see `photo_of`."""
    return photo_of(read_file(str(path)))


def photo_of(encoded: bytes) -> Photo:
    """The photograph in the bytes of a file; camera raw is developed, to be written as TIFF.

    Raises Unreadable for what is no image, is damaged, moves, or has more pixels than a picture should.
    """
    if raw.is_raw(encoded):
        return Photo(raw.develop(encoded).astype(np.float32) / 65535, None, 16, "TIFF", None, None)
    image = open_image(encoded)
    if getattr(image, "is_animated", False) and image.format not in STILL:
        raise Unreadable("an animation; take its frames apart first")
    try:
        turn = orientation(image)
        exif = _described(image)
        bits = bits_of(image, encoded)
        values = deep(encoded, image) if bits == 16 else _shallow(image)
        told: dict[str, Any] = {"xmp": _xmp(image), "dpi": _dpi(image), "texts": _texts(image)}
    except Unreadable:
        raise
    except Exception as error:  # a damaged file makes decoders raise nearly anything
        raise Unreadable((str(error) or type(error).__name__).splitlines()[0][:120]) from None
    if turn > 1 and image.format != "TIFF":  # these are turned while they are loaded
        values = upright(values, turn)
    if ORIENTATION in exif:
        exif[ORIENTATION] = 1
    whole = values if values.ndim == 3 else values[:, :, None]
    colours = whole.shape[2] - (whole.shape[2] in (2, 4))
    alpha = whole[:, :, -1] if colours < whole.shape[2] else None
    pixels = whole[:, :, :colours].astype(np.float32) / (65535 if bits == 16 else 255)
    profile = None if image.mode in ("CMYK", "LAB", "YCbCr") else image.info.get("icc_profile")
    return Photo(pixels, alpha, bits, image.format or "PNG", profile, exif.tobytes() if len(exif) else None, **told)


def _xmp(image: Image.Image) -> bytes | None:
    """The packet of XMP, which calls the picture upright as its EXIF will."""
    packet = image.info.get("xmp") or image.info.get(_XMP_KEY)
    if isinstance(packet, tuple):  # of a TIFF that stores it as numbers
        packet = bytes(packet)
    if not packet:
        return None
    return _XMP_TURN.sub(rb"\g<1>1", packet.encode() if isinstance(packet, str) else packet)


def _dpi(image: Image.Image) -> tuple[float, float] | None:
    """Dots an inch, None where the file does not say or says nonsense."""
    dpi = tuple(float(value) for value in image.info.get("dpi", ()))
    return (dpi[0], dpi[1]) if len(dpi) == 2 and all(0 < value < 1e6 for value in dpi) else None


def _texts(image: Image.Image) -> dict[str, str]:
    """The comments of a JPEG, GIF or PNG by keyword."""
    raw_texts = {"Comment": image.info.get("comment", ""), **getattr(image, "text", {})}
    texts = {
        key: text.decode(errors="replace") if isinstance(text, bytes) else str(text) for key, text in raw_texts.items()
    }
    told = {key: text for key, text in texts.items() if text and len(text) < _TEXT_BYTES}
    return {key: text for key, text in told.items() if key != _XMP_KEY and not key.startswith("Raw profile type")}


def write_photo(path: Path, pixels: np.ndarray, like: Photo, quality: int | None = None) -> str:
    """Writes a picture as `photo_bytes` makes it, and gives its remark. Raises Failure on a full disk."""
    encoded, remark = photo_bytes(pixels, like, quality)
    files.write(path, encoded)
    return remark


def photo_bytes(pixels: np.ndarray, like: Photo, quality: int | None = None) -> tuple[bytes, str]:
    """The file of float H x W x C in [0, 1], any size, with the bits, alpha (resized where need be), format and all that is
    told in the file of `like`; `quality` 1 to 100 is for formats that lose something.

    Also gives a remark, "" for none: a JPEG knows no transparency and is flattened on white.
    """
    if like.alpha is not None and like.format in OPAQUE:
        flat, _ = photo_bytes(_flattened(pixels, like), replace(like, alpha=None), quality)
        return flat, f"{like.format} knows no transparency; flattened on white"
    deep = like.bits == 16 and like.format in DEEP
    full = 65535 if deep else 255
    kind = np.uint16 if deep else np.uint8
    values = np.rint(with_channels(pixels, like.pixels.shape[2]).clip(0, 1) * full).astype(kind)
    if like.alpha is not None:
        alpha = _alpha(like.alpha, values.shape[:2])
        alpha = alpha if deep or like.bits == 8 else np.rint(alpha / 257).astype(np.uint8)
        values = np.concatenate([values, alpha[:, :, None]], 2)
    return (_encode_deep if deep else _encode)(values, like, quality), ""


def _flattened(pixels: np.ndarray, like: Photo) -> np.ndarray:
    assert like.alpha is not None
    full = np.iinfo(like.alpha.dtype).max
    share = (_alpha(like.alpha, pixels.shape[:2]).astype(np.float32) / full)[:, :, None]
    on_white: np.ndarray = share * pixels + (1 - share)
    return on_white


def _described(image: Image.Image) -> Image.Exif:
    """The tags that describe the picture and not how it is stored: in a TIFF both stand in one list."""
    exif = image.getexif()
    if image.format != "TIFF":
        return exif
    kept = Image.Exif()
    for tag in exif.keys() & DESCRIPTIVE:
        kept[tag] = exif.get_ifd(tag) if tag in (SETTINGS, PLACE) else exif[tag]
    return kept


def _shallow(image: Image.Image) -> np.ndarray:
    """The pixels at 8 bits a channel: L, LA, RGB or RGBA."""
    image.load()
    if image.mode in ("L", "LA", "RGB", "RGBA") and "transparency" not in image.info:
        return np.asarray(image)
    grey = image.mode in ("1", "F") and not image.has_transparency_data
    return np.asarray(image.convert("L" if grey else "RGBA" if image.has_transparency_data else "RGB"))


def _alpha(alpha: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    if alpha.shape == size:
        return alpha
    larger = Image.fromarray(alpha.astype(np.float32)).resize((size[1], size[0]), Image.Resampling.BICUBIC)
    resized: np.ndarray = np.rint(np.asarray(larger).clip(0, np.iinfo(alpha.dtype).max)).astype(alpha.dtype)
    return resized


def _encode(values: np.ndarray, like: Photo, quality: int | None) -> bytes:
    buffer = io.BytesIO()
    image = Image.fromarray(values[:, :, 0] if values.shape[2] == 1 else values)
    image.save(buffer, like.format, **_told(like), **_settings(like.format, quality))
    return buffer.getvalue()


def _settings(format: str, quality: int | None) -> dict[str, Any]:
    """Pillow's options for a format that loses something: to keep all colours, or to be as small as a `quality` asks for."""
    if format not in QUALITY:
        return {}
    whole_colours = {"subsampling": 0} if format in OPAQUE and quality is None else {}
    return {"quality": quality or QUALITY[format], **whole_colours}


def _told(like: Photo) -> dict[str, Any]:
    """Pillow's options for what is written beside the pixels, in formats that have a place for it."""
    told: dict[str, Any] = {"icc_profile": like.profile, "exif": like.exif, "dpi": like.dpi, "xmp": like.xmp}
    if like.format in OPAQUE:
        told["comment"] = like.texts.get("Comment", "").encode() or None
    if like.format == "PNG":
        told["pnginfo"] = _png_texts(like)
    if like.format == "TIFF" and like.xmp:
        told["exif"] = _with_xmp(like)
    return {name: value for name, value in told.items() if value}


def _with_xmp(like: Photo) -> bytes:
    """The EXIF of a TIFF, which has XMP in the same list."""
    exif = Image.Exif()
    exif.load(like.exif or b"")
    exif[XMP] = like.xmp
    return exif.tobytes()


def _png_texts(like: Photo) -> PngImagePlugin.PngInfo | None:
    info = PngImagePlugin.PngInfo()
    for key, text in like.texts.items():
        info.add_text(key, text) if text.isascii() else info.add_itxt(key, text)
    if like.xmp:
        info.add_itxt(_XMP_KEY, like.xmp.decode(errors="replace"))
    return info if info.chunks else None


def _encode_deep(values: np.ndarray, like: Photo, quality: int | None) -> bytes:
    if like.format == "HEIF":
        return _encode_heif(values, like, quality)
    return _encode_tiff(values, like) if like.format == "TIFF" else _encode_png(values, like)


def _encode_heif(values: np.ndarray, like: Photo, quality: int | None) -> bytes:
    """A HEIF file of 10 bits a channel, which phones write and most viewers read."""
    import pillow_heif

    colour = {1: "RGB", 2: "RGBA", 3: "RGB", 4: "RGBA"}[values.shape[2]]
    values = values if values.shape[2] > 2 else values[:, :, [0, 0, 0, 1][: len(colour)]]
    tens = np.rint(values * (1023 / 65535)).astype(np.uint16) << 6
    image = pillow_heif.from_bytes(f"{colour};16", (values.shape[1], values.shape[0]), tens.tobytes())
    told = {name: value for name, value in _told(like).items() if name != "dpi"}
    if like.profile:
        image.info["icc_profile"], image.info["icc_profile_type"] = told.pop("icc_profile"), "prof"
    buffer = io.BytesIO()
    image.save(buffer, quality=quality or QUALITY["HEIF"], **told)
    return buffer.getvalue()


def _encode_png(values: np.ndarray, like: Photo) -> bytes:
    import cv2

    if values.shape[2] == 2:  # OpenCV has no grey with alpha
        values = values[:, :, [0, 0, 0, 1]]
    ordered = values[:, :, [2, 1, 0, 3][: values.shape[2]]] if values.shape[2] > 1 else values
    _, png = cv2.imencode(".png", np.ascontiguousarray(ordered))
    whole, head = png.tobytes(), 33  # the signature and IHDR, behind which colour and EXIF chunks belong
    profile = _chunk(b"iCCP", b"icc\0\0" + zlib.compress(like.profile)) if like.profile else b""
    exif = _chunk(b"eXIf", like.exif.removeprefix(b"Exif\0\0")) if like.exif else b""
    dots = [round(value / 0.0254) for value in like.dpi] if like.dpi else []
    density = _chunk(b"pHYs", struct.pack(">IIB", *dots, 1)) if dots else b""  # a metre
    texts = _png_texts(like)
    told = b"".join(_chunk(kind, data) for kind, data, *_ in texts.chunks) if texts else b""
    return whole[:head] + profile + exif + density + told + whole[head:]


def _chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a PNG file (PNG 1.2, section 3.2)."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _encode_tiff(values: np.ndarray, like: Photo) -> bytes:
    import tifffile

    buffer = io.BytesIO()
    exif = Image.Exif()
    exif.load(like.exif or b"")
    lists = {tag: exif.get_ifd(tag) for tag in (SETTINGS, PLACE) if tag in exif}
    tags = [(tag, 7, len(data), data, True) for tag, data in ((34675, like.profile), (XMP, like.xmp)) if data]
    tags += [(tag, 2, 0, exif[tag], True) for tag in DESCRIPTIVE & exif.keys() if isinstance(exif[tag], str)]
    flat = values[:, :, 0] if values.shape[2] == 1 else values
    tifffile.imwrite(
        buffer,
        flat,
        byteorder="<",
        photometric="rgb" if values.shape[2] >= 3 else "minisblack",
        extrasamples=["unassalpha"] if values.shape[2] in (2, 4) else None,
        extratags=tags,
        metadata=None,
        software=False,
        planarconfig="contig" if flat.ndim == 3 else None,
        resolution=like.dpi,
        resolutionunit="INCH" if like.dpi else None,
    )
    return _with_lists(buffer.getvalue(), lists)


def _with_lists(tiff: bytes, lists: Mapping[int, Mapping[int, Any]]) -> bytes:
    """A little-endian TIFF whose first directory, written anew behind its end, also points to these (TIFF 6.0, section 2)."""
    if not lists:
        return tiff
    whole = bytearray(tiff)
    (start,) = struct.unpack_from("<I", whole, 4)
    (count,) = struct.unpack_from("<H", whole, start)
    entries = [bytes(whole[at : at + 12]) for at in range(start + 2, start + 2 + 12 * count, 12)]
    for tag, values in lists.items():
        directory = TiffImagePlugin.ImageFileDirectory_v2(b"II*\0\0\0\0\0")
        for key, value in values.items():
            directory[key] = value
        whole += bytes(len(whole) % 2)  # a directory begins at an even place
        entries.append(struct.pack("<HHII", tag, 4, 1, len(whole)))
        whole += directory.tobytes(len(whole))
    whole += bytes(len(whole) % 2)
    struct.pack_into("<I", whole, 4, len(whole))
    in_order = sorted(entries, key=lambda entry: entry[1::-1])
    return bytes(whole) + struct.pack("<H", len(entries)) + b"".join(in_order) + bytes(4)
