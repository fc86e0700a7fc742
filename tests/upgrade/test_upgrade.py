"""The check of an upgrade, with the commit at hand as the earlier version: there is no release yet."""

import subprocess
from pathlib import Path

import pytest

from tests.upgrade.check import ROOT, check
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
