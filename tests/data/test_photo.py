"""Photographs in and out: what belongs to them is still there, and what is no photograph is said."""

import io

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms, PngImagePlugin

from data_corpus import PNG, dng
from elegan.data import raw
from elegan.data.decode import open_image
from elegan.data.deep import Unreadable
from elegan.data.photo import Photo, read_photo, write_photo

PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
RNG = np.random.default_rng(0)


def values(channels: int, bits: int = 8) -> np.ndarray:
    smooth = np.linspace(0, 2**bits - 1, 23 * 17 * channels).reshape(23, 17, channels)
    return smooth.astype(np.uint16 if bits == 16 else np.uint8)


def there_and_back(path):
    photo = read_photo(path)
    target = path.with_name(f"out{path.suffix}")
    write_photo(target, photo.pixels, photo)
    return photo, target


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
@pytest.mark.parametrize("suffix", [".png", ".tif", ".webp"])
def test_eight_bits(tmp_path, mode, suffix):
    if suffix == ".webp" and mode in ("L", "LA"):
        pytest.skip("WebP has no grey")
    array = values(len(mode.replace("RGB", "RGB")))
    image = Image.fromarray(array[:, :, 0] if mode == "L" else array, mode)
    image.save(tmp_path / f"a{suffix}", icc_profile=PROFILE, lossless=True)
    photo, target = there_and_back(tmp_path / f"a{suffix}")
    again = Image.open(target)
    assert again.mode == mode
    assert again.format == Image.open(tmp_path / f"a{suffix}").format
    assert again.info["icc_profile"] == PROFILE
    assert photo.pixels.shape[2] == (1 if mode[0] == "L" else 3)
    if suffix != ".webp":
        assert np.array_equal(np.asarray(again), np.asarray(image))


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_sixteen_bits(tmp_path, channels, suffix):
    array = values(channels, 16)
    path = tmp_path / f"a{suffix}"
    if suffix == ".png":
        path.write_bytes(
            cv2.imencode(".png", array[:, :, [2, 1, 0, 3][:channels]] if channels > 1 else array)[1].tobytes()
        )
    else:
        tifffile.imwrite(path, array if channels > 1 else array[:, :, 0], extratags=[(34675, 7, len(PROFILE), PROFILE, True)],
                         photometric="rgb" if channels > 1 else "minisblack", metadata=None,
                         extrasamples=["unassalpha"] if channels == 4 else None)  # fmt: skip
    photo, target = there_and_back(path)
    assert photo.bits == 16
    again = read_photo(target)
    assert again.bits == 16
    assert np.array_equal(again.pixels, photo.pixels)
    assert np.array_equal(np.rint(photo.pixels * 65535).astype(np.uint16), array[:, :, : min(channels, 3)])
    assert (again.alpha is None) == (channels < 4)
    assert again.profile == photo.profile == (PROFILE if suffix == ".tif" else None)


def test_sixteen_bits_keep_profile_and_exif_in_png(tmp_path):
    photo = read_photo(deep_png(tmp_path))
    from dataclasses import replace

    exif = Image.Exif()
    exif[0x010E] = "a title"
    write_photo(tmp_path / "b.png", photo.pixels, replace(photo, profile=PROFILE, exif=exif.tobytes()))
    again = Image.open(tmp_path / "b.png")
    assert again.info["icc_profile"] == PROFILE
    assert again.getexif()[0x010E] == "a title"
    assert np.array_equal(read_photo(tmp_path / "b.png").pixels, photo.pixels)


