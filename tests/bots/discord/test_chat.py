"""What a worker posts into Discord with: no gateway, each message once, and every answer understood."""

import contextlib
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import aiohttp
import discord
import pytest

from bots.discord.api.errors import translated
from bots.discord.api.places import Place, unpacked
from bots.discord.delivery.chat import DiscordChat, mark
from bots.discord.delivery.limits import limits
from bots.discord.drawing.buttons import custom_id
from core.domain.chat.chat_errors import (
    AccessLost,
    CardRefused,
    ChatAway,
    ChatBusy,
    ChatError,
    ChatUnclear,
    EditRefused,
    FileRefused,
    PlaceGone,
    UploadFailed,
)
from core.domain.chat.pacing import ChatCall
from core.domain.ids import MessageId, Thread, UserId
from core.ports import LocalClip, Posted
from core.replies.chat.card import Action, Button, Card, QuotedText, Text
from sandbox.discord import BOT_TOKEN, GUILD_ID
from sandbox.discord.fixtures import BOT_PERMISSIONS, CHANNEL_IDS, PEOPLE_BY_NAME, Permission
from sandbox.discord.server import BROKEN
from sandbox.world import FaultKind
from tests.bots.cards import SUBJECT
from tests.bots.discord.conftest import UPLOAD_MAX
from tests.quick import some
from tests.sandbox.discord.harness import Sandbox

ANA = UserId(PEOPLE_BY_NAME["ana"].id)
ROOT = Card(title="A new video", parts=(QuotedText("a red fox"),))
NEWS = Card(title="Rendering with Veo 3.1", parts=(Button(Action.CANCEL, "Cancel", SUBJECT),))
DONE = Card(title="Your video is ready", parts=(Text("made by Veo 3.1"),), ping=ANA)
GENERAL = Place(channel=CHANNEL_IDS["general"], guild=GUILD_ID).packed()
FOX = "a red fox " * 20


async def _open(chat: DiscordChat, key: UUID | None = None) -> Posted:
    return await chat.open_thread(GENERAL, ROOT, key=key or uuid4(), title=FOX, look_first=False)


def _thread(sandbox: Sandbox) -> list[dict[str, Any]]:
    (root,) = sandbox.platform.messages("general")
    found: list[dict[str, Any]] = root["thread"]
    return found


@pytest.fixture
def clip(tmp_path: Path) -> LocalClip:
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"\x00" * 4000)
    return LocalClip(path=path, filename="fox.mp4", size=4000, width=1920, height=1080, duration_s=8.0, alt=FOX)


async def _upload(chat: DiscordChat, thread: Thread, clip: LocalClip, **how: Any) -> list[dict[str, str]]:
    given: dict[str, Any] = {"key": uuid4(), "memory": {}, "look_first": False} | how
    return [known async for known in chat.upload(thread, clip, DONE, **given)]


async def test_a_root_message_opens_the_thread_that_everything_else_goes_into(
    sandbox: Sandbox, chat: DiscordChat
) -> None:
    opened = await _open(chat)
    message = await chat.post(opened.thread, NEWS, key=uuid4())
    (root,) = sandbox.platform.messages("general")
    assert (root["id"], root["thread"][0]["id"]) == (opened.message, message)
    place = unpacked(opened.thread)
    assert (place.channel, place.guild, place.is_thread) == (int(root["id"]), GUILD_ID, True)
    assert len(sandbox.platform.drawn("general")[0]["thread_name"]) <= 100


async def test_a_post_that_is_repeated_is_one_message(sandbox: Sandbox, chat: DiscordChat) -> None:
    opened, key = await _open(chat), uuid4()
    first, second = [await chat.post(opened.thread, NEWS, key=key) for _ in range(2)]
    assert first == second
    assert len(_thread(sandbox)) == 1


async def test_a_root_that_is_repeated_is_one_message_with_one_thread(sandbox: Sandbox, chat: DiscordChat) -> None:
    key = uuid4()
    first, second = [await _open(chat, key) for _ in range(2)]
    assert first == second
    assert len(sandbox.platform.messages("general")) == 1


