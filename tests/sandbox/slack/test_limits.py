"""Rate limits: strict when asked for, out of the way otherwise."""

from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack import LENIENT, STRICT, Slack
from sandbox.slack.errors import SlackError
from sandbox.slack.limits import Meter


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def options() -> dict[str, Any]:
    return {"limits": STRICT}


def test_a_burst_is_tolerated_and_then_one_post_a_second_and_channel() -> None:
    clock = Clock()
    meter = Meter(limits=STRICT, clock=clock)
    for _ in range(5):
        meter.count("chat.postMessage", {"channel": "C1"})
    with pytest.raises(SlackError) as refused:
        meter.count("chat.postMessage", {"channel": "C1"})
    assert refused.value.retry_after_s == 1
    meter.count("chat.postMessage", {"channel": "C2"})
    clock.now += 1
    meter.count("chat.postMessage", {"channel": "C1"})
    with pytest.raises(SlackError):
        meter.count("chat.postMessage", {"channel": "C1"})


def test_other_methods_have_their_tiers() -> None:
    clock = Clock()
    meter = Meter(limits=STRICT, clock=clock)
    for _ in range(50):
        meter.count("chat.update", {})
    with pytest.raises(SlackError) as refused:
        meter.count("chat.update", {})
    assert refused.value.retry_after_s == 2
    for _ in range(500):
        meter.count("auth.test", {})


def test_the_default_lets_a_benchmark_through() -> None:
    meter = Meter(limits=LENIENT, clock=Clock())
    for _ in range(1000):
        meter.count("chat.postMessage", {"channel": "C1"})
        meter.count("chat.update", {})


async def test_a_limited_call_is_a_429_with_retry_after(slack: Slack, client: AsyncWebClient) -> None:
    for n in range(5):
        await client.chat_postMessage(channel="C0GENERAL", text=f"{n}")
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel="C0GENERAL", text="one too many")
    assert caught.value.response.status_code == 429
    assert caught.value.response.headers["Retry-After"] == "1"
    assert len(slack.messages("general")) == 5
