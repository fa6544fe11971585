"""The parameters of each kind of request: checked here, and described from here."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from elegan.core.errors import nearest, shown
from elegan.core.ranges import LAST_SEED
from elegan.verbs.serve.limits import Refused

MADE = {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp", "zip": "application/zip", "npy": "application/x-npy"}  # fmt: skip
Format = Annotated[
    Literal["png", "jpg", "webp", "tiff", "avif", "heic"] | None,
    Field(description="The picture's format; its own without."),
]
Quality = Annotated[int | None, Field(ge=1, le=100, description="Of jpg, webp, avif and heic, 1 to 100 (best).")]


class Asked(BaseModel):
    """The parameters of a request."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, populate_by_name=True)


class Generate(Asked):
    """What images are to be made."""

    seed: Annotated[int, Field(ge=0, le=LAST_SEED, description="The first image; the others follow it.")] = 0
    num: Annotated[int, Field(ge=1, description="How many images.")] = 1
    label: Annotated[str | None, Field(alias="class", description="Only this class, by name or number.")] = None
    truncation: Annotated[float | None, Field(gt=0, description="Less varied, more typical images.")] = None
    format: Annotated[
        Literal["png", "jpg", "webp", "zip", "npy"],
        Field(description="One picture, several on a sheet; zip: a PNG a seed; npy: uint8 N x H x W x C."),
    ] = "png"


class Translate(Asked):
    """How a picture is to be translated."""

    direction: Annotated[str | None, Field(description="AtoB or BtoA, where the model knows both.")] = None
    strength: Annotated[float, Field(ge=0, le=1, description="From 0 (the input) to 1 (the full result).")] = 1.0
    format: Format = None
    quality: Quality = None


class Restore(Asked):
    """How a photograph is to be restored."""

    format: Format = None
    quality: Quality = None


class Upscale(Restore):
    """How much larger a photograph is to be made."""

    scale: Annotated[float | None, Field(gt=1, description="How much larger; as the model makes it without.")] = None


class Denoise(Restore):
    """What is known of a photograph's noise."""

    sigma: Annotated[float | None, Field(ge=0, le=255, description="Standard deviation of the noise, 0 to 255.")] = None


class Inpaint(Restore):
    """What of a photograph is to be filled."""

    mask: Annotated[
        Literal["transparent", "auto-scratches"], Field(description="What is transparent, or scratches that are found.")
    ] = "transparent"


def with_detail(kind: type[Restore]) -> type[Restore]:
    """The same parameters and `detail`, of a model that has a counterpart trained for it."""
    about = Field(ge=0, le=1, description="From 0 (the faithful network) to 1 (the one trained for detail).")
    return create_model(
        kind.__name__, __base__=kind, __doc__=kind.__doc__, detail=(Annotated[float | None, about], None)
    )


class Score(Asked):
    """Nothing but the picture."""


def parameters(kind: type[Asked]) -> dict[str, Any]:
    """The names by which a request gives the parameters, with the field of each."""
    return {field.alias or name: field for name, field in kind.model_fields.items()}


def read(kind: type[Asked], pairs: list[tuple[str, str]]) -> Asked:
    """The parameters from a query. Raises Refused (400) with the offending one, and the nearest valid one."""
    given, known = dict(pairs), parameters(kind)
    if twice := next((name for name in given if sum(name == other for other, _ in pairs) > 1), None):
        raise Refused(400, f"{shown(twice)} is given twice")
    if unknown := next((name for name in given if name not in known), None):
        raise Refused(400, f"unknown parameter {shown(unknown)}{nearest(unknown, known)}")
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        raise Refused(400, f"{first['loc'][0]} = {shown(first['input'])}: {first['msg'].lower()}") from None
