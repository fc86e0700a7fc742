"""The check of an upgrade, with the commit at hand as the earlier version: there is no release yet."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.upgrade.check import ROOT, Version, check, edited_migrations
from tests.worker.conftest import film

pytestmark = pytest.mark.exhaustive

SOME = ("tests/core/db/credits/test_ledger_check.py", "tests/worker/test_side_by_side.py")
"""A part of the earlier version's tests: all of them are this suite's anyway."""


@pytest.fixture
def head() -> str:
    asked = subprocess.run(
        ["git", "rev-parse", "HEAD"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if asked.returncode != 0:
        pytest.skip("this is no checkout of git")
    return asked.stdout.strip()


def test_the_commit_at_hand_goes_together_with_this_tree_in_both_directions(head: str, tmp_path: Path) -> None:
    check(head, clip=film(tmp_path / "clip.mp4", seconds=8), tests=SOME, states=("delivering",))


def test_a_migration_that_was_edited_is_named(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "migrations", tmp_path / "migrations")
    previous = Version(name="v0", folder=tmp_path, python=Path(sys.executable))
    assert edited_migrations(previous) == []
    first = min((tmp_path / "migrations").glob("0*.sql"))
    first.write_text(f"{first.read_text()}-- in other words\n")
    assert edited_migrations(previous) == [first.name]
