"""What a worker posts into Slack with: each message once, whatever gets lost, and every answer understood."""

import asyncio
import contextlib
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import pytest
from slack_sdk.errors import SlackClientNotConnectedError

from bots.slack.api.errors import translated
from bots.slack.api.places import Place, unpacked
from bots.slack.delivery.chat import SlackChat, client
from core.domain.chat.chat_errors import (
    AccessLost,
    CardRefused,
    ChatAway,
    ChatBusy,
    ChatError,
    ChatPending,
    ChatUnclear,
    EditRefused,
    FileRefused,
    PlaceGone,
    ThreadRefused,
    UploadFailed,
)
from core.domain.ids import MessageId, Thread, UserId
from core.ports import LocalClip, Posted
from core.replies.chat.card import Card, Drawing, LinkButton, QuotedText, Text
from sandbox.slack import BOT_TOKEN, Slack
from sandbox.slack.faults import BROKEN
from sandbox.slack.store import Message
from sandbox.world import FaultKind
from tests.quick import some

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


@pytest.mark.parametrize(("newer", "is_found"), [(4499, True), (4500, False)])
async def test_a_look_goes_back_4500_messages_in_five_pages_and_then_the_root_is_posted_anew(
    slack: Slack, chat: SlackChat, *, newer: int, is_found: bool
) -> None:
    key, slack.store.messages_max = uuid4(), 10_000
    first = await chat.open_thread(GENERAL, ROOT, key=key, title="a red fox", look_first=False)
    for n in range(newer):
        slack.store.add(Message(ts=slack.store.mint(), channel="C0GENERAL", user="U0BEN", text=str(n)))
    before = len(slack.requests)
    opened = await chat.open_thread(GENERAL, ROOT, key=key, title="a red fox", look_first=True)
    methods = [method for method, _ in list(slack.requests)[before:]]
    assert methods == ["conversations.history"] * 5 + ["chat.postMessage"] * (not is_found)
    assert (opened.message == first.message) is is_found


async def test_a_root_is_found_behind_hundreds_of_newer_messages(slack: Slack, chat: SlackChat) -> None:
    key = uuid4()
    await chat.open_thread(GENERAL, ROOT, key=key, title="a red fox", look_first=False)
    for n in range(450):
        slack.store.add(Message(ts=slack.store.mint(), channel="C0GENERAL", user="U0BEN", text=str(n)))
    opened = await chat.open_thread(GENERAL, ROOT, key=key, title="a red fox", look_first=True)
    assert opened.message == slack.messages("general")[0]["id"]


async def test_a_person_can_be_written_to_directly(slack: Slack, chat: SlackChat) -> None:
    thread = await chat.direct(QUIET, UserId("U0ANA"))
    await chat.post(thread, NEWS, key=uuid4())
    assert [message["text"] for message in slack.messages("@ana")] == ["Rendering with Veo 3.1"]
    with pytest.raises(PlaceGone):
        await chat.direct(QUIET, UserId("U0NOBODY"))


async def test_where_the_bot_may_not_write_the_place_is_gone(chat: SlackChat) -> None:
    with pytest.raises(PlaceGone):
        await _open(chat, QUIET)
    with pytest.raises(ThreadRefused):
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


async def _until_said(
    chat: SlackChat, thread: Thread, clip: LocalClip, memory: dict[str, str], *, tries: int = 20
) -> dict[str, str]:
    """What a worker does: the same call with what is remembered, until there is a message."""
    for _ in range(tries):
        try:
            async for known in chat.upload(thread, clip, DONE, key=uuid4(), memory=memory, look_first=bool(memory)):
                memory = {**memory, **known}
        except (ChatPending, ChatUnclear, UploadFailed):
            await asyncio.sleep(0.02)
        else:
            return memory
    raise AssertionError(f"not said after {tries} tries: {memory}")


