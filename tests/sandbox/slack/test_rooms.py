"""What the bot can read, with the unmodified client: people, channels, history in pages."""

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack import Slack


async def _refused(call) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])


async def test_people_and_the_workspace_are_known(client: AsyncWebClient) -> None:
    assert (await client.auth_test())["user_id"] == "U0NEVERDARK"
    assert (await client.team_info())["team"]["name"] == "Neverdark Sandbox"
    ana, ben = [(await client.users_info(user=user))["user"] for user in ("U0ANA", "U0BEN")]
    assert (ana["is_admin"], ben["is_admin"]) == (True, False)
    assert (await client.users_info(user="U0NEVERDARK"))["user"]["is_bot"]
    assert len((await client.users_list())["members"]) == 5
    assert await _refused(client.users_info(user="U0NOONE")) == "user_not_found"


async def test_the_bot_knows_its_channels_and_not_the_private_one(client: AsyncWebClient) -> None:
    listed = await client.conversations_list()
    assert [channel["name"] for channel in listed["channels"]] == ["general", "video", "random", "town"]
    assert (await client.conversations_info(channel="C0VIDEO"))["channel"]["is_member"]
    assert await _refused(client.conversations_info(channel="C0QUIET")) == "channel_not_found"
    assert await _refused(client.conversations_join(channel="C0QUIET")) == "channel_not_found"
    assert (await client.conversations_join(channel="C0VIDEO"))["warning"] == "already_in_channel"


async def test_history_is_newest_first_without_replies(slack: Slack, client: AsyncWebClient) -> None:
    root = await client.chat_postMessage(channel="C0GENERAL", text="root")
    await client.chat_postMessage(channel="C0GENERAL", text="hidden", thread_ts=root["ts"])
    await client.chat_postMessage(channel="C0GENERAL", text="shown", thread_ts=root["ts"], reply_broadcast=True)
    read = await client.conversations_history(channel="C0GENERAL")
    assert [message["text"] for message in read["messages"]] == ["shown", "root"]
    assert read["messages"][1]["reply_count"] == 2


async def test_a_long_thread_is_read_in_pages(client: AsyncWebClient) -> None:
    root = await client.chat_postMessage(channel="C0GENERAL", text="0")
    for n in range(1, 6):
        await client.chat_postMessage(channel="C0GENERAL", text=f"{n}", thread_ts=root["ts"])
    read: list[str] = []
    pages = 0
    async for page in await client.conversations_replies(channel="C0GENERAL", ts=root["ts"], limit=4):
        read += [message["text"] for message in page["messages"]]
        pages += 1
    assert (read, pages) == (["0", "1", "2", "3", "4", "5"], 2)


async def test_reading_can_be_limited_in_time(client: AsyncWebClient) -> None:
    sent = [(await client.chat_postMessage(channel="C0GENERAL", text=f"{n}"))["ts"] for n in range(4)]
    read = await client.conversations_history(channel="C0GENERAL", oldest=sent[0], latest=sent[3])
    assert [message["text"] for message in read["messages"]] == ["2", "1"]
    read = await client.conversations_history(channel="C0GENERAL", oldest=sent[0], latest=sent[3], inclusive=True)
    assert len(read["messages"]) == 4


async def test_reading_what_is_not_there_is_refused(client: AsyncWebClient) -> None:
    assert await _refused(client.conversations_replies(channel="C0GENERAL", ts="1.000001")) == "thread_not_found"
    assert await _refused(client.conversations_history(channel="C0QUIET")) == "channel_not_found"
    assert await _refused(client.conversations_history(channel="C0GENERAL", cursor="x")) == "invalid_cursor"
    assert await _refused(client.conversations_history(channel="C0GENERAL", oldest="x")) == "invalid_ts_oldest"
    assert await _refused(client.conversations_open(users="U0NOONE")) == "user_not_found"
