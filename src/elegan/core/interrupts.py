"""Ctrl-C on the command line: one line and exit code 130, however often and whenever it comes."""

import os
import signal
import sys
import time
from types import FrameType
from typing import NoReturn

from elegan.core.screen import say


class _Once:
    """Raises KeyboardInterrupt, but for a Ctrl-C within a second of the last one, which adds nothing to it.

    An import that is broken off leaves modules half made, which then fail with errors of their own: there the process ends.
    """

    def __init__(self) -> None:
        self.last = 0.0

    def __call__(self, number: int, frame: FrameType | None) -> None:
        before, self.last = self.last, time.monotonic()
        if self.last - before <= 1:
            return
        if _importing(frame):
            stop()
        raise KeyboardInterrupt


def _importing(frame: FrameType | None) -> bool:
    while frame and not frame.f_code.co_filename.startswith("<frozen importlib"):
        frame = frame.f_back
    return frame is not None


def heed() -> None:
    """Makes Ctrl-C raise KeyboardInterrupt once; not where it is ignored, as for a job in the background."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _Once())


def ignore() -> None:
    """Makes Ctrl-C do nothing: the process is about to end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def stop() -> NoReturn:
    """Says that elegan was stopped, and ends the process."""
    ignore()
    say("elegan: stopped", to=sys.stderr)
    leave(130)


def leave(code: int) -> NoReturn:
    """Ends the process at once: an interpreter that saw a KeyboardInterrupt while it imported would end by a signal."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            continue
    os._exit(code)
