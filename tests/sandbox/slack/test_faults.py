"""Each trouble as the unmodified client meets it, and what the workspace holds afterwards."""

import asyncio
import time
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack import Slack
from sandbox.world import FaultKind
from tests.sandbox.slack.conftest import client_for


@pytest.fixture
def options() -> dict[str, Any]:
    return {"share_s": 0.02, "listen_s": 0.1, "hang_s": 1.0}


@pytest.fixture
def bare(slack: Slack) -> AsyncWebClient:
    """A client that never tries again by itself."""
    client = client_for(slack)
    client.retry_handlers.clear()
    return client


async def test_down_refuses_everything(slack: Slack, bare: AsyncWebClient) -> None:
    slack.world.switch("slack", FaultKind.DOWN)
    with pytest.raises(SlackApiError) as caught:
        await bare.chat_postMessage(channel="C0GENERAL", text="hi")
    assert caught.value.response.status_code == 503
    slack.world.calm()
    assert (await bare.chat_postMessage(channel="C0GENERAL", text="hi"))["ok"]
    assert len(slack.messages("general")) == 1


async def test_an_error_may_come_before_or_after_the_message_was_stored(slack: Slack, bare: AsyncWebClient) -> None:
    slack.world.switch("slack", FaultKind.ERRORS)
    for n in range(30):
        with pytest.raises(SlackApiError) as caught:
            await bare.chat_postMessage(channel="C0GENERAL", text=f"{n}")
        assert caught.value.response.status_code == 500
    assert 3 < len(slack.messages("general")) < 27


async def test_a_share_of_the_calls_is_rate_limited(slack: Slack, bare: AsyncWebClient) -> None:
    slack.world.switch("slack", FaultKind.RATE_LIMITED, rate=0.5)
    posts = [bare.chat_postMessage(channel="C0GENERAL", text=f"{n}") for n in range(30)]
    answers = [answer for post in posts for answer in await asyncio.gather(post, return_exceptions=True)]
    limited = [answer.response for answer in answers if isinstance(answer, SlackApiError)]
    assert 3 < len(limited) < 27
    assert {(said.status_code, said["error"], said.headers["Retry-After"]) for said in limited} == {
        (429, "ratelimited", "1")
    }
    assert len(slack.messages("general")) == 30 - len(limited)


async def test_a_lost_reply_breaks_the_connection_after_the_message_was_stored(
    slack: Slack, bare: AsyncWebClient
) -> None:
    slack.world.switch("slack", FaultKind.LOST_REPLY)
    with pytest.raises((aiohttp.ServerDisconnectedError, aiohttp.ClientOSError)):
        await bare.chat_postMessage(channel="C0GENERAL", text="hi")
    assert [message["text"] for message in slack.messages("general")] == ["hi"]
    read = await bare.conversations_history(channel="C0GENERAL")
    assert len(read["messages"]) == 1


async def test_the_sdks_own_retry_of_a_lost_reply_posts_twice(slack: Slack, client: AsyncWebClient) -> None:
    slack.world.switch("slack", FaultKind.LOST_REPLY)
    with pytest.raises((aiohttp.ServerDisconnectedError, aiohttp.ClientOSError)):
        await client.chat_postMessage(channel="C0GENERAL", text="hi")
    assert len(slack.messages("general")) == 2


async def test_a_lost_reply_of_an_upload_leaves_the_bytes(slack: Slack, bare: AsyncWebClient) -> None:
    ticket = await bare.files_getUploadURLExternal(filename="a.mp4", length=3)
    slack.world.switch("slack", FaultKind.LOST_REPLY)
    async with aiohttp.ClientSession() as session:
        with pytest.raises((aiohttp.ServerDisconnectedError, aiohttp.ClientOSError)):
            await session.post(ticket["upload_url"], data=b"abc")
    assert slack.files.known[ticket["file_id"]].uploaded


async def test_a_hanging_call_is_answered_late_but_done_at_once(slack: Slack, bare: AsyncWebClient) -> None:
    slack.world.switch("slack", FaultKind.HANG)
    bare.timeout = 0.3  # type: ignore[assignment]  # the SDK says int, aiohttp takes any
    with pytest.raises(TimeoutError):
        await bare.chat_postMessage(channel="C0GENERAL", text="hi")
    assert len(slack.messages("general")) == 1


async def test_a_slow_slack_answers_a_second_late(slack: Slack, bare: AsyncWebClient) -> None:
    slack.world.switch("slack", FaultKind.SLOW)
    start = time.monotonic()
    await bare.chat_postMessage(channel="C0GENERAL", text="hi")
    assert time.monotonic() - start >= 1


async def test_reading_a_file_in_the_browser_is_never_in_trouble(slack: Slack, bare: AsyncWebClient) -> None:
    uploaded = await bare.files_upload_v2(filename="a.mp4", content=b"abc")
    url = slack.files.url(slack.files.known[uploaded["file"]["id"]])
    slack.world.switch("slack", FaultKind.DOWN)
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        assert answer.status == 200
