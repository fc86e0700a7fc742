"""A trigger lives three seconds and works once."""

import asyncio
from contextlib import suppress

import pytest

from sandbox.slack.errors import SlackError
from sandbox.slack.response_window import LINGER_S, ResponseWindows
from tests.patience import PATIENCE_S


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


@pytest.mark.parametrize(
    ("window", "posted", "ends"),
    [
        pytest.param(("C0GENERAL", None), ("C0GENERAL", None), True, id="a command, and a message in its channel"),
        pytest.param(("C0GENERAL", None), ("C0VIDEO", None), False, id="a command, and a message in another channel"),
        pytest.param(("C0GENERAL", None), ("C0GENERAL", "1.1"), False, id="a command, and a reply to an earlier one"),
        pytest.param(("C0GENERAL", "1.1"), ("C0GENERAL", "1.1"), True, id="words in a thread, and a reply in it"),
        pytest.param(("C0GENERAL", "1.1"), ("C0GENERAL", "2.2"), False, id="words in a thread, and one in another"),
        pytest.param(("", None), ("C0VIDEO", None), True, id="a modal, and a message anywhere"),
    ],
)
async def test_listening_ends_behind_an_answer_that_everybody_sees(
    window: tuple[str, str | None], posted: tuple[str, str | None], *, ends: bool
) -> None:
    windows = ResponseWindows(clock=Clock())
    asked = windows.begin(user="U0ANA", channel=window[0], thread_ts=window[1])
    windows.listening.add(asked)
    windows.posted(channel=posted[0], thread_ts=posted[1])
    assert not asked.news.is_set(), "words for one person may come right behind it"
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE_S if ends else 2 * LINGER_S):
            await asked.news.wait()
    assert asked.news.is_set() == ends
