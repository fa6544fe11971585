"""The limits that a server keeps, and its refusals."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from elegan.core import ranges
from elegan.data.decode import open_image
from elegan.data.deep import Unreadable
from elegan.data.raw import is_raw


@dataclass(frozen=True)
class Limits:
    """`megabytes` of an upload; `megapixels` of a picture as it is sent and as it is made; `num` images a request; `seconds`
    for an upload, for waiting and for the work; `queue` requests at work and waiting at once."""

    megabytes: float = 16
    megapixels: float = 16
    num: int = 64
    seconds: float = 60
    queue: int = 32

    def __post_init__(self) -> None:
        """Raises UserError for a limit that is none."""
        for one in fields(self):
            ranges.check(
                one.name, getattr(self, one.name), ranges.Count if one.type in (int, "int") else ranges.Positive
            )

    @property
    def bytes(self) -> int:
        return int(self.megabytes * 1e6)

    @property
    def pixels(self) -> int:
        return int(self.megapixels * 1e6)


@dataclass
class Refused(Exception):
    """A request that is not answered as asked: a status of HTTP, why in one line, and headers beside it."""

    status: int
    reason: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.reason


def busy(reason: str, after: float) -> Refused:
    """The refusal of what may be asked again `after` some seconds."""
    return Refused(429, reason, {"Retry-After": str(max(1, round(after)))})


def check_picture(encoded: bytes, limits: Limits, scale: float = 1) -> None:
    """Looks at the header of an encoded picture that will be made `scale` times as large, and decodes nothing.

    Raises Refused where it is none (415) or has more pixels than the limits allow (413).
    """
    if is_raw(encoded):
        raise Refused(415, "camera raw: develop it first, to TIFF or JPEG")
    try:
        image = open_image(encoded)
    except Unreadable as error:
        raise Refused(413 if "million" in str(error) else 415, f"the picture: {error}") from None
    made = image.width * image.height * max(1.0, scale) ** 2
    if made > limits.pixels:
        larger = f", made {scale:g} times as large," if scale > 1 else ""
        raise Refused(
            413,
            f"a picture of {image.width} x {image.height}{larger} has more than {limits.megapixels:g} million pixels, "
            "the most that this server takes",
        )
