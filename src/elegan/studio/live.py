"""What changes, told to a page as it changes (server-sent events)."""

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import anyio
import anyio.to_thread
from starlette.requests import Request
from starlette.responses import StreamingResponse

from elegan.core.errors import UserError
from elegan.studio import listing, trainings
from elegan.studio.place import Place
from elegan.studio.works import OVER, Work

EVERY = 3.0  # seconds between looks at a run, of which none may slow its training
OFTEN = 0.15  # and at a work; so soon too is noticed that the studio ends
Over = Callable[[], bool]  # whether the studio is about to end


def stream(events: AsyncIterator[str]) -> StreamingResponse:
    """The answer that tells these events."""
    return StreamingResponse(events, media_type="text/event-stream", headers={"cache-control": "no-store"})


def event(value: Any) -> str:
    """A value as one event."""
    return f"data: {json.dumps(value)}\n\n"


async def of_run(place: Place, name: str, request: Request, over: Over) -> AsyncIterator[str]:
    """The course of a run, each time that it changed."""
    before: Any = None
    while await _goes_on(request, over):
        began = anyio.current_time()
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
        await _pause(_rest(began), over)


def _marks(entry: dict[str, Any]) -> tuple[Any, ...]:
    """What differs where anything of a run changed."""
    return tuple(entry.get(key) for key in ("state", "step", "steps", "changed", "size", "fault"))


def _course(place: Place, name: str, entry: dict[str, Any]) -> dict[str, Any]:
    """The entry with the whole course of the run where it has begun."""
    if entry["state"] in ("starting", "failed", "damaged") and not entry["picture"]:
        return entry | {"said": trainings.said(place, name)}
    return entry | listing.course(place.run(name))


async def of_runs(runs: Callable[[], list[dict[str, Any]]], request: Request, over: Over) -> AsyncIterator[str]:
    """All runs, each time that one changed."""
    before: Any = None
    while await _goes_on(request, over):
        began = anyio.current_time()
        found = await anyio.to_thread.run_sync(runs)
        marks = [(entry["name"], *_marks(entry)) for entry in found]
        yield event(found) if marks != before else ": \n\n"
        before = marks
        await _pause(_rest(began), over)


async def of_work(work: Work, request: Request, over: Over) -> AsyncIterator[str]:
    """A work until it is over."""
    before = None
    while await _goes_on(request, over):
        now = work.as_dict()
        if now != before:
            before = now
            yield event(now)
        if now["state"] in OVER:  # as it was told: it may have ended since
            return
        await anyio.sleep(OFTEN)


def _rest(began: float) -> float:
    """Seconds until the next look after one that began then: looks take a hundredth of the time at most, whatever there is to read."""
    return max(EVERY, 100 * (anyio.current_time() - began))


async def _goes_on(request: Request, over: Over) -> bool:
    return not over() and not await request.is_disconnected()


async def _pause(seconds: float, over: Over) -> None:
    until = anyio.current_time() + seconds
    while not over() and anyio.current_time() < until:
        await anyio.sleep(OFTEN)
