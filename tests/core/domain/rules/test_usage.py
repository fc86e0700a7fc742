"""The sums of a month are in order, and no cell of its file is a formula."""

import csv
import io
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.rules.usage import UsageLine, UsageSum, dearest_first
from core.replies.rules.export import BYTES_MAX, as_csv

FORMULAS = ["=1+1", "@ben", "-cleo", "+dan", " =1", "\t=1", "\r1", "\n-1", "＝1", "＋1", "\x00=1"]
"""What some spreadsheet evaluates, with blanks, control characters and full-width signs."""
NUMBERS = ["1100000000000000014", "123456789012", "18446744073709551615", "1E5000000000"]
"""What a spreadsheet reads as a number, and keeps 15 digits of."""
NAMES = st.sampled_from(["", "ana", "U0CLEO", *FORMULAS, *NUMBERS])
LINES = st.lists(
    st.builds(
        UsageLine,
        asked_at=st.just(datetime(2026, 11, 30, tzinfo=UTC)),
        member=NAMES,
        channel=NAMES,
        tier=st.sampled_from(["draft", "pro"]),
        provider=NAMES,
        outcome=st.just("succeeded"),
        credits=st.integers(0, 500),
    )
)


@given(lines=LINES)
def test_a_spreadsheet_finds_a_row_for_each_video_and_no_formula_and_no_number_too_long_for_it(
    lines: list[UsageLine],
) -> None:
    made = as_csv(lines, total=len(lines))
    text = made.content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert len(rows) == len(lines) + 1
    assert made.note == ""
    assert not any(cell.strip("\t\r\n\x00 ")[:1] in set("=+-@＝＋－＠") - {""} for row in rows[1:] for cell in row)
    assert not any(cell.isdigit() and len(cell) > 15 for row in rows[1:] for cell in row)
    for row, each in zip(rows[1:], lines, strict=True):
        assert [cell.removeprefix("'") for cell in row[1:5]] == [each.member, each.channel, each.tier, each.provider]


def test_a_discord_id_keeps_all_its_digits_and_a_credit_stays_a_number() -> None:
    made = as_csv([line("1100000000000000014", 4)], total=1).content.decode("utf-8-sig")
    assert made.splitlines()[1] == "2026-11-30T00:00:00+00:00,'1100000000000000014,C1,pro,veo,succeeded,4"


@pytest.mark.parametrize(("total", "bytes_max", "kept"), [(5, BYTES_MAX, 3), (3, 620, 1), (3, BYTES_MAX, 3)])
def test_a_file_that_has_not_all_of_the_month_says_so_in_its_last_line_and_beside_it(
    total: int, bytes_max: int, kept: int
) -> None:
    made = as_csv([line("ana", 4)] * 3, total=total, bytes_max=bytes_max)
    rows = made.content.decode("utf-8-sig").splitlines()
    assert len(rows) == 1 + kept + (kept < total)
    assert made.note == ("" if kept == total else f"Not all of it: the first {kept} of {total} videos of this month.")
    assert rows[-1] == made.note or kept == total
    assert len(made.content) <= bytes_max + 3


def line(member: str, cost: int, *, provider: str = "veo") -> UsageLine:
    at = datetime(2026, 11, 30, tzinfo=UTC)
    return UsageLine(
        asked_at=at, member=member, channel="C1", tier="pro", provider=provider, outcome="succeeded", credits=cost
    )


def test_the_dearest_is_first_then_who_has_more_videos_then_the_name() -> None:
    sums = [UsageSum(name=name, videos=n, credits=cost)
            for name, n, cost in (("dan", 1, 4), ("cleo", 2, 4), ("ben", 1, 10), ("ana", 1, 4))]  # fmt: skip
    assert [each.name for each in dearest_first(sums)] == ["ben", "cleo", "ana", "dan"]
