"""One person is answered in their own language; what all in the channel read is in the server's."""

from collections.abc import Iterator
from typing import Any

from core.db.pool import Pool
from tests.bots.conftest import Noted, OpenService, only_generation
from tests.bots.discord.conftest import OpenBot
from tests.patience import until
from tests.sandbox.discord.harness import Sandbox


async def test_a_person_is_answered_in_their_language_and_a_channel_in_that_of_the_server(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted
) -> None:
    sandbox.platform._interactions.locale = "de"  # the stand-in has one language for all
    async with open_service() as video_service, open_bot(video_service):
        heard = await sandbox.platform.say(channel="general", user="ana", text="/video help")
        assert "Beschreib ein Video" in str(heard.ephemeral)
        await sandbox.platform.say(channel="general", user="ana", text="/video a fox tier:draft")
        await until(lambda: noted.sent)
    assert "up to 15 credits" in sandbox.platform.messages("general")[-1]["text"]
    known = await only_generation(house)
    assert (known.locale, known.place_locale) == ("de", "en-US")


async def test_everything_that_people_read_of_a_command_is_there_in_german(
    sandbox: Sandbox, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        await until(lambda: any(each.method == "PUT" for each in sandbox.platform.exchanges))
    sent = next(each.request for each in sandbox.platform.exchanges if each.method == "PUT")
    assert sorted(_english_alone(sent)) == [
        *("community", "contest", "contest", "credit-settings", "credits", "end", "gallery", "gallery"),
        *("providers", "settings", "video"),
    ], "names of slash commands, by which cards and people name them"


def _english_alone(entries: list[dict[str, Any]]) -> Iterator[str]:
    for each in entries:
        for key in ("name", "description"):
            words = each.get(key)
            if words and any(map(str.isalpha, words)) and "de" not in (each.get(f"{key}_localizations") or {}):
                yield words
        yield from _english_alone(each.get("options") or [])
        yield from _english_alone(each.get("choices") or [])
