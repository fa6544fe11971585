"""One thread that does the work of all requests, those that go together at once; a bounded number waits."""

import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from elegan.core.progress import heard, held
from elegan.verbs.serve.limits import Limits, Refused, busy

MOST = 64  # pictures of one batch

Batch = Callable[[Sequence[Any]], Sequence[Any]]  # as many answers as there are requests, in their order


@dataclass
class Job:
    """A request of `size` pictures, for `batch`, which is given all that waits under the same `key`; None: alone."""

    asked: Any
    batch: Batch
    key: Hashable
    size: int
    late: float  # when nobody waits for it any more
    answer: "Future[Any]" = field(default_factory=Future)


class Worker:
    """The thread and its queue. `observe(requests, pictures)` is told of every batch.

    A batch is what waits when the thread comes free: nobody waits for others to come.
    """

    def __init__(self, limits: Limits, observe: Callable[[int, int], None] = lambda requests, pictures: None):
        self.limits, self.observe = limits, observe
        self.places = limits.queue  # that are free
        self.waiting: deque[Job] = deque()
        self.changed = threading.Condition()
        self.stopping = False
        self.thread = threading.Thread(target=self._work, name="elegan-serve", daemon=True)

    def take_place(self) -> None:
        """Takes one of the places that are at work or wait, before anything is read. Raises Refused (429) where none is free."""
        with self.changed:
            if not self.places:
                raise busy(f"{self.limits.queue} requests are at work and waiting, the most of this server", 1)
            self.places -= 1

    def leave_place(self) -> None:
        with self.changed:
            self.places += 1

    def put(self, asked: Any, batch: Batch, key: Hashable, size: int) -> "Future[Any]":
        """The answer to come. Cancelled, what still waits is not done."""
        job = Job(asked, batch, key, size, time.monotonic() + self.limits.seconds)
        with self.changed:
            self.waiting.append(job)
            self.changed.notify()
        return job.answer

    def stop(self) -> None:
        """Does what waits, and ends."""
        with self.changed:
            self.stopping = True
            self.changed.notify()
        self.thread.join()

    def _work(self) -> None:
        with held():  # the bars of what is done are for people at a terminal
            while jobs := self._next():
                jobs = [job for job in jobs if self._wanted(job)]
                if jobs:
                    self._do(jobs)

    def _next(self) -> list[Job]:
        """The oldest job and those that go with it, up to MOST pictures; none at the end."""
        with self.changed:
            self.changed.wait_for(lambda: self.waiting or self.stopping)
            if not self.waiting:
                return []
            jobs = [self.waiting.popleft()]
            if jobs[0].key is not None:
                room = MOST - jobs[0].size
                for job in [job for job in self.waiting if job.key == jobs[0].key]:
                    if job.size <= room:
                        room -= job.size
                        self.waiting.remove(job)
                        jobs.append(job)
            return jobs

    def _wanted(self, job: Job) -> bool:
        if not job.answer.set_running_or_notify_cancel():
            return False
        if time.monotonic() > job.late:
            job.answer.set_exception(busy(f"it waited {self.limits.seconds:g} s; ask again later", self.limits.seconds))
            return False
        return True

    def _do(self, jobs: list[Job]) -> None:
        self.observe(len(jobs), sum(job.size for job in jobs))
        end = time.monotonic() + self.limits.seconds

        def check(*progress: object) -> None:
            if time.monotonic() > end:
                raise Refused(413, f"it takes longer than {self.limits.seconds:g} s; ask for fewer or smaller pictures")

        try:
            with heard(check):
                answers = jobs[0].batch([job.asked for job in jobs])
        except BaseException as error:  # of one request or of many: each is told, and the thread goes on
            for job in jobs:
                job.answer.set_exception(error)
        else:
            for job, answer in zip(jobs, answers, strict=True):
                job.answer.set_result(answer)
