"""HTTP/1.1 as uvicorn speaks it, but with an end to its patience with slow clients."""

from asyncio import TimerHandle, Transport
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

HEADER = 10.0  # seconds for the header of a request
TAKE = 60.0  # seconds for an answer to be taken, and for the rest of what was refused to be thrown away


class Impatient(H11Protocol):
    """A connection that is cut where a request's header does not come whole in HEADER seconds, however it trickles, or an
    answer is not taken within TAKE."""

    timer: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._cut_in(HEADER)

    def data_received(self, data: bytes) -> None:
        waited = self._waiting
        super().data_received(data)
        if self._waiting and not waited:  # an answer was taken, and the next request has not begun
            self._cut_in(HEADER)
        elif not self._waiting and self.timer:
            self.timer.cancel()

    @property
    def _waiting(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._cut_in(TAKE)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self.timer:
            self.timer.cancel()

    def _cut_in(self, seconds: float) -> None:
        if self.timer:
            self.timer.cancel()
        self.timer = self.loop.call_later(seconds, self._cut)

    def _cut(self) -> None:
        transport: Any = self.transport
        transport.abort()
