"""chat.* with the unmodified client: what it keeps, what it changes, and what it refuses in which words."""

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack import BOT_TOKEN, Slack
from tests.sandbox.slack.conftest import client_for
from tests.sandbox.slack.schema import need_schema, problems

SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "*bold*"}}


async def _refused(call) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])


async def test_a_post_answers_with_slacks_own_shape(client: AsyncWebClient) -> None:
    need_schema()
    answer = await client.chat_postMessage(channel="C0GENERAL", text="hi", blocks=[SECTION])
    assert problems(answer.data, "R_chat_postMessage") == []
    assert problems((await client.auth_test()).data, "R_auth_test") == []


async def test_the_same_call_works_as_json_form_and_query(slack: Slack) -> None:
    url = f"{slack.world.base_url}/slack/api/chat.postMessage"
    arguments = {"channel": "C0GENERAL", "blocks": '[{"type":"divider"}]', "text": "hi"}
    bearer = {"Authorization": f"Bearer {BOT_TOKEN}"}
    async with aiohttp.ClientSession(headers=bearer) as session:
        for how in (
            {"json": {"channel": "C0GENERAL", "blocks": [{"type": "divider"}], "text": "hi"}},
            {"json": arguments},
            {"data": arguments},
            {"params": arguments},
            {"data": aiohttp.FormData(arguments)},
        ):
            async with session.post(url, **how) as answer:
                assert (await answer.json())["ok"]
    async with aiohttp.ClientSession() as session, session.post(url, data={**arguments, "token": BOT_TOKEN}) as answer:
        assert (await answer.json())["ok"]
    assert len(slack.messages("general")) == 6
    assert all(args["blocks"] == [{"type": "divider"}] for _, args in slack.requests)


async def test_wrong_and_missing_tokens_are_refused(slack: Slack) -> None:
    assert await _refused(client_for(slack, "xoxb-wrong").auth_test()) == "invalid_auth"
    url = f"{slack.world.base_url}/slack/api/auth.test"
    async with aiohttp.ClientSession() as session, session.post(url) as answer:
        assert (await answer.json()) == {"ok": False, "error": "not_authed"}


async def test_unknown_methods_and_broken_bodies_have_slacks_errors(slack: Slack, client: AsyncWebClient) -> None:
    assert await _refused(client.api_call("chat.fly")) == "unknown_method"
    url = f"{slack.world.base_url}/slack/api/chat.postMessage"
    bearer = {"Authorization": f"Bearer {BOT_TOKEN}"}
    async with aiohttp.ClientSession(headers=bearer) as session:
        for body, kind, error in (
            (b"{", "application/json", "invalid_json"),
            (b"[]", "application/json", "json_not_object"),
            (b"x", "text/xml", "invalid_post_type"),
            (b'{"channel":"C0GENERAL","blocks":"["}', "application/json", "invalid_blocks_format"),
        ):
            async with session.post(url, data=body, headers={"Content-Type": kind}) as answer:
                assert (await answer.json())["error"] == error


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"channel": "C0NOWHERE", "text": "hi"}, "channel_not_found"),
        ({"channel": "C0QUIET", "text": "hi"}, "channel_not_found"),
        ({"channel": "C0GENERAL", "text": ""}, "no_text"),
        ({"channel": "C0GENERAL", "text": "hi", "thread_ts": "1.000001"}, "thread_not_found"),
        ({"channel": "C0GENERAL", "text": "hi", "markdown_text": "hi"}, "markdown_text_conflict"),
        ({"channel": "C0GENERAL", "text": "hi", "blocks": [{"type": "section"}]}, "invalid_blocks"),
        ({"channel": "C0GENERAL", "text": "hi", "blocks": [{"type": "divider"}] * 51}, "invalid_blocks"),
        ({"channel": "C0GENERAL", "text": "hi", "metadata": {"event_payload": {}}}, "invalid_metadata_schema"),
        (
            {"channel": "C0GENERAL", "text": "hi", "metadata": {"event_type": "a", "event_payload": {"a": {"b": {}}}}},
            "invalid_metadata_schema",
        ),
        (
            {"channel": "C0GENERAL", "text": "hi", "metadata": {"event_type": "a", "event_payload": {"a": "x" * 9000}}},
            "metadata_too_large",
        ),
        ({"channel": "C0GENERAL", "text": "hi", "attachments": [{}] * 101}, "too_many_attachments"),
    ],
)
async def test_a_post_that_slack_would_not_take_is_refused(
    slack: Slack, client: AsyncWebClient, arguments: dict, error: str
) -> None:
    assert await _refused(client.api_call("chat.postMessage", json=arguments)) == error
    assert slack.messages("general") == []


