"""What a model can be asked for over HTTP: an object a kind, with what it takes and how a batch of it is answered."""

import io
import json
import zipfile
from abc import ABC, abstractmethod
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import torch
from PIL import Image

from elegan.core import grid
from elegan.core.errors import Failure, UserError
from elegan.core.ranges import LAST_SEED
from elegan.core.sizes import size_of
from elegan.data.decode import brought_to
from elegan.data.photo import photo_bytes, photo_of
from elegan.games.abilities import Ability, Generates, Restores, Scores, Translates
from elegan.games.inference import paint
from elegan.nets.latents import check_truncation
from elegan.run import Run
from elegan.verbs.anomaly import Anomalies, normal_scores
from elegan.verbs.restore.files import FORMATS, check_quality
from elegan.verbs.restore.restorers import Restorer, between_sides, sides_of, tasks_of
from elegan.verbs.serve.asked import (
    MADE,
    Asked,
    Denoise,
    Generate,
    Inpaint,
    Restore,
    Score,
    Translate,
    Upscale,
    with_detail,
)
from elegan.verbs.serve.limits import Limits, Refused

ROWS = 8  # images that a network makes at once, always: with other numbers its sums would round otherwise


@dataclass(frozen=True)
class Answer:
    """The body of an answer and its media type; `remark`: what else is to be said of it."""

    body: bytes
    media: str
    remark: str = ""


@dataclass(frozen=True)
class Request:
    """The parameters of a request, and the encoded picture that was sent with it."""

    asked: Any
    picture: bytes = b""


class Service(ABC):
    """One thing that a run can be asked for. `answers` gives each request the bytes that it would get alone."""

    ability: ClassVar[type[Ability]]
    verb: ClassVar[str]
    help: ClassVar[str]
    uploads: ClassVar[bool] = True  # a picture comes with a request
    media: ClassVar[tuple[str, ...]] = ("image/*",)

    def __init__(self, run: Run, limits: Limits) -> None:
        self.run, self.limits = run, limits

    asks: type[Asked]

    def check(self, asked: Any) -> None:  # noqa: B027  # what takes no parameters has none to check
        """Raises Refused, or UserError, for parameters that this run cannot do."""

    def scale(self, asked: Any) -> float:
        """How many times as large as the picture that is sent what is made of it is."""
        return 1.0

    def size(self, asked: Any) -> int:
        """How many pictures are made."""
        return 1

    def together(self, asked: Any) -> Hashable:
        """A key that requests share which can be answered at once; None: alone."""
        return None

    @abstractmethod
    def answers(self, requests: Sequence[Request]) -> list[Answer]:
        """The answers to requests that go together."""


class Generating(Service):
    """Images of seeds."""

    ability, verb, help, uploads = Generates, "generate", "Images, one a seed: the same seed, the same bytes.", False
    asks, media = Generate, tuple(MADE.values())

    def check(self, asked: Generate) -> None:
        if asked.num > self.limits.num:
            raise Refused(400, f"num = {asked.num} is more than {self.limits.num}, the most of one request")
        if asked.seed > LAST_SEED - asked.num:
            raise Refused(400, f"seed = {asked.seed} leaves no {asked.num} seeds up to {LAST_SEED}")
        check_truncation(self.run.ability(Generates).prior, asked.truncation)
        if asked.label is not None:
            self.run.label_of(asked.label)

    def size(self, asked: Generate) -> int:
        return asked.num

    def together(self, asked: Generate) -> Hashable:
        return (self, asked.truncation)

    def answers(self, requests: Sequence[Request]) -> list[Answer]:
        seeds: list[int] = []
        labels: list[int] = []
        for asked in (request.asked for request in requests):
            seeds += range(asked.seed, asked.seed + asked.num)
            one = None if asked.label is None else self.run.label_of(asked.label)
            own = self.run.labels_for(range(asked.num), one)
            labels += [] if own is None else own.tolist()
        images = self._painted(seeds, labels, requests[0].asked.truncation)
        ends = np.cumsum([request.asked.num for request in requests]).tolist()
        starts = [0, *ends[:-1]]
        return [self._encoded(images[a:b], request.asked) for a, b, request in zip(starts, ends, requests, strict=True)]

    def _painted(self, seeds: list[int], labels: list[int], truncation: float | None) -> np.ndarray:
        """Images of any number of seeds, by networks that are given ROWS at once; what fills up the last ones is left out."""
        rest = -len(seeds) % ROWS
        rows, kinds = seeds + [0] * rest, labels + [0] * (rest if labels else 0)
        generates = self.run.ability(Generates)
        made = []
        for start in range(0, len(rows), ROWS):
            part = slice(start, start + ROWS)
            own = torch.tensor(kinds[part]) if kinds else None
            made.append(paint(generates, self.run.nets, rows[part], own, self.run.device, truncation))
        return np.concatenate(made)[: len(seeds)]

    def _encoded(self, images: np.ndarray, asked: Generate) -> Answer:
        return Answer(
            _images_as(asked.format, images, asked.seed, min(self.run.columns, len(images))), MADE[asked.format]
        )


