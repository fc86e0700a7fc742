"""A process's own place on its machine: a folder that no sibling shares, locked while the process lives.

The lock also proves a death: whoever gets the lock of a slot knows that the worker which the lock file names is gone.
The proof holds on the machine and the file system where that worker wrote it: a copied folder proves nothing.
"""

import fcntl
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.settings import SettingsError

SLOTS_MAX = 1000
_BOOT = Path("/proc/sys/kernel/random/boot_id")
_WORD_MAX = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A place that is ours until the process ends.

    Args:
        folder: for files on their way; empty at the start.
        before: the worker that had this slot, and is dead; None where that is not certain.
        descriptor: the open lock file. It is never closed: the kernel does that when the process ends.
    """

    folder: Path
    before: str | None
    descriptor: int


def host(name: str) -> str:
    """What a machine is called here: several may have the same name, and some have none."""
    return name.strip() or "worker"


def take(home: Path, *, owner: str) -> Slot:
    """Take the lowest free slot below a home.

    Raises:
        SettingsError: the home cannot be written.
    """
    base = home / "work"
    try:
        base.mkdir(parents=True, exist_ok=True, mode=0o700)
        for number in range(SLOTS_MAX):
            descriptor = _locked(base / f"{number}.lock")
            if descriptor is not None:
                before = _before(descriptor)
                _sign(descriptor, owner)
                return Slot(folder=_fresh(base / str(number)), before=before, descriptor=descriptor)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise SettingsError(f"NEVERDARK_HOME wants a folder that can be written: {home}: {reason}.") from error
    raise SettingsError(f"NEVERDARK_HOME {home} has {SLOTS_MAX} workers already: give the next one a home of its own.")


def _locked(path: Path) -> int | None:
    """The lock file, open and locked; None where another process holds it."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        except BaseException:
            os.close(descriptor)
            raise
        if path.exists() and os.path.samestat(path.stat(), os.fstat(descriptor)):
            return descriptor
        os.close(descriptor)  # somebody removed the file meanwhile: a lock on it keeps nobody out


def _before(descriptor: int) -> str | None:
    """Who held the lock before, if that was on this machine, since it was started, and with this very file."""
    try:
        word: Any = json.loads(os.pread(descriptor, _WORD_MAX, 0))
    except ValueError:
        return None
    if not isinstance(word, dict) or word.get("where") != _where(descriptor):
        return None
    owner = word.get("owner")
    return owner if isinstance(owner, str) else None


def _sign(descriptor: int, owner: str) -> None:
    word = json.dumps({"owner": owner, "where": _where(descriptor)}).encode()
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, word, 0)


def _where(descriptor: int) -> list[str | int]:
    known = os.fstat(descriptor)
    boot = _BOOT.read_text().strip() if _BOOT.exists() else ""
    return [boot, known.st_dev, known.st_ino]


def _fresh(folder: Path) -> Path:
    """An empty folder: what an earlier process left is of no use."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder
