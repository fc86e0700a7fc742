"""What a worker posts into Slack with: each message once, whatever gets lost, and every answer understood."""

import contextlib
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError, SlackClientNotConnectedError

from bots.slack.chat import SlackChat, client
from bots.slack.errors import translated
from bots.slack.places import Place, unpacked
from core.domain.ids import MessageId, Thread, UserId
from core.ports import (
    ChatBug,
    ChatBusy,
    ChatError,
    ChatUnclear,
    ClipTooLarge,
    EditRefused,
    LocalClip,
    PlaceGone,
    Posted,
    UploadFailed,
)
from core.replies.chat.card import Card, QuotedText, Text
from sandbox.slack import BOT_TOKEN, Slack
from sandbox.slack.faults import BROKEN
from sandbox.world import FaultKind
from tests.bots.slack.conftest import until

ROOT = Card(title="A new video", parts=(QuotedText("a red fox"),))
NEWS = Card(title="Rendering with Veo 3.1")
DONE = Card(title="Your video is ready", parts=(Text("made by Veo 3.1"),), ping="U0ANA")
GENERAL = Place(channel="C0GENERAL").packed()
QUIET = Place(channel="C0QUIET").packed()


async def _open(chat: SlackChat, place: Thread = GENERAL) -> Posted:
    return await chat.open_thread(place, ROOT, key=uuid4(), title="a red fox", look_first=False)


@pytest.fixture
def clip(tmp_path: Path) -> LocalClip:
    """A video on its way; Slack does not look inside."""
    path = tmp_path / "clip.mp4"
    path.write_bytes(bytes(range(256)) * 8000)
    size = path.stat().st_size
    return LocalClip(path=path, filename="fox.mp4", size=size, width=1920, height=1080, duration_s=8.0, alt="a fox")


def _thread(slack: Slack) -> list[dict[str, Any]]:
    (root,) = slack.messages("general")
    found: list[dict[str, Any]] = root["thread"]
    return found


async def test_a_root_message_opens_the_thread_that_everything_else_goes_into(slack: Slack, chat: SlackChat) -> None:
    opened = await _open(chat)
    message = await chat.post(opened.thread, NEWS, key=uuid4())
    (root,) = slack.messages("general")
    assert (root["id"], root["thread"][0]["id"]) == (opened.message, message)
    assert root["text"] == "A new video\na red fox"


async def test_an_edit_changes_the_message_and_leaves_it_findable(slack: Slack, chat: SlackChat) -> None:
    opened, key = await _open(chat), uuid4()
    message = await chat.post(opened.thread, NEWS, key=key)
    await chat.edit(opened.thread, message, DONE, key=uuid4())
    assert [reply["text"] for reply in _thread(slack)] == ["@ana Your video is ready\nmade by Veo 3.1"]
    assert await chat.find(opened.thread, key=key) == message


async def test_only_the_message_with_the_key_is_found(chat: SlackChat) -> None:
    opened, keys = await _open(chat), [uuid4() for _ in range(3)]
    messages = [await chat.post(opened.thread, NEWS, key=key) for key in keys]
    assert [await chat.find(opened.thread, key=key) for key in keys] == messages
    assert await chat.find(opened.thread, key=uuid4()) is None


async def test_a_root_whose_answer_was_lost_is_found_and_not_posted_again(slack: Slack, chat: SlackChat) -> None:
    key = uuid4()
    slack.world.switch("slack", FaultKind.LOST_REPLY)
    with pytest.raises(ChatUnclear):
        await chat.open_thread(GENERAL, ROOT, key=key, title="a red fox", look_first=False)
    slack.world.calm()
    opened = await chat.open_thread(GENERAL, ROOT, key=key, title="a red fox", look_first=True)
    (root,) = slack.messages("general")
    assert (opened.message, unpacked(opened.thread)) == (root["id"], Place(channel="C0GENERAL", ts=root["id"]))


async def test_a_lost_post_is_found_in_its_thread(slack: Slack, chat: SlackChat) -> None:
    opened, key = await _open(chat), uuid4()
    slack.world.switch("slack", FaultKind.LOST_REPLY)
    with pytest.raises(ChatUnclear):
        await chat.post(opened.thread, NEWS, key=key)
    slack.world.calm()
    assert await chat.find(opened.thread, key=key) == _thread(slack)[0]["id"]


async def test_a_person_can_be_written_to_directly(slack: Slack, chat: SlackChat) -> None:
    thread = await chat.direct(QUIET, UserId("U0ANA"))
    await chat.post(thread, NEWS, key=uuid4())
    assert [message["text"] for message in slack.messages("@ana")] == ["Rendering with Veo 3.1"]
    with pytest.raises(PlaceGone):
        await chat.direct(QUIET, UserId("U0NOBODY"))


