"""Which places of Discord's are private: their videos have no public address, and come into no gallery."""

import asyncio

import pytest

from core.db.pool import Pool
from sandbox.discord.fixtures import ALL_CHANNEL_IDS
from sandbox.discord.model import ChannelKind
from tests.bots.conftest import Noted, OpenService, only_generation
from tests.bots.discord.conftest import OpenBot
from tests.patience import until
from tests.sandbox.discord.harness import Sandbox


@pytest.mark.parametrize(
    ("hidden", "kind", "is_private"),
    [
        (False, None, False),
        (True, None, True),
        (False, ChannelKind.PUBLIC_THREAD, False),
        (False, ChannelKind.PRIVATE_THREAD, True),
        (True, ChannelKind.PUBLIC_THREAD, True),
    ],
)
async def test_a_channel_that_not_everybody_may_look_into_is_private_and_so_are_its_threads(
    sandbox: Sandbox,
    house: Pool,
    open_service: OpenService,
    open_bot: OpenBot,
    noted: Noted,
    hidden: bool,  # noqa: FBT001 - a parameter of the test
    kind: ChannelKind | None,
    is_private: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    store = sandbox.platform._store
    general = store.channels[ALL_CHANNEL_IDS["general"]]
    async with open_service() as video_service, open_bot(video_service):
        switch = next(each for each in sandbox.platform.switches if each.name == "hidden_channels")
        switch.put(["general"] if hidden else [])
        thread = None
        if kind is not None:
            opened = store.open_thread(general, root=None, name="secret", kind=kind, auto_archive_min=1440)
            thread = str(opened.id)
        await asyncio.sleep(0.1)  # the bot hears of both by the gateway
        heard = await sandbox.platform.say(
            channel="general", user="ana", text="/video prompt: a red fox", thread=thread
        )
        assert heard.ok, heard
        await until(lambda: noted.sent)
    assert (await only_generation(house)).request.is_private is is_private
