"""Nobody else on the machine reads what an installation keeps: its folders are 0700, its files and sockets 0600."""

import os
import stat
from pathlib import Path

import pytest

from tests.e2e.conftest import Town

PASSABLE = 0o011
"""Where root runs us, Postgres' own user passes through the state folder to its own: it may enter, and list nothing."""


def _open_to_others(folder: Path) -> dict[str, str]:
    """What somebody else may do something with."""
    found = {}
    for path in [folder, *folder.rglob("*")]:
        status = path.lstat()
        others = stat.S_IMODE(status.st_mode) & 0o077
        if path == folder and os.geteuid() == 0 and others == PASSABLE:
            continue
        if others and not stat.S_ISLNK(status.st_mode):
            found[str(path.relative_to(folder))] = oct(stat.S_IMODE(status.st_mode))
    return found


@pytest.mark.exhaustive
def test_after_videos_pictures_and_uploads_nothing_is_open_to_others(town: Town) -> None:
    for platform in ("slack", "discord"):
        town.video(platform, f"a quiet fox for {platform}", options="tier:draft")
    state = town.home / "state"
    names = {path.relative_to(state).parts[0] for path in state.rglob("*")}
    assert {"postgres", "redis", "clips", "run", "sandbox", "work"} <= names
    assert [path for path in state.rglob("*") if path.suffix == ".mp4"], "a clip is kept"
    assert _open_to_others(state) == {}
