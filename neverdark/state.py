"""The state folder of one installation: its paths and permissions, and the lock that admits only one `up`.

All secrets are in folders of mode 0700. The home itself has mode 0711 when we run as root, because embedded Postgres
runs as another user, which must reach its own folder.
"""

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neverdark.errors import CliError, Misconfigured

SOCKET_PATH_MAX = 90
"""Unix socket paths end at 104 bytes on macOS and 108 on Linux; the longest of our names must fit below that."""

PRIVATE = 0o700
PASSABLE = 0o711


@dataclass(frozen=True, slots=True)
class Home:
    """The folders of one installation."""

    path: Path

    @property
    def postgres(self) -> Path:
        return self.path / "postgres"

    @property
    def redis(self) -> Path:
        return self.path / "redis"

    @property
    def clips(self) -> Path:
        return self.path / "clips"

    @property
    def run(self) -> Path:
        """The folder of locks and of files that are valid only while `up` runs."""
        return self.path / "run"

    @property
    def sockets(self) -> Path:
        """The folder of our sockets: in `run`, or, if that path is too long, in a short folder below /tmp."""
        return self.run if self._fits() else self._short() / "run"

    @property
    def postgres_socket(self) -> Path:
        """The folder of Postgres' socket; it belongs to the user that Postgres runs as."""
        return (self.path if self._fits() else self._short()) / "socket"

    def _fits(self) -> bool:
        return len(os.fsencode(self.path / "socket" / ".s.PGSQL.5432.lock")) <= SOCKET_PATH_MAX

    def _short(self) -> Path:
        digest = hashlib.sha256(os.fsencode(self.path)).hexdigest()[:10]
        return Path("/tmp") / f"neverdark-{os.geteuid()}-{digest}"  # noqa: S108 - own() refuses what is not ours


def open_home(path: Path) -> Home:
    """Make the folders of a home; raises a CliError with the reason if that fails."""
    home = Home(path.expanduser().absolute())
    passable = PASSABLE if os.geteuid() == 0 else PRIVATE
    with explained(home.path):
        if not home.path.exists():  # an existing folder keeps its own mode
            home.path.mkdir(parents=True, exist_ok=True)
            home.path.chmod(passable)
        if home.sockets.parent != home.path:
            own(home.sockets.parent, mode=passable)
        for folder in (home.run, home.sockets, home.redis, home.clips):
            own(folder, mode=PRIVATE, of=home.path)
        probe = home.run / ".writable"
        probe.write_bytes(b"x" * 4096)
        probe.unlink()
    return home


def own(folder: Path, *, mode: int, of: Path | None = None) -> None:
    """Make a folder, or use one that we own. A link, or another user's folder, is refused.

    Root may also use a folder that belongs to the owner of its parent folder `of`.
    """
    folder.mkdir(mode=mode, exist_ok=True)
    status = folder.lstat()
    owners = {os.geteuid()}
    if of is not None and os.geteuid() == 0:
        owners.add(of.stat().st_uid)
    if folder.is_symlink() or status.st_uid not in owners:
        raise Misconfigured(f"{folder} belongs to somebody else: set NEVERDARK_HOME to a folder of your own.")
    if status.st_mode & 0o777 != mode:
        folder.chmod(mode)


@contextlib.contextmanager
def explained(folder: Path) -> Iterator[None]:
    """Raise errors of the file system as CliErrors with one sentence."""
    try:
        yield
    except OSError as error:
        match error.errno:
            case errno.ENOSPC | errno.EDQUOT:
                raise Misconfigured(f"The disk of {folder} is full: make room, or set NEVERDARK_HOME.") from error
            case errno.EACCES | errno.EPERM | errno.EROFS:
                raise Misconfigured(
                    f"{error.filename or folder} can't be written: set NEVERDARK_HOME to a folder of your own."
                ) from error
            case errno.ENOTDIR | errno.EEXIST:
                raise Misconfigured(f"{folder} is not a folder: set NEVERDARK_HOME to one.") from error
            case _:
                raise Misconfigured(f"{folder} can't be used as the state folder: {error.strerror}.") from error


@contextlib.contextmanager
def only_one(home: Home) -> Iterator[None]:
    """Lock the home for one `up`; a second one gets the address of the first."""
    with explained(home.path):
        descriptor = os.open(home.run / "up.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            first = published(home)
            where = f" at {first['address']}" if first.get("address") else ""
            raise CliError(
                f"Neverdark is running here already{where} (process {first.get('pid', 'unknown')}). "
                "Stop that one first, or set NEVERDARK_HOME and NEVERDARK_PORT for a second one."
            ) from None
        yield
    finally:
        os.close(descriptor)


def publish(home: Home, facts: dict[str, Any]) -> None:
    """Write the facts of the running `up` for other commands: its process, its address, the URLs of its servers."""
    target = home.run / "up.json"
    fresh = target.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.write_text(json.dumps(facts))
    fresh.replace(target)


def withdraw(home: Home) -> None:
    """Delete these facts, and the folder outside the home."""
    (home.run / "up.json").unlink(missing_ok=True)
    if home.sockets.parent != home.path:
        shutil.rmtree(home.sockets.parent, ignore_errors=True)


def published(home: Home) -> dict[str, Any]:
    """The facts of the running `up`; None if none runs here."""
    try:
        with (home.run / "up.lock").open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        pass  # it is locked: an `up` runs
    except OSError:
        return {}
    else:
        return {}
    try:
        facts = json.loads((home.run / "up.json").read_text())
    except (OSError, ValueError):
        return {}
    return facts if isinstance(facts, dict) else {}
