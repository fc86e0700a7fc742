"""A server invites the bot: one message, with what is missing, a panel and a first video that works."""

from typing import Any

import pytest

from core.db.pool import Pool
from sandbox.discord.fixtures import BOT_PERMISSIONS, Permission
from sandbox.switches import Value
from tests.bots.conftest import FREE, OpenService, only_generation
from tests.bots.discord.conftest import OpenBot
from tests.patience import until
from tests.sandbox.discord.harness import Sandbox


def turn(sandbox: Sandbox, name: str, value: Value) -> None:
    next(switch for switch in sandbox.platform.switches if switch.name == name).turn(value)


def _invite(sandbox: Sandbox) -> None:
    turn(sandbox, "in_server", value=False)
    turn(sandbox, "in_server", value=True)


def _hello(sandbox: Sandbox, channel: str = "general") -> list[dict[str, Any]]:
    return [each for each in sandbox.platform.messages(channel) if "Hello!" in each["text"]]


async def test_a_server_that_invites_the_bot_gets_one_message_with_all_that_it_needs(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        assert _hello(sandbox) == []
        sandbox.platform.permit("video", BOT_PERMISSIONS & ~Permission.ATTACH_FILES)
        _invite(sandbox)
        await until(lambda: _hello(sandbox))
        (hello,) = _hello(sandbox)
        assert "Attach Files in #video" in hello["text"]
        assert f"{FREE:,} credits" in hello["text"]
        assert [each["label"] for each in hello["actions"]] == ["Make the first video", "Settings"]
        (row,) = sandbox.platform.drawn("general")[-1]["raw"]["components"]
        (link,) = [each["url"] for each in row["components"] if "url" in each]
        assert "permissions=309237763072" in link
        assert "scope=bot+applications.commands" in link

        sandbox.platform.gateway.drop()  # the same join once more, after a resume, is no second hello
        _invite(sandbox)
        await until(lambda: len(_hello(sandbox)) == 2)
    assert await house.fetchval("SELECT count(*) FROM arrival WHERE left_at IS NULL") == 1


async def test_a_restart_greets_nobody_again_and_an_old_server_never(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        pass
    assert await house.fetchval("SELECT count(*) FROM arrival") == 0, "it is in the server for long"
    _invite(sandbox)
    for _ in range(2):
        async with open_service() as video_service, open_bot(video_service):
            await until(lambda: _hello(sandbox))
    assert len(_hello(sandbox)) == 1


async def test_a_server_that_removes_the_bot_while_it_is_down_and_invites_it_anew_is_greeted_anew(
    sandbox: Sandbox, open_service: OpenService, open_bot: OpenBot
) -> None:
    _invite(sandbox)
    async with open_service() as video_service, open_bot(video_service):
        await until(lambda: len(_hello(sandbox)) == 1)
    _invite(sandbox)
    async with open_service() as video_service, open_bot(video_service):
        await until(lambda: len(_hello(sandbox)) == 2)


async def test_where_the_system_channel_is_closed_the_owner_hears_it_directly(
    sandbox: Sandbox, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        sandbox.platform.permit("general", BOT_PERMISSIONS & ~Permission.SEND_MESSAGES)
        _invite(sandbox)
        await until(lambda: _hello(sandbox, "@ana"))
        assert "Send Messages in #general" in _hello(sandbox, "@ana")[0]["text"]
    assert _hello(sandbox) == []


async def test_the_first_video_is_made_once_and_the_free_credits_pay_for_it(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        _invite(sandbox)
        await until(lambda: _hello(sandbox))
        (hello,) = _hello(sandbox)
        make = hello["actions"][0]["action"]
        for user in ("ben", "cleo"):
            heard = await sandbox.platform.press(channel="general", message=hello["id"], action=make, user=user)
            assert heard.ok, heard
        await until(lambda: any("first video was made already" in text for text in _whispers(sandbox)))
    generation = await only_generation(house)
    assert generation.request.prompt.startswith("A red fox")
    assert await house.fetchval("SELECT balance + held FROM wallet") == FREE


def _whispers(sandbox: Sandbox) -> list[str]:
    return [news["drawn"]["text"] for news in sandbox.world.recent if news["type"] == "ephemeral"]


async def test_the_panel_is_for_admins_whatever_button_leads_to_it(
    sandbox: Sandbox, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        _invite(sandbox)
        await until(lambda: _hello(sandbox))
        (hello,) = _hello(sandbox)
        said = {}
        for user in ("ana", "ben"):
            heard = await sandbox.platform.press(
                channel="general", message=hello["id"], action=hello["actions"][1]["action"], user=user
            )
            said[user] = heard.ephemeral[0]
    assert "Any: " in said["ana"]
    assert "admin" in said["ben"].lower()


@pytest.mark.parametrize("lost", [False, True])
async def test_commands_are_published_once_for_a_version_and_again_where_they_are_gone(
    lost: bool,  # noqa: FBT001 - a parameter of the test
    sandbox: Sandbox,
    house: Pool,
    open_service: OpenService,
    open_bot: OpenBot,
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        await until(lambda: house.fetchval("SELECT digest FROM published_commands"))
    if lost:
        sandbox.platform._commands._global.clear()
    async with open_service() as video_service, open_bot(video_service):
        await until(lambda: {each.command for each in sandbox.platform.commands()} >= {"/video", "/settings"})
        await until(lambda: any(each.method == "GET" and each.path.endswith("/commands") for each in _asked(sandbox)))
    sent = [each for each in _asked(sandbox) if each.method == "PUT" and each.path.endswith("/commands")]
    assert len(sent) == (2 if lost else 1)
    by_name = {each["name"]: each for each in sent[0].request}
    where = {name: (by_name[name]["contexts"], by_name[name]["integration_types"]) for name in ("video", "settings")}
    assert where == {"video": ([0, 1, 2], [0, 1]), "settings": ([0], [0])}
    german = {each["name"]: each.get("name_localizations", {}).get("de") for each in by_name["video"]["options"]}
    assert (german["tier"], german["seconds"]) == ("stufe", "sekunden")
    assert by_name["video"]["description_localizations"]["de"].startswith("Mach ein KI-Video")
    assert int(by_name["settings"]["default_member_permissions"]) == 1 << 5


def _asked(sandbox: Sandbox) -> list[Any]:
    return list(sandbox.platform.exchanges)
