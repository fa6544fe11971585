"""The studio's addresses, each a few lines over what the other files do."""

import json
import threading
from collections.abc import Awaitable, Callable
from functools import partial
from importlib.metadata import version as version_of
from importlib.resources import files as package_files
from pathlib import Path
from typing import Any

import anyio
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from elegan.core import paths, ranges
from elegan.core.errors import UserError
from elegan.core.faults import told
from elegan.core.screen import plain
from elegan.core.version import __version__
from elegan.data.named import NAMES
from elegan.recipes import find_recipe
from elegan.recipes.fields import fields
from elegan.recipes.show import TASKS as KINDS
from elegan.recipes.show import listed
from elegan.studio import explore, listing, live, trainings
from elegan.studio.gate import Gate
from elegan.studio.place import Place
from elegan.studio.uploads import receive
from elegan.studio.verbs import Verbs, in_pixels
from elegan.studio.works import Works

TYPES = {".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8",
         ".svg": "image/svg+xml"}  # fmt: skip
MOST = 1 << 20  # bytes of a question
PIECE = 1 << 20  # of an answer that is told as it is read
REPORT = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; sandbox"
Answer = Callable[[Request], Awaitable[Response]]


class Studio:
    """The studio of a folder: what its addresses share."""

    def __init__(self, place: Place, over: live.Over):
        self.over = over
        self.place, self.works, self.models = place, Works(), explore.Models(place)
        self.listing = listing.Runs(place)
        threading.Thread(target=self.listing.all, daemon=True).start()  # so that the first page finds them read
        self.verbs = Verbs(place, self.models)

    def routes(self) -> list[Route]:
        return [
            *(Route(f"/{'' if name == 'index.html' else name}", _page_file(name)) for name in _page_names()),
            Route("/api/studio", _told(self.about)),
            Route("/api/runs", _told(self.runs)),
            Route("/api/runs/live", self.runs_live),
            Route("/api/runs/{name}", _told(self.run)),
            Route("/api/runs/{name}/live", self.run_live),
            Route("/api/runs/{name}/model", _told(self.model)),
            Route("/api/runs/{name}/{act}", _told(self.act), methods=["POST"]),
            Route("/runs/{name}/{inner:path}", _told(self.run_file)),
            Route("/results/{work}.zip", _told(self.archive)),
            Route("/results/{work}/{inner:path}", _told(self.result)),
            Route("/api/fields", _told(self.fields), methods=["POST"]),
            Route("/api/train", _told(self.train), methods=["POST"]),
            Route("/api/pictures", _told(self.pictures), methods=["POST"]),
            Route("/api/picture", _told(self.picture)),
            Route("/api/spec", _told(self.spec), methods=["POST"]),
            Route("/api/uploads", _told(self.new_upload), methods=["POST"]),
            Route("/api/uploads/{upload}/{inner:path}", _told(self.upload), methods=["PUT"]),
            Route("/api/works/{id}/live", self.work_live),
            Route("/api/works/{id}", _told(self.stop_work), methods=["DELETE"]),
            Route("/api/works/{verb}", _told(self.begin_work), methods=["POST"]),
        ]

    async def about(self, request: Request) -> Any:
        place = self.place
        return {
            "folder": str(place.folder), "version": __version__, "torch": version_of("torch"), "wide": place.wide, "data": NAMES,
            "recipes": listed(), "kinds": KINDS,
        }  # fmt: skip

    async def runs(self, request: Request) -> Any:
        return await anyio.to_thread.run_sync(self.listing.all)

    async def runs_live(self, request: Request) -> Response:
        return live.stream(live.of_runs(self.listing.all, request, self.over))

    async def run(self, request: Request) -> Any:
        return await anyio.to_thread.run_sync(listing.one_run, self.place, request.path_params["name"])

    async def run_live(self, request: Request) -> Response:
        return live.stream(live.of_run(self.place, request.path_params["name"], request, self.over))

    async def model(self, request: Request) -> Any:
        step = request.query_params.get("step")
        opened = partial(self.models.open, request.path_params["name"], None if step is None else ranges.whole(step))
        return await anyio.to_thread.run_sync(lambda: opened().facts())

    async def act(self, request: Request) -> Any:
        """Stops a training, goes on with it, for longer where `steps` says so, or forgets one that failed."""
        name, act, asked = request.path_params["name"], request.path_params["act"], await _question(request)
        if act == "stop":
            await anyio.to_thread.run_sync(trainings.stop, self.place, name)
        elif act == "forget":
            await anyio.to_thread.run_sync(trainings.forget, self.place, name)
        elif act == "resume":
            rest = [f"--resume={self.place.run(name)}"]
            if asked.get("steps") is not None:
                rest.append(f"--steps={ranges.check('steps', asked['steps'], ranges.Count)}")
            await anyio.to_thread.run_sync(trainings.begin, self.place, name, rest)
        else:
            raise HTTPException(404)
        return {"name": name}

    async def run_file(self, request: Request) -> Response:
        path, kind = self.place.file(request.path_params["name"], request.path_params["inner"])
        return await _file(request, path, kind)

    async def result(self, request: Request) -> Response:
        path, kind = self.place.result(request.path_params["work"], request.path_params["inner"])
        if "pixels" in request.query_params:
            return Response(await anyio.to_thread.run_sync(in_pixels, path), media_type="image/png")
        return await _file(request, path, kind)

    async def archive(self, request: Request) -> Response:
        """All that a work wrote, in one file."""
        file = await anyio.to_thread.run_sync(self.place.archive, request.path_params["work"])
        headers = {"content-disposition": 'attachment; filename="photographs.zip"'}
        return StreamingResponse(iter(partial(file.read, PIECE), b""), media_type="application/zip", headers=headers)

    async def fields(self, request: Request) -> Any:
        """The settings of a recipe after changes, as a form. Raises UserError for a setting that it does not take."""
        asked = await _question(request)
        return await anyio.to_thread.run_sync(self._fields, str(asked.get("recipe")), list(asked.get("settings") or ()))

    def _fields(self, name: str, settings: list[str]) -> Any:
        recipe = find_recipe(trainings.recipe_of(self.place, name)).override(settings)
        return plain({"about": recipe.about, "fields": [field._asdict() for field in fields(recipe)]})

    async def train(self, request: Request) -> Any:
        asked = await _question(request)
        name = paths.check_portable("name", str(asked.get("name") or ""))
        rest = trainings.arguments(self.place, asked)
        await anyio.to_thread.run_sync(trainings.begin, self.place, name, rest)
        return {"name": name}

    async def pictures(self, request: Request) -> Any:
        """Pictures by their descriptions, as addresses that hold them."""
        specs = (await _question(request)).get("specs") or []
        return await anyio.to_thread.run_sync(self._pictures, specs)

    def _pictures(self, specs: list[Any]) -> list[str]:
        return [explore.address(image) for image in explore.paint(self.models, specs)]

    async def picture(self, request: Request) -> Response:
        """One picture to keep, which says how it was made."""
        try:
            spec = json.loads(request.query_params.get("spec", ""))
        except ValueError:
            raise UserError("spec is not JSON") from None
        data, name = await anyio.to_thread.run_sync(self._picture, spec)
        return Response(data, media_type="image/png", headers={"content-disposition": f'attachment; filename="{name}"'})

    def _picture(self, spec: dict[str, Any]) -> tuple[bytes, str]:
        (image,) = explore.paint(self.models, [spec])
        run = self.models.open(str(spec["run"]), spec.get("step")).run
        return explore.png(image, run, spec), f"step{run.step}-{spec.get('seed', 'made')}.png"

    async def spec(self, request: Request) -> Any:
        """How a picture was made that was downloaded here; null for any other."""
        return {"spec": explore.read_spec(await _body(request, 64 * MOST))}

    async def new_upload(self, request: Request) -> Any:
        return {"upload": self.place.new_upload(str((await _question(request)).get("kind")))}

    async def upload(self, request: Request) -> Any:
        path = self.place.upload(request.path_params["upload"], request.path_params["inner"])
        return {"bytes": await receive(request, path)}

    async def begin_work(self, request: Request) -> Any:
        verb, asked = request.path_params["verb"], await _question(request)
        do = self.verbs.find(verb)
        return self.works.begin(verb, lambda work: do(work, asked)).as_dict()

    async def stop_work(self, request: Request) -> Any:
        return self.works.stop(request.path_params["id"]).as_dict()

    async def work_live(self, request: Request) -> Response:
        try:
            work = self.works.get(request.path_params["id"])
        except UserError as error:
            return PlainTextResponse(str(error), 404)
        return live.stream(live.of_work(work, request, self.over))


