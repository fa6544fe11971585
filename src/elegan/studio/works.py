"""Work that takes longer than a page waits: done one after another, told as it goes on, stopped when asked."""

import queue
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from elegan.core import memory, progress
from elegan.core.errors import Interrupted, UserError
from elegan.core.faults import told
from elegan.core.screen import plain

KEPT = 200  # works that are remembered
OVER = ("done", "failed", "stopped")  # states that are the last


@dataclass
class Work:
    """A piece of work. `state`: waiting, working, done, failed or stopped; `what` is done of it now, `parts` of `total` (None:
    nobody knows); then its `result`, or the `fault` in one line."""

    id: str
    verb: str
    do: Callable[["Work"], Any]
    state: str = "waiting"
    what: str = ""
    parts: int = 0
    total: int | None = None
    result: Any = None
    fault: str = ""
    asked_to_stop: bool = False

    def hear(self, what: str, parts: int, total: int | None) -> None:
        """Takes note of progress. Raises Interrupted where the work is to stop."""
        if self.asked_to_stop:
            raise Interrupted("stopped; what was written is whole, and nothing else was")
        self.what, self.parts, self.total = what, parts, total

    def as_dict(self) -> dict[str, Any]:
        """The work, ready for JSON."""
        names = ("id", "verb", "state", "what", "parts", "total", "result", "fault")
        told: dict[str, Any] = plain({name: getattr(self, name) for name in names})
        return told

    @property
    def over(self) -> bool:
        return self.state in OVER


class Works:
    """The works of a studio, by id; one thread does them in their order."""

    def __init__(self) -> None:
        self.known: dict[str, Work] = {}
        self.waiting: queue.SimpleQueue[Work] = queue.SimpleQueue()
        threading.Thread(target=self._go_on, daemon=True).start()

    def begin(self, verb: str, do: Callable[[Work], Any]) -> Work:
        """A new work, which waits for those before it."""
        work = Work(secrets.token_hex(8), verb, do)
        over = [known.id for known in self.known.values() if known.over]
        for old in over[: max(0, len(self.known) - KEPT)]:
            del self.known[old]
        self.known[work.id] = work
        self.waiting.put(work)
        return work

    def get(self, id: str) -> Work:
        """The work of this id. Raises UserError where there is none."""
        if id not in self.known:
            raise UserError("this work is not known any more; begin it again")
        return self.known[id]

    def stop(self, id: str) -> Work:
        """Asks a work to stop as soon as it can."""
        work = self.get(id)
        work.asked_to_stop = True
        return work

    def _go_on(self) -> None:
        while True:
            do_work(self.waiting.get())


def do_work(work: Work) -> None:
    """Does the work in this thread, and puts on it what came of it."""
    try:
        with progress.heard(work.hear):
            work.hear("", 0, None)
            work.state = "working"
            work.result = work.do(work)
        work.state = "done"
    except Interrupted as error:
        work.fault, work.state = str(error), "stopped"
    except Exception as error:
        work.fault, work.state = " ".join(str(told(error)).split()), "failed"
    finally:
        work.do = _nothing  # whose data may be large
        memory.give_back()


def _nothing(work: Work) -> None:
    """What is left to do of a work that is over."""
