"""Connections that are refused again and again: no storm, and back as soon as Slack wants us."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from slack_bolt.async_app import AsyncApp

from bots.burst import Burst
from bots.reconnecting import FREE, PAUSE_MOST_S, pause
from bots.slack import socket
from bots.slack.delivery.chat import client
from bots.slack.socket import PatientHandler
from sandbox.slack import APP_TOKEN, BOT_TOKEN, Slack
from tests.patience import until


def test_the_first_few_cost_nothing_and_then_each_waits_longer() -> None:
    opened: deque[float] = deque()
    now, waits = 1000.0, []
    for _ in range(12):
        wait_s = pause(opened, now=now)
        waits.append(wait_s)
        now += wait_s
        opened.append(now)
    assert waits[:FREE] == [0.0] * FREE
    assert waits[FREE] >= 1.0
    assert sum(waits) > 60, "twelve connections take more than a minute"
    assert max(waits) <= PAUSE_MOST_S
    assert pause(opened, now=now + 3600) == 0.0, "a renewal after an hour is no storm"


async def test_a_slack_that_has_too_many_of_us_is_asked_a_few_times_only(slack: Slack) -> None:
    slack.sockets.refusing = True
    web = client(BOT_TOKEN, f"{slack.world.base_url}/slack/api/")
    handler = PatientHandler(AsyncApp(client=web), APP_TOKEN, web=web, burst=Burst(), ping_interval=1)
    await handler.connect_async()
    try:
        await until(lambda: _opens(slack) >= FREE)
        await asyncio.sleep(0.5)
        assert _opens(slack) <= FREE + 1, "706 in 10 s, as the SDK does by itself"
        slack.sockets.refusing = False
        await until(lambda: len(slack.sockets.connections) == 1)
    finally:
        await handler.close_async()


async def test_a_limit_on_connecting_is_waited_for(slack: Slack) -> None:
    slack.faults.add("apps.connections.open", "ratelimited", times=1, retry_after="1")
    web = client(BOT_TOKEN, f"{slack.world.base_url}/slack/api/")
    handler = PatientHandler(AsyncApp(client=web), APP_TOKEN, web=web, burst=Burst(), ping_interval=1)
    try:
        await handler.connect_async()
        await until(lambda: len(slack.sockets.connections) == 1)
        assert _opens(slack) == 2
    finally:
        await handler.close_async()


@pytest.mark.parametrize("code", ["broken", "http_502", "swallow", "ratelimited", "internal_error"])
async def test_a_lost_connection_comes_back_whatever_slack_says_about_its_address(slack: Slack, code: str) -> None:
    async with _connected(slack):
        slack.faults.add("apps.connections.open", code, times=2, retry_after="1")
        await slack.sockets.drop()
        await until(lambda: len(slack.sockets.connections) == 1)


async def test_an_address_that_has_ended_is_not_tried_for_ever(slack: Slack, monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK itself asks for no other one: the bot would be silent until somebody starts it again."""
    monkeypatch.setattr(socket, "ADDRESS_S", 0.5)
    async with _connected(slack):
        slack.sockets.ended = True
        before = _opens(slack)
        await slack.sockets.drop()
        await until(lambda: _opens(slack) >= before + 2)
        slack.sockets.ended = False
        await until(lambda: len(slack.sockets.connections) == 1)


@asynccontextmanager
async def _connected(slack: Slack) -> AsyncIterator[None]:
    web = client(BOT_TOKEN, f"{slack.world.base_url}/slack/api/")
    handler = PatientHandler(AsyncApp(client=web), APP_TOKEN, web=web, burst=Burst(), ping_interval=1)
    await handler.connect_async()
    try:
        await until(lambda: len(slack.sockets.connections) == 1)
        yield
    finally:
        await handler.close_async()


def _opens(slack: Slack) -> int:
    return [method for method, _ in slack.requests].count(socket.OPEN)
