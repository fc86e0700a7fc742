"""Which channels of Slack's are private: their videos have no public address."""

import pytest

from core.db.pool import Pool
from sandbox.slack import Slack
from sandbox.slack.fixtures import PEOPLE
from tests.bots.conftest import Noted, OpenService, all_generations
from tests.bots.slack.conftest import OpenBot
from tests.patience import until

ANA = PEOPLE[0]
ASKED = "/video a red fox tier:draft"


async def _filled_in(slack: Slack, channel: str) -> None:
    """Open the form in a channel, and send it."""
    slack.views.opened.clear()
    await slack.say(channel=channel, user="ana", text="/video")
    opened = (await until(lambda: list(slack.views.opened.values())))[0]
    values = {field.name: field.value for field in opened.modal.fields} | {"prompt": "a red fox"}
    assert (await slack.submit(modal=opened.modal.id, user="ana", values=values)).ok


@pytest.mark.parametrize(
    ("channel", "is_private"),
    [("general", False), ("quiet", True), ("@ana", False)],
    ids=["public", "private", "direct"],
)
async def test_a_command_says_whether_its_channel_is_private(
    slack: Slack,
    house: Pool,
    open_service: OpenService,
    open_bot: OpenBot,
    noted: Noted,
    channel: str,
    *,
    is_private: bool,
) -> None:
    slack.store.direct(ANA.id)
    async with open_service() as video_service, open_bot(video_service):
        assert (await slack.say(channel=channel, user="ana", text=ASKED)).ok
        await until(lambda: noted.sent)
    assert [made.request.is_private for made in await all_generations(house)] == [is_private]


@pytest.mark.parametrize(("channel", "invited"), [("general", False), ("quiet", False), ("quiet", True)])
async def test_of_a_form_slack_is_asked_once(
    slack: Slack,
    house: Pool,
    open_service: OpenService,
    open_bot: OpenBot,
    noted: Noted,
    channel: str,
    *,
    invited: bool,
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        if invited:
            await slack.say(channel=channel, user="ana", text="/invite @Neverdark")
        for n in range(2):
            await _filled_in(slack, channel)
            await until(noted.at_least(n + 1))
    assert [made.request.is_private for made in await all_generations(house)] == [channel == "quiet"] * 2
    assert [method for method, _ in slack.requests].count("conversations.info") == 1


async def test_where_slack_does_not_say_it_is_taken_as_private(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted
) -> None:
    slack.faults.add("conversations.info", "missing_scope", times=1)
    async with open_service() as video_service, open_bot(video_service):
        await _filled_in(slack, "general")
        await until(lambda: noted.sent)
    assert [made.request.is_private for made in await all_generations(house)] == [True]
