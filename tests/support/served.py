"""A studio in this process over a folder of runs, asked over HTTP."""

import json
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, NamedTuple

import uvicorn

from elegan.studio.place import Place
from elegan.studio.routes import app

# Settings of a training that takes no time.
QUICK = [
    "nets.generator.width=4",
    "nets.discriminator.width=4",
    "batch=8",
    "watch.images=32",
    "watch.every=5",
    "watch.log=1",
]
TOKEN = "a-token-that-nobody-can-guess-1234"


class Answer(NamedTuple):
    status: int
    headers: Any
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Served(NamedTuple):
    """A studio that answers: its folder and its port."""

    folder: Path
    port: int

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(self, path: str, body: Any = None, method: str | None = None, **headers: str) -> Answer:
        """Asks with the token; a header given as "" is left out."""
        told = {"authorization": f"Bearer {TOKEN}"} | {key.replace("_", "-"): value for key, value in headers.items()}
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self.address + path,
            data,
            {k: v for k, v in told.items() if v},
            method=method or ("POST" if data else "GET"),
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return Answer(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.headers, error.read())

    def work(self, verb: str, **asked: Any) -> dict[str, Any]:
        """A work as it was told at its end."""
        begun = self.ask(f"/api/works/{verb}", asked).json
        told = self.ask(f"/api/works/{begun['id']}/live").body.decode()
        end: dict[str, Any] = json.loads([line for line in told.splitlines() if line.startswith("data: ")][-1][6:])
        return end

    def upload(self, kind: str, **files: bytes) -> str:
        """Drops files; gives the words by which the studio finds them."""
        name = self.ask("/api/uploads", {"kind": kind}).json["upload"]
        for inner, data in files.items():
            assert self.ask(f"/api/uploads/{name}/{inner}", data, "PUT").status == 200
        return f"upload:{name}"


class serving:
    """A studio of a folder while the context lasts."""

    def __init__(self, folder: Path, wide: bool = False):
        self.folder, self.wide = folder, wide

    def __enter__(self) -> Served:
        config = uvicorn.Config(
            app(Place(self.folder, self.wide), TOKEN, lambda: self.server.should_exit),
            port=0,
            log_level="warning",
            timeout_graceful_shutdown=1,
        )
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        until = time.monotonic() + 20
        while not self.server.started:
            assert time.monotonic() < until
            time.sleep(0.01)
        return Served(self.folder, self.server.servers[0].sockets[0].getsockname()[1])

    def __exit__(self, *exception: object) -> None:
        self.server.should_exit = True
        self.thread.join(10)
