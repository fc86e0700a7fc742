"""Each button of each refusal in Discord does what its label says: at once, a second time, and a day later."""

from typing import Any

import pytest

from core.db.pool import Pool
from sandbox.discord.fixtures import CHANNEL_IDS, GUILD_ID, PEOPLE_BY_NAME
from tests.bots.conftest import Noted, OpenService, all_generations, charges
from tests.bots.discord.conftest import OpenBot
from tests.bots.refused import FIX, PROMPT, SCENARIOS, Scenario
from tests.bots.rules import give
from tests.patience import until
from tests.sandbox.discord.harness import Sandbox

HERE = {name: each for name, each in SCENARIOS.items() if not name.startswith("takes")}
"""Discord itself lets nobody ask for more takes than there may be."""
GENERAL, CLEO, ANA = str(CHANNEL_IDS["general"]), PEOPLE_BY_NAME["cleo"].id, PEOPLE_BY_NAME["ana"].id


async def _refused(sandbox: Sandbox, house: Pool, scenario: Scenario) -> dict[str, Any]:
    given = scenario.given(here=GENERAL, person=CLEO)
    if given:
        await give(house, *given, platform="discord", installation=str(GUILD_ID), user=ANA, free=scenario.credits)
    heard = await sandbox.platform.say(channel="general", user="cleo", text=scenario.text)
    assert scenario.said in heard.ephemeral[0]
    told: dict[str, Any] = [each for each in sandbox.world.recent if each["type"] == "ephemeral"][-1]
    return {"id": told["id"], **told["drawn"]}


@pytest.mark.parametrize("scenario", HERE.values(), ids=HERE)
async def test_every_button_of_a_refusal_does_what_it_says(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted, scenario: Scenario
) -> None:
    press = sandbox.platform.press
    async with open_service(free_credits=scenario.credits) as video_service, open_bot(video_service):
        told = await _refused(sandbox, house, scenario)
        labels = [action["label"] for action in told["actions"]]
        assert [label for label in labels if label != FIX] == [
            next(label for label in labels if label.startswith(begins)) for begins, _, _ in scenario.ways
        ]
        assert labels[-1] == FIX
        opened = await press(
            channel="general", user="cleo", message=told["id"], action=str(told["actions"][-1]["action"])
        )
        assert opened.modal is not None
        assert any(PROMPT in field.value for field in opened.modal.fields)
        assert await charges(house) == 0
        for begins, tier, number in scenario.ways:
            action = next(str(each["action"]) for each in told["actions"] if each["label"].startswith(begins))
            for _ in range(2):
                await press(channel="general", user="cleo", message=told["id"], action=action)
            await until(noted.at_least(number))
            made = await all_generations(house)
            assert [each.request.tier for each in made] == [tier] * number, "two presses are one"
            assert {each.request.prompt for each in made} == {PROMPT}


@pytest.mark.parametrize("name", [name for name, each in HERE.items() if each.ways])
async def test_a_day_later_a_button_makes_nothing_and_says_so(
    sandbox: Sandbox, house: Pool, open_service: OpenService, open_bot: OpenBot, name: str
) -> None:
    scenario = HERE[name]
    async with open_service(free_credits=scenario.credits) as video_service, open_bot(video_service):
        told = await _refused(sandbox, house, scenario)
        await house.execute("UPDATE drafts SET kept_at = kept_at - interval '25 hours'")
        for action in told["actions"]:
            heard = await sandbox.platform.press(
                channel="general", user="cleo", message=told["id"], action=str(action["action"])
            )
            assert "too old, or belongs to somebody else" in heard.ephemeral[-1]
    assert await all_generations(house) == []
