"""docs/platforms.md: what each platform has, and tests that are there and show it on that platform."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "platforms.md"
FILE = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")
THE_SAME = "the same"
HAS_NONE = re.compile(
    r"^(–|Discord has no|no strangers|no gallery|Slack has no|Slack offers nothing|Slack's apps belong)"
)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One feature. `named`: the files that show it, each with a test of its own where the page names one."""

    feature: str
    by_platform: dict[str, str]
    named: tuple[tuple[str, str], ...]


def _rows() -> list[Row]:
    found: list[Row] = []
    for line in PAGE.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
        if not line.startswith("|") or len(cells) != 4 or cells[1] == "Slack" or set(cells[0]) <= {"-"}:
            continue
        feature, slack, discord, shown = cells
        named = tuple((path, test) for path, test in FILE.findall(shown))
        if shown.startswith(THE_SAME):
            named = (*found[-1].named, *named)
        found.append(Row(feature=feature, by_platform={"slack": slack, "discord": discord}, named=named))
    return found


ROWS = _rows()


def test_every_row_of_the_page_is_read() -> None:
    lines = [line for line in PAGE.read_text().splitlines() if re.match(r"\| (?!---)", line)]
    assert len(ROWS) == len(lines) - len([line for line in lines if " Slack | Discord | " in line])
    assert len(ROWS) > 40


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.feature[:40])
def test_a_feature_names_tests_that_are_there(row: Row) -> None:
    assert row.named, "no test shows it"
    for path, test in row.named:
        text = (ROOT / path).read_text()
        assert re.search(rf"def {test or 'test_'}", text), (path, test)


@pytest.mark.parametrize("platform", ["slack", "discord"])
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.feature[:40])
def test_a_platform_that_has_it_is_in_one_of_these_tests(row: Row, platform: str) -> None:
    """Or it is in a test of what both platforms draw alike."""
    if HAS_NONE.match(row.by_platform[platform]):
        return
    shared = ("tests/core/", "tests/worker/")
    assert any(
        path.startswith(shared) or platform in path or platform in (ROOT / path).read_text().lower()
        for path, _ in row.named
    )
