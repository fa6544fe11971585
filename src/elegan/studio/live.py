"""What changes, told to a page as it changes (server-sent events)."""

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import anyio
from starlette.requests import Request
from starlette.responses import StreamingResponse

from elegan.core.errors import UserError
from elegan.studio import listing
from elegan.studio.place import Place
from elegan.studio.works import Work

EVERY = 1.0  # seconds between looks at a run
OFTEN = 0.15  # and at a work
QUIET = 15  # looks after which something is said all the same, so that a closed page is noticed


def stream(events: AsyncIterator[str]) -> StreamingResponse:
    """The answer that tells these events."""
    return StreamingResponse(events, media_type="text/event-stream", headers={"cache-control": "no-store"})


def event(value: Any) -> str:
    """A value as one event."""
    return f"data: {json.dumps(value)}\n\n"


async def of_run(place: Place, name: str, request: Request) -> AsyncIterator[str]:
    """The course of a run, each time that it changed."""
    before: Any = None
    while not await request.is_disconnected():
        try:
            now = await anyio.to_thread.run_sync(listing.state, place, name)
            if _marks(now) != before:
                before = _marks(now)
                yield event(await anyio.to_thread.run_sync(_course, place, name, now))
            else:
                yield ": \n\n"
        except UserError as error:
            yield event({"gone": str(error)})
            return
        await anyio.sleep(EVERY)


def _marks(entry: dict[str, Any]) -> tuple[Any, ...]:
    """What differs where anything of a run changed."""
    return tuple(entry.get(key) for key in ("state", "step", "steps", "changed", "size", "fault"))


def _course(place: Place, name: str, entry: dict[str, Any]) -> dict[str, Any]:
    """The entry with the whole course of the run where it has begun."""
    if entry["state"] in ("starting", "failed", "damaged") and not entry["picture"]:
        from elegan.studio import trainings

        return entry | {"said": trainings.said(place, name)}
    return entry | listing.course(place.run(name))


async def of_runs(runs: Callable[[], list[dict[str, Any]]], request: Request) -> AsyncIterator[str]:
    """All runs, each time that one changed."""
    before: Any = None
    while not await request.is_disconnected():
        began = anyio.current_time()
        found = await anyio.to_thread.run_sync(runs)
        marks = [(entry["name"], *_marks(entry)) for entry in found]
        yield event(found) if marks != before else ": \n\n"
        before = marks
        await anyio.sleep(max(2 * EVERY, 20 * (anyio.current_time() - began)))  # a twentieth of the time, at most


async def of_work(work: Work, request: Request) -> AsyncIterator[str]:
    """A work until it is over."""
    before = None
    while not await request.is_disconnected():
        now = work.as_dict()
        if now != before:
            before = now
            yield event(now)
        if work.over:
            return
        await anyio.sleep(OFTEN)
