"""What nobody uses is not there: vulture looks through all that runs, and its exceptions are listed with a reason."""

import re
from functools import cache
from pathlib import Path

from vulture.core import Vulture

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("neverdark", "worker", "web", "bots", "core")
ALLOWED = Path(__file__).with_name("unused_on_purpose.py")
CONFIDENCE = 60


@cache
def unused() -> dict[str, list[str]]:
    """By name, where each thing is that none of our lines uses. Tests and benchmarks do not count as use."""
    dead = Vulture()
    dead.scavenge([str(ROOT / package) for package in PACKAGES])
    found: dict[str, list[str]] = {}
    for item in dead.get_unused_code(min_confidence=CONFIDENCE):
        place = f"{Path(item.filename).relative_to(ROOT).as_posix()}:{item.first_lineno}"
        found.setdefault(item.name, []).append(place)
    return found


def allowed() -> set[str]:
    return set(re.findall(r"^(?:_\.)?(\w+)$", ALLOWED.read_text(), re.MULTILINE))


def test_what_nobody_uses_is_not_there() -> None:
    assert {name: places for name, places in unused().items() if name not in allowed()} == {}


def test_every_exception_is_needed_and_has_its_reason_above_it() -> None:
    assert allowed() - set(unused()) == set()
    blocks = ALLOWED.read_text().split('"""', 2)[2].strip().split("\n\n")
    assert [block for block in blocks if not block.startswith("# ")] == []
