"""Somebody brings the app along to a server that it is not in: answered there for 15 minutes, paid by themselves."""

from typing import Any

import pytest

from bots.discord.api.places import unpacked
from bots.discord.delivery.chat import DiscordChat
from core.domain.ids import Thread
from sandbox.discord.fixtures import PEOPLE_BY_NAME
from sandbox.switches import Value
from tests.bots.conftest import FREE, Noted, OpenService, only_generation
from tests.bots.discord.conftest import OpenBot
from tests.patience import until
from tests.sandbox.discord.harness import Sandbox


def turn(sandbox: Sandbox, name: str, value: Value) -> None:
    next(switch for switch in sandbox.platform.switches if switch.name == name).turn(value)


def _mine(sandbox: Sandbox) -> list[dict[str, Any]]:
    return [news["drawn"] for news in sandbox.world.recent if news["type"] == "ephemeral"]


async def test_it_is_answered_there_paid_by_their_own_team_and_a_button_brings_the_rest(
    sandbox: Sandbox, chat: DiscordChat, house: Any, open_service: OpenService, open_bot: OpenBot, noted: Noted
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        turn(sandbox, "in_server", value=False)
        heard = await sandbox.platform.say(channel="general", user="ana", text="/video prompt: a red fox")
        assert heard.ok, heard
        await until(lambda: noted.sent)
        await until(lambda: house.fetchval("SELECT thread FROM generations"))
        generation = await only_generation(house)
        assert generation.installation == f"user:{PEOPLE_BY_NAME['ana'].id}"
        place = unpacked(Thread(generation.thread or ""))
        assert (place.guild, place.token is not None) == (None, True)

        ours = next(each for each in _mine(sandbox) if "as an answer to you" in each["text"])
        pressed = await sandbox.platform.press(
            channel="general", message=ours["id"], action=ours["actions"][0]["action"], user="ana"
        )
        assert pressed.ok
        await until(lambda: any("once it is there" in each["text"] for each in _mine(sandbox)))
    moved = unpacked(Thread(await house.fetchval("SELECT thread FROM generations")))
    assert moved.token not in {None, place.token}, "the video comes as an answer to the press"


@pytest.mark.parametrize("command", ["/settings", "/community end", "/gallery"])
async def test_what_belongs_to_a_server_is_not_brought_along(
    command: str, sandbox: Sandbox, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        turn(sandbox, "in_server", value=False)
        heard = await sandbox.platform.say(channel="general", user="ana", text=command)
    assert not heard.ok


async def test_no_server_gives_them_new_free_credits(
    sandbox: Sandbox, house: Any, open_service: OpenService, open_bot: OpenBot, noted: Noted
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        await sandbox.platform.say(channel="@ana", user="ana", text="/credits")
        turn(sandbox, "in_server", value=False)
        for channel in ("general", "random"):
            await sandbox.platform.say(channel=channel, user="ana", text="/video prompt: a red fox tier: draft")
        await until(lambda: len(noted.sent) >= 2)
    assert await house.fetchval("SELECT count(*) FROM team") == 1
    assert await house.fetchval("SELECT balance + held FROM wallet") == FREE
