"""Many processes at the price of one import: one that has imported elegan forks whenever a test asks for another.

Each call is a process of its own, with its own folder, output, environment and limits, so one that hangs or eats memory hurts
nobody. What is lost is the import itself, which tests of their own see to, and another hash seed.
"""

import gc
import importlib
import json
import os
import resource
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fork_client import ask

SECONDS, MEMORY = 60, 4 << 30  # that a call may take before it is killed; what it may use is checked afterwards


@dataclass(frozen=True)
class Called:
    """What a call left behind; `code` is negative where a signal ended it, `peak` its memory in bytes."""

    code: int
    out: str
    err: str
    peak: int
    seconds: float


class Process:
    """A process at work. `words` are those behind `python`."""

    def __init__(self, address: str, words: list[str], cwd: Path, environment: Mapping[str, str], **most: int):
        self.files = [tempfile.TemporaryFile() for _ in range(2)]  # noqa: SIM115  # closed in `wait`
        with open(os.devnull, "rb") as nothing:
            files = [nothing.fileno(), *(file.fileno() for file in self.files)]
            self.pid, self._ended = ask(address, words, str(cwd), dict(environment), files, **most)

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def wait(self) -> Called:
        """What it left behind."""
        answer, texts = self._ended(), []
        for file in self.files:
            with file:
                file.seek(0)
                texts.append(file.read().decode(errors="replace"))
        return Called(answer["code"], *texts, answer["peak"], answer["seconds"])


class Calls:
    """`calls(arguments, cwd)` is one call of the command line; leave it as a context."""

    def __enter__(self) -> "Calls":
        self.folder = tempfile.TemporaryDirectory(prefix="calls-")
        self.address = str(Path(self.folder.name, "socket"))
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(self.address)
            listener.listen(8)
            command = [sys.executable, __file__, str(listener.fileno())]
            self.server = subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=[listener.fileno()])
        return self

    def __exit__(self, *exception) -> None:
        self.server.stdin.close()
        self.server.wait(60)
        self.folder.cleanup()

    def start(self, *words: object, cwd: Path, env: Mapping[str, str] | None = None, **most: int) -> Process:
        """A process of `python` with these words: `-m` and a module or a file, and arguments. `most`: see `ask`."""
        return Process(self.address, [*map(str, words)], cwd, os.environ if env is None else env, **most)

    def __call__(self, *arguments: object, cwd: Path, memory: int = MEMORY, stop: str = "") -> Called:
        """`memory`: that the call may take. `stop`: Ctrl-C comes as soon as this path is there, or after so many seconds."""
        process = self.start("-m", "elegan", *arguments, cwd=cwd, memory=memory, seconds=SECONDS)
        if stop:
            begun = time.monotonic()
            while not Path(cwd, stop).exists() and time.monotonic() - begun < (
                float(stop) if stop.isdigit() else SECONDS
            ):
                time.sleep(0.02)
            process.send_signal(signal.SIGINT)
        return process.wait()


PRELOADED = (
    *(f"elegan.{name}" for name in ("cli.main", "training.session", "training.dry_run")),
    *(f"elegan.verbs.{name}" for name in ("anomaly", "augment", "compare", "copies", "evaluate", "export", "film", "latent.save",
                                          "report.report", "restore", "runs", "sample", "translate")),
    "cv2", "matplotlib.backends.backend_agg", "matplotlib.figure", "psutil", "rich.progress", "typer.rich_utils",
)  # fmt: skip


def serve(listener: socket.socket) -> None:
    """Forks a child for each request, until standard input ends; answers with its id, and once it has ended with what it took."""
    for name in PRELOADED:
        importlib.import_module(name)
    gc.freeze()  # so that a child's collections leave the shared pages alone
    ends, begins = socket.socketpair()
    for end in (ends, begins):
        end.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(begins.fileno(), warn_on_full_buffer=False)
    waiting: dict[int, socket.socket] = {}
    while True:
        ready, _, _ = select.select([listener, ends, sys.stdin], [], [])
        if sys.stdin in ready:
            return
        if listener in ready:
            connection, _ = listener.accept()
            _, files, _, _ = socket.recv_fds(connection, 1, 3)
            with connection.makefile() as lines:
                request = json.loads(lines.readline())
            if not (child := os.fork()):
                _play(request, files)
            for file in files:
                os.close(file)
            waiting[child] = connection
            _tell(connection, child)
        if ends in ready:
            ends.recv(4096)
        while waiting and (ended := os.wait4(-1, os.WNOHANG))[0]:
            child, status, used = ended
            code, seconds = os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime
            with waiting.pop(child) as connection:
                _tell(connection, {"code": code, "peak": 1024 * used.ru_maxrss, "seconds": seconds})


def _tell(connection: socket.socket, answer: object) -> None:
    connection.sendall(json.dumps(answer).encode() + b"\n")


def _play(request: dict, files: list[int]) -> None:
    """In the child: the call, and the end of the process."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["environment"])
    for number, file in enumerate(files):
        os.dup2(file, number)
    if memory := request["memory"]:
        resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    if seconds := request["seconds"]:
        signal.setitimer(signal.ITIMER_PROF, seconds)  # of its own work, however busy the machine is
        signal.alarm(5 * seconds)
    code = 0
    try:
        _as_python(request["words"])
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1 if error.code else 0
        if isinstance(error.code, str):
            print(error.code, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _as_python(words: list[str]) -> None:
    """Does what Python does with these words on its command line."""
    if words[0] == "-m":
        sys.argv, sys.path[0] = words[1:], os.getcwd()
        runpy.run_module(words[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv, sys.path[0] = words, str(Path(words[0]).resolve().parent)
        runpy.run_path(words[0], run_name="__main__")


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
