"""Camera raw files: what the sensor saw, developed by LibRaw through rawpy, which the extra `raw` installs."""

import io
from importlib.util import find_spec

import numpy as np
from PIL import TiffImagePlugin

from elegan.data.deep import MAX_PIXELS, Unreadable, too_large

SUFFIXES = (".dng", ".cr2", ".cr3", ".nef", ".nrw", ".arw", ".raf", ".orf", ".rw2", ".pef", ".srw")
ADVICE = "camera raw: pip install 'elegan[raw]'"
# Fujifilm, Olympus (three byte orders and versions), Panasonic, Canon's CR3 behind the length of its first box.
_HEADS = (b"FUJIFILMCCD-RAW", b"IIRO", b"IIRS", b"MMOR", b"IIU\0")
_TIFF = (b"II*\0", b"MM\0*")
_SUBFILE, _PHOTOMETRIC, _SUB_IFDS, _DNG_VERSION = 254, 262, 330, 50706
_SENSOR = (32803, 34892)  # photometric interpretations of DNG 1.4: colour filter array, linear raw


def is_installed() -> bool:
    """Whether raw files can be developed here."""
    return find_spec("rawpy") is not None


def is_raw(encoded: bytes) -> bool:
    """Whether a file holds what a sensor saw. Most do as a TIFF of which Pillow would take the thumbnail for the picture."""
    if encoded.startswith(_HEADS) or encoded[4:12] == b"ftypcrx ":
        return True
    if not encoded.startswith(_TIFF):
        return False
    if encoded[8:10] == b"CR":
        return True
    try:
        tags = TiffImagePlugin.ImageFileDirectory_v2(encoded[:8])
        file = io.BytesIO(encoded)
        file.seek(tags.next)
        tags.load(file)
        first_is_thumbnail = tags.get(_SUBFILE) == 1 and _SUB_IFDS in tags
        return first_is_thumbnail or _DNG_VERSION in tags or tags.get(_PHOTOMETRIC) in _SENSOR
    except Exception:  # a broken directory is for whoever decodes the picture to tell
        return False


def develop(encoded: bytes) -> np.ndarray:
    """The picture in sRGB, uint16 H x W x 3, upright, with the camera's white balance.

    Raises `Unreadable`, also without rawpy.
    """
    if not is_installed():
        raise Unreadable(ADVICE)
    import rawpy

    try:
        with rawpy.imread(io.BytesIO(encoded)) as opened:
            if opened.sizes.width * opened.sizes.height > MAX_PIXELS:
                raise too_large()
            return opened.postprocess(use_camera_wb=True, output_bps=16)
    except rawpy.LibRawError as error:
        reason = error.args[0] if error.args else type(error).__name__
        text = reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
        raise Unreadable(f"camera raw that LibRaw cannot develop ({text})") from None