async def _pending_s(chat: SlackChat, thread: Thread, clip: LocalClip, memory: dict[str, str]) -> float:
    """One call that does not get to its end; how long it is to be waited. `memory` is brought up to date."""
    try:
        async for known in chat.upload(thread, clip, DONE, key=uuid4(), memory=dict(memory), look_first=True):
            memory |= known
    except ChatPending as error:
        return error.look_in_s
    except ChatBusy as error:
        return error.retry_after_s
    raise AssertionError(f"it was said: {memory}")


@pytest.mark.parametrize("died_after", [1, 2, 3, 4])
async def test_a_worker_that_dies_between_two_steps_leaves_one_video_all_the_same(
    slack: Slack, chat: SlackChat, clip: LocalClip, died_after: int
) -> None:
    opened = await _open(chat)
    memory: dict[str, str] = {}
    steps = chat.upload(opened.thread, clip, DONE, key=uuid4(), memory={}, look_first=False)
    for _ in range(died_after):
        memory = await anext(steps)
    await steps.aclose()  # type: ignore[attr-defined]  # it is a generator

    done = await _until_said(chat, opened.thread, clip, memory)
    (reply,) = _thread(slack)
    assert done["message"] == reply["id"]


@pytest.mark.parametrize("knows", [0, 1])
async def test_a_video_that_a_restored_database_does_not_know_is_found_in_its_thread(
    slack: Slack, chat: SlackChat, clip: LocalClip, knows: int
) -> None:
    opened, key = await _open(chat), uuid4()
    first = [s async for s in chat.upload(opened.thread, clip, DONE, key=key, memory={}, look_first=False)]
    memory = first[0] if knows else {}
    again = [s async for s in chat.upload(opened.thread, clip, DONE, key=key, memory=memory, look_first=True)]
    (reply,) = _thread(slack)
    assert again[-1]["message"] == first[-1]["message"] == reply["id"]
    other = [s async for s in chat.upload(opened.thread, clip, DONE, key=uuid4(), memory={}, look_first=True)]
    assert other[-1]["message"] != reply["id"], "another delivery's video is another's"


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
    done = await _until_said(chat, opened.thread, clip, memory)
    (reply,) = _thread(slack)
    assert done["message"] == reply["id"]


async def test_a_share_that_slack_has_swallowed_is_taken_back_and_made_once_more(
    slack: Slack, chat: SlackChat, clip: LocalClip
) -> None:
    opened = await _open(chat)
    slack.uploads.withhold = 1
    done = await _until_said(chat, opened.thread, clip, {})
    (reply,) = _thread(slack)
    assert done["message"] == reply["id"]
    asked = [method for method, _ in slack.requests]
    assert asked.count("files.delete") == 1
    assert asked.index("files.delete") < len(asked) - 1 - asked[::-1].index("files.getUploadURLExternal")


async def test_a_share_that_comes_a_minute_late_is_waited_for(slack: Slack, chat: SlackChat, clip: LocalClip) -> None:
    opened = await _open(chat)
    slack.uploads.share_s = 60.0
    memory: dict[str, str] = {}
    waited_s: float = 0
    while waited_s < 60:
        waited_s += await _pending_s(chat, opened.thread, clip, memory)
    slack.uploads.share_now()
    assert (await _until_said(chat, opened.thread, clip, memory))["message"] == _thread(slack)[0]["id"]
    asked = [method for method, _ in slack.requests]
    assert asked.count("files.getUploadURLExternal") == asked.count("files.completeUploadExternal") == 1


async def test_only_the_third_step_is_repeated_when_it_was_one_too_many(
    slack: Slack, chat: SlackChat, clip: LocalClip
) -> None:
    opened = await _open(chat)
    slack.faults.add("files.completeUploadExternal", "ratelimited", times=1)
    memory: dict[str, str] = {}
    assert await _pending_s(chat, opened.thread, clip, memory) == 1
    await _until_said(chat, opened.thread, clip, memory)
    asked = [method for method, _ in slack.requests]
    assert asked.count("files.getUploadURLExternal") == 1
    assert len(_thread(slack)) == 1


