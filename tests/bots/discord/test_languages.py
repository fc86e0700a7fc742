"""One person is answered in their own language; what all in the channel read is in the server's."""

from dataclasses import replace

from core.db.pool import Pool
from tests.bots.conftest import Noted, OpenDesk, only_generation
from tests.bots.discord.conftest import OpenBot
from tests.sandbox.discord.harness import Sandbox
from tests.sandbox.discord.harness import until as until_sync


async def test_a_person_is_answered_in_their_language_and_a_channel_in_that_of_the_server(
    sandbox: Sandbox, house: Pool, open_desk: OpenDesk, open_bot: OpenBot, noted: Noted
) -> None:
    told = sandbox.platform._interactions  # the stand-in has one language for all
    told._rules = replace(told._rules, locale="de", guild_locale="en-US")
    async with open_desk() as video_service, open_bot(video_service):
        heard = await sandbox.platform.say(channel="general", user="ana", text="/video help")
        assert "Beschreib ein Video" in str(heard.ephemeral)
        await sandbox.platform.say(channel="general", user="ana", text="/video a fox tier:draft")
        await until_sync(lambda: noted.sent)
    assert "up to 15 credits" in sandbox.platform.messages("general")[-1]["text"]
    known = await only_generation(house)
    assert (known.locale, known.place_locale) == ("de", "en-US")
