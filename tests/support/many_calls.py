"""Many calls of the command line at the price of one import: a process that has imported it forks once a call.

Each call is a process of its own, with its own folder, output and limits, so one that hangs or eats memory hurts nobody.
"""

import gc
import importlib
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from dataclasses import dataclass
from pathlib import Path

SECONDS, MEMORY = 60, 4 << 30  # that a call may take before it is killed; what it may use is checked afterwards


@dataclass(frozen=True)
class Called:
    """What a call left behind; `code` is negative where a signal ended it, `peak` its memory in bytes."""

    code: int
    out: str
    err: str
    peak: int
    seconds: float


class Calls:
    """`calls(arguments, cwd)` is one call; leave it as a context."""

    def __enter__(self) -> "Calls":
        command = [sys.executable, __file__]
        self.server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return self

    def __exit__(self, *exception) -> None:
        self.server.stdin.close()
        self.server.wait(60)
        self.server.stdout.close()

    def __call__(self, *arguments: object, cwd: Path, memory: int = MEMORY, stop: str = "") -> Called:
        """`memory`: that the call may take. `stop`: Ctrl-C comes as soon as this path is there, or after so many seconds."""
        with tempfile.TemporaryDirectory() as folder:
            request = {
                "arguments": [*map(str, arguments)],
                "cwd": str(cwd),
                "into": folder,
                "memory": memory,
                "stop": stop,
            }
            self.server.stdin.write(json.dumps(request) + "\n")
            self.server.stdin.flush()
            answer = json.loads(self.server.stdout.readline())
            texts = [Path(folder, name).read_text(encoding="utf-8", errors="replace") for name in ("out", "err")]
        return Called(answer["code"], *texts, answer["peak"], answer["seconds"])


PRELOADED = (
    *(f"elegan.{name}" for name in ("cli.main", "training.session", "training.dry_run")),
    *(f"elegan.verbs.{name}" for name in ("anomaly", "augment", "compare", "copies", "evaluate", "export", "film", "latent.save",
                                          "report.report", "restore", "runs", "sample", "translate")),
    "cv2", "matplotlib.backends.backend_agg", "matplotlib.figure", "psutil", "rich.progress", "typer.rich_utils",
)  # fmt: skip


def serve() -> None:
    """Answers each line on standard input."""
    for name in PRELOADED:
        importlib.import_module(name)
    gc.freeze()  # so that a child's collections leave the shared pages alone
    for line in sys.stdin:
        request = json.loads(line)
        child = os.fork()
        if not child:
            _call(request)
        if request["stop"]:
            _interrupt(child, Path(request["cwd"]), request["stop"])
        _, status, used = os.wait4(child, 0)
        code = os.waitstatus_to_exitcode(status)
        seconds = used.ru_utime + used.ru_stime
        print(json.dumps({"code": code, "peak": 1024 * used.ru_maxrss, "seconds": seconds}), flush=True)


def _interrupt(child: int, folder: Path, stop: str) -> None:
    begun = time.monotonic()
    while not (folder / stop).exists() and time.monotonic() - begun < (float(stop) if stop.isdigit() else SECONDS):
        time.sleep(0.02)
    os.kill(child, signal.SIGINT)


def _call(request: dict) -> None:
    """In the child: the call, and the end of the process."""
    from elegan.cli.main import main

    os.chdir(request["cwd"])
    for number, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(Path(request["into"], name), os.O_WRONLY | os.O_CREAT), number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    resource.setrlimit(resource.RLIMIT_DATA, (request["memory"], request["memory"]))
    signal.setitimer(signal.ITIMER_PROF, SECONDS)  # of its own work, however busy the machine is
    signal.alarm(5 * SECONDS)
    sys.argv = ["elegan", *request["arguments"]]
    code = 0
    try:
        main()
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1 if error.code else 0
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    serve()