def _images_as(format: str, images: np.ndarray, seed: int, columns: int) -> bytes:
    buffer = io.BytesIO()
    if format == "npy":
        np.save(buffer, images)
    elif format == "zip":
        with zipfile.ZipFile(buffer, "w") as archive:
            for place, image in enumerate(images):
                archive.writestr(zipfile.ZipInfo(f"{seed + place:06d}.png"), grid.png(image))  # of 1980: the same bytes
    else:
        sheet = images[0] if len(images) == 1 else grid.grid(images, columns)
        picture = Image.fromarray(sheet[..., 0] if sheet.shape[2] == 1 else sheet)
        picture = picture.convert("RGB") if format == "jpg" and sheet.shape[2] == 4 else picture
        picture.save(buffer, FORMATS[format], **({} if format == "png" else {"quality": 95}))
    return buffer.getvalue()


class Photographic(Service):
    """Pictures of any size in and out, one at a time: each fills the processor by itself, and is whole in memory only then."""

    def check(self, asked: Any) -> None:
        check_quality(asked.quality, asked.format)

    def answers(self, requests: Sequence[Request]) -> list[Answer]:
        (request,) = requests
        photo = self._made(request)
        like = replace(photo, format=FORMATS[request.asked.format]) if request.asked.format else photo
        body, remark = photo_bytes(photo.pixels, like, request.asked.quality)
        return [Answer(body, Image.MIME.get(like.format, "application/octet-stream"), remark)]

    @abstractmethod
    def _made(self, request: Request) -> Any:
        """The photograph that is made of the one sent."""


class Translating(Photographic):
    """A picture of one side into the other's."""

    ability, verb, asks = Translates, "translate", Translate
    help = "The picture, in the style of the other side; format, profile, alpha and depth are kept."

    def check(self, asked: Translate) -> None:
        super().check(asked)
        self.run.direction(asked.direction)

    def _made(self, request: Request) -> Any:
        photo, asked = photo_of(request.picture), request.asked
        pixels = self.run.translate(photo.colours(self.run.shape.channels), asked.direction, asked.strength)
        return replace(photo, pixels=photo.as_its_own(pixels))


class Restoring(Photographic):
    """A photograph larger, cleaner or whole, by what the run learnt to undo."""

    ability, verb = Restores, "restore"
    help = "The photograph restored; format, profile, alpha and depth are kept."

    def __init__(self, run: Run, limits: Limits) -> None:
        super().__init__(run, limits)
        tasks = tasks_of(run)
        if not tasks:
            raise UserError(f"{run.path} finds damage and restores nothing: serve inpaint, which asks it")
        self.task, self.most = tasks[0], run.ability(Restores).scale
        kinds: dict[str, type[Restore]] = {"upscale": Upscale, "inpaint": Inpaint, "denoise": Denoise}
        asks = kinds.get(self.task, Restore)
        self.asks = with_detail(asks) if sides_of(run) else asks

    def check(self, asked: Any) -> None:
        super().check(asked)
        if self.scale(asked) > self.most:
            raise Refused(400, f"scale = {asked.scale:g} is more than {self.most}, the most of this model")

    def scale(self, asked: Any) -> float:
        return (getattr(asked, "scale", None) or self.most) if self.most > 1 else 1.0

    def _made(self, request: Request) -> Any:
        asked = request.asked
        detail, sigma, mask = (getattr(asked, name, None) for name in ("detail", "sigma", "mask"))
        net = self.run.restorer if detail is None else between_sides(self.run, detail)
        restorer = Restorer(net, self.task, self.scale(asked), sigma, mask)
        return restorer(photo_of(request.picture))


class Scoring(Service):
    """How unlike the run's data a picture is."""

    ability, verb, asks, media = Scores, "score", Score, ("application/json",)
    help = "How unlike the model's data the picture is, and the share of normal pictures that score as high where these are at hand."

    def __init__(self, run: Run, limits: Limits) -> None:
        super().__init__(run, limits)
        try:
            normal, remark = normal_scores(run)
            self.normal: Anomalies | None = Anomalies({}, {}, normal, 0.01, remark)
        except (UserError, Failure):  # a packed file, whose data are elsewhere
            self.normal = None

    def answers(self, requests: Sequence[Request]) -> list[Answer]:
        (request,) = requests
        size, channels, _ = self.run.shape
        image = brought_to(size_of(size), request.picture, channels, self.run.recipe.data.fit).pixels
        score = float(self.run.scores(image[None])[0])
        p_value = None if self.normal is None else self.normal.p_value(score)
        return [Answer(json.dumps({"score": score, "p_value": p_value}).encode(), "application/json")]


KINDS: tuple[type[Service], ...] = (Generating, Translating, Restoring, Scoring)


def services_of(run: Run, limits: Limits) -> list[Service]:
    """What the run can be asked for, its weights loaded. Raises UserError where that is nothing, and for a checkpoint that is not
    there or is damaged."""
    run.nets.eval()
    services = [kind(run, limits) for kind in KINDS if run.game.find(kind.ability)]
    if not services:
        raise UserError(f"{run.path} makes no pictures that could be asked for over HTTP: {run.use}")
    return services
