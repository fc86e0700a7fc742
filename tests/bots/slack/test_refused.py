"""Each button of each refusal in Slack does what its label says: at once, a second time, and a day later."""

from typing import Any

import pytest

from core.db.pool import Pool
from sandbox.slack import Slack
from sandbox.slack.fixtures import TEAM_ID
from tests.bots.conftest import Noted, OpenService, all_generations, charges
from tests.bots.refused import FIX, PROMPT, SCENARIOS, Scenario
from tests.bots.rules import give
from tests.bots.slack.conftest import OpenBot, whisper
from tests.patience import until


async def _refused(slack: Slack, house: Pool, scenario: Scenario) -> dict[str, Any]:
    given = scenario.given(here="C0GENERAL", person="U0CLEO")
    if given:
        await give(house, *given, platform="slack", installation=TEAM_ID, user="U0ANA", free=scenario.credits)
    await slack.say(channel="general", user="cleo", text=scenario.text)
    told: dict[str, Any] = (await until(lambda: slack.whispers("general", "cleo")))[0]
    assert scenario.said in told["text"]
    return told


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)
async def test_every_button_of_a_refusal_does_what_it_says(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted, scenario: Scenario
) -> None:
    async with open_service(free_credits=scenario.credits) as video_service, open_bot(video_service):
        told = await _refused(slack, house, scenario)
        labels = [action["label"] for action in told["actions"]]
        assert [label for label in labels if label != FIX] == [
            next(label for label in labels if label.startswith(begins)) for begins, _, _ in scenario.ways
        ]
        assert labels[-1] == FIX
        fix = str(told["actions"][-1]["action"])
        opened = await slack.press(channel="general", user="cleo", message=told["id"], action=fix)
        modal = opened.modal or (await until(lambda: list(slack.views.opened.values())))[-1].modal
        assert PROMPT in next(field.value for field in modal.fields if field.name == "prompt")
        assert await charges(house) == 0
        for begins, tier, number in scenario.ways:
            action = next(str(each["action"]) for each in told["actions"] if each["label"].startswith(begins))
            for _ in range(2):
                await slack.press(channel="general", user="cleo", message=told["id"], action=action)
            await until(noted.at_least(number))
            made = await all_generations(house)
            assert [each.request.tier for each in made] == [tier] * number, "two presses are one"
            assert {each.request.prompt for each in made} == {PROMPT}


@pytest.mark.parametrize("name", [name for name, each in SCENARIOS.items() if each.ways])
async def test_a_day_later_a_button_makes_nothing_and_says_so(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot, name: str
) -> None:
    scenario = SCENARIOS[name]
    async with open_service(free_credits=scenario.credits) as video_service, open_bot(video_service):
        told = await _refused(slack, house, scenario)
        await house.execute("UPDATE drafts SET kept_at = kept_at - interval '25 hours'")
        for count, action in enumerate(told["actions"], start=1):
            await slack.press(channel="general", user="cleo", message=told["id"], action=str(action["action"]))
            assert "too old, or belongs to somebody else" in await whisper(slack, user="cleo", earlier=count)
    assert await all_generations(house) == []
