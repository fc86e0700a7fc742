"""How long a video is to be had from its vendor, and from when to when its address is offered instead of ours."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from core.domain.generations import vendor_life
from core.domain.generations.generation import AttemptState
from core.domain.generations.remote_clip import RemoteClip
from core.domain.generations.state_reason import AtVendor
from core.domain.generations.vendor_life import ends, offered
from core.domain.time_scale import REAL_TIME, TimeScale
from tests.core.rows import NOW, attempt

URL = "https://vendor.example/clip.mp4"
A_DAY = timedelta(hours=24)
TWICE = TimeScale(2)


def at(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def test_lives_are_what_they_are() -> None:
    assert vendor_life.LIFE.total_seconds() == 86_400
    assert vendor_life.LEAST.total_seconds() == 1800
    assert vendor_life.PATIENCE.total_seconds() == 1800


def test_a_video_is_gone_when_its_vendor_says_or_a_day_after_its_end() -> None:
    assert ends(attempt(AttemptState.SUCCEEDED, result=RemoteClip(url=None, expires_at=at(60))), now=at(5)) == at(60)
    assert ends(attempt(AttemptState.SUCCEEDED, result=RemoteClip(url=URL), ended_at=at(1)), now=at(5)) == at(1) + A_DAY
    assert ends(attempt(AttemptState.SUCCEEDED, result=None, ended_at=None), now=at(5)) == at(5) + A_DAY
    assert (
        ends(attempt(AttemptState.SUCCEEDED, result=None, ended_at=at(1)), now=at(5), time_scale=TWICE)
        == at(1) + A_DAY / 2
    )


def told(
    minutes: float, *, until: float, time_scale: TimeScale = REAL_TIME, url: str | None = URL, needs_key: bool = False
) -> AtVendor | None:
    result = RemoteClip(url=url, expires_at=at(until), needs_key=needs_key)
    made = attempt(AttemptState.SUCCEEDED, result=result)
    return offered(made, waiting_since=at(0), now=at(minutes), time_scale=time_scale)


@pytest.mark.parametrize(
    ("minutes", "until", "is_told"),
    [
        (29.9, 600, False), (30, 600, True), (599.9, 600, True), (600, 600, False),
        (0, 60, True), (0, 60.1, False), (10, 70, True), (9, 70, False),
    ],
)  # fmt: skip
def test_an_address_is_offered_after_half_an_hour_or_in_its_last_hour(
    *, minutes: float, until: float, is_told: bool
) -> None:
    assert told(minutes, until=until) == (AtVendor(url=URL, until=at(until)) if is_told else None)


def test_by_default_the_world_runs_as_fast_as_it_does() -> None:
    made = attempt(AttemptState.SUCCEEDED, result=RemoteClip(url=URL, expires_at=at(600)))
    assert offered(made, waiting_since=at(0), now=at(29.9)) is None
    assert offered(made, waiting_since=at(0), now=at(30)) is not None
    assert ends(attempt(AttemptState.SUCCEEDED, result=None, ended_at=at(0)), now=at(5)) == at(0) + A_DAY


def test_in_a_world_that_runs_faster_all_of_it_is_shorter() -> None:
    assert told(15, until=600, time_scale=TWICE) is not None
    assert told(14.9, until=600, time_scale=TWICE) is None
    assert told(0, until=30, time_scale=TWICE) is not None
    assert told(0, until=31, time_scale=TWICE) is None
    assert (
        offered(
            attempt(AttemptState.SUCCEEDED, result=RemoteClip(url=URL), ended_at=at(0)),
            waiting_since=at(0),
            now=at(721),
            time_scale=TWICE,
        )
        is None
    )


@pytest.mark.parametrize("result", [{"url": "http://vendor.example/clip.mp4"}, {"url": None}, {"needs_key": True}])
def test_an_address_that_is_good_for_nobody_else_is_not_offered(result: dict[str, Any]) -> None:
    assert told(60, until=600, **result) is None


def test_an_attempt_without_a_result_has_no_address() -> None:
    assert (
        offered(attempt(AttemptState.SUCCEEDED, result=None, ended_at=at(0)), waiting_since=at(0), now=at(60)) is None
    )
    assert told(60, until=600, needs_key=False) is not None