async def test_a_refusal_of_blocks_says_where(client: AsyncWebClient) -> None:
    long = {"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel="C0GENERAL", text="hi", blocks=[SECTION, long])
    messages = caught.value.response["response_metadata"]["messages"]
    assert messages == ["[ERROR] must be less than 151 characters [json-pointer:/blocks/1/text/text]"]


async def test_too_much_text_in_all_blocks_together_is_refused(client: AsyncWebClient) -> None:
    big = {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3000}}
    assert await _refused(client.chat_postMessage(channel="C0GENERAL", text="t", blocks=[big] * 5)) == (
        "msg_blocks_too_long"
    )


async def test_a_long_post_is_cut_and_a_long_update_refused(slack: Slack, client: AsyncWebClient) -> None:
    posted = await client.chat_postMessage(channel="C0GENERAL", text="x" * 40_001)
    assert len(slack.messages("general")[0]["text"]) == 40_000
    assert await _refused(client.chat_update(channel="C0GENERAL", ts=posted["ts"], text="x" * 4001)) == "msg_too_long"
    await client.chat_update(channel="C0GENERAL", ts=posted["ts"], text="x" * 4000)


async def test_an_update_with_text_alone_removes_the_blocks_and_keeps_the_metadata(
    slack: Slack, client: AsyncWebClient
) -> None:
    metadata = {"event_type": "nd", "event_payload": {"n": 1, "flag": True, "deep": {"a": "b"}}}
    posted = await client.chat_postMessage(channel="C0GENERAL", text="t", blocks=[SECTION], metadata=metadata)
    await client.chat_update(channel="C0GENERAL", ts=posted["ts"], text="plain")
    read = await client.conversations_history(channel="C0GENERAL", include_all_metadata=True)
    (message,) = read["messages"]
    assert "blocks" not in message
    assert message["metadata"] == metadata
    assert message["edited"]["user"] == "U0NEVERDARK"
    await client.chat_update(channel="C0GENERAL", ts=posted["ts"], text="plain", metadata={})
    read = await client.conversations_history(channel="C0GENERAL", include_all_metadata=True)
    assert "metadata" not in read["messages"][0]
    (shown,) = slack.messages("general")
    assert (shown["text"], shown["edits"]) == ("plain", 2)


async def test_an_update_with_blocks_shows_no_edited_mark_and_no_change_is_no_edit(
    slack: Slack, client: AsyncWebClient
) -> None:
    posted = await client.chat_postMessage(channel="C0GENERAL", text="t")
    for _ in range(2):
        await client.chat_update(channel="C0GENERAL", ts=posted["ts"], text="t", blocks=[SECTION])
    (shown,) = slack.drawn("general")
    assert (shown["text"], shown["edits"], shown["edited"]) == ("bold", 1, False)


async def test_reading_without_all_metadata_gives_its_type_only(client: AsyncWebClient) -> None:
    metadata = {"event_type": "nd", "event_payload": {"n": 1}}
    await client.chat_postMessage(channel="C0GENERAL", text="t", metadata=metadata)
    read = await client.conversations_history(channel="C0GENERAL")
    assert read["messages"][0]["metadata"] == {"event_type": "nd"}


async def test_only_the_bots_own_messages_can_be_changed(slack: Slack, client: AsyncWebClient) -> None:
    await slack.say(channel="general", user="ana", text="mine")
    (mine,) = slack.messages("general")
    where = {"channel": "C0GENERAL", "ts": mine["id"]}
    assert await _refused(client.chat_update(**where, text="x")) == "cant_update_message"
    assert await _refused(client.chat_delete(**where)) == "cant_delete_message"
    assert await _refused(client.chat_update(channel="C0GENERAL", ts="1.000001", text="x")) == "message_not_found"


