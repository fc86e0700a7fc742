"""The column `reason` and its value are the same thing, in both directions."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.generations.state_reason import NO_REASON, Approval, AtVendor, Lack, MadeShort, StateReason
from core.domain.ids import ProviderName, RouteKey

WORDS = st.text(min_size=1, max_size=20)
MOMENTS = st.datetimes(timezones=st.just(UTC))
REASONS = st.builds(
    StateReason,
    waiting=st.none() | WORDS,
    waits=st.integers(0, 10_000),
    unavailable=st.lists(WORDS.map(ProviderName)).map(tuple),
    cannot_stop=st.none() | WORDS.map(ProviderName),
    approval=st.none() | st.sampled_from(Approval),
    why=st.none() | WORDS,
    route=st.none() | WORDS.map(RouteKey),
    not_kept_since=st.none() | MOMENTS,
    at_vendor=st.none() | st.builds(AtVendor, url=WORDS, until=MOMENTS),
    short=st.none()
    | st.builds(
        MadeShort,
        full=st.integers(0, 1000),
        lacks=st.lists(st.builds(Lack, what=WORDS, asked=WORDS, got=WORDS), min_size=1).map(tuple),
    ),
    newer=st.dictionaries(WORDS.map("newer_{}".format), st.integers()),
)


@given(REASONS)
def test_a_reason_comes_back_from_the_column_as_it_went_in(reason: StateReason) -> None:
    assert StateReason.from_json(json.loads(json.dumps(reason.as_json()))) == reason


def test_no_reason_is_an_empty_column() -> None:
    assert NO_REASON.as_json() == {}
    assert StateReason.from_json({}) == NO_REASON
    assert StateReason.from_json({"waits": None, "approval": None, "why": None}) == NO_REASON


def test_what_a_newer_release_wrote_is_written_back() -> None:
    assert StateReason.from_json({"waits": 2, "moon": "full"}).as_json() == {"waits": 2, "moon": "full"}


@pytest.mark.parametrize(
    "column",
    [{"approval": "perhaps"}, {"not_kept_since": "soon"}, {"at_vendor": {"url": "x"}}, {"short": 4}, {"waits": "two"}],
)
def test_a_value_that_this_release_cannot_read_is_no_value(column: dict[str, Any]) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        StateReason.from_json(column)


def test_every_key_of_the_column_by_its_name() -> None:
    """The rows of running releases hold these words: renaming one loses what it said."""
    full = StateReason(
        waiting="full", waits=3, unavailable=(ProviderName("veo"),), cannot_stop=ProviderName("kling"),
        approval=Approval.LAPSED, why="picture gone", route=RouteKey("veo.vertex"),
        not_kept_since=datetime(2026, 11, 30, tzinfo=UTC),
        at_vendor=AtVendor(url="https://a.example", until=datetime(2026, 12, 1, tzinfo=UTC)),
        short=MadeShort(full=90, lacks=(Lack(what="length", asked="10 s", got="5 s"),)),
    )  # fmt: skip
    assert full.as_json() == {
        "waiting": "full", "waits": 3, "unavailable": ["veo"], "cannot_stop": "kling", "approval": "lapsed",
        "why": "picture gone", "route": "veo.vertex", "not_kept_since": "2026-11-30T00:00:00+00:00",
        "at_vendor": {"url": "https://a.example", "until": "2026-12-01T00:00:00+00:00"},
        "short": {"full": 90, "lacks": [{"what": "length", "asked": "10 s", "got": "5 s"}]},
    }  # fmt: skip
