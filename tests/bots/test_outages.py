"""A platform that is away is one line of the log at its start and one at its end, whichever calls meet it."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
import structlog.testing

from bots.discord.api import errors as discord_errors
from bots.discord.api.errors import Asked
from bots.slack.api import errors as slack_errors
from core import metrics, outages
from core.domain.chat.chat_errors import ChatError

Call = Callable[[], AbstractAsyncContextManager[None]]
CALLS: dict[str, tuple[Call, ...]] = {
    "slack": (lambda: slack_errors.translated("chat.postMessage"), lambda: slack_errors.translated("users.info")),
    "discord": (lambda: discord_errors.translated(Asked.POST), lambda: discord_errors.translated(Asked.READ)),
}
"""For each platform, a call that changes something and one that only reads."""


@pytest.mark.parametrize("platform", CALLS)
async def test_an_outage_of_a_platform_is_two_lines(platform: str, monkeypatch: Any) -> None:
    now = 100.0
    monkeypatch.setattr("core.outages.time.monotonic", lambda: now)
    with structlog.testing.capture_logs() as said:
        for call in CALLS[platform] * 20:
            for lost in (TimeoutError, ConnectionResetError, asyncio.IncompleteReadError(b"", 1)):
                if platform == "discord" and not isinstance(lost, type):
                    continue
                with pytest.raises(ChatError):
                    async with call():
                        raise lost
        assert metrics.UP.labels(platform)._value.get() == 0
        for call in CALLS[platform]:
            async with call():
                pass
        now += 60
        outages.settle()  # as each process does by itself
    assert [(line["event"], line["server"]) for line in said] == [
        ("outage.began", platform), ("outage.over", platform),
    ]  # fmt: skip
    assert metrics.UP.labels(platform)._value.get() == 1
