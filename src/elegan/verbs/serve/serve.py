"""A server for trained models, bound to this machine alone unless it is told otherwise and given a key."""

import os
import re
import signal
import threading
from collections.abc import Iterable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

from elegan.core.callers import is_loopback
from elegan.core.errors import UserError, shown
from elegan.core.listening import address_of, listening
from elegan.core.screen import say
from elegan.run import Run
from elegan.verbs.serve.limits import Limits

KEY = "ELEGAN_API_KEY"
LEAST_KEY = 16  # characters


def serve(
    runs: Run | Sequence[Run] | Mapping[str, Run],
    *,
    host: str = "127.0.0.1",
    port: int = 8900,
    limits: Limits | None = None,
    key: str | None = None,
) -> None:
    """Serves runs over HTTP until the process is told to stop (Ctrl-C, SIGTERM), which finishes what is at work.

    `runs`: by name, or those whose folder's or file's names they go by. `port` 0: any that is free. `key`: what every request
    has to bring, by default the environment's ELEGAN_API_KEY; without one only this machine may be served. Raises UserError
    for a host without a key, a port that is taken, two runs of one name, a run that makes no pictures, and where starlette,
    uvicorn or prometheus-client is missing.

    >>> import elegan
    >>> try:
    ...     elegan.serve(elegan.Run.open("runs/digits"), host="0.0.0.0")
    ... except elegan.UserError as error:
    ...     print(error)
    host '0.0.0.0' is reached from other machines, which needs a key: set ELEGAN_API_KEY to 16 characters or more
    """
    key = key or os.environ.get(KEY) or None
    local = is_loopback(host)
    if not local and not key:
        raise UserError(f"host {host!r} is reached from other machines, which needs a key: set {KEY} to {LEAST_KEY} characters or more")  # fmt: skip
    if key and len(key) < LEAST_KEY:
        raise UserError(f"the key has {len(key)} characters; {KEY} needs {LEAST_KEY} or more")
    check_packages()
    import uvicorn

    from elegan.verbs.serve.app import Server
    from elegan.verbs.serve.patience import impatient

    limits = limits or Limits()
    server = Server(named(runs), limits, key, local)
    with listening(host, port) as listener:
        config = uvicorn.Config(
            server.app, http=impatient(limits.seconds), ws="none", log_config=None, access_log=False, server_header=False, lifespan="on",
            timeout_graceful_shutdown=round(limits.seconds) + 1, limit_concurrency=4 * limits.queue + 64, proxy_headers=False,
        )  # fmt: skip
        place = address_of(listener, host)
        for name, (_, services) in server.models.items():
            say(*(f"{place}/v1/models/{name}/{service.verb}" for service in services))
        say(f"{place}  {'with the key' if key else 'for this machine alone, without a key'}; Ctrl-C stops it")
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, lambda *_: None)  # uvicorn hands it on once all is answered
        uvicorn.Server(config).run(sockets=[listener])
    say("stopped; what was at work is answered")


def named(runs: Run | Sequence[Run] | Mapping[str, Run]) -> dict[str, Run]:
    """The runs by the names they are asked for by; see `unique` for the errors."""
    if isinstance(runs, Mapping):
        return unique(runs.items())
    return unique((name_of(run.path), run) for run in ([runs] if isinstance(runs, Run) else runs))


def unique(pairs: Iterable[tuple[str, Run]]) -> dict[str, Run]:
    """The pairs by name. Raises UserError for two of one name, one that no address holds, and for none at all."""
    served: dict[str, Run] = {}
    for name, run in pairs:
        if not re.fullmatch(r"[A-Za-z0-9._+-]{1,100}", name):
            raise UserError(f"{shown(name)} is no name for an address (letters, digits, . _ + -): give one, NAME=RUN")
        if name in served:
            raise UserError(f"{served[name].path} and {run.path} would both be {name!r}: give one, NAME=RUN")
        served[name] = run
    if not served:
        raise UserError("there is nothing to serve: name a run")
    return served


def name_of(path: Path) -> str:
    """The name that a run goes by: its folder's, or its file's without the ending."""
    return path.stem if path.suffix == ".safetensors" else path.resolve().name


def check_packages() -> None:
    """Raises UserError where a package is missing that serving needs."""
    missing = [name for name in ("starlette", "uvicorn", "prometheus_client") if find_spec(name) is None]
    if missing:
        raise UserError(f"serve needs {', '.join(missing)}; pip install 'elegan[serve]'")
