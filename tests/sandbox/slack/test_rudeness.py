"""The stand-in at its rudest, seen by an unmodified SDK: errors on order, late shares, closed places, other people."""

from pathlib import Path
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack import Slack
from sandbox.slack.fixtures import ORG_ID, OTHER_TEAM_ID, TEAM_ID
from tests.patience import until
from tests.sandbox.slack.conftest import connected


def turn(slack: Slack, name: str, value: object) -> None:
    next(switch for switch in slack.switches if switch.name == name).turn(value)


async def test_a_method_refuses_so_often_and_in_that_channel_alone(slack: Slack, client: AsyncWebClient) -> None:
    slack.faults.add("chat.postMessage", "edit_window_closed", times=1, about="general")
    await client.chat_postMessage(channel="C0VIDEO", text="hi")
    with pytest.raises(SlackApiError, match="edit_window_closed"):
        await client.chat_postMessage(channel="C0GENERAL", text="hi")
    await client.chat_postMessage(channel="C0GENERAL", text="hi")


async def test_a_limit_names_its_wait_and_a_missing_scope_its_scope(slack: Slack, client: AsyncWebClient) -> None:
    slack.faults.add("chat.update", "ratelimited", times=1, retry_after="17")
    with pytest.raises(SlackApiError) as refusal:
        await client.chat_update(channel="C0GENERAL", ts="1.0", text="hi")
    assert refusal.value.response.status_code == 429
    assert refusal.value.response.headers["Retry-After"] == "17"
    slack.faults.add("files.info", "missing_scope", times=1)
    with pytest.raises(SlackApiError) as refusal:
        await client.files_info(file="F1")
    assert refusal.value.response["needed"] == "files:read"


async def test_a_reply_is_lost_after_the_deed_or_before(slack: Slack, client: AsyncWebClient) -> None:
    client.retry_handlers = []
    slack.faults.add("chat.postMessage", "drop", times=1)
    slack.faults.add("chat.postMessage", "swallow", times=1)
    for _ in range(2):
        with pytest.raises(aiohttp.ClientError):
            await client.chat_postMessage(channel="C0GENERAL", text="hi")
    assert len(slack.messages("general")) == 1


async def test_places_close(slack: Slack, client: AsyncWebClient) -> None:
    root = (await client.chat_postMessage(channel="C0GENERAL", text="root"))["ts"]
    turn(slack, "locked", ["general"])
    with pytest.raises(SlackApiError, match="restricted_action_thread_locked"):
        await client.chat_postMessage(channel="C0GENERAL", thread_ts=root, text="hi")
    turn(slack, "archived", ["general"])
    with pytest.raises(SlackApiError, match="is_archived"):
        await client.chat_postMessage(channel="C0GENERAL", text="hi")
    with pytest.raises(SlackApiError, match="is_inactive"):
        await client.chat_update(channel="C0GENERAL", ts=root, text="hi")


async def test_a_public_channel_takes_messages_of_strangers_and_files_of_members(
    slack: Slack, client: AsyncWebClient, tmp_path: Path
) -> None:
    await client.chat_postMessage(channel="C0TOWN", text="hi")
    got = await client.files_getUploadURLExternal(filename="a.mp4", length=3)
    async with aiohttp.ClientSession() as session, session.post(got["upload_url"], data=b"abc") as answer:
        assert answer.status == 200
    files: list[dict[str, Any]] = [{"id": got["file_id"]}]
    with pytest.raises(SlackApiError, match="not_in_channel"):
        await client.files_completeUploadExternal(files=files, channel_id="C0TOWN")
    await client.conversations_join(channel="C0TOWN")
    turn(slack, "share_s", 600)
    await client.files_completeUploadExternal(files=files, channel_id="C0TOWN")
    assert (await client.files_info(file=got["file_id"]))["file"]["shares"] == {}
    slack.uploads.share_now()
    assert (await client.files_info(file=got["file_id"]))["file"]["shares"]["public"]["C0TOWN"]
    await client.files_delete(file=got["file_id"])
    assert [message["files"] for message in slack.messages("town")] == [[]]


async def test_people_come_from_elsewhere_and_apps_are_an_organizations(slack: Slack, client: AsyncWebClient) -> None:
    turn(slack, "outsiders", ["ben"])
    turn(slack, "guests", ["cleo"])
    turn(slack, "org_wide", True)
    ben, cleo = [(await client.users_info(user=user))["user"] for user in ("U0BEN", "U0CLEO")]
    assert (ben["team_id"], ben["is_stranger"], cleo["team_id"], cleo["is_restricted"]) == (
        OTHER_TEAM_ID,
        True,
        TEAM_ID,
        True,
    )
    assert (await client.auth_test())["enterprise_id"] == ORG_ID
    seen: list[dict[str, Any]] = []

    def register(app: Any) -> None:
        @app.action("go")  # type: ignore[untyped-decorator]  # Bolt has no annotations here
        async def go(ack: Any, body: dict[str, Any]) -> None:
            seen.append(body)
            await ack()

    button = {"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Go"}, "value": "1"}
    async with connected(slack, register):
        said = await client.chat_postMessage(
            channel="C0GENERAL", text="x", blocks=[{"type": "actions", "elements": [button]}]
        )
        await slack.press(channel="general", message=said["ts"], action="go", user="ben")
        (body,) = await until(lambda: seen)
    assert (body["team"], body["user"]["team_id"], body["enterprise"]["id"]) == (None, OTHER_TEAM_ID, ORG_ID)


async def test_true_limits_hold_for_each_method(slack: Slack, client: AsyncWebClient) -> None:
    turn(slack, "limits", "true")
    ts = (await client.chat_postMessage(channel="C0GENERAL", text="x"))["ts"]

    async def edits() -> None:
        for n in range(60):
            await client.chat_update(channel="C0GENERAL", ts=ts, text=str(n))

    with pytest.raises(SlackApiError, match="ratelimited"):
        await edits()
