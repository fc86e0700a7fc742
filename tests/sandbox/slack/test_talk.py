"""What people write themselves: messages, threads, images, mentions."""

import base64
from typing import Any

import aiohttp
import pytest
from slack_bolt.async_app import AsyncApp

from sandbox.slack import Slack
from tests.sandbox.slack.conftest import connected

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@pytest.fixture
def options() -> dict[str, Any]:
    return {"ack_s": 0.5, "listen_s": 0.2, "subscriptions": ("app_mention", "message.channels", "message.im")}


async def test_people_talk_in_channels_and_threads(slack: Slack) -> None:
    await slack.say(channel="general", user="ana", text="a < b & *c*")
    (root,) = slack.messages("general")
    assert (root["user"], root["text"]) == ("ana", "a < b & c")
    await slack.say(channel="general", user="ben", text="really?", thread=root["id"])
    assert [message["text"] for message in slack.messages("general")[0]["thread"]] == ["really?"]
    assert (await slack.say(channel="general", user="ben", text="x", thread="1.000001")).error == "thread_not_found"
    assert not (await slack.say(channel="nowhere", user="ben", text="x")).ok
    assert not (await slack.say(channel="general", user="nobody", text="x")).ok


async def test_the_bot_hears_what_it_subscribed_to_where_it_is_a_member(slack: Slack) -> None:
    events: list[dict] = []

    def register(app: AsyncApp) -> None:
        @app.event("message")
        async def message(event):
            events.append(event)

        @app.event("app_mention")
        async def mention(event, say):
            events.append(event)
            await say(text="yes?", thread_ts=event["ts"])

    async with connected(slack, register):
        await slack.say(channel="general", user="ana", text="hello")
        await slack.say(channel="quiet", user="ana", text="@Neverdark hello")
        await slack.say(channel="video", user="ana", text="hey @neverdark <3")
    assert [(event["type"], event["channel"], event["text"]) for event in events] == [
        ("message", "C0GENERAL", "hello"),
        ("message", "C0VIDEO", "hey <@U0NEVERDARK> &lt;3"),
        ("app_mention", "C0VIDEO", "hey <@U0NEVERDARK> &lt;3"),
    ]
    (shown,) = slack.messages("video")
    assert shown["text"] == "hey @Neverdark <3"
    assert [message["text"] for message in shown["thread"]] == ["yes?"]


async def test_an_image_is_kept_and_can_be_read(slack: Slack) -> None:
    address = "data:image/png;base64," + base64.b64encode(PIXEL).decode()
    assert (await slack.say(channel="general", user="ana", text="look", image=address)).ok
    fetched = slack.messages("general")[0]["files"][0]
    assert (fetched["mimetype"], fetched["size"]) == ("image/png", len(PIXEL))
    assert (await slack.say(channel="general", user="ana", text="again", image=fetched["url"])).ok
    again = slack.messages("general")[1]["files"][0]
    async with aiohttp.ClientSession() as session, session.get(again["url"]) as answer:
        assert await answer.read() == PIXEL


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:1/x.png", "data:text/html,x", "data:image/png;base64,?", "nonsense"]
)
async def test_what_is_no_image_is_refused_and_nothing_is_posted(slack: Slack, address: str) -> None:
    heard = await slack.say(channel="general", user="ana", text="look", image=address)
    assert not heard.ok
    assert "image" in heard.error
    assert slack.messages("general") == []
