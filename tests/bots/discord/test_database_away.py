"""While Postgres is away, each way to ask in Discord says no, and carries what was typed: nothing is ever lost."""

from collections.abc import Awaitable, Callable

import pytest

from bots.discord.delivery.chat import DiscordChat
from core.db.pool import Pool
from sandbox.discord.fixtures import BOT_ID
from tests.bots.conftest import AWAY, Noted, OpenService
from tests.bots.discord.conftest import OpenBot
from tests.bots.discord.test_results import _press, _result
from tests.bots.pictures import data_uri, png
from tests.patience import until
from tests.sandbox.discord.harness import Sandbox

NASTY = "a red fox @everyone <@1100000000000000012> ```code``` & **bold**"
SHOWN = ("a red fox", "everyone", "code", "& **bold**")
Ask = Callable[[Sandbox], Awaitable[str]]


async def _said(sandbox: Sandbox, text: str) -> str:
    heard = await sandbox.platform.say(channel="general", user="ana", text=text)
    assert heard.ok, heard.error
    return "\n".join(heard.ephemeral)


async def _command(sandbox: Sandbox) -> str:
    return await _said(sandbox, f"/video prompt:{NASTY} seconds:5")


async def _question(sandbox: Sandbox) -> str:
    return await _said(sandbox, f"/video prompt:{NASTY} --stylize 7 --seconds 5")


async def _word(sandbox: Sandbox) -> str:
    return await _said(sandbox, f"/video prompt:cancel {NASTY} --seconds 5")


async def _search(sandbox: Sandbox) -> str:
    return await _said(sandbox, f"/video prompt:show {NASTY} --seconds 5")


async def _schedule(sandbox: Sandbox) -> str:
    return await _said(sandbox, f"/video prompt:{NASTY} at:tomorrow 9:00 seconds:5")


async def _form(sandbox: Sandbox) -> str:
    heard = await sandbox.platform.say(channel="general", user="ana", text="/video")
    assert heard.modal is not None
    values = {"prompt": NASTY, "more": "seconds:5"}
    return "\n".join((await sandbox.platform.submit(modal=heard.modal.id, user="ana", values=values)).ephemeral)


async def _menu(sandbox: Sandbox) -> str:
    """With a picture, whose address stands in the form while nothing can be kept."""
    await until(sandbox.platform.shortcuts)
    picture = data_uri(png((400, 700)))
    await sandbox.platform.say(channel="general", user="ben", text=NASTY, image=picture)
    message = sandbox.platform.messages("general")[-1]["id"]
    heard = await sandbox.platform.shortcut(
        channel="general", message=message, shortcut="Make a video of this", user="ana"
    )
    assert heard.modal is not None
    more = {field.name: field.value for field in heard.modal.fields}["more"]
    assert more.startswith("image:http")
    values = {"more": f"{more} seconds:5"}
    told = "\n".join((await sandbox.platform.submit(modal=heard.modal.id, user="ana", values=values)).ephemeral)
    assert "image:http" in told
    return told


async def _mention(sandbox: Sandbox) -> str:
    await sandbox.platform.say(channel="general", user="ana", text=f"<@{BOT_ID}> {NASTY} seconds:5")
    await until(lambda: len(sandbox.platform.messages("general")) > 1)
    return str(sandbox.platform.messages("general")[-1]["text"])


ENTRIES: list[Ask] = [_command, _question, _word, _search, _schedule, _form, _menu, _mention]


@pytest.mark.parametrize("ask", ENTRIES)
async def test_what_was_typed_comes_back_to_be_copied_and_pings_nobody(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot, ask: Ask
) -> None:
    async with open_service(dsn=AWAY) as video_service, open_bot(video_service):
        told = await ask(sandbox)
    assert told.count("Here is what you typed") == 1
    for words in (*SHOWN, "seconds"):
        assert words in told, told


async def test_a_long_description_comes_back_whole(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    prompt = " ".join(f"word{n}" for n in range(480))[:3900].rsplit(" ", 1)[0]
    async with open_service(dsn=AWAY) as video_service, open_bot(video_service):
        told = await _said(sandbox, f"/video prompt:{prompt}")
    assert "".join(prompt.split()) in "".join(told.replace("`", "").split())


async def test_a_form_that_has_pictures_of_a_draft_makes_no_video_without_them(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        heard = await sandbox.platform.say(
            channel="general", user="ana", text="/video", files={"image": data_uri(png((400, 700)))}
        )
    assert heard.modal is not None
    async with open_service(dsn=AWAY) as video_service, open_bot(video_service):
        values = {"prompt": "it barks"}
        told = (await sandbox.platform.submit(modal=heard.modal.id, user="ana", values=values)).ephemeral
    assert "it barks" in told[0]


async def test_edit_and_run_says_that_it_waits_and_the_button_stays(
    sandbox: Sandbox, chat: DiscordChat, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        _, message = await _result(sandbox, chat, house, noted)
    async with open_service(dsn=AWAY) as video_service, open_bot(video_service):
        heard = await _press(sandbox, message, "edit")
    assert heard.modal is None
    assert "Nothing was taken: please try again in a minute." in heard.ephemeral[0]
