"""The studio as a server on this machine, and the browser opened on it."""

import threading
import webbrowser
from pathlib import Path

from elegan.core.callers import is_loopback
from elegan.core.errors import UserError
from elegan.core.files import folder_for
from elegan.core.listening import address_of, listening
from elegan.core.screen import say

LOOPBACK = "127.0.0.1"
SLOW = 200  # connections at once


def studio(folder: str | Path = "runs", *, port: int = 8899, host: str = LOOPBACK, browser: bool = True) -> None:
    """Serves the page over the runs of `folder` until Ctrl-C, and opens the browser on it.

    Raises UserError where the port is taken, the folder cannot be written to, or what the page needs is not installed.
    """
    try:
        import uvicorn

        from elegan.studio.gate import kept_token, new_token
        from elegan.studio.place import Place
        from elegan.studio.routes import app
    except ImportError as error:
        raise UserError(f"the studio needs Starlette and uvicorn ({error}): pip install 'elegan[studio]'") from None
    wide = not is_loopback(host)
    place = Place(folder_for(folder).resolve(), wide)
    listener = listening(host, port)
    token = new_token() if wide else kept_token()
    place.tidy()
    address = f"{address_of(listener, host)}/?token={token}"
    say(f"studio  {address}", f"runs    {place.folder}")
    if wide:
        say("Whoever has this address can train on and use this machine; the connection is not encrypted.")
    say("Ctrl-C ends the studio; trainings go on.")
    if browser:
        threading.Timer(0.3, webbrowser.open, [address]).start()
    config = uvicorn.Config(
        app(place, token, lambda: server.should_exit),
        log_level="warning",
        access_log=False,
        server_header=False,
        limit_concurrency=SLOW,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    server.run(sockets=[listener])