async def test_a_reply_to_a_reply_joins_the_thread_of_its_parent(slack: Slack, client: AsyncWebClient) -> None:
    root = await client.chat_postMessage(channel="C0GENERAL", text="root")
    reply = await client.chat_postMessage(channel="C0GENERAL", text="one", thread_ts=root["ts"])
    await client.chat_postMessage(channel="C0GENERAL", text="two", thread_ts=reply["ts"])
    (shown,) = slack.messages("general")
    assert [message["text"] for message in shown["thread"]] == ["one", "two"]


async def test_a_deleted_root_with_replies_leaves_a_tombstone_that_takes_no_more(
    slack: Slack, client: AsyncWebClient
) -> None:
    root = await client.chat_postMessage(channel="C0GENERAL", text="root")
    await client.chat_postMessage(channel="C0GENERAL", text="one", thread_ts=root["ts"])
    await client.chat_delete(channel="C0GENERAL", ts=root["ts"])
    (shown,) = slack.messages("general")
    assert (shown["user"], shown["text"]) == ("Slackbot", "This message was deleted.")
    refused = await _refused(client.chat_postMessage(channel="C0GENERAL", text="two", thread_ts=root["ts"]))
    assert refused == "cannot_reply_to_message"


async def test_a_deleted_message_is_gone(slack: Slack, client: AsyncWebClient) -> None:
    root = await client.chat_postMessage(channel="C0GENERAL", text="root")
    reply = await client.chat_postMessage(channel="C0GENERAL", text="one", thread_ts=root["ts"])
    await client.chat_delete(channel="C0GENERAL", ts=reply["ts"])
    await client.chat_delete(channel="C0GENERAL", ts=root["ts"])
    assert slack.messages("general") == []


async def test_an_ephemeral_message_is_seen_by_one_person_and_is_not_in_the_history(
    slack: Slack, client: AsyncWebClient
) -> None:
    sent = await client.chat_postEphemeral(channel="C0GENERAL", user="U0ANA", text="psst")
    assert set(sent.data) == {"ok", "message_ts"}
    assert [message["text"] for message in slack.whispers("general", "ana")] == ["psst"]
    assert slack.whispers("general", "ben") == []
    assert slack.messages("general") == []
    where = {"channel": "C0GENERAL", "ts": sent["message_ts"]}
    assert await _refused(client.chat_update(**where, text="x")) == "message_not_found"
    assert await _refused(client.chat_postEphemeral(channel="C0GENERAL", user="U0NOONE", text="x")) == (
        "user_not_in_channel"
    )


async def test_a_post_to_a_person_is_a_direct_message_that_can_be_updated(slack: Slack, client: AsyncWebClient) -> None:
    posted = await client.chat_postMessage(channel="U0ANA", text="hello")
    assert posted["channel"] == "D0ANA"
    assert (await client.conversations_open(users="U0ANA"))["channel"]["id"] == "D0ANA"
    await client.chat_update(channel=posted["channel"], ts=posted["ts"], text="hello again")
    assert [message["text"] for message in slack.messages("@ana")] == ["hello again"]
    assert "@ana" in slack.channels
    assert not (await slack.say(channel="@ana", user="ben", text="not mine")).ok


async def test_every_change_is_told_to_the_page(slack: Slack, client: AsyncWebClient) -> None:
    async with slack.world.listening() as news:
        root = await client.chat_postMessage(channel="C0GENERAL", text="root")
        await client.chat_postMessage(channel="C0GENERAL", text="one", thread_ts=root["ts"])
        await client.chat_update(channel="C0GENERAL", ts=root["ts"], text="changed")
        await client.chat_postEphemeral(channel="C0GENERAL", user="U0ANA", text="psst")
    told = [news.get_nowait() for _ in range(4)]
    assert [(item["type"], item["channel"]) for item in told] == [
        ("message", "general"),
        ("message", "general"),
        ("message", "general"),
        ("ephemeral", "general"),
    ]
    assert told[2]["id"] == root["ts"]
    assert told[1]["thread"] == root["ts"]
    assert (told[3]["user"], told[3]["drawn"]["text"]) == ("ana", "psst")