async def test_a_lost_post_is_found_by_the_mark_of_its_buttons(sandbox: Sandbox, chat: DiscordChat) -> None:
    opened, key = await _open(chat), uuid4()
    sandbox.world.switch("discord", FaultKind.LOST_REPLY)
    with pytest.raises(ChatUnclear):
        await chat.post(opened.thread, NEWS, key=key)
    sandbox.world.calm()
    assert await chat.find(opened.thread, key=key) == _thread(sandbox)[0]["id"]
    assert await chat.find(opened.thread, key=uuid4()) is None


async def test_an_edit_changes_the_message_and_can_keep_its_mark(sandbox: Sandbox, chat: DiscordChat) -> None:
    opened, key = await _open(chat), uuid4()
    message = await chat.post(opened.thread, NEWS, key=key)
    (button,) = _thread(sandbox)[0]["actions"]
    await chat.edit(opened.thread, message, Card(title="Rendering with Kling 3.0", parts=NEWS.parts), key=key)
    (reply,) = _thread(sandbox)
    assert reply["text"] == "Rendering with Kling 3.0"
    assert reply["actions"] == [button]
    assert button["action"] == custom_id(Action.CANCEL, SUBJECT, mark(key))
    assert await chat.find(opened.thread, key=key) == message


async def test_the_last_edit_takes_the_buttons_away(sandbox: Sandbox, chat: DiscordChat) -> None:
    opened = await _open(chat)
    message = await chat.post(opened.thread, NEWS, key=uuid4())
    await chat.edit(opened.thread, message, Card(title="Made by Veo 3.1 in 0:20"), key=uuid4())
    (reply,) = _thread(sandbox)
    assert (reply["text"], reply["actions"]) == ("Made by Veo 3.1 in 0:20", [])


async def test_the_limit_of_a_crowded_channel_is_not_spent_on_edits_of_root_messages() -> None:
    asked_in = Place(
        channel=1, guild=GUILD_ID, interaction=discord.utils.time_snowflake(discord.utils.utcnow()), root=7,
        interaction_token="t",
    )  # fmt: skip
    long_ago = replace(asked_in, interaction=1)
    assert limits(asked_in, ChatCall.EDIT) == ()
    assert len(limits(asked_in, ChatCall.POST)) == 2
    for other in (
        replace(asked_in, reply_to=7), replace(asked_in, channel=7, is_thread=True, parent=1), long_ago,
        replace(asked_in, interaction_token=None), replace(asked_in, guild=None), replace(asked_in, root=None),
    ):  # fmt: skip
        assert [limit.key for limit in limits(other, ChatCall.EDIT)] == [f"edit:{other.channel}", "application"]


async def test_only_the_person_who_asked_is_notified(sandbox: Sandbox, chat: DiscordChat) -> None:
    opened = await _open(chat)
    await chat.post(opened.thread, Card(title="for @everyone <@1100000000000000012>", ping=ANA), key=uuid4())
    (sent,) = [each.request for each in sandbox.platform.exchanges if each.request and each.request.get("content")]
    assert sent["content"] == f"<@{ANA}>"
    assert sent["allowed_mentions"] == {"parse": [], "users": [int(ANA)]}


async def test_a_video_comes_into_the_thread_with_its_card(
    sandbox: Sandbox, chat: DiscordChat, clip: LocalClip
) -> None:
    opened = await _open(chat)
    steps = await _upload(chat, opened.thread, clip)
    (reply,) = _thread(sandbox)
    assert steps[-1]["message"] == reply["id"]
    assert reply["text"] == "@ana\nYour video is ready\nmade by Veo 3.1"
    assert [(file["name"], file["size"]) for file in reply["files"]] == [("fox.mp4", 4000)]


async def test_an_upload_that_is_repeated_is_one_video(sandbox: Sandbox, chat: DiscordChat, clip: LocalClip) -> None:
    opened, key = await _open(chat), uuid4()
    sandbox.world.switch("discord", FaultKind.LOST_REPLY)
    with pytest.raises(UploadFailed):
        await _upload(chat, opened.thread, clip, key=key)
    sandbox.world.calm()
    steps = await _upload(chat, opened.thread, clip, key=key, look_first=True)
    (reply,) = _thread(sandbox)
    assert steps[-1]["message"] == reply["id"]