async def test_bytes_that_do_not_arrive_post_nothing(slack: Slack, chat: SlackChat, clip: LocalClip) -> None:
    opened = await _open(chat)
    steps = chat.upload(opened.thread, clip, DONE, key=uuid4(), memory={}, look_first=False)
    await anext(steps)
    slack.world.switch("slack", FaultKind.DOWN)
    with pytest.raises(UploadFailed):
        await anext(steps)
    slack.world.calm()
    assert _thread(slack) == []


MEANINGS: list[tuple[str, str, type[ChatError]]] = [
    ("chat.postMessage", "rate_limited", ChatBusy),
    ("chat.postMessage", "team_added_to_org", ChatBusy),
    ("chat.postMessage", "message_limit_exceeded", AccessLost),
    ("chat.postMessage", "token_revoked", AccessLost),
    ("chat.postMessage", "missing_scope", AccessLost),
    ("chat.postMessage", "internal_error", ChatUnclear),
    ("chat.postMessage", "not_in_channel", PlaceGone),
    ("chat.postMessage", "is_archived", PlaceGone),
    ("chat.postMessage", "restricted_action_thread_locked", ThreadRefused),
    ("chat.postMessage", "message_not_found", ThreadRefused),
    ("chat.postMessage", "msg_too_long", CardRefused),
    ("chat.postMessage", "invalid_blocks", CardRefused),
    ("chat.postMessage", "something_new", CardRefused),
    ("chat.update", "edit_window_closed", EditRefused),
    ("chat.update", "message_not_found", EditRefused),
    ("chat.update", "is_inactive", EditRefused),
    ("chat.update", "msg_too_long", CardRefused),
    ("files.getUploadURLExternal", "file_uploads_disabled", FileRefused),
    ("files.getUploadURLExternal", "internal_error", ChatAway),
    ("files.completeUploadExternal", "not_in_channel", FileRefused),
    ("files.completeUploadExternal", "file_not_found", ChatUnclear),
    ("files.completeUploadExternal", "thread_not_found", ThreadRefused),
    ("files.completeUploadExternal", "msg_too_long", CardRefused),
    ("conversations.replies", "fatal_error", ChatAway),
    ("conversations.open", "cannot_dm_bot", PlaceGone),
]


@pytest.mark.parametrize(("method", "code", "meant"), MEANINGS, ids=lambda value: getattr(value, "__name__", value))
async def test_what_slack_says_has_one_meaning_for_each_method(
    slack: Slack, chat: SlackChat, method: str, code: str, meant: type[ChatError]
) -> None:
    slack.faults.add(method, code, times=1)
    with pytest.raises(ChatError) as caught:
        async with translated(method):
            await chat._web.api_call(method)
    slack.requests.clear()  # a bare call, which no schema knows
    assert type(caught.value) is meant


async def test_the_scope_that_is_missing_is_named(slack: Slack, chat: SlackChat) -> None:
    slack.faults.add("chat.postMessage", "missing_scope", times=1)
    with pytest.raises(AccessLost) as caught:
        await chat.post(GENERAL, NEWS, key=uuid4())
    assert (caught.value.code, caught.value.needed) == ("missing_scope", "chat:write")


