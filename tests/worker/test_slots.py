"""A worker's place on its machine: nobody else's while it lives, and proof of a death when it does not."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from core.settings import SettingsError
from worker.slots import Slot, host, take

_HOLDER = """
import sys
from pathlib import Path
from worker.slots import take
slot = take(Path(sys.argv[1]), owner=sys.argv[2])
print(slot.folder.name, slot.before or "-", flush=True)
sys.stdin.read()
"""
ROOT = Path(__file__).resolve().parents[2]


def _started(command: list[str]) -> "subprocess.Popen[str]":
    return subprocess.Popen(  # noqa: S603 - our own program
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


@contextmanager
def holder(home: Path, owner: str) -> Iterator[tuple[str, str]]:
    """A process that has taken a slot, killed at the end; its folder's name and its predecessor."""
    command = [sys.executable, "-c", _HOLDER, str(home), owner]
    with _started(command) as process:
        assert process.stdout is not None
        try:
            folder, before = process.stdout.readline().split()
            yield folder, before
        finally:
            process.kill()


def freed(slot: Slot) -> None:
    os.close(slot.descriptor)


def test_three_processes_of_one_home_have_three_folders(tmp_path: Path) -> None:
    with ExitStack() as processes:
        taken = [processes.enter_context(holder(tmp_path, f"w{n}")) for n in range(3)]
        assert taken == [("0", "-"), ("1", "-"), ("2", "-")]


def test_the_next_one_in_a_slot_knows_who_has_died_there_and_finds_it_empty(tmp_path: Path) -> None:
    with holder(tmp_path, "first"):
        (tmp_path / "work" / "0" / "clip.mp4").write_bytes(b"half")
    with holder(tmp_path, "second") as taken:
        assert taken == ("0", "first")
        assert list((tmp_path / "work" / "0").iterdir()) == []


def test_a_folder_in_use_is_left_as_it_is(tmp_path: Path) -> None:
    with holder(tmp_path, "first"):
        kept = tmp_path / "work" / "0" / "clip.mp4"
        kept.write_bytes(b"half")
        with holder(tmp_path, "second") as taken:
            assert taken == ("1", "-")
            assert kept.exists()


@pytest.mark.parametrize("word", ["", "{", "[]", '{"owner": "x"}', '{"owner": 1, "where": null}', "\x00" * 100])
def test_a_lock_file_that_says_nothing_certain_names_nobody(tmp_path: Path, word: str) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "0.lock").write_text(word)
    slot = take(tmp_path, owner="me")
    assert slot.before is None
    freed(slot)


def test_a_copied_home_proves_no_death(tmp_path: Path) -> None:
    """An image or a volume is copied while a worker lives: its copy is not where that worker's lock is."""
    with holder(tmp_path / "one", "alive"):
        shutil.copytree(tmp_path / "one", tmp_path / "two")
        with holder(tmp_path / "two", "other") as taken:
            assert taken == ("0", "-")


def test_a_lock_file_that_was_removed_while_it_was_held_is_taken_anew(tmp_path: Path) -> None:
    with holder(tmp_path, "first"):
        (tmp_path / "work" / "0.lock").unlink()
        with holder(tmp_path, "second") as second, holder(tmp_path, "third") as third:
            assert {second[0], third[0]} == {"0", "1"}


def test_a_home_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file")
    with pytest.raises(SettingsError, match="NEVERDARK_HOME"):
        take(tmp_path / "home", owner="me")


@pytest.mark.parametrize(("name", "known"), [("", "worker"), (" ", "worker"), ("box-1", "box-1")])
def test_a_machine_without_a_name_has_a_host(name: str, known: str) -> None:
    assert host(name) == known
