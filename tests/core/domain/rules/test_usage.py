"""Sums of a month add up to the month, and no cell of its file is a formula."""

import csv
import io
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from core.domain.rules.usage import UsageBy, UsageLine, UsageSum, sums
from core.replies.rules.export import as_csv

NAMES = st.sampled_from(["", "ana", "=1+1", "@ben", "-cleo", "+dan"])
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


@given(lines=LINES, by=st.sampled_from(UsageBy))
def test_sums_add_up_to_the_month(lines: list[UsageLine], by: UsageBy) -> None:
    found = sums(lines, by)
    assert sum(row.credits for row in found) == sum(line.credits for line in lines)
    assert sum(row.videos for row in found) == len(lines)
    assert [row.credits for row in found] == sorted((row.credits for row in found), reverse=True)


@given(lines=LINES)
def test_a_spreadsheet_finds_a_row_for_each_video_and_no_formula(lines: list[UsageLine]) -> None:
    rows = list(csv.reader(io.StringIO(as_csv(lines).decode("utf-8-sig"))))
    assert len(rows) == len(lines) + 1
    assert not any(cell[:1] in {"=", "+", "-", "@"} for row in rows[1:] for cell in row)


def line(member: str, cost: int, *, provider: str = "veo") -> UsageLine:
    at = datetime(2026, 11, 30, tzinfo=UTC)
    return UsageLine(
        asked_at=at, member=member, channel="C1", tier="pro", provider=provider, outcome="succeeded", credits=cost
    )


def test_the_dearest_is_first_then_who_has_more_videos_then_the_name() -> None:
    lines = [line("dan", 4), line("cleo", 2), line("ben", 10), line("cleo", 2), line("ana", 4)]
    assert sums(lines, UsageBy.MEMBER) == [
        UsageSum(name="ben", videos=1, credits=10),
        UsageSum(name="cleo", videos=2, credits=4),
        UsageSum(name="ana", videos=1, credits=4),
        UsageSum(name="dan", videos=1, credits=4),
    ]


def test_it_is_summed_by_each_of_four_fields() -> None:
    assert [by.value for by in UsageBy] == ["member", "channel", "tier", "provider"]
    assert [sums([line("ana", 3, provider="wan")], by)[0].name for by in UsageBy] == ["ana", "C1", "pro", "wan"]
    assert sums([], UsageBy.TIER) == []
