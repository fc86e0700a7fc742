"""The columns `attempts.result` and `generations.plan`, and their values, are the same thing in both directions."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.generations.passed_over import PassedOver, WhyPassed, passed_as_json, passed_from
from core.domain.generations.plan_record import PlannedRoute, PlanRecord, SkippedRoute
from core.domain.generations.remote_clip import RemoteClip
from core.domain.ids import ProviderName, RouteKey

WORDS = st.text(max_size=20)
MOMENTS = st.datetimes(timezones=st.just(UTC))
KEYS = WORDS.map(RouteKey)
CLIPS = st.builds(RemoteClip, url=st.none() | WORDS, expires_at=st.none() | MOMENTS, needs_key=st.booleans())
PLANS = st.builds(
    PlanRecord,
    candidates=st.lists(
        st.builds(PlannedRoute, route=KEYS, kind=WORDS, reason=WORDS, ready_at=MOMENTS), max_size=3
    ).map(tuple),
    skipped=st.lists(st.builds(SkippedRoute, route=KEYS, reason=WORDS, until=st.none() | MOMENTS), max_size=3).map(
        tuple
    ),
)
NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)


def _there_and_back(column: dict[str, Any]) -> Any:
    return json.loads(json.dumps(column))


@given(CLIPS)
def test_an_address_comes_back_from_the_column_as_it_went_in(clip: RemoteClip) -> None:
    assert RemoteClip.from_json(_there_and_back(clip.as_json())) == clip


def test_who_was_passed_over_comes_back_from_the_column_as_it_went_in() -> None:
    passed = tuple(PassedOver(provider=ProviderName("veo"), why=why) for why in WhyPassed)
    column = passed_as_json(passed)
    assert column[0] == {"provider": "veo", "why": "trouble"}
    assert passed_from(_there_and_back({"passed": column})["passed"]) == passed
    assert passed_from([{"provider": "veo", "why": "a word of a newer release"}]) == ()


@given(PLANS)
def test_a_plan_comes_back_from_the_column_as_it_went_in(plan: PlanRecord) -> None:
    assert PlanRecord.from_json(_there_and_back(plan.as_json())) == plan


def test_every_key_of_the_columns_by_its_name() -> None:
    clip = RemoteClip(url="https://vendor.test/v", expires_at=NOON, needs_key=True)
    noon = "2026-11-30T12:00:00+00:00"
    assert clip.as_json() == {"url": "https://vendor.test/v", "expires_at": noon, "needs_key": True}
    planned = PlannedRoute(route=RouteKey("veo.api"), kind="probe", reason="its turn", ready_at=NOON)
    plan = PlanRecord(candidates=(planned,), skipped=(SkippedRoute(route=RouteKey("wan.api"), reason="full"),))
    assert plan.as_json() == {
        "candidates": [{"route": "veo.api", "kind": "probe", "reason": "its turn", "ready_at": noon}],
        "skipped": [{"route": "wan.api", "reason": "full", "until": None}],
    }


def test_an_address_of_an_older_or_newer_release_is_read() -> None:
    assert RemoteClip.from_json({}) == RemoteClip(url=None)
    assert RemoteClip.from_json({"url": "u", "moon": "full"}) == RemoteClip(url="u")


@pytest.mark.parametrize(
    ("column", "says"),
    [
        ({"url": 5}, "result.url is 5"),
        ({"url": "u", "needs_key": "yes"}, "result.needs_key is 'yes'"),
        ({"url": "u", "expires_at": "soon"}, "soon"),
    ],
)
def test_an_address_that_cannot_be_read_says_what_is_wrong(column: dict[str, Any], says: str) -> None:
    with pytest.raises((TypeError, ValueError), match=says):
        RemoteClip.from_json(column)


@pytest.mark.parametrize(
    "column",
    [
        {},
        {"candidates": [{}], "skipped": []},
        {"candidates": [], "skipped": [{"route": "a", "reason": "b", "until": 1}]},
    ],
)
def test_a_plan_that_cannot_be_read_is_no_plan(column: dict[str, Any]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        PlanRecord.from_json(column)