def app(place: Place, token: str, over: live.Over) -> Gate:
    """The studio of a folder as an ASGI application, which answers only to whoever has the token; it tells nothing more once it is
    `over`."""
    return Gate(Starlette(routes=Studio(place, over).routes()), token, place.wide)


def _told(answer: Callable[[Request], Awaitable[Any]]) -> Answer:
    """What answers with a value, as JSON, or with an answer of its own; an error becomes one line."""

    async def endpoint(request: Request) -> Response:
        try:
            found = await answer(request)
        except HTTPException:
            raise
        except UserError as error:
            return JSONResponse({"fault": str(error)}, 400 if request.method != "GET" else 404)
        except (ValueError, TypeError, KeyError) as error:
            return JSONResponse({"fault": f"that was not understood ({type(error).__name__})"}, 400)
        except Exception as error:
            return JSONResponse({"fault": str(told(error))}, 500)
        return (
            found if isinstance(found, Response) else JSONResponse(plain(found), headers={"cache-control": "no-store"})
        )

    return endpoint


async def _body(request: Request, most: int) -> bytes:
    """The body of a request, of which no more is taken in than allowed."""
    data = bytearray()
    async for piece in request.stream():
        data += piece
        if len(data) > most:
            raise HTTPException(413, f"more than {most >> 20} MiB")
    return bytes(data)


async def _question(request: Request) -> dict[str, Any]:
    """What a page asks for, a JSON object. Raises UserError for anything else."""
    try:
        asked = json.loads(await _body(request, MOST) or b"{}")
    except (ValueError, RecursionError):
        asked = None
    if not isinstance(asked, dict):
        raise UserError("a question to the studio is a JSON object")
    return asked


async def _file(request: Request, path: Path, kind: str) -> Response:
    """A file, or the word that the page has it already."""
    status = path.stat()
    tag = f'"{status.st_mtime_ns:x}-{status.st_size:x}"'
    headers = {"etag": tag, "cache-control": "no-cache"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    if kind.startswith("text/html"):
        headers["content-security-policy"] = REPORT
    if "save" in request.query_params:
        headers["content-disposition"] = "attachment"
    return Response(await anyio.to_thread.run_sync(paths.read, path), media_type=kind, headers=headers)


def _page_names() -> list[str]:
    return sorted(entry.name for entry in package_files("elegan.studio").joinpath("page").iterdir())


def _page_file(name: str) -> Answer:
    """What answers with a file of the page itself, as it lies in the package."""
    path, kind = package_files("elegan.studio").joinpath("page", name), TYPES[Path(name).suffix]

    async def endpoint(request: Request) -> Response:
        data = await anyio.to_thread.run_sync(path.read_bytes)
        return Response(data, media_type=kind, headers={"cache-control": "no-cache"})

    return endpoint