async def test_where_the_bot_may_not_write_the_place_is_gone(chat: SlackChat) -> None:
    with pytest.raises(PlaceGone):
        await _open(chat, QUIET)
    with pytest.raises(PlaceGone):
        await chat.post(Place(channel="C0GENERAL", ts="1.000000").packed(), NEWS, key=uuid4())


async def test_a_message_that_is_gone_takes_no_edit(chat: SlackChat) -> None:
    opened = await _open(chat)
    with pytest.raises(EditRefused):
        await chat.edit(opened.thread, MessageId("1.000000"), NEWS, key=uuid4())


@pytest.mark.parametrize(
    ("trouble", "error"),
    [(FaultKind.DOWN, ChatUnclear), (FaultKind.ERRORS, ChatUnclear), (FaultKind.RATE_LIMITED, ChatBusy)],
)
async def test_slack_in_trouble_is_waited_for(
    slack: Slack, chat: SlackChat, trouble: FaultKind, error: type[ChatError]
) -> None:
    slack.world.switch("slack", trouble)
    with pytest.raises(error):
        await _open(chat)


async def test_a_slack_that_does_not_answer_is_given_up_on(slack: Slack) -> None:
    web = client(BOT_TOKEN, f"{slack.world.base_url}/slack/api/")
    web.timeout = 1
    impatient = SlackChat(web)
    slack.world.switch("slack", FaultKind.HANG)
    with pytest.raises(ChatUnclear):
        await _open(impatient)
    await impatient.aclose()


async def _all(chat: SlackChat, thread: Thread, clip: LocalClip, memory: dict[str, str]) -> list[dict[str, str]]:
    steps = chat.upload(thread, clip, DONE, key=uuid4(), memory=memory, look_first=bool(memory))
    return [known async for known in steps]


async def test_a_video_comes_into_the_thread_with_its_card(slack: Slack, chat: SlackChat, clip: LocalClip) -> None:
    opened = await _open(chat)
    steps = await _all(chat, opened.thread, clip, {})
    (reply,) = _thread(slack)
    assert steps[-1]["message"] == reply["id"]
    assert reply["text"] == "@ana Your video is ready\nmade by Veo 3.1"
    assert [(file["name"], file["size"]) for file in reply["files"]] == [("fox.mp4", clip.size)]


@pytest.mark.parametrize("died_after", [1, 2, 3])
async def test_a_worker_that_dies_between_two_steps_leaves_one_video_all_the_same(
    slack: Slack, chat: SlackChat, clip: LocalClip, died_after: int
) -> None:
    opened = await _open(chat)
    memory: dict[str, str] = {}
    steps = chat.upload(opened.thread, clip, DONE, key=uuid4(), memory={}, look_first=False)
    for _ in range(died_after):
        memory = await anext(steps)
    await steps.aclose()  # type: ignore[attr-defined]  # it is a generator

    done = await _all(chat, opened.thread, clip, memory)
    (reply,) = _thread(slack)
    assert done[-1]["message"] == reply["id"]


async def test_a_share_whose_answer_was_lost_is_found(slack: Slack, chat: SlackChat, clip: LocalClip) -> None:
    opened = await _open(chat)
    steps = chat.upload(opened.thread, clip, DONE, key=uuid4(), memory={}, look_first=False)
    memory = await anext(steps)
    memory = await anext(steps)
    assert memory["stage"] == "completing"
    slack.world.switch("slack", FaultKind.LOST_REPLY)
    with pytest.raises(ChatUnclear):
        await anext(steps)
    slack.world.calm()
    done = await _all(chat, opened.thread, clip, memory)
    (reply,) = _thread(slack)
    assert done[-1]["message"] == reply["id"]


async def test_a_share_that_slack_has_swallowed_is_made_once_more(
    slack: Slack, chat: SlackChat, clip: LocalClip
) -> None:
    opened = await _open(chat)
    slack.uploads.withhold = 1
    steps = chat.upload(opened.thread, clip, DONE, key=uuid4(), memory={}, look_first=False)
    await anext(steps)
    memory = await anext(steps)
    with pytest.raises(ChatUnclear):
        await anext(steps)
    await _all(chat, opened.thread, clip, memory)
    assert len(await until(lambda: _thread(slack))) == 1


async def test_bytes_that_do_not_arrive_post_nothing(slack: Slack, chat: SlackChat, clip: LocalClip) -> None:
    opened = await _open(chat)
    steps = chat.upload(opened.thread, clip, DONE, key=uuid4(), memory={}, look_first=False)
    await anext(steps)
    slack.world.switch("slack", FaultKind.DOWN)
    with pytest.raises(UploadFailed):
        await anext(steps)
    slack.world.calm()
    assert _thread(slack) == []


