"""The HTTP interface as an ASGI application: who may ask, what is read, and what is answered."""

import asyncio
import contextlib
import hmac
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.requests import Request as Called
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from elegan.core import memory
from elegan.core.callers import from_another_page, names_this_machine
from elegan.core.errors import UserError, nearest, shown
from elegan.core.screen import say
from elegan.data.deep import Unreadable
from elegan.run import Run
from elegan.verbs.serve import asked, described
from elegan.verbs.serve.counts import Counts
from elegan.verbs.serve.limits import Limits, Refused, check_picture
from elegan.verbs.serve.services import Answer, Request, Service, services_of
from elegan.verbs.serve.work import Worker

PAGE = Path(__file__).parent / "page"
SAFE = {  # the page runs what is its own and loads nothing from elsewhere
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src blob:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
OPEN = ("/", "/page.js", "/page.css", "/healthz", "/readyz")  # without a key: nothing in them is of a model
Handler = Callable[[Called], Awaitable[Response]]


class Server:
    """What is served, by name, with `key` (None: no key is asked for) and whether only this machine reaches it (`local`)."""

    def __init__(self, runs: Mapping[str, Run], limits: Limits, key: str | None = None, local: bool = True) -> None:
        self.models: dict[str, tuple[Run, Sequence[Service]]] = {
            name: (run, services_of(run, limits)) for name, run in runs.items()
        }
        self.limits, self.key, self.local = limits, key, local
        self.counts = Counts()
        self.worker = Worker(limits, self.counts.batch)
        self.description = described.openapi(self.models, limits, key is not None)
        files = {"/": "page.html", "/page.js": "page.js", "/page.css": "page.css"}
        routes = {
            **{path: self._file(name) for path, name in files.items()},
            "/openapi.json": self._openapi,
            "/healthz": self._health,
            "/readyz": self._ready,
            "/metrics": self._metrics,
            "/v1/models": self._models,
        }
        self.app = Starlette(
            routes=[
                *(Route(path, self._guarded(handler)) for path, handler in routes.items()),
                Route("/v1/models/{model}/{verb}", self._guarded(self._ask), methods=["GET", "POST"]),
            ],
            exception_handlers={HTTPException: _refusal_of_http},
            lifespan=self._living,
        )

    @contextlib.asynccontextmanager
    async def _living(self, app: Starlette) -> AsyncIterator[None]:
        self.worker.thread.start()
        yield
        await asyncio.to_thread(self.worker.stop)

    def _guarded(self, handler: Handler) -> Handler:
        """The handler behind the checks of host, origin and key, with every error as a line of JSON."""

        async def guarded(called: Called) -> Response:
            began = time.monotonic()
            try:
                self._check_caller(called)
                answer = await handler(called)
            except Exception as error:
                answer = _refusal(error)
            answer.headers.update(SAFE)
            self.counts.answer(*self._labels(called), answer.status_code, time.monotonic() - began)
            return answer

        return guarded

    def _labels(self, called: Called) -> tuple[str, str]:
        """Model and verb as they are counted; of what is not served "", so that nobody can make up names."""
        model, verb = (called.path_params.get(name, "") for name in ("model", "verb"))
        known = self._service(model, verb) is not None
        return (model, verb) if known else ("", "")

    def _check_caller(self, called: Called) -> None:
        """Raises Refused for a page of elsewhere that has a browser ask, and without the key."""
        host = called.headers.get("host", "")
        if self.local and not names_this_machine(host):
            raise Refused(403, f"host {shown(host)} is not this machine")
        if from_another_page(called.headers):
            raise Refused(403, "pages of other sites may not ask")
        if self.key is not None and called.url.path not in OPEN:
            scheme, _, given = called.headers.get("authorization", "").partition(" ")
            if scheme.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), self.key.encode()):
                raise Refused(401, "the key is missing or wrong; send Authorization: Bearer KEY", {"WWW-Authenticate": "Bearer"})  # fmt: skip

    def _file(self, name: str) -> Handler:
        async def answer(called: Called) -> Response:
            return FileResponse(PAGE / name)

        return answer

    async def _openapi(self, called: Called) -> Response:
        return JSONResponse(self.description)

    async def _health(self, called: Called) -> Response:
        alive = self.worker.thread.is_alive()
        return JSONResponse({"alive": alive}, 200 if alive else 503)

    async def _ready(self, called: Called) -> Response:
        ready = self.worker.thread.is_alive() and not self.worker.stopping and self.worker.places > 0
        return JSONResponse({"ready": ready}, 200 if ready else 503)

    async def _metrics(self, called: Called) -> Response:
        body, media = self.counts.page(self.limits.queue - self.worker.places)
        return Response(body, media_type=media)

    async def _models(self, called: Called) -> Response:
        return JSONResponse({"models": [_about(name, *model) for name, model in self.models.items()]})

    def _service(self, model: str, verb: str) -> Service | None:
        services = self.models[model][1] if model in self.models else []
        return next((service for service in services if service.verb == verb), None)

    async def _ask(self, called: Called) -> Response:
        model, verb = called.path_params["model"], called.path_params["verb"]
        if model not in self.models:
            raise Refused(404, f"no model {shown(model)}{nearest(model, self.models)}")
        service = self._service(model, verb)
        if service is None:
            raise Refused(404, f"{model} cannot {shown(verb)}{nearest(verb, [s.verb for s in self.models[model][1]])}")
        method = "POST" if service.uploads else "GET"
        if called.method != method:
            raise Refused(405, f"{verb} is asked for with {method}", {"Allow": method})
        parameters = asked.read(service.asks, called.query_params.multi_items())
        try:
            service.check(parameters)
        except UserError as error:
            raise Refused(400, str(error).replace(str(service.run.path), model)) from None
        self.worker.take_place()
        try:
            request = Request(parameters, await self._picture(called, service.scale(parameters)) if service.uploads else b"")  # fmt: skip
            answer = await self._worked(called, service, request)
        finally:
            self.worker.leave_place()
        remark = {"Elegan-Remark": answer.remark} if answer.remark else {}
        return Response(answer.body, media_type=answer.media, headers=remark)

    async def _picture(self, called: Called, scale: float) -> bytes:
        """The picture that was sent, bounded while it comes, its header looked at. Raises Refused."""
        limits, body = self.limits, bytearray()
        too_much = Refused(413, f"more than {limits.megabytes:g} MB, the most that this server takes")
        told = called.headers.get("content-length", "0")
        if told.isdigit() and int(told) > limits.bytes:
            raise too_much
        try:
            async with asyncio.timeout(limits.seconds):
                async for piece in called.stream():
                    body += piece
                    if len(body) > limits.bytes:
                        raise too_much
        except TimeoutError:
            raise Refused(408, f"the picture did not come within {limits.seconds:g} s", {"Connection": "close"}) from None  # fmt: skip
        encoded = bytes(body)
        await asyncio.to_thread(check_picture, encoded, limits, scale)
        return encoded

    async def _worked(self, called: Called, service: Service, request: Request) -> Answer:
        """The answer of the worker; what nobody waits for any more is not begun."""
        future = self.worker.put(request, service.answers, service.together(request.asked), service.size(request.asked))
        answer = asyncio.wrap_future(future)
        gone = asyncio.ensure_future(_gone(called))
        try:
            await asyncio.wait({answer, gone}, return_when=asyncio.FIRST_COMPLETED)
            if not answer.done() and future.cancel():
                raise ClientDisconnect
            done: Answer = await answer
            return done
        finally:
            gone.cancel()


async def _gone(called: Called) -> None:
    while (await called.receive())["type"] != "http.disconnect":
        pass


def _about(name: str, run: Run, services: Sequence[Service]) -> dict[str, Any]:
    return {
        "name": name,
        "verbs": [service.verb for service in services],
        "recipe": run.recipe.name,
        "step": run.step,
        "resolution": str(run.shape.resolution),
        "channels": run.shape.channels,
        "classes": run.classes,
        "licence": run.licence,
    }


def _refusal(error: Exception) -> Response:
    """Any error as a status and a line. What is nobody's mistake is said on this side alone."""
    if isinstance(error, ClientDisconnect):
        return Response(status_code=499)  # nobody reads it; it is counted
    if isinstance(error, Unreadable):
        error = Refused(415, f"the picture: {error}")
    elif memory.is_short(error):
        error = Refused(413, "memory does not suffice; send a smaller picture or ask for fewer")
    if not isinstance(error, Refused):
        say(f"elegan serve: internal error: {type(error).__name__}: {error}")
        error = Refused(500, "internal error; the server's log says more")
    return JSONResponse({"error": error.reason}, error.status, dict(error.headers))


async def _refusal_of_http(called: Called, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": error.detail}, error.status_code, {**(error.headers or {}), **SAFE})
