"""HTTP/1.1 as uvicorn speaks it, but with an end to its patience with slow clients."""

from asyncio import TimerHandle, Transport

from uvicorn.protocols.http.h11_impl import H11Protocol

HEADER = 10.0  # seconds at most for the header of a request


class Impatient(H11Protocol):
    """A connection that is cut where a request's header does not come whole in HEADER seconds, however it trickles, or an
    answer is not taken, and the rest of what was refused not sent, within `patience` seconds."""

    patience: float
    timer: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._cut_in(min(HEADER, self.patience))

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.timer and self.cycle and not self.cycle.response_complete:  # a request has come
            self.timer.cancel()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._cut_in(self.patience)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self.timer:
            self.timer.cancel()

    def _cut_in(self, seconds: float) -> None:
        if self.timer:
            self.timer.cancel()
        self.timer = self.loop.call_later(seconds, self.transport.abort)


def impatient(seconds: float) -> type[Impatient]:
    """The protocol with this patience."""
    return type("Impatient", (Impatient,), {"patience": seconds})