def deep_png(folder):
    (folder / "deep.png").write_bytes(cv2.imencode(".png", values(3, 16))[1].tobytes())
    return folder / "deep.png"


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif"])
def test_a_turned_picture_comes_back_upright(tmp_path, turn, suffix):
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = turn, "a camera"
    image = Image.fromarray(values(3))
    image.save(tmp_path / f"a{suffix}", exif=exif.tobytes(), **({"quality": 100} if suffix == ".jpg" else {}))
    from PIL import ImageOps

    upright = np.asarray(ImageOps.exif_transpose(Image.open(tmp_path / f"a{suffix}")))
    photo, target = there_and_back(tmp_path / f"a{suffix}")
    assert np.array_equal(np.rint(photo.pixels * 255), upright)
    again = Image.open(target)
    assert again.size == upright.shape[1::-1]
    assert again.getexif().get(0x0112, 1) == 1
    assert again.getexif()[0x010F] == "a camera"


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(
    ("turn", "seen"), [(2, np.fliplr), (3, lambda x: np.rot90(x, 2)), (6, lambda x: np.rot90(x, -1)), (8, np.rot90)]
)
def test_a_deep_tiff_is_turned_once(tmp_path, channels, turn, seen):
    array = values(channels, 16)
    tifffile.imwrite(tmp_path / "a.tif", array if channels > 1 else array[:, :, 0], extratags=[(0x0112, 3, 1, turn, True)],
                     photometric="rgb" if channels > 1 else "minisblack", metadata=None)  # fmt: skip
    photo, target = there_and_back(tmp_path / "a.tif")
    assert np.array_equal(np.rint(photo.pixels * 65535).astype(np.uint16), seen(array))
    assert np.array_equal(read_photo(target).pixels, photo.pixels)


@pytest.mark.parametrize("mode", ["1", "P", "CMYK"])
def test_other_modes_become_plain_ones(tmp_path, mode):
    suffix = ".jpg" if mode == "CMYK" else ".png"
    Image.fromarray(values(3)).convert(mode).save(tmp_path / f"a{suffix}")
    photo, target = there_and_back(tmp_path / f"a{suffix}")
    assert photo.pixels.shape == (23, 17, 1 if mode == "1" else 3)
    assert Image.open(target).mode == ("L" if mode == "1" else "RGB")


def test_alpha_follows_another_size(tmp_path):
    Image.fromarray(values(4), "RGBA").save(tmp_path / "a.png")
    photo = read_photo(tmp_path / "a.png")
    write_photo(tmp_path / "b.png", photo.pixels.repeat(2, 0).repeat(2, 1), photo)
    assert Image.open(tmp_path / "b.png").size == (34, 46)
    assert np.abs(np.asarray(Image.open(tmp_path / "b.png"))[::2, ::2, 3].astype(int) - photo.alpha).mean() < 4


