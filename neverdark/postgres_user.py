"""The user that embedded Postgres runs as when we are root, because Postgres refuses to run as root.

It is the owner of the data folder; for a new folder the system user `neverdark`, or `nobody` if that cannot be made.
"""

import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

from neverdark.errors import Misconfigured

NAME = "neverdark"


@dataclass(frozen=True, slots=True)
class PostgresUser:
    uid: int
    gid: int


def postgres_user_for(data: Path) -> PostgresUser | None:
    """The user to run the server of a data folder; None is the current user."""
    if os.geteuid() != 0:
        return None
    if data.exists() and (owner := data.stat()).st_uid != 0:
        return PostgresUser(owner.st_uid, owner.st_gid)
    entry = _entry(NAME) or _made() or _entry("nobody")
    if entry is None:
        raise Misconfigured(
            "Embedded Postgres can't run as root, and no user for it could be made: "
            "run as another user, or set DATABASE_URL to a Postgres of your own."
        )
    return PostgresUser(entry.pw_uid, entry.pw_gid)


def hand_over(folder: Path, postgres_user: PostgresUser) -> None:
    """Give an empty folder, or one that was restored as root, to that user."""
    for path in (folder, *folder.rglob("*")):
        os.chown(path, postgres_user.uid, postgres_user.gid, follow_symlinks=False)


def let_pass(path: Path) -> list[Path]:
    """Let other users pass through the folders above a path, without listing them; returns the changed folders."""
    opened = []
    for folder in path.parents:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)
            opened.append(folder)
    return opened


def let_read(tree: Path) -> None:
    """Let other users read and run the programs of a folder, where a strict umask forbade it."""
    for path in (tree, *tree.rglob("*")):
        if path.is_symlink():
            continue
        mode = stat.S_IMODE(path.stat().st_mode)
        wanted = mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0)
        if wanted != mode:
            path.chmod(wanted)


def _entry(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _made() -> pwd.struct_passwd | None:
    for command in (
        ["useradd", "--system", "--user-group", "--no-create-home", "--shell", "/bin/false", NAME],
        ["adduser", "-S", "-D", "-H", NAME],  # BusyBox
    ):
        program = shutil.which(command[0])
        if program is not None:
            subprocess.run([program, *command[1:]], check=False, capture_output=True, timeout=30)
            if entry := _entry(NAME):
                return entry
    return None
