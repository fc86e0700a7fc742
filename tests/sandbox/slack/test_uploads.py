"""The three-step upload and reading a file back, with the unmodified client and plain HTTP."""

import json
from functools import partial

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack import Slack
from tests.patience import PATIENCE_S, until

BODY = bytes(range(256)) * 40


async def _refused(call) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])


async def _ticket(client: AsyncWebClient, name: str = "fox.mp4") -> tuple[str, str]:
    answer = await client.files_getUploadURLExternal(filename=name, length=len(BODY))
    return answer["upload_url"], answer["file_id"]


async def _send(url: str, body: object = BODY) -> int:
    async with aiohttp.ClientSession() as session, session.post(url, data=body) as answer:
        return answer.status


async def test_a_file_is_shared_a_little_after_slack_said_ok(slack: Slack, client: AsyncWebClient) -> None:
    root = await client.chat_postMessage(channel="C0GENERAL", text="root")
    url, file_id = await _ticket(client)
    assert await _refused(client.files_info(file=file_id)) == "file_not_found"
    assert await _send(url) == 200
    slack.uploads.share_s = PATIENCE_S  # until we have looked
    done = await client.files_completeUploadExternal(
        files=[{"id": file_id, "title": "A fox"}], channel_id="C0GENERAL", thread_ts=root["ts"]
    )
    assert done["files"] == [{"id": file_id, "title": "A fox"}]
    early = (await client.files_info(file=file_id))["file"]
    assert (early["shares"], early["mimetype"]) == ({}, "")
    assert slack.messages("general")[0]["thread"] == []
    slack.uploads.share_now()
    late = (await client.files_info(file=file_id))["file"]
    (reply,) = slack.messages("general")[0]["thread"]
    assert late["shares"]["public"]["C0GENERAL"][0]["ts"] == reply["id"]
    assert late["mimetype"] == "video/mp4"


async def test_completing_works_once_and_only_after_the_bytes(client: AsyncWebClient) -> None:
    url, file_id = await _ticket(client)
    complete = partial(client.files_completeUploadExternal, files=[{"id": file_id}], channel_id="C0GENERAL")
    assert await _refused(complete()) == "file_not_found"
    await _send(url)
    assert (await complete())["ok"]
    assert await _refused(complete()) == "file_not_found"
    assert await _send(url) == 404


async def test_a_refused_completion_can_be_tried_again_elsewhere(slack: Slack, client: AsyncWebClient) -> None:
    url, file_id = await _ticket(client)
    await _send(url)
    files: list[dict[str, str | None]] = [{"id": file_id}]
    assert await _refused(client.files_completeUploadExternal(files=files, channel_id="C0QUIET")) == "channel_not_found"
    assert await _refused(
        client.files_completeUploadExternal(files=files, channel_id="C0GENERAL", thread_ts="1.000001")
    ) == ("thread_not_found")
    await client.files_completeUploadExternal(files=files, channel_id="C0GENERAL")
    await until(lambda: slack.messages("general"))


async def test_bytes_may_come_raw_or_as_a_form_and_again(slack: Slack, client: AsyncWebClient) -> None:
    url, file_id = await _ticket(client)
    form = aiohttp.FormData()
    form.add_field("file", BODY, filename="fox.mp4")
    assert await _send(url, form) == 200
    assert await _send(url) == 200
    assert await _send(url, BODY[:-1]) == 400
    assert await _send(url, BODY + b"x") == 400
    assert slack.files.known[file_id].path.read_bytes() == BODY


async def test_a_file_is_read_whole_and_in_ranges_and_plays_inline(slack: Slack, client: AsyncWebClient) -> None:
    await client.files_upload_v2(channel="C0GENERAL", filename="fox.mp4", content=BODY)
    (message,) = await until(lambda: slack.messages("general"))
    url = message["files"][0]["url"]
    async with aiohttp.ClientSession() as session:
        async with session.get(url) as answer:
            assert await answer.read() == BODY
            assert answer.headers["Content-Type"] == "video/mp4"
            assert answer.headers["Content-Disposition"].startswith("inline")
            assert answer.headers["Accept-Ranges"] == "bytes"
        async with session.get(url, headers={"Range": "bytes=100-199"}) as answer:
            assert answer.status == 206
            assert await answer.read() == BODY[100:200]
            assert answer.headers["Content-Range"] == f"bytes 100-199/{len(BODY)}"
        async with session.head(url) as answer:
            assert answer.headers["Content-Length"] == str(len(BODY))
        async with session.get(f"{slack.world.base_url}/slack/files/F0NONE/x") as answer:
            assert answer.status == 404


async def test_a_file_that_a_browser_would_run_is_never_served_as_such(slack: Slack, client: AsyncWebClient) -> None:
    await client.files_upload_v2(channel="C0GENERAL", filename="../x.html", content=b"<script>")
    (message,) = await until(lambda: slack.messages("general"))
    assert message["files"][0]["name"] == "x.html"
    async with aiohttp.ClientSession() as session, session.get(message["files"][0]["url"]) as answer:
        assert answer.headers["Content-Type"] == "application/octet-stream"


async def test_a_length_of_nothing_or_too_much_is_refused(client: AsyncWebClient) -> None:
    assert await _refused(client.files_getUploadURLExternal(filename="a.mp4", length=0)) == "missing_argument"
    assert await _refused(client.files_getUploadURLExternal(filename="a.mp4", length=2_000_000_000)) == (
        "file_upload_size_restricted"
    )


async def test_a_withheld_share_answers_ok_and_never_appears(slack: Slack, client: AsyncWebClient) -> None:
    slack.uploads.withhold = 1
    first = await client.files_upload_v2(channel="C0GENERAL", filename="one.mp4", content=BODY)
    await client.files_upload_v2(channel="C0GENERAL", filename="two.mp4", content=BODY)
    (message,) = await until(lambda: slack.messages("general"))
    assert message["files"][0]["name"] == "two.mp4"
    assert (await client.files_info(file=first["file"]["id"]))["file"]["shares"] == {}


async def test_blocks_introduce_a_file_unless_there_is_a_comment(slack: Slack, client: AsyncWebClient) -> None:
    # The SDK puts these arguments into the query string, so blocks must be JSON already.
    blocks = json.dumps([{"type": "section", "text": {"type": "mrkdwn", "text": "from blocks"}}])
    await client.files_upload_v2(channel="C0GENERAL", filename="a.mp4", content=BODY, blocks=blocks)
    await until(lambda: len(slack.messages("general")) == 1)
    await client.files_upload_v2(
        channel="C0GENERAL", filename="b.mp4", content=BODY, blocks=blocks, initial_comment="comment"
    )
    await until(lambda: len(slack.messages("general")) == 2)
    assert [message["text"] for message in slack.messages("general")] == ["from blocks", "comment"]


async def test_a_file_goes_when_its_message_goes(slack: Slack, client: AsyncWebClient) -> None:
    await client.files_upload_v2(channel="C0GENERAL", filename="a.mp4", content=BODY)
    (message,) = await until(lambda: slack.messages("general"))
    (file,) = slack.files.known.values()
    assert file.path.exists()
    await client.chat_delete(channel="C0GENERAL", ts=message["id"])
    assert not file.path.exists()
    assert await _refused(client.files_info(file=file.id)) == "file_not_found"