class _Answer:
    """An answer of Slack's, as the SDK hands it on."""

    def __init__(self, status: int, data: Any, headers: dict[str, str] | None = None) -> None:
        self.status_code, self.data, self.headers = status, data, headers or {}


def _said(code: str, status: int = 200, headers: dict[str, str] | None = None, **more: Any) -> SlackApiError:
    return SlackApiError("no", _Answer(status, {"ok": False, "error": code, **more}, headers))


@pytest.mark.parametrize(
    ("raised", "meant"),
    [
        (_said("ratelimited", 429, {"Retry-After": "12"}), ChatBusy),
        (_said("rate_limited"), ChatBusy),
        (_said("message_limit_exceeded"), ChatBusy),
        (_said("token_revoked"), ChatBusy),
        (_said("missing_scope", needed="files:write"), ChatBusy),
        (_said("internal_error"), ChatUnclear),
        (_said("file_not_found"), ChatUnclear),
        (SlackApiError("no", _Answer(502, "<html>")), ChatUnclear),
        (_said("not_in_channel"), PlaceGone),
        (_said("channel_not_found"), PlaceGone),
        (_said("is_archived"), PlaceGone),
        (_said("restricted_action_thread_locked"), PlaceGone),
        (_said("edit_window_closed"), EditRefused),
        (_said("message_not_found"), EditRefused),
        (_said("storage_limit_reached"), ClipTooLarge),
        (_said("file_uploads_disabled"), ClipTooLarge),
        (_said("invalid_blocks", response_metadata={"messages": ["/blocks/0 is wrong"]}), ChatBug),
        (_said("something_new"), ChatBug),
        (aiohttp.ServerDisconnectedError(), ChatUnclear),
        (TimeoutError(), ChatUnclear),
        (SlackClientNotConnectedError(), ChatUnclear),
    ],
    ids=lambda value: str(getattr(getattr(value, "response", None), "data", value))[:40],
)
async def test_every_answer_of_slacks_has_one_meaning(raised: Exception, meant: type[ChatError]) -> None:
    with pytest.raises(ChatError) as caught:
        async with translated():
            raise raised
    assert type(caught.value) is meant
    assert caught.value.__cause__ is raised


@pytest.mark.parametrize(("header", "waits_s"), [("12", 12.0), ("0", 1.0), ("99999", 600.0), ("soon", 1.0)])
async def test_the_wait_that_slack_asks_for_is_kept_within_reason(header: str, waits_s: float) -> None:
    with pytest.raises(ChatBusy) as caught:
        async with translated():
            raise _said("ratelimited", 429, {"retry-after": header})
    assert caught.value.retry_after_s == waits_s


async def test_a_bug_of_ours_is_not_taken_for_slacks() -> None:
    with pytest.raises(ZeroDivisionError):
        async with translated():
            raise ZeroDivisionError


def test_places_survive_being_packed() -> None:
    for place in (Place(channel="C1"), Place(channel="D1", ts="1.5")):
        assert unpacked(place.packed()) == place


@pytest.mark.parametrize("body", BROKEN)
async def test_an_answer_of_200_that_is_none_is_unclear_and_no_bug(
    slack: Slack, chat: SlackChat, clip: LocalClip, body: bytes
) -> None:
    opened = await _open(chat)
    message = await chat.post(opened.thread, NEWS, key=uuid4())
    slack.world.dice.choice = lambda _: body  # type: ignore[method-assign]  # of all bodies this one
    slack.world.switch("slack", FaultKind.BROKEN)
    with pytest.raises(ChatUnclear):
        await _open(chat)
    with pytest.raises(ChatUnclear):
        await chat.post(opened.thread, NEWS, key=uuid4())
    with pytest.raises(ChatUnclear):
        await chat.find(opened.thread, key=uuid4())
    with pytest.raises(ChatUnclear):
        await chat.direct(GENERAL, UserId("U0ANA"))
    with pytest.raises((ChatUnclear, UploadFailed)):
        [_ async for _ in chat.upload(opened.thread, clip, DONE, key=uuid4(), memory={}, look_first=False)]
    for call in (chat.edit(opened.thread, message, NEWS, key=uuid4()), chat.delete(opened.thread, message)):
        with contextlib.suppress(ChatUnclear):  # `{"ok": true}` is enough for them
            await call


async def test_a_message_can_be_taken_back_and_one_that_is_gone_is_no_error(slack: Slack, chat: SlackChat) -> None:
    opened = await _open(chat)
    message = await chat.post(opened.thread, NEWS, key=uuid4())
    await chat.delete(opened.thread, message)
    assert _thread(slack) == []
    await chat.delete(opened.thread, message)