@pytest.mark.parametrize(("here", "fits"), [(None, False), (UPLOAD_MAX * 3, True), (1000, False)])
async def test_the_size_of_a_file_is_bounded_by_what_the_place_said_or_else_by_the_settings(
    chat: DiscordChat,
    clip: LocalClip,
    here: int | None,
    fits: bool,  # noqa: FBT001 - pytest passes by name
) -> None:
    opened = await _open(chat)
    thread = Place(channel=unpacked(opened.thread).channel, guild=GUILD_ID, is_thread=True, upload_max=here).packed()
    clip.path.write_bytes(b"\x00" * (UPLOAD_MAX + 1))
    large = LocalClip(
        path=clip.path, filename="fox.mp4", size=UPLOAD_MAX + 1, width=1, height=1, duration_s=1, alt="a fox"
    )
    if fits:
        assert (await _upload(chat, thread, large))[-1]["message"]
    else:
        with pytest.raises(FileRefused) as refusal:
            await _upload(chat, thread, large)
        assert refusal.value.limit == (here or UPLOAD_MAX), "whoever makes it smaller must know for what"


async def test_a_person_can_be_written_to_directly_unless_they_refuse(sandbox: Sandbox, chat: DiscordChat) -> None:
    thread = await chat.direct(GENERAL, ANA)
    await chat.post(thread, NEWS, key=uuid4())
    assert [message["text"] for message in sandbox.platform.messages("@ana")] == ["Rendering with Veo 3.1"]
    sandbox.platform.close_dms("ana")
    with pytest.raises(PlaceGone):
        await chat.post(thread, NEWS, key=uuid4())
    with pytest.raises(PlaceGone):
        await chat.direct(GENERAL, UserId("U0ANA"))


async def test_where_the_bot_sees_nothing_the_place_is_gone(sandbox: Sandbox, chat: DiscordChat) -> None:
    sandbox.platform.permit("general", Permission(0))
    with pytest.raises(PlaceGone):
        await _open(chat)


async def test_where_no_thread_can_be_opened_the_channel_is_the_thread(sandbox: Sandbox, chat: DiscordChat) -> None:
    sandbox.platform.permit("general", BOT_PERMISSIONS & ~Permission.CREATE_PUBLIC_THREADS)
    opened = await _open(chat)
    assert unpacked(opened.thread) == unpacked(GENERAL)


async def test_a_message_that_is_gone_or_archived_takes_no_edit(sandbox: Sandbox, chat: DiscordChat) -> None:
    opened = await _open(chat)
    message = await chat.post(opened.thread, NEWS, key=uuid4())
    with pytest.raises(EditRefused):
        await chat.edit(opened.thread, MessageId("1"), NEWS, key=uuid4())
    sandbox.platform.archive(opened.message)
    with pytest.raises(EditRefused):
        await chat.edit(opened.thread, message, NEWS, key=uuid4())
    await chat.post(opened.thread, NEWS, key=uuid4())  # a post brings it back


@pytest.mark.parametrize(("trouble", "error"), [(FaultKind.DOWN, ChatUnclear), (FaultKind.RATE_LIMITED, ChatBusy)])
async def test_discord_in_trouble_is_waited_for(
    sandbox: Sandbox, chat: DiscordChat, trouble: FaultKind, error: type[ChatError]
) -> None:
    opened = await _open(chat)
    sandbox.world.switch("discord", trouble)
    with pytest.raises(error):
        await chat.post(opened.thread, NEWS, key=uuid4())


async def test_a_wrong_token_is_an_operators_affair_and_not_the_places_fault(sandbox: Sandbox) -> None:
    stranger = DiscordChat(discord.Client(intents=discord.Intents(guilds=True)), token="no.such.token", upload_max=1)
    with pytest.raises(AccessLost):
        await _open(stranger)
    await stranger.aclose()


@pytest.mark.parametrize("asked", ["GET /users/@me", "GET /oauth2/applications/@me"])
async def test_a_login_that_has_failed_half_way_is_made_again_and_leaves_nothing_open(
    asked: str, sandbox: Sandbox
) -> None:
    bot = discord.Client(intents=discord.Intents(guilds=True))
    stranger = DiscordChat(bot, token=BOT_TOKEN, upload_max=1)
    for _ in range(3):
        sandbox.platform.faults.add(asked, "http_503", times=1)
        with pytest.raises(ChatAway):
            await stranger.check()
    await stranger.check()  # a session that was left open is a warning, which fails the run
    assert bot.application_id is not None
    await _open(stranger)
    await stranger.aclose()