async def test_a_scope_that_was_granted_meanwhile_is_used_again(
    slack: Slack, chat: SlackChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without it a message whose answer was lost comes twice."""
    monkeypatch.setattr("bots.slack.delivery.chat.BLIND_S", 0.0)
    key = uuid4()
    posted = await chat.post(GENERAL, NEWS, key=key)
    slack.faults.add("conversations.history", "missing_scope", times=1)
    assert await chat.find(GENERAL, key=key) is None
    assert await chat.find(GENERAL, key=key) == posted


@pytest.mark.parametrize(("told", "waits_s"), [("12", 12.0), ("0", 1.0), ("99999", 3600.0), ("soon", 1.0)])
async def test_the_wait_that_slack_asks_for_is_read_off_the_sdks_own_answer(
    slack: Slack, chat: SlackChat, told: str, waits_s: float
) -> None:
    slack.faults.add("chat.postMessage", "ratelimited", times=1, retry_after=told)
    with pytest.raises(ChatBusy) as caught:
        await chat.post(GENERAL, NEWS, key=uuid4())
    assert (caught.value.retry_after_s, caught.value.limit) == (waits_s, "chat.postMessage")


async def test_a_server_error_without_json_is_unclear(slack: Slack, chat: SlackChat) -> None:
    slack.faults.add("chat.postMessage", "http_502", times=1)
    with pytest.raises(ChatUnclear):
        await chat.post(GENERAL, NEWS, key=uuid4())


@pytest.mark.parametrize(
    ("raised", "meant"),
    [
        (aiohttp.ServerDisconnectedError(), ChatUnclear),
        (TimeoutError(), ChatUnclear),
        (SlackClientNotConnectedError(), ChatUnclear),
    ],
)
async def test_a_broken_connection_is_unclear(raised: Exception, meant: type[ChatError]) -> None:
    with pytest.raises(meant) as caught:
        async with translated("chat.postMessage"):
            raise raised
    assert caught.value.__cause__ is raised


async def test_where_nobody_listens_nothing_was_done() -> None:
    chat = SlackChat(client(BOT_TOKEN, "http://127.0.0.1:9/api/"))
    with pytest.raises(ChatAway):
        await chat.post(GENERAL, NEWS, key=uuid4())
    await chat.aclose()


async def test_a_public_channel_is_joined_before_the_first_post(slack: Slack, chat: SlackChat) -> None:
    town = Place(channel="C0TOWN").packed()
    opened = await _open(chat, town)
    await chat.post(opened.thread, NEWS, key=uuid4())
    asked = [method for method, _ in slack.requests]
    assert asked == ["conversations.join", "chat.postMessage", "chat.postMessage"]


async def test_a_card_as_text_has_no_blocks_and_all_words(slack: Slack, chat: SlackChat) -> None:
    card = Card(title="Ready", parts=(LinkButton("Watch", "https://x.example/1"),), drawing=Drawing.TEXT)
    await chat.post(GENERAL, card, key=uuid4())
    _, sent = slack.requests[-1]
    assert sent["text"] == "Ready\nWatch: https://x.example/1"
    assert "blocks" not in sent


async def test_a_bug_of_ours_is_not_taken_for_slacks() -> None:
    with pytest.raises(ZeroDivisionError):
        async with translated("chat.postMessage"):
            raise ZeroDivisionError


def test_places_survive_being_packed() -> None:
    for place in (Place(channel="C1"), Place(channel="D1", ts="1.5")):
        assert unpacked(place.packed()) == place


@pytest.mark.parametrize("body", some(BROKEN, of="broken bodies"))
async def test_an_answer_of_200_that_is_none_is_unclear_and_no_bug(
    slack: Slack, chat: SlackChat, clip: LocalClip, body: bytes
) -> None:
    opened = await _open(chat)
    message = await chat.post(opened.thread, NEWS, key=uuid4())
    slack.world.dice.choice = lambda _: body  # type: ignore[method-assign,assignment,return-value]  # of all bodies this one
    slack.world.switch("slack", FaultKind.BROKEN)
    with pytest.raises(ChatUnclear):
        await _open(chat)
    with pytest.raises(ChatUnclear):
        await chat.post(opened.thread, NEWS, key=uuid4())
    with pytest.raises(ChatAway):  # a question is asked again
        await chat.find(opened.thread, key=uuid4())
    with pytest.raises(ChatAway):
        await chat.direct(GENERAL, UserId("U0ANA"))
    with pytest.raises((ChatAway, ChatUnclear, UploadFailed)):
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
