"""Embedded colour profiles (ICC.1): pixels in the space of any of them to sRGB, relative colorimetric."""

import io
from functools import lru_cache

import numpy as np
from PIL import Image, ImageCms

SPACES = {"RGB ": "RGB", "GRAY": "L", "CMYK": "CMYK"}  # as a profile names them, and Pillow's modes
RAMP = np.arange(256, dtype=np.uint8)
PROBES = np.stack(np.meshgrid(*[RAMP[::51]] * 3), -1).reshape(1, -1, 3)


class Foreign(Exception):
    """A profile that cannot be read, or one for other colours than those of its picture."""


def to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """An L, RGB, RGBA or CMYK picture in sRGB: itself where that is what it is in. Raises `Foreign`.

    Grey stays grey and alpha as it is; CMYK becomes RGB.
    """
    space = _space_of(profile)
    if image.mode == "L" and space in ("RGB ", "GRAY"):
        curve = _curve(profile, space)
        return image.point(curve) if curve else image
    if image.mode == "RGBA" and space == "GRAY" and _is_grey(image):  # it was grey with alpha
        curve = _curve(profile, space)
        return image.point([*curve * 3, *RAMP.tolist()]) if curve else image
    if space not in SPACES or SPACES[space] != image.mode.removesuffix("A"):
        raise Foreign
    transform = _transform(profile, SPACES[space])
    if transform is None:
        return image
    converted = transform.apply(image.convert(SPACES[space]))
    if image.mode == "RGBA":
        converted.putalpha(image.getchannel("A"))
    return converted


def _is_grey(image: Image.Image) -> bool:
    red, green, blue = (np.asarray(image.getchannel(name)) for name in "RGB")
    return bool((red == green).all() and (green == blue).all())


@lru_cache(maxsize=64)
def _space_of(profile: bytes) -> str:
    return _opened(profile).profile.xcolor_space


@lru_cache(maxsize=64)
def _curve(profile: bytes, space: str) -> list[int] | None:
    """The sRGB value of each grey, 256 of them; None where each is itself."""
    ramp = Image.fromarray(RAMP[None]).convert(SPACES[space])
    # Unoptimised: the transform that is made for speed is some ten levels off in the darks of a grey.
    curve = np.asarray(_built(profile, SPACES[space], ImageCms.Flags.NOOPTIMIZE).apply(ramp).convert("L"))[0]
    return curve.tolist() if _moved(curve, RAMP) else None


@lru_cache(maxsize=64)
def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """The transform to sRGB; None where it moves no colour by more than rounding does, as sRGB's own under any name."""
    transform, probes = _built(profile, mode), Image.fromarray(PROBES)
    return transform if mode == "CMYK" or _moved(np.asarray(transform.apply(probes)), PROBES) else None


def _moved(after: np.ndarray, before: np.ndarray) -> bool:
    return int(abs(after.astype(np.int16) - before).max()) > 1


def _built(profile: bytes, mode: str, flags: ImageCms.Flags = ImageCms.Flags.NONE) -> ImageCms.ImageCmsTransform:
    srgb, intent = ImageCms.createProfile("sRGB"), ImageCms.Intent.RELATIVE_COLORIMETRIC
    try:
        return ImageCms.buildTransform(_opened(profile), srgb, mode, "RGB", intent, flags)
    except ImageCms.PyCMSError:
        raise Foreign from None


def _opened(profile: bytes) -> ImageCms.ImageCmsProfile:
    try:
        return ImageCms.ImageCmsProfile(io.BytesIO(profile))
    except (OSError, TypeError, ImageCms.PyCMSError):
        raise Foreign from None
