"""The limits of a media process: memory, CPU time, bytes written, and time from start to end."""

import resource
import signal
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

MIB = 1 << 20
_FILES_MAX = 64
_GRACE_S = 5.0
"""Seconds after which a late process ends itself, in case its parent is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits of one job.

    Args:
        memory: bytes that the process may use besides the loaded decoders.
        cpu_s: seconds of CPU time. It depends on the file, so a job that exceeds it is a fault of the file.
        wall_s: seconds from start to end. It depends on the machine, so exceeding it says nothing about the file.
        written: bytes of each file that the process writes, at most.
    """

    memory: int
    cpu_s: int
    wall_s: float
    written: int

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


PICTURE = Limits(memory=244 * MIB, cpu_s=15, wall_s=30.0, written=32 * MIB)
LOOK = Limits(memory=244 * MIB, cpu_s=45, wall_s=300.0, written=4 * MIB)
"""With the decoders themselves (about 60 MB) less than 300 MB."""
TAKE_IN = Limits(memory=244 * MIB, cpu_s=60, wall_s=300.0, written=512 * MIB)
"""A look, a still, and a label at the end of the file."""
COPY = Limits(memory=244 * MIB, cpu_s=25, wall_s=60.0, written=512 * MIB)
ENCODE = Limits(memory=1600 * MIB, cpu_s=240, wall_s=180.0, written=512 * MIB)
"""The limits to encode a file that was examined before: an encoder holds dozens of pictures."""


def apply(limits: Limits) -> None:
    """Set the limits on this process. They cannot be raised again."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_FILES_MAX, _FILES_MAX))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_s, limits.cpu_s + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits.written, limits.written))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # then the write itself fails
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, limits.wall_s + _GRACE_S)
    total, data = _now()
    resource.setrlimit(resource.RLIMIT_AS, (total + 2 * limits.memory, total + 2 * limits.memory))
    resource.setrlimit(resource.RLIMIT_DATA, (data + limits.memory, data + limits.memory))


def _now() -> tuple[int, int]:
    """Bytes of address space and of private data that this process uses now."""
    pages = Path("/proc/self/statm").read_text().split()
    size = resource.getpagesize()
    return int(pages[0]) * size, int(pages[5]) * size
