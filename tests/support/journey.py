"""A person at work: a folder of their own, every command a process, what they saw and when kept beside the pictures. Unix only."""

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from PIL import Image

PATIENCE = 1500  # seconds that a command may take on a busy machine; nothing is asserted about time


class Journey:
    """What one person does in `folder`. Leave it as a context: it then writes `saw.md` and prints the time to the first picture.

    The clock starts with the first command. `saw.md` has every command with its output, the seconds and the pictures.
    """

    def __init__(self, who: str, folder: Path) -> None:
        self.who, self.folder = who, folder
        self.lines: list[str] = [f"# {who}", ""]
        self.begun = 0.0
        self.used = 0.0
        self.useful: tuple[float, float, str] | None = None

    def __enter__(self) -> "Journey":
        self.folder.mkdir(parents=True)
        return self

    def __exit__(self, *exception: object) -> None:
        seconds, processor, picture = self.useful or (float("nan"), float("nan"), "none")
        took = f"{seconds:.1f} s, {processor:.1f} s of them processor time"
        said = f"{self.who}: first useful picture after {took} ({picture}), in {self.folder}"
        (self.folder / "saw.md").write_text("\n".join([*self.lines, said, ""]), encoding="utf-8")
        print(said)

    def start_clock(self) -> None:
        """Starts the clock anew: what came before was preparation."""
        self.begun, self.used = time.monotonic(), _processor()

    @property
    def seconds(self) -> float:
        """Seconds since the first command, or since `start_clock`."""
        if not self.begun:
            self.start_clock()
        return time.monotonic() - self.begun

    def elegan(self, *arguments: object) -> str:
        """Plays a command of elegan to its end; it must succeed. Gives what it printed on standard output."""
        return self.play([sys.executable, "-m", "elegan", *map(str, arguments)], "elegan " + _typed(arguments))

    def python(self, program: str, *arguments: object) -> str:
        """Plays a program of the person's own; it must succeed. Gives what it printed on standard output."""
        return self.play(
            [sys.executable, "-c", program, *map(str, arguments)], f"python - {_typed(arguments)}\n{program}"
        )

    def play(self, command: list[str], shown: str) -> str:
        at = self.seconds
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, timeout=PATIENCE)
        self._note(shown, at, done.stdout + done.stderr)
        assert done.returncode == 0, f"{shown}\n{done.stdout}{done.stderr}"
        return done.stdout

    def until(self, arguments: tuple[object, ...], reached: Callable[[], bool], number: int) -> int:
        """Starts a command of elegan, waits for `reached`, sends it the signal of this `number`. Gives its exit code."""
        at, output = self.seconds, self.folder / ".output"
        with output.open("w") as printed:
            process = subprocess.Popen(
                [sys.executable, "-m", "elegan", *map(str, arguments)], cwd=self.folder, stdout=printed, stderr=printed
            )
            try:
                while not reached():
                    assert process.poll() is None, f"ended by itself\n{output.read_text()}"
                    assert self.seconds - at < PATIENCE, f"waited in vain\n{output.read_text()}"
                    time.sleep(0.05)
                process.send_signal(number)
                code = process.wait(PATIENCE)
            finally:
                process.kill()
                process.wait()
        self._note(f"elegan {_typed(arguments)}   # then {signal.Signals(number).name}", at, output.read_text())
        output.unlink()
        return code

    def sees(self, picture: Path, *, useful: bool = False) -> Image.Image:
        """Opens a picture, and notes that it was seen; the first `useful` one stops the clock."""
        name = picture.relative_to(self.folder).as_posix()
        image = Image.open(picture)
        image.load()
        self.lines += [f"![{name}]({name})", ""]
        if useful and not self.useful:
            self.useful = self.seconds, _processor() - self.used, name
        return image

    def _note(self, shown: str, at: float, printed: str) -> None:
        took = f"{at:.1f} s to {self.seconds:.1f} s"
        self.lines += ["```", f"$ {shown}", printed.rstrip(), "```", "", took, ""]


def _processor() -> float:
    """Seconds of processor time of all commands that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _typed(arguments: tuple[object, ...]) -> str:
    return " ".join(map(str, arguments))


def sheets(run: Path) -> list[Path]:
    """The sheets of a run's samples after its first step, the oldest first."""
    return sorted(path for path in run.glob("samples/*.png") if path.stem.isdigit() and int(path.stem) > 0)


class Watcher:
    """Somebody who looks at a run's `samples.png` while it trains, and keeps each sheet that is not like the one before."""

    def __init__(self, person: Journey, pattern: str, steps: int) -> None:
        self.person, self.pattern, self.steps = person, pattern, steps
        self.kept: list[Path] = []
        self.last = b""

    def __call__(self) -> bool:
        """Whether there is a new sheet of a generator that has learnt for so many steps."""
        learnt = False
        for sheet in self.person.folder.glob(self.pattern):
            if (now := sheet.read_bytes()) != self.last and now:
                self.last = now
                learnt = any(record["step"] >= self.steps for record in logged(sheet.parent))
                self.kept.append(self.person.folder / f"sheet-after-{self.person.seconds:.0f}-s.png")
                self.kept[-1].write_bytes(now)
        return learnt


def logged(run: Path) -> list[dict]:
    """The records of a run's log; [] before there is any. A line that is still being written is left out."""
    log = run / "log.jsonl"
    whole = log.read_text().rpartition("\n")[0].splitlines() if log.exists() else []
    return [json.loads(line) for line in whole]


def gallery(base: Path) -> Path:
    """The folder in which journeys leave what they saw: ELEGAN_JOURNEYS, or `base`."""
    return Path(os.environ.get("ELEGAN_JOURNEYS", base))
