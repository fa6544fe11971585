"""Every kind of image file gives the right pixels or a reason."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, TiffImagePlugin

from data_corpus import pixels, png_claiming
from elegan.core.sizes import Size
from elegan.data.decode import brought_to, decode
from elegan.data.deep import Unreadable

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::PIL.Image.DecompressionBombWarning")

LEFT_DARK = np.repeat(np.array([[[0], [0], [255], [255]]], dtype=np.uint8), 4, axis=0).repeat(4, 0).repeat(4, 1)


def encoded(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def decoded(data: bytes) -> np.ndarray:
    return np.asarray(decode(data)[0])


def test_ordinary_pixels_come_back_unchanged():
    for channels, mode in ((1, "L"), (3, "RGB"), (4, "RGBA")):
        array = pixels(1, channels=channels)
        data = encoded(Image.fromarray(array.squeeze()))
        assert np.array_equal(brought_to(Size(16, 16), data, channels, "crop").pixels, array)
        assert decode(data)[1][:3] == (16, 16, mode)


@pytest.mark.parametrize("kind", ["BMP", "GIF", "ICO", "JPEG2000", "PPM", "TGA", "TIFF", "WEBP"])
def test_every_lossless_format_is_read(kind):
    image = Image.fromarray(pixels(1, channels=1).repeat(3, 2))  # grey, so that a GIF's palette holds all of it
    options = {"WEBP": {"lossless": True}, "ICO": {"sizes": [(16, 16)]}, "JPEG2000": {"irreversible": False}}
    data = encoded(image, kind, **options.get(kind, {}))
    assert np.array_equal(brought_to(Size(16, 16), data, 3, "crop").pixels, np.asarray(image))


def test_a_stereo_photo_is_its_first_picture_and_no_animation():
    first, second = (Image.fromarray(pixels(seed)) for seed in (1, 2))
    image, facts = decode(encoded(first, "MPO", save_all=True, append_images=[second], quality=100))
    assert np.abs(np.asarray(image).astype(int) - pixels(1)).mean() < 8
    assert facts.peculiar == ()


def test_sixteen_bit_grey_is_scaled_and_not_clipped():
    values = np.linspace(0, 65535, 256).round().astype(np.uint16).reshape(16, 16)
    data = encoded(Image.fromarray(values))
    assert np.array_equal(decoded(data), np.arange(256, dtype=np.uint8).reshape(16, 16))
    assert decode(data)[1].peculiar == ("16-bit",)
    wide_pgm = b"P5 16 16 65535\n" + values.astype(">u2").tobytes()
    assert np.array_equal(decoded(wide_pgm), decoded(data))


def test_floats_are_read_in_0_to_1_or_0_to_255_and_refused_elsewhere():
    ramp = np.linspace(0, 1, 256, dtype=np.float32).reshape(16, 16)
    expected = np.arange(256, dtype=np.uint8).reshape(16, 16)
    assert np.array_equal(decoded(encoded(Image.fromarray(ramp), "TIFF")), expected)
    assert np.array_equal(decoded(encoded(Image.fromarray(ramp * 255), "TIFF")), expected)
    for bad in (ramp - 1, ramp * 1000, np.full_like(ramp, np.nan)):
        with pytest.raises(Unreadable, match="outside 0"):
            decode(encoded(Image.fromarray(bad), "TIFF"))


def test_one_bit_is_black_and_white():
    data = encoded(Image.fromarray(LEFT_DARK.squeeze()).convert("1"))
    assert np.array_equal(decoded(data), LEFT_DARK.squeeze())


def test_cmyk_becomes_rgb():
    colour = Image.new("RGB", (16, 16), (200, 30, 60))
    image, facts = decode(encoded(colour.convert("CMYK"), "JPEG", quality=100))
    assert facts.peculiar == ("CMYK",)
    assert np.abs(np.asarray(image).astype(int) - (200, 30, 60)).max() <= 4


@pytest.mark.parametrize("mode", ["YCbCr", "LAB"])
def test_other_colour_spaces_become_rgb(mode):
    stored = Image.new("YCbCr" if mode == "YCbCr" else "LAB", (8, 8), (128, 128, 128))
    image, facts = decode(encoded(stored, "TIFF"))
    assert facts.mode == mode
    rgb = np.asarray(image).astype(int)
    assert rgb.shape == (8, 8, 3)
    assert 100 <= rgb.mean() <= 140
    assert np.ptp(rgb[0, 0]) <= 3  # all three store a neutral grey


def test_palette_with_transparency_keeps_colour_and_alpha():
    image = Image.new("P", (8, 8), 1)
    image.putpalette([255, 0, 0, 0, 255, 0])
    image.paste(0, (0, 0, 4, 8))
    result = decoded(encoded(image, transparency=0))
    assert result.shape == (8, 8, 4)
    assert (result[:, :4, 3] == 0).all()
    assert (result[:, 4:] == (0, 255, 0, 255)).all()


def test_transparent_pixels_are_flattened_on_white():
    image = Image.new("RGBA", (8, 8), (0, 0, 0, 0))
    image.paste((10, 20, 30, 255), (4, 0, 8, 8))
    flat = brought_to(Size(8, 8), encoded(image), 3, "crop").pixels
    assert (flat[:, :4] == 255).all()
    assert (flat[:, 4:] == (10, 20, 30)).all()
    half = brought_to(Size(8, 8), encoded(Image.new("LA", (8, 8), (0, 128))), 1, "crop").pixels
    assert (np.abs(half.astype(int) - 127) <= 1).all()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(kind, orientation):
    upright = Image.fromarray(np.pad(LEFT_DARK.squeeze(), ((0, 8), (0, 0)), constant_values=128))
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,  # tag 6 asks the reader to turn by 90 degrees clockwise
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = upright.transpose(undo[orientation]) if orientation > 1 else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"quality": 100} if kind == "JPEG" else {"lossless": True} if kind == "WEBP" else {}
    image, facts = decode(encoded(stored, kind, exif=exif, **options))
    assert np.abs(np.asarray(image.convert("L")).astype(int) - np.asarray(upright)).max() <= 6
    assert (facts.width, facts.height) == upright.size
    assert ("EXIF-rotated" in facts.peculiar) == (orientation > 1)


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_animations_give_their_first_frame(kind):
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "green", "blue")]
    data = encoded(
        frames[0], kind, save_all=True, append_images=frames[1:], **({"lossless": True} if kind == "WEBP" else {})
    )
    image, facts = decode(data)
    assert "animated" in facts.peculiar
    assert (np.asarray(image.convert("RGB")) == (255, 0, 0)).all()


def test_the_suffix_does_not_matter_but_the_content_does():
    assert decoded(encoded(Image.fromarray(pixels(2)), "BMP")).shape == (16, 16, 3)
    with pytest.raises(Unreadable, match="not an image"):
        decode(b"hello, I am a text file")
    with pytest.raises(Unreadable, match="not an image"):  # Pillow would start Ghostscript for this one
        decode(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n")


def test_damaged_files_say_why():
    whole = encoded(Image.fromarray(pixels(3, 64, 64)), "JPEG")
    for data, reason in ((b"", "empty"), (whole[: len(whole) // 2], "(?i)truncated"), (bytes(500), "not an image")):
        with pytest.raises(Unreadable, match=reason):
            decode(data)


@pytest.mark.parametrize("side", [12_000, 65_000])
def test_decompression_bombs_are_refused_before_they_are_decoded(side):
    with pytest.raises(Unreadable, match="million pixels"):
        decode(png_claiming(side, side))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["PNG", "JPEG", "GIF", "TIFF", "WEBP"]), st.integers(0, 400), st.integers(0, 255), st.booleans())
def test_any_damage_gives_an_image_or_a_reason(kind, place, value, cut):
    data = bytearray(encoded(Image.fromarray(pixels(4)), kind))
    place %= len(data)
    if cut:
        data = data[:place]
    else:
        data[place] = value
    try:
        result = brought_to(Size(8, 8), bytes(data), 3, "crop").pixels
    except Unreadable:
        return
    assert result.shape == (8, 8, 3)


def test_crop_takes_the_centre_pad_keeps_all_and_stretch_distorts():
    wide = np.zeros((16, 48, 3), dtype=np.uint8)
    wide[:, 16:32] = 255
    wide[:, :16] = (255, 0, 0)
    data = encoded(Image.fromarray(wide))
    assert (brought_to(Size(16, 16), data, 3, "crop").pixels == 255).all()
    padded = brought_to(Size(48, 48), data, 3, "pad").pixels
    assert np.array_equal(padded[16:32], wide)
    assert np.array_equal(padded[0], wide[0])  # the border repeats the outermost row
    assert np.array_equal(padded[-1], wide[-1])
    stretched = brought_to(Size(48, 48), data, 3, "stretch").pixels
    assert (stretched[:, 20:28] == 255).all()
    assert (stretched[:, 4:12] == (255, 0, 0)).all()


def test_shrinking_averages_instead_of_picking():
    chequers = (np.indices((128, 128)).sum(0) % 2 * 255).astype(np.uint8)
    small = brought_to(Size(16, 16), encoded(Image.fromarray(chequers)), 1, "crop").pixels
    assert np.abs(small.astype(int) - 127).max() <= 16


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 40),
    st.integers(1, 40),
    st.integers(2, 24),
    st.sampled_from([1, 3, 4]),
    st.sampled_from(["crop", "pad", "stretch"]),
)
def test_the_result_is_always_square_with_the_channels_asked_for(height, width, resolution, channels, fit):
    data = encoded(Image.fromarray(pixels(5, height, width)))
    result = brought_to(Size(resolution, resolution), data, channels, fit)
    assert result.pixels.shape == (resolution, resolution, channels)
    assert (result.facts.width, result.facts.height) == (width, height)


def test_a_broken_exif_block_does_not_cost_the_image():
    data = encoded(Image.fromarray(pixels(6)), "JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff garbage")
    assert decoded(data).shape == (16, 16, 3)


def test_tiff_of_several_pages_gives_the_first():
    pages = [Image.fromarray(pixels(seed)) for seed in (7, 8)]
    data = encoded(pages[0], "TIFF", save_all=True, append_images=pages[1:])
    assert TiffImagePlugin.TiffImageFile(io.BytesIO(data)).n_frames == 2
    assert np.array_equal(decoded(data), pixels(7))
