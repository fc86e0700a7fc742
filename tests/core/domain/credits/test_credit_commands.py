"""Numbers that people type, and what a team reads about its credits."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from core.domain.credits.credit_commands import SetLimits, amount_named, cap_named
from core.domain.credits.history import NOTHING, Balance, HistoryLine, Spent, UsageByDay
from core.domain.credits.money import EntryKind, FreePeriod, MoneyStatus, StatementLine
from core.domain.requests.refusals import Insufficient, WrongAmount


@pytest.mark.parametrize(
    ("word", "amount"),
    [
        ("0", 0),
        ("7", 7),
        ("1,000", 1000),
        ("1_000_000", 1_000_000),
        ("99999999", 99_999_999),
        ("999999999", 999_999_999),
    ],
)
def test_an_amount_has_up_to_nine_digits(word: str, amount: int) -> None:
    assert amount_named(word) == amount
    assert cap_named(word) == amount


@pytest.mark.parametrize("word", ["", "1000000000", "-1", "1.5", "²", "١", "ten", ",", "x" * 99])
def test_anything_else_is_no_amount(word: str) -> None:
    for read in (amount_named, cap_named):
        with pytest.raises(WrongAmount) as refusal:
            read(word)
        assert refusal.value.value == (word if len(word) < 80 else f"{word[:79]}…")


@pytest.mark.parametrize("word", ["off", "none", "no", "never", "OFF", "None"])
def test_every_word_for_no_limit(word: str) -> None:
    assert cap_named(word) is None
    with pytest.raises(WrongAmount):
        amount_named(word)


def test_what_an_admin_leaves_out_stays() -> None:
    made = SetLimits()
    assert (made.approval_above, made.asks_nobody, made.low_balance, made.alerts_to, made.no_alerts) == (
        None, False, None, None, False,
    )  # fmt: skip
    assert Insufficient(needed=3, balance=1).affordable == ()


def test_what_was_spent_adds_up() -> None:
    one = Spent(videos=2, credits=30)
    assert one + Spent(videos=1, credits=5) == Spent(videos=3, credits=35)
    assert Spent(videos=0, credits=0) == NOTHING
    made = Balance(credits_left=1, held=2, running=3, people={}, by_tier=(("pro", one), ("draft", one)))
    assert made.month == Spent(videos=4, credits=60)
    assert Balance(credits_left=1, held=2, running=3, people={}).month == NOTHING
    assert (made.is_low, made.is_frozen, made.by_member, made.budgets) == (False, False, (), ())
    days: tuple[tuple[date, dict[str, int]], ...]
    days = ((date(2026, 11, 1), {"pro": 5, "draft": 1}), (date(2026, 11, 2), {}), (date(2026, 11, 3), {"pro": 7}))
    assert UsageByDay(days=days, total=one, credits_left=1).by_tier == {"pro": 12, "draft": 1}


def test_a_line_of_the_ledger_needs_no_video() -> None:
    booked = StatementLine(
        seq=1, at=datetime(2026, 11, 1, tzinfo=UTC), kind=EntryKind.GRANT, key=UUID(int=1), member_id=None,
        actor_id=None, channel=None, note=None, taken=0, given_back=0, amount=5, held=0, balance_after=5,
        settled_at=None, why=None, booked=True,
    )  # fmt: skip
    line = HistoryLine(booked=booked)
    assert (line.video, line.gift, line.source) == (None, None, None)


def test_statuses_that_moved_credits_and_how_often_credits_are_given() -> None:
    assert [status.moved for status in MoneyStatus] == [True, True] + [False] * (len(MoneyStatus) - 2)
    assert [period.value for period in FreePeriod] == ["1 day", "7 days", "1 month"]
