"""Whoever has Slack in German is answered in German, and their generation remembers it."""

from dataclasses import replace

from core.db.pool import Pool
from sandbox.slack import Slack
from tests.bots.conftest import Noted, OpenService, only_generation
from tests.bots.slack.conftest import OpenBot
from tests.patience import until


async def test_a_person_is_answered_in_the_language_that_slack_says_they_have(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted
) -> None:
    slack.store.people["U0ANA"] = replace(slack.store.people["U0ANA"], locale="de-DE")
    async with open_service() as video_service, open_bot(video_service):
        await slack.say(channel="general", user="ana", text="/video help")
        await until(lambda: slack.whispers("general", "ana"))
        await slack.say(channel="general", user="ben", text="/video help")
        await until(lambda: slack.whispers("general", "ben"))
        await slack.say(channel="general", user="ana", text="/video ein Fuchs tier:draft")
        await until(lambda: noted.sent)
    assert "Beschreib ein Video" in str(slack.whispers("general", "ana"))
    assert "Describe a video" in str(slack.whispers("general", "ben"))
    assert "bestellt von ana" in slack.messages("general")[-1]["text"]
    assert (await only_generation(house)).locale == "de-DE"
