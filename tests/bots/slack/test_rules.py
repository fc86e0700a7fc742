"""Rules in Slack: each one said to the person alone, with the way to go on; nothing is taken, others see nothing."""

import pytest

from core.db.pool import Pool
from core.domain.rules.kinds import EVERYBODY, RuleKind
from sandbox.slack import Slack
from sandbox.slack.fixtures import GROUPS, PEOPLE, TEAM_ID
from tests.bots.conftest import Noted, OpenDesk, all_generations, charges, only_generation
from tests.bots.rules import Given, give
from tests.bots.slack.conftest import OpenBot, until, whisper

ANA, BEN, CLEO = (person.id for person in PEOPLE[:3])
DESIGNERS = next(group for group, (handle, _) in GROUPS.items() if handle == "designers")
REFUSED: list[tuple[Given, str]] = [
    ((RuleKind.CHANNEL, "C0GENERAL", "denied"), "Videos are not made in this channel"),
    ((RuleKind.CHANNEL, "C0VIDEO", "allowed"), "Videos are not made in this channel"),
    ((RuleKind.TIERS, EVERYBODY, ("draft", "pro")), "You may choose tier:pro or tier:draft"),
    ((RuleKind.TIERS, DESIGNERS, ("draft",)), "You may choose tier:draft"),
    ((RuleKind.VIDEOS_PER_DAY, EVERYBODY, 0), "No videos for you here"),
    ((RuleKind.CREDITS_PER_DAY, EVERYBODY, 16), "16 of 16 left today"),
    ((RuleKind.PERSON, CLEO, "blocked"), "You cannot make videos here"),
    ((RuleKind.WORDS, "blocked", ("Snôw",)), "“Snôw” is not wanted here"),
    ((RuleKind.WORDS, "age", ("fox",)), "belongs in an age-restricted channel"),
    ((RuleKind.MAX_PRICE, "default", 5), "and one video of it may have 5 here"),
]


async def _give(house: Pool, *each: Given) -> None:
    await give(house, *each, platform="slack", installation=TEAM_ID, user=ANA)


@pytest.mark.parametrize(("given", "said"), REFUSED)
async def test_a_rule_refuses_to_the_person_alone_and_takes_nothing(
    slack: Slack, house: Pool, open_desk: OpenDesk, open_bot: OpenBot, given: Given, said: str
) -> None:
    await _give(house, given)
    async with open_desk() as video_service, open_bot(video_service):
        await slack.say(channel="general", user="cleo", text="/video a red fox in the snow")
        assert said in await whisper(slack, user="cleo")
    assert slack.messages("general") == []
    assert await charges(house) == 0
    assert await house.fetchval("SELECT sum(times) FROM rule_refusals") == 1


async def test_the_button_of_a_refusal_makes_what_is_still_possible(
    slack: Slack, house: Pool, open_desk: OpenDesk, open_bot: OpenBot, noted: Noted
) -> None:
    await _give(house, (RuleKind.CREDITS_PER_DAY, EVERYBODY, 16))
    async with open_desk() as video_service, open_bot(video_service):
        await slack.say(channel="general", user="cleo", text="/video a red fox in the snow")
        told = (await until(lambda: slack.whispers("general", "cleo")))[0]
        assert "draft costs 15" in told["text"]
        action = next(each["action"] for each in told["actions"] if "draft" in each["label"])
        await slack.press(channel="general", user="cleo", message=told["id"], action=str(action))
        await until(lambda: noted.sent)
    assert (await only_generation(house)).request.tier == "draft"


async def test_the_newest_rule_about_somebody_wins_and_says_so(
    slack: Slack, house: Pool, open_desk: OpenDesk, open_bot: OpenBot, noted: Noted
) -> None:
    await _give(house, (RuleKind.VIDEOS_PER_DAY, EVERYBODY, 0), (RuleKind.VIDEOS_PER_DAY, DESIGNERS, 1))
    async with open_desk() as video_service, open_bot(video_service):
        await slack.say(channel="general", user="ben", text="/video a red fox tier:draft")
        assert "No videos for you here" in await whisper(slack, user="ben")
        await slack.say(channel="general", user="cleo", text="/video a red fox tier:draft")
        await until(lambda: noted.sent)
        await slack.say(channel="general", user="cleo", text="/video another one tier:draft")
        said = await whisper(slack, user="cleo")
    assert "That was today's 1 video" in said
    assert "it is the newest, and that one counts" in said


async def test_videos_of_a_channel_come_to_another_one(
    slack: Slack, house: Pool, open_desk: OpenDesk, open_bot: OpenBot, noted: Noted
) -> None:
    await _give(house, (RuleKind.RESULTS, "C0GENERAL", "C0VIDEO"))
    async with open_desk() as video_service, open_bot(video_service):
        await slack.say(channel="general", user="cleo", text="/video a red fox tier:draft")
        assert "Your video comes in another channel" in await whisper(slack, user="cleo")
        await until(lambda: noted.sent)
    assert slack.messages("general") == []
    assert len(slack.messages("video")) == 1


async def test_a_guest_who_is_let_in_has_rules_of_their_own(
    slack: Slack, house: Pool, open_desk: OpenDesk, open_bot: OpenBot, noted: Noted
) -> None:
    slack.store.guests.add("ben")
    await _give(house, (RuleKind.TIERS, "guests", ("draft",)))
    await house.execute(
        "INSERT INTO workspace_settings (platform, installation, outsiders) VALUES ('slack', $1, 'guests')", TEAM_ID
    )
    async with open_desk() as video_service, open_bot(video_service):
        await slack.say(channel="general", user="ben", text="/video a red fox")
        assert "You may choose tier:draft" in await whisper(slack, user="ben")
        await slack.say(channel="general", user="cleo", text="/video a red fox")
        await until(lambda: noted.sent)
    assert len(await all_generations(house)) == 1
