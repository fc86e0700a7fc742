"""The state folder: who may enter, what is said when it can't be used, and that it is used once."""

import errno
import fcntl
import os
from pathlib import Path

import pytest

from neverdark.errors import CliError, Misconfigured
from neverdark.state import SOCKET_PATH_MAX, Home, explained, only_one, open_home, own, publish, published, withdraw


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_what_is_secret_is_for_its_owner_alone(home: Home) -> None:
    assert [mode(folder) for folder in (home.run, home.sockets, home.redis, home.clips)] == [0o700] * 4
    publish(home, {"database_url": "postgresql://secret"})
    assert mode(home.run / "up.json") == 0o600


def test_a_folder_that_was_there_keeps_its_mode(place: Path) -> None:
    place.chmod(0o755)
    open_home(place)
    assert mode(place) == 0o755


def test_opening_it_twice_changes_nothing(place: Path) -> None:
    assert open_home(place / "state") == open_home(place / "state")


def test_a_relative_home_means_the_folder_we_are_in(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)
    assert open_home(Path(".state")).path == place / ".state"


def test_sockets_have_short_paths_also_in_a_deep_folder(place: Path) -> None:
    deep = Home(place / "/".join(["a-long-name"] * 12))
    longest = max(
        len(os.fsencode(path)) for path in (deep.sockets / "control.sock", deep.postgres_socket / ".s.PGSQL.1")
    )
    assert longest <= SOCKET_PATH_MAX
    assert deep.sockets != Home(place / "/".join(["a-longer-name"] * 12)).sockets


def test_a_file_in_the_place_of_the_folder_is_said(place: Path) -> None:
    (place / "state").touch()
    with pytest.raises(Misconfigured, match=r"state is not a folder: set NEVERDARK_HOME to one\.$"):
        open_home(place / "state")


def test_a_link_in_the_place_of_a_folder_of_ours_is_refused(place: Path) -> None:
    (place / "elsewhere").mkdir()
    (place / "state").mkdir()
    (place / "state" / "run").symlink_to(place / "elsewhere")
    with pytest.raises(Misconfigured, match="run belongs to somebody else"):
        open_home(place / "state")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a folder of somebody else's")
def test_somebody_elses_folder_is_refused(place: Path) -> None:
    folder = place / "theirs"
    folder.mkdir()
    os.chown(folder, 12345, 12345)
    with pytest.raises(Misconfigured, match="theirs belongs to somebody else"):
        own(folder, mode=0o700)


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (errno.ENOSPC, "The disk of /x is full: make room, or set NEVERDARK_HOME."),
        (errno.EACCES, "/x can't be written: set NEVERDARK_HOME to a folder of your own."),
        (errno.EROFS, "/x can't be written: set NEVERDARK_HOME to a folder of your own."),
        (errno.EIO, "/x can't be used as the state folder: Input/output error."),
    ],
)
def test_what_the_disk_says_becomes_one_sentence(number: int, sentence: str) -> None:
    with pytest.raises(Misconfigured) as caught, explained(Path("/x")):
        raise OSError(number, os.strerror(number))
    assert str(caught.value) == sentence
    assert caught.value.exit_code == 2


def test_only_one_uses_it_at_a_time(home: Home) -> None:
    with only_one(home):
        publish(home, {"pid": 7, "address": "http://here"})
        with pytest.raises(CliError, match=r"running here already at http://here \(process 7\)"), only_one(home):
            pass
    with only_one(home):
        pass


def test_word_of_an_up_that_died_is_not_believed(home: Home) -> None:
    with only_one(home):
        publish(home, {"address": "http://here"})
        assert published(home) == {"address": "http://here"}
    assert published(home) == {}


def test_word_is_withdrawn_and_nonsense_is_none(home: Home) -> None:
    with only_one(home):
        (home.run / "up.json").write_text("[")
        assert published(home) == {}
        publish(home, {"pid": 1})
        withdraw(home)
        assert published(home) == {}


def test_looking_for_an_up_does_not_keep_one_from_starting(home: Home) -> None:
    with only_one(home):
        pass
    assert published(home) == {}
    with (home.run / "up.lock").open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