async def test_a_429_that_names_no_time_is_waited_for(sandbox: Sandbox, chat: DiscordChat) -> None:
    sandbox.platform.faults.add("POST /channels/{channel}/messages", "timeless", times=1)
    with pytest.raises(ChatBusy):
        await chat.post(GENERAL, NEWS, key=uuid4())


class _Response:
    reason = "no"

    def __init__(self, status: int) -> None:
        self.status = status


def _said(code: int, status: int = 400) -> discord.HTTPException:
    return discord.HTTPException(_Response(status), {"code": code, "message": "no"})  # type: ignore[arg-type]  # a stand-in


@pytest.mark.parametrize(
    ("raised", "meant"),
    [
        (discord.RateLimited(31.0), ChatBusy),
        (_said(0, 429), ChatBusy),
        (_said(20016), ChatBusy),
        (_said(0, 401), AccessLost),
        (_said(0, 503), ChatUnclear),
        (_said(40005, 413), FileRefused),
        (_said(0, 413), FileRefused),
        (_said(50083), EditRefused),
        (_said(30046), EditRefused),
        (_said(10008, 404), EditRefused),
        (_said(10003, 404), PlaceGone),
        (_said(50001, 403), PlaceGone),
        (_said(10062, 404), PlaceGone),
        (_said(40060), PlaceGone),
        (_said(99999, 403), PlaceGone),
        (_said(50035), CardRefused),
        (aiohttp.ServerDisconnectedError(), ChatUnclear),
        (TimeoutError(), ChatUnclear),
    ],
    ids=str,
)
async def test_every_answer_of_discords_has_one_meaning(raised: Exception, meant: type[ChatError]) -> None:
    with pytest.raises(ChatError) as caught:
        async with translated():
            raise raised
    assert type(caught.value) is meant
    assert caught.value.__cause__ is raised


def test_places_survive_being_packed_and_those_of_an_older_release_are_read() -> None:
    for place in (Place(channel=1), Place(channel=1, guild=2, is_thread=True, upload_max=3, interaction=4)):
        assert unpacked(place.packed()) == place
    old = Thread('{"channel":"1","guild":null,"is_thread":false,"upload_max":null}')
    assert unpacked(old) == Place(channel=1)


@pytest.mark.parametrize("body", some(BROKEN, of="broken bodies"))
async def test_an_answer_of_200_that_is_none_is_unclear_and_no_bug(
    sandbox: Sandbox, chat: DiscordChat, clip: LocalClip, body: bytes
) -> None:
    opened = await _open(chat)
    message = await chat.post(opened.thread, NEWS, key=uuid4())
    sandbox.world.dice.choice = lambda _: body  # type: ignore[method-assign,assignment,return-value]  # of all bodies
    sandbox.world.switch("discord", FaultKind.BROKEN)
    with pytest.raises(ChatUnclear):
        await _open(chat)
    with pytest.raises(ChatUnclear):
        await chat.post(opened.thread, NEWS, key=uuid4())
    with pytest.raises((ChatUnclear, UploadFailed)):
        await _upload(chat, opened.thread, clip, key=uuid4())
    for call in (
        chat.find(opened.thread, key=uuid4()),
        chat.direct(GENERAL, ANA),
        chat.edit(opened.thread, message, NEWS, key=uuid4()),
        chat.delete(opened.thread, message),
    ):
        with contextlib.suppress(ChatAway, ChatUnclear):  # an empty list is an answer for some of them
            await call


async def test_a_message_can_be_taken_back_and_one_that_is_gone_is_no_error(
    sandbox: Sandbox, chat: DiscordChat
) -> None:
    opened = await _open(chat)
    message = await chat.post(opened.thread, NEWS, key=uuid4())
    await chat.delete(opened.thread, message)
    assert _thread(sandbox) == []
    await chat.delete(opened.thread, message)
