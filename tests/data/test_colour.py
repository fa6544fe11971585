"""Colours as they are meant: 16 bits a channel rounded, embedded profiles turned into sRGB."""

import io
import struct
import zlib

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms

from data_corpus import pixels
from elegan.core.sizes import Size
from elegan.data import open_data
from elegan.data.decode import brought_to, decode
from elegan.data.profiles import Foreign, to_srgb

D50 = (0.9642, 1.0, 0.8249)
SRGB = np.array([[0.4361, 0.3851, 0.1431], [0.2225, 0.7169, 0.0606], [0.0139, 0.0971, 0.7141]])  # primaries under D50
DISPLAY_P3 = np.array([[0.5151, 0.2920, 0.1571], [0.2412, 0.6922, 0.0666], [-0.0011, 0.0419, 0.7841]])


def s15(*numbers: float) -> bytes:
    return b"".join(struct.pack(">i", round(x * 65536)) for x in numbers)


def profile(space: bytes, tags: dict[bytes, bytes], kind: bytes = b"mntr", connection: bytes = b"XYZ ") -> bytes:
    """ICC.1:2001-04: a header, a table, what it names."""
    table, body = b"", b""
    for name, data in tags.items():
        padded = data + bytes(-len(data) % 4)
        table += struct.pack(">4sII", name, 132 + 12 * len(tags) + len(body), len(data))
        body += padded
    size = 132 + len(table) + len(body)
    head = struct.pack(">I4sI4s4s4s12s4s4s", size, b"\0" * 4, 0x02400000, kind, space, connection, b"\0" * 12, b"acsp",
                       b"\0" * 4)  # fmt: skip
    return (head + bytes(68 - len(head)) + s15(*D50)).ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


def xyz(*numbers: float) -> bytes:
    return b"XYZ \0\0\0\0" + s15(*numbers)


def gamma(value: float) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(value * 256))


def of_primaries(primaries: np.ndarray, power: float = 2.2) -> bytes:
    """`primaries`: columns are red, green and blue in XYZ under D50."""
    colours = {name + b"XYZ": xyz(*column) for name, column in zip((b"r", b"g", b"b"), primaries.T, strict=True)}
    return profile(
        b"RGB ", colours | {name + b"TRC": gamma(power) for name in (b"r", b"g", b"b")} | {b"wtpt": xyz(*D50)}
    )


def of_inks() -> bytes:
    """CMYK to Lab: any full ink is black, none is white, between them linear (lut8Type)."""
    corners = [bytes([255 if not any(ink >> k & 1 for k in range(4)) else 0, 128, 128]) for ink in range(16)]
    ramp = bytes(range(256))
    lut = (
        b"mft1\0\0\0\0" + bytes([4, 3, 2, 0]) + s15(1, 0, 0, 0, 1, 0, 0, 0, 1) + ramp * 4 + b"".join(corners) + ramp * 3
    )
    return profile(b"CMYK", {b"A2B0": lut, b"wtpt": xyz(*D50)}, b"prtr", b"Lab ")


OWN = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
SWAPPED = of_primaries(SRGB[:, [1, 2, 0]])
LINEAR_GREY = profile(b"GRAY", {b"kTRC": gamma(1.0), b"wtpt": xyz(*D50)})


