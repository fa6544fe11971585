"""Who may ask the studio for anything: the page that it served itself, in the browser of whoever has its token."""

import hmac
import os
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

from platformdirs import user_state_path
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from elegan.core.callers import from_another_page, names_this_machine

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

COOKIE = "elegan-studio"
OPEN = "open the address that elegan studio printed: it carries the token that this page asks for"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; connect-src 'self'; "
    "frame-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}


def new_token() -> str:
    """A token that nobody can guess."""
    return secrets.token_urlsafe(24)


def kept_token() -> str:
    """The token of this user on this machine, which only they can read, so that an open page finds a studio that began anew."""
    path = Path(os.environ.get("ELEGAN_CACHE") or user_state_path("elegan")) / "studio.token"
    try:
        if path.stat().st_mode & 0o077 == 0 and len(known := path.read_text().strip()) >= 32:
            return known
    except OSError:
        pass
    token = new_token()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(token)
    return token


class Gate:
    """An application behind three questions: is it asked by a name of this machine (which no other site's name that is turned
    to it can be), by its own page (which no other page's form or script is), and with the token?"""

    def __init__(self, app: App, token: str, wide: bool):
        self.app, self.token, self.wide = app, token, wide

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        request = Request(scope)
        refusal = self._refusal(request)
        if refusal is None:
            return await self.app(scope, receive, _with_headers(send))
        await refusal(scope, receive, _with_headers(send))

    def _refusal(self, request: Request) -> Response | None:
        """The answer to whoever may not pass, None for who may."""
        host = request.headers.get("host", "")
        if not names_this_machine(host, self.wide):
            return PlainTextResponse(f"this studio is not called {host[:100]}", 421)
        shown = (
            request.method == "GET" and request.headers.get("sec-fetch-mode") == "navigate"
        )  # a link that leads here
        if from_another_page(request.headers) and not shown:
            return PlainTextResponse("only the studio's own page may ask that", 403)
        if (given := request.query_params.get("token")) is not None and request.method == "GET":
            if not self._is_token(given):
                return PlainTextResponse(OPEN, 403)
            response = RedirectResponse("/", 303)
            response.set_cookie(COOKIE, given, httponly=True, samesite="strict", max_age=400 * 86_400)
            return response
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not self._is_token(bearer or request.cookies.get(COOKIE, "")):
            return PlainTextResponse(OPEN, 403)
        return None

    def _is_token(self, given: str) -> bool:
        return hmac.compare_digest(given.encode(), self.token.encode())


def _with_headers(send: Send) -> Send:
    """Sends with the headers that keep a browser from loading anything from elsewhere, where an answer has none of its own."""

    async def with_headers(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            said = {name for name, _ in message["headers"]}
            message["headers"] = [
                *message["headers"],
                *((k.encode(), v.encode()) for k, v in HEADERS.items() if k.encode() not in said),
            ]
        await send(message)

    return with_headers
