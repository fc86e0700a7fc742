"""Every kind of channel that Discord has: a command there ends with its video, in a thread or beside the command."""

import asyncio
from typing import Any

import pytest

from bots.discord.api.places import unpacked
from bots.discord.people.callers import DISCORD
from core.domain.ids import Thread
from sandbox.discord.fixtures import ALL_CHANNEL_IDS
from sandbox.discord.model import ChannelKind, Content
from tests.bots.conftest import Noted, OpenService, only_generation
from tests.bots.discord.conftest import OpenBot
from tests.patience import until
from tests.sandbox.discord.harness import Sandbox

KINDS = {
    "general": (ChannelKind.TEXT, "thread"),
    "news": (ChannelKind.ANNOUNCEMENT, "thread"),
    "lounge": (ChannelKind.VOICE, "beside"),
    "stage": (ChannelKind.STAGE, "beside"),
    "a post of #showcase": (ChannelKind.PUBLIC_THREAD, "here"),
    "a private thread": (ChannelKind.PRIVATE_THREAD, "here"),
    "slow": (ChannelKind.TEXT, "thread"),
}


async def _place(sandbox: Sandbox, name: str) -> tuple[str, str | None]:
    """The channel, and the thread in it, where the command is typed."""
    store = sandbox.platform._store
    if name == "a post of #showcase":
        forum = store.channels[ALL_CHANNEL_IDS["showcase"]]
        thread, _ = store.open_post(forum, name="post", content=Content(text="a post"), auto_archive_min=1440)
        return "showcase", str(thread.id)
    if name == "a private thread":
        parent = store.channels[ALL_CHANNEL_IDS["video"]]
        private = store.open_thread(
            parent, root=None, name="secret", kind=ChannelKind.PRIVATE_THREAD, auto_archive_min=1440
        )
        return "video", str(private.id)
    if name == "slow":
        store.channels[ALL_CHANNEL_IDS["random"]].slowmode_s = 21_600
        return "random", None
    return name, None


@pytest.mark.parametrize("name", KINDS)
async def test_a_command_in_every_kind_of_channel_finds_a_place_for_its_video(
    name: str, sandbox: Sandbox, house: Any, open_service: OpenService, open_bot: OpenBot, noted: Noted
) -> None:
    kind, where = KINDS[name]
    async with open_service() as video_service, open_bot(video_service):
        channel, thread = await _place(sandbox, name)
        if thread is not None:
            await asyncio.sleep(0.05)  # the bot hears of the thread by the gateway
        heard = await sandbox.platform.say(
            channel=channel, user="ana", text="/video prompt: a red fox in the snow", thread=thread
        )
        assert heard.ok, heard
        await until(lambda: noted.sent)
        await until(lambda: house.fetchval("SELECT thread FROM generations"))
    generation = await only_generation(house)
    assert generation.platform == DISCORD
    assert generation.thread is not None
    place = unpacked(Thread(generation.thread))
    known = sandbox.platform._store.channels[place.channel]
    if where == "thread":
        assert known.thread is not None
        assert known.parent_id == ALL_CHANNEL_IDS[channel if name != "slow" else "random"]
        assert (known.kind is ChannelKind.ANNOUNCEMENT_THREAD) is (kind is ChannelKind.ANNOUNCEMENT)
    elif where == "here":
        assert known.id == int(thread or 0)
    else:
        assert known.id == ALL_CHANNEL_IDS[channel]
        assert place.reply_to is not None, "what is said answers the command"