def encoded(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def from_srgb(linear: np.ndarray) -> np.ndarray:
    """IEC 61966-2-1: light in 0..1 to values in 0..255."""
    x = linear.clip(0, 1)
    return 255 * np.where(x <= 0.0031308, 12.92 * x, 1.055 * x ** (1 / 2.4) - 0.055)


def expected(rgb: np.ndarray, primaries: np.ndarray, power: float) -> np.ndarray:
    light = (rgb / 255.0) ** power
    return from_srgb(light @ (np.linalg.inv(SRGB) @ primaries).T)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def deep_png(values: np.ndarray, colours: int, before: bytes = b"") -> bytes:
    """PNG of 16 bits a channel: `colours` 2 is RGB, 4 grey with alpha, 6 RGB with alpha; chunks `before` the pixels."""
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    head = struct.pack(">IIBBBBB", values.shape[1], values.shape[0], 16, colours, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + before + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    )


@given(st.integers(0, 999), st.sampled_from([2, 4, 6]))
def test_sixteen_bits_of_any_colour_are_rounded_as_grey_is(seed, colours):
    channels = {2: 3, 4: 2, 6: 4}[colours]
    values = np.random.default_rng(seed).integers(0, 65536, (5, 7, channels))
    image, facts = decode(deep_png(values, colours))
    wanted = np.rint(values / 257).astype(np.uint8)
    assert np.array_equal(np.asarray(image), wanted[..., [0, 0, 0, 1]] if channels == 2 else wanted)
    assert "16-bit" in facts.peculiar
    if colours == 2:
        grey = [np.asarray(decode(encoded(Image.fromarray(values[..., c].astype(np.uint16))))[0]) for c in range(3)]
        assert np.array_equal(np.stack(grey, 2), wanted)


def test_a_deep_tiff_is_rounded_and_a_deep_picture_turned_upright():
    values = np.random.default_rng(0).integers(0, 65536, (4, 6, 3)).astype(np.uint16)
    wanted = np.rint(values / 257.0).astype(np.uint8)
    out = io.BytesIO()
    tifffile.imwrite(out, values, photometric="rgb", extratags=[(0x0112, 3, 1, 6, True)])
    assert np.array_equal(np.asarray(decode(out.getvalue())[0]), np.rot90(wanted, -1))
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = deep_png(values, 2, chunk(b"eXIf", exif.tobytes().removeprefix(b"Exif\0\0")))
    image, facts = decode(turned)
    assert np.array_equal(np.asarray(image), np.rot90(wanted, -1))
    assert facts[:2] == (4, 6)


def test_the_transparent_colour_of_a_deep_picture_is_transparent():
    values = np.full((2, 2, 3), 40_000)
    values[0, 0] = 1000, 2000, 3000
    image, _ = decode(deep_png(values, 2, chunk(b"tRNS", struct.pack(">HHH", 1000, 2000, 3000))))
    assert np.asarray(image)[..., 3].tolist() == [[0, 255], [255, 255]]


@pytest.mark.parametrize(("primaries", "power"), [(SRGB[:, [1, 2, 0]], 2.2), (DISPLAY_P3, 2.2), (SRGB, 1.0)])
@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_colours_of_other_primaries_and_curves_become_srgb(primaries, power, kind):
    rgb = pixels(3)
    options = {"lossless": True} if kind == "WEBP" else {}
    data = encoded(Image.fromarray(rgb), kind, icc_profile=of_primaries(primaries, power), **options)
    image, facts = decode(data)
    assert abs(np.asarray(image) - expected(rgb, primaries, power)).max() < 2
    assert facts.peculiar == ("colour profile",)


def test_swapped_primaries_are_swapped_back():
    data = encoded(Image.new("RGB", (4, 4), (255, 0, 0)), icc_profile=SWAPPED)
    red, green, blue = np.asarray(decode(data)[0])[0, 0]
    assert (red, green, blue) == (0, 255, 0)


def test_alpha_stays_and_deep_pictures_are_converted_too():
    rgba = pixels(4, channels=4)
    made = np.asarray(decode(encoded(Image.fromarray(rgba), icc_profile=SWAPPED))[0])
    assert np.array_equal(made[..., 3], rgba[..., 3])
    assert abs(made[..., :3] - expected(rgba[..., :3], SRGB[:, [1, 2, 0]], 2.2)).max() < 2
    iccp = chunk(b"iCCP", b"icc\0\0" + zlib.compress(SWAPPED))
    image, facts = decode(deep_png(rgba[..., :3].astype(int) * 257, 2, iccp))
    assert np.array_equal(np.asarray(image), made[..., :3])
    assert set(facts.peculiar) == {"16-bit", "colour profile"}


def test_grey_stays_grey_under_a_profile_of_grey_or_of_colours():
    grey = np.arange(256, dtype=np.uint8).reshape(16, 16)
    wanted = from_srgb(grey / 255)
    for icc in (LINEAR_GREY, of_primaries(SRGB, 1.0)):
        for image in (Image.fromarray(grey), Image.merge("LA", [Image.fromarray(grey)] * 2)):
            made, facts = decode(encoded(image, icc_profile=icc))
            assert made.mode == ("L" if image.mode == "L" else "RGBA")
            assert abs(np.asarray(made).reshape(16, 16, -1)[..., 0] - wanted).max() < 2
            assert "colour profile" in facts.peculiar


def test_inks_are_read_by_their_profile():
    inks = np.zeros((2, 2, 4), np.uint8)
    inks[0, 0, 3] = inks[1, 1, 0] = 255
    for kind, options in (("TIFF", {}), ("JPEG", {"quality": 100, "subsampling": 0})):
        image = Image.fromarray(inks, "CMYK").resize((16, 16), Image.Resampling.NEAREST)
        made, facts = decode(encoded(image, kind, icc_profile=of_inks(), **options))
        corners = np.asarray(made)[[2, 2, -3, -3], [2, -3, 2, -3]].astype(int)
        assert abs(corners - np.array([0, 255, 255, 0])[:, None]).max() < 6
        assert set(facts.peculiar) == {"CMYK", "colour profile"}


def test_srgb_under_any_name_costs_and_changes_nothing():
    image = Image.fromarray(pixels(5))
    for icc in (OWN, None):
        made, facts = decode(encoded(image, icc_profile=icc))
        assert np.array_equal(np.asarray(made), pixels(5))
        assert facts.peculiar == ()
    assert to_srgb(image, OWN) is image
    grey = image.convert("L")
    assert to_srgb(grey, OWN) is grey


@pytest.mark.parametrize("icc", [b"junk", SWAPPED[:200], LINEAR_GREY, of_inks()])
def test_a_broken_or_foreign_profile_is_ignored_and_named(icc):
    image = Image.fromarray(pixels(6))
    with pytest.raises(Foreign):
        to_srgb(image, icc)
    made, facts = decode(encoded(image, icc_profile=icc))
    assert np.array_equal(np.asarray(made), pixels(6))
    assert facts.peculiar == ("broken colour profile",)


def test_what_was_done_is_said_and_the_cache_holds_srgb(tmp_path):
    for number in range(4):
        icc = (SWAPPED, SWAPPED, b"junk", OWN)[number]
        Image.fromarray(pixels(number)).save(tmp_path / f"{number}.png", icc_profile=icc)
    data = open_data(tmp_path)
    assert "2 images with a colour profile converted to sRGB" in data.notes
    assert "1 image with a broken colour profile taken as sRGB" in data.notes
    shown = brought_to(Size(16, 16), (tmp_path / "0.png").read_bytes(), 3, "crop").pixels
    assert np.array_equal(data.images[0], shown)
    assert not np.array_equal(data.images[0], pixels(0))
    assert np.array_equal(data.images[3], pixels(3))