def test_what_is_no_photograph(tmp_path):
    def refuse(data: bytes, reason: str) -> None:
        (tmp_path / "x").write_bytes(data)
        with pytest.raises(Unreadable, match=reason):
            read_photo(tmp_path / "x")

    refuse(b"", "empty file")
    refuse(b"no image", "not an image")
    png = io.BytesIO()
    Image.fromarray(RNG.integers(0, 256, (64, 64, 3), dtype=np.uint8)).save(png, "PNG")
    refuse(png.getvalue()[:2000], "truncated|broken|damaged")
    refuse(deep_png(tmp_path).read_bytes()[:60], ".")
    gif = io.BytesIO()
    frames = [Image.fromarray(values(3) // n) for n in (1, 2)]
    frames[0].save(gif, "GIF", save_all=True, append_images=frames[1:])
    refuse(gif.getvalue(), "an animation")
    refuse(b"P5 30000 30000 255\n" + b"\0" * 100, "million pixels")


XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="6" dc:title="t"/></x:xmpmeta>'


def described() -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "a title"
    exif.get_ifd(0x8769)[0x9003] = "2020:01:01 00:00:00"
    exif.get_ifd(0x8825)[1] = "N"
    return exif


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp", ".avif", ".heic"])
def test_what_a_file_tells_of_its_picture_stays(tmp_path, suffix):
    open_image(PNG)  # lets Pillow know of HEIF
    info = PngImagePlugin.PngInfo()
    info.add_itxt("XML:com.adobe.xmp", XMP.decode())
    info.add_text("Author", "me")
    own = {".png": {"pnginfo": info}, ".jpg": {"comment": "seen", "xmp": XMP}, ".tif": {"tiffinfo": {700: XMP}}}
    own[".tif"]["tiffinfo"].update({0x0112: 6, 0x010E: "a title"})
    given = own.get(suffix, {"xmp": XMP}) | ({} if suffix == ".tif" else {"exif": described()})
    Image.fromarray(values(3)).save(tmp_path / f"a{suffix}", icc_profile=PROFILE, dpi=(300, 300), **given)
    photo, target = there_and_back(tmp_path / f"a{suffix}")
    assert photo.pixels.shape == (17, 23, 3)  # upright
    again = read_photo(target)
    assert again.pixels.shape == photo.pixels.shape
    assert again.profile == PROFILE
    assert b'title="t"' in again.xmp
    assert b'Orientation="6"' not in again.xmp
    exif = Image.open(target).getexif()
    assert exif[0x010E] == "a title"
    assert exif.get(0x0112, 1) == 1
    if suffix != ".tif":
        assert exif.get_ifd(0x8769)[0x9003] == "2020:01:01 00:00:00"
    if suffix in (".jpg", ".png", ".tif"):
        assert again.dpi == pytest.approx((300, 300), abs=0.01)
    assert again.texts == {".jpg": {"Comment": "seen"}, ".png": {"Author": "me"}}.get(suffix, {})


@pytest.mark.parametrize("format", ["PNG", "TIFF", "HEIF"])
def test_sixteen_bits_keep_what_is_told_too(tmp_path, format):
    exif = described()
    exif[0x0112] = 1
    photo = Photo(values(3, 16).astype(np.float32) / 65535, None, 16, format, PROFILE, exif.tobytes(),
                  XMP.replace(b'"6"', b'"1"'), (300.0, 300.0))  # fmt: skip
    write_photo(tmp_path / "a", photo.pixels, photo)
    again = read_photo(tmp_path / "a")
    assert (again.bits, again.profile, again.xmp) == (16, PROFILE, photo.xmp)
    assert np.abs(again.pixels - photo.pixels).max() < (0.02 if format == "HEIF" else 1e-5)
    if format != "HEIF":
        assert again.dpi == pytest.approx((300, 300), abs=0.01)
    told = Image.open(tmp_path / "a").getexif()
    assert told[0x010E] == "a title"
    assert told.get_ifd(0x8769)[0x9003] == "2020:01:01 00:00:00"
    assert told.get_ifd(0x8825)[1] == "N"
    write_photo(tmp_path / "b", again.pixels, again)
    assert read_photo(tmp_path / "b").exif == again.exif


@pytest.mark.parametrize("turn", [1, 6])
def test_camera_raw_is_developed_upright_and_written_as_tiff(tmp_path, turn):
    path = tmp_path / "a.dng"
    path.write_bytes(dng(turn))
    if not raw.is_installed():
        with pytest.raises(Unreadable, match=r"pip install 'elegan\[raw\]'"):
            read_photo(path)
        pytest.skip("rawpy is not installed")
    photo = read_photo(path)
    assert (photo.format, photo.bits) == ("TIFF", 16)
    assert photo.pixels.shape == ((64, 96, 3) if turn == 1 else (96, 64, 3))
    red, green, blue = photo.pixels[20, 20]
    assert red > green > blue  # as the sensor saw it
    write_photo(tmp_path / "b.tif", photo.pixels, photo)
    assert np.array_equal(read_photo(tmp_path / "b.tif").pixels, photo.pixels)


@pytest.mark.parametrize("head", [b"FUJIFILMCCD-RAW 0201", b"\0\0\0\x18ftypcrx ", b"II*\0\x10\0\0\0CR\2\0", b"IIRO"])
def test_camera_raw_is_told_by_its_head_and_torn_ones_are_said(tmp_path, head):
    (tmp_path / "a.bin").write_bytes(head + bytes(200))
    with pytest.raises(Unreadable, match="camera raw"):
        read_photo(tmp_path / "a.bin")
