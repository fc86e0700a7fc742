"""A trigger lives three seconds and works once."""

import pytest

from sandbox.slack.ears import Ears
from sandbox.slack.errors import SlackError


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def _refused(ears: Ears, trigger: str) -> str:
    with pytest.raises(SlackError) as caught:
        ears.exchange(trigger)
    return caught.value.error


def test_a_trigger_works_once() -> None:
    ears = Ears(clock=Clock())
    ear = ears.begin(user="U0ANA", channel="C0GENERAL")
    assert ears.exchange(ear.trigger) is ear
    assert _refused(ears, ear.trigger) == "exchanged_trigger_id"
    assert _refused(ears, "1.2.3") == "invalid_trigger_id"


def test_a_trigger_lives_three_seconds() -> None:
    clock = Clock()
    ears = Ears(clock=clock)
    early, late = (ears.begin(user="U0ANA", channel="C0GENERAL") for _ in range(2))
    clock.now += 3.0
    assert ears.exchange(early.trigger) is early
    clock.now += 0.1
    assert _refused(ears, late.trigger) == "expired_trigger_id"


def test_old_interactions_are_forgotten() -> None:
    ears = Ears(clock=Clock())
    first = ears.begin(user="U0ANA", channel="C0GENERAL")
    for _ in range(2000):
        ears.begin(user="U0ANA", channel="C0GENERAL")
    assert len(ears.by_trigger) == len(ears.by_token) == 2000
    assert _refused(ears, first.trigger) == "invalid_trigger_id"
