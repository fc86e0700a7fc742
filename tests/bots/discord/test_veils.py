"""A veil stays: over a spoilered picture, in an age-restricted channel, and over all that is made of it."""

from collections.abc import Mapping

import pytest

from bots.discord.delivery.chat import DiscordChat
from bots.discord.requests.form import VEILED, VEILED_FLAG, filled
from core.db.pool import Pool
from core.domain.rules.kinds import RuleKind
from sandbox.discord.fixtures import CHANNEL_IDS, GUILD_ID, PEOPLE_BY_NAME
from tests.bots.conftest import Noted, OpenService, all_generations, only_generation
from tests.bots.discord.conftest import OpenBot
from tests.bots.discord.test_results import RED_FOX, _press, _result
from tests.bots.pictures import data_uri, png
from tests.bots.rules import give
from tests.patience import until
from tests.sandbox.discord.harness import Sandbox

GENERAL = str(CHANNEL_IDS["general"])
VEILED_PICTURE = data_uri(png(), f"image/png;name={VEILED}fox.png")


async def test_a_spoilered_picture_gives_a_spoilered_video(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        for n, picture in enumerate((VEILED_PICTURE, data_uri(png()))):
            text = "/video it turns its head tier:pro"
            assert (await sandbox.platform.say(channel="general", user="ana", text=text, image=picture)).ok
            await until(noted.at_least(n + 1))
    assert [made.request.is_veiled for made in await all_generations(house)] == [True, False]


@pytest.mark.parametrize("menu", ["Make a video of this", "Animate this picture"])
@pytest.mark.parametrize("text", ["it barks", "||look https://films.example/a.png||"])
async def test_so_does_one_in_a_message(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted, menu: str, text: str
) -> None:
    picture = VEILED_PICTURE if text == "it barks" else data_uri(png())
    async with open_service() as video_service, open_bot(video_service):
        await until(sandbox.platform.shortcuts)
        await sandbox.platform.say(channel="general", user="ben", text=text, image=picture)
        said = sandbox.platform.messages("general")[-1]
        heard = await sandbox.platform.shortcut(channel="general", message=said["id"], shortcut=menu, user="cleo")
        assert heard.modal is not None
        values = {"prompt": "it runs away"}
        assert (await sandbox.platform.submit(modal=heard.modal.id, user="cleo", values=values)).ok
        await until(lambda: noted.sent)
    assert (await only_generation(house)).request.is_veiled


@pytest.mark.parametrize(
    ("file", "is_veiled"),
    [
        ({"filename": f"{VEILED}a.png"}, True),
        ({"flags": VEILED_FLAG}, True),
        ({"filename": "a.png", "flags": 5}, False),
    ],
)
def test_so_does_one_that_is_put_into_the_form(file: Mapping[str, object], *, is_veiled: bool) -> None:
    data = {
        "custom_id": "nd:form:0",
        "components": [{"component": {"custom_id": "pictures", "values": ["7"]}}],
        "resolved": {"attachments": {"7": {"url": "https://cdn.example/a.png", **file}}},
    }
    assert filled(data).is_veiled is is_veiled


async def test_an_age_restricted_channel_veils_whatever_is_asked_for_there(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted
) -> None:
    sandbox.platform._client.channel("general", reader="ana").nsfw = True
    marked = (RuleKind.ADULT, GENERAL, "yes")
    await give(house, marked, platform="discord", installation=str(GUILD_ID), user=PEOPLE_BY_NAME["ana"].id)
    async with open_service() as video_service, open_bot(video_service):
        await sandbox.platform.say(channel="general", user="cleo", text=RED_FOX)
        await until(lambda: noted.sent)
    assert (await only_generation(house)).request.is_veiled


@pytest.mark.parametrize("action", ["again", "higher", "edit"])
async def test_what_is_made_of_a_veiled_video_is_veiled_and_kept_out_of_the_gallery_as_it_was(
    sandbox: Sandbox,
    chat: DiscordChat,
    house: Pool,
    open_service: OpenService,
    open_bot: OpenBot,
    noted: Noted,
    monkeypatch: pytest.MonkeyPatch,
    action: str,
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        proposed: list[object] = []

        async def propose(*asked: object, **_more: object) -> None:
            proposed.append(asked)

        monkeypatch.setattr(video_service.show, "propose", propose)
        _, message = await _result(sandbox, chat, house, noted, f"{RED_FOX} spoiler:True gallery:False")
        heard = await _press(sandbox, message, action)
        if heard.modal is not None:
            values = {"prompt": "a red fox at night"}
            assert (await sandbox.platform.submit(modal=heard.modal.id, user="ana", values=values)).ok
        await until(lambda: len(noted.sent) > 1)
    assert [(made.request.is_veiled, made.request.is_shown) for made in await all_generations(house)] == [
        (True, False)
    ] * 2
    assert proposed == []
