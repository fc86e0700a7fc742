"""Times and spans as an operator types them."""

from datetime import UTC, datetime, timedelta

import pytest

from neverdark.errors import Misconfigured
from neverdark.operator.times import end, instant, span

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("2027-01-31", datetime(2027, 2, 1, tzinfo=UTC)),
        ("2027-01-31T12:00", datetime(2027, 1, 31, 12, tzinfo=UTC)),
        ("2027-01-31T12:00+02:00", datetime(2027, 1, 31, 10, tzinfo=UTC)),
        ("30d", NOW + timedelta(days=30)),
        ("12 H", NOW + timedelta(hours=12)),
    ],
)
def test_an_end_is_the_end_of_a_day_or_a_time_or_after_a_span(typed: str, meant: datetime) -> None:
    assert end(typed, now=NOW, option="--expires") == meant


EXTREME = (
    "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "9999-12-31", "10000-01-01", "999999w", "\ud800", "\0",
    "2027-01-01T00:00+99:00",
)  # fmt: skip


@pytest.mark.parametrize("typed", EXTREME)
def test_no_time_is_too_far_away_to_be_refused(typed: str) -> None:
    with pytest.raises(Misconfigured):
        instant(typed, option="--since")


@pytest.mark.parametrize(
    "typed", ["2026-11-21", "2026-11-22T12:00", "0d", "soon", "", "30", "30y", "2027-02-30", *EXTREME]
)
def test_an_end_that_has_passed_or_is_none_is_refused(typed: str) -> None:
    with pytest.raises(Misconfigured, match="--expires wants"):
        end(typed, now=NOW, option="--expires")


def test_today_has_not_passed() -> None:
    assert end("2026-11-22", now=NOW, option="--expires") == datetime(2026, 11, 23, tzinfo=UTC)


def test_an_instant_of_a_day_is_its_beginning() -> None:
    assert instant("2027-01-31", option="--from") == datetime(2027, 1, 31, tzinfo=UTC)
    with pytest.raises(Misconfigured, match="--from wants a day"):
        instant("30d", option="--from")


def test_a_span_longer_than_a_century_is_none() -> None:
    assert span("999999w") is None
