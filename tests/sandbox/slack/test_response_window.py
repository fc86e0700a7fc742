"""A trigger lives three seconds and works once."""

import pytest

from sandbox.slack.errors import SlackError
from sandbox.slack.response_window import ResponseWindows


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def _refused(windows: ResponseWindows, trigger: str) -> str:
    with pytest.raises(SlackError) as caught:
        windows.exchange(trigger)
    return caught.value.error


def test_a_trigger_works_once() -> None:
    windows = ResponseWindows(clock=Clock())
    window = windows.begin(user="U0ANA", channel="C0GENERAL")
    assert windows.exchange(window.trigger) is window
    assert _refused(windows, window.trigger) == "exchanged_trigger_id"
    assert _refused(windows, "1.2.3") == "invalid_trigger_id"


def test_a_trigger_lives_three_seconds() -> None:
    clock = Clock()
    windows = ResponseWindows(clock=clock)
    early, late = (windows.begin(user="U0ANA", channel="C0GENERAL") for _ in range(2))
    clock.now += 3.0
    assert windows.exchange(early.trigger) is early
    clock.now += 0.1
    assert _refused(windows, late.trigger) == "expired_trigger_id"


def test_old_interactions_are_forgotten() -> None:
    windows = ResponseWindows(clock=Clock())
    first = windows.begin(user="U0ANA", channel="C0GENERAL")
    for _ in range(2000):
        windows.begin(user="U0ANA", channel="C0GENERAL")
    assert len(windows.by_trigger) == len(windows.by_token) == 2000
    assert _refused(windows, first.trigger) == "invalid_trigger_id"
