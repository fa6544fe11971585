"""Free memory, and errors that say that it does not suffice."""

import ctypes
import gc
import sys
from pathlib import Path

from elegan.core.errors import UserError

# Of a container: all of its memory, and the part in use.
LIMITS = (("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),)
# Of libraries that have run out of it; the last is all that oneDNN says.
WORDS = (
    "not enough memory",
    "can't allocate memory",
    "out of memory",
    "Cannot allocate memory",
    "could not create a primitive",
)


def is_short(error: BaseException) -> bool:
    """Whether the error says that the memory of the machine or of an accelerator did not suffice."""
    says_so = isinstance(error, RuntimeError | OSError) and any(word in str(error) for word in WORDS)
    return isinstance(error, MemoryError) or says_so


def free() -> int:
    """Bytes of the machine's memory that this process may still take."""
    return min([_of_machine(), *_of_containers(), *_of_process()])


def check_room(count: int, each: float, what: str) -> None:
    """Raises UserError where `count` things of `each` bytes do not fit the free memory, and says how many would."""
    room = int(free() // each)
    if count > room:
        raise UserError(
            f"{what} = {count:,} takes {in_bytes(count * each)} of memory, and {in_bytes(free())} are free; {room:,} would fit"
        )


def give_back() -> None:
    """Gives what nobody holds any more back to the system, which training otherwise keeps for its next step (glibc alone)."""
    gc.collect()
    if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "malloc_trim"):
        libc.malloc_trim(0)


def peak() -> int:
    """Bytes of memory that this process held at most so far, all of its libraries included."""
    import psutil

    if sys.platform == "win32":
        return int(psutil.Process().memory_info().peak_wset)
    if sys.platform == "linux":  # getrusage's begins with the peak of the process that started this one
        status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
        return 1024 * int(status["VmHWM"].removesuffix("kB"))
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # macOS counts bytes


def _of_machine() -> int:
    import psutil

    return int(psutil.virtual_memory().available)


def _of_containers() -> list[int]:
    rooms = []
    for most, used in LIMITS:
        if Path(most).is_file() and (text := Path(most).read_text().strip()).isdecimal():
            rooms.append(max(0, int(text) - int(Path(used).read_text())))
    return rooms


def _of_process() -> list[int]:
    try:
        import resource
    except ImportError:  # on Windows, which sets no such limits
        return []
    import psutil

    held = psutil.Process().memory_info()
    used = {resource.RLIMIT_AS: held.vms, resource.RLIMIT_DATA: getattr(held, "data", 0)}
    limits = {kind: resource.getrlimit(kind)[0] for kind in used}
    return [max(0, most - used[kind]) for kind, most in limits.items() if most != resource.RLIM_INFINITY]


def in_bytes(count: float) -> str:
    """A number of bytes in its largest unit, as in 3.2 MB."""
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if count < 999.5:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} PB"
