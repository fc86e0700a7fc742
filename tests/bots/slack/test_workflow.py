"""The step of Workflow Builder: asks in a channel, and is completed by a worker when its video is there, or is not."""

from contextlib import AsyncExitStack
from types import SimpleNamespace
from typing import Any

import pytest
import structlog

from bots.slack.api.tenant import SLACK
from bots.slack.delivery.chat import SlackChat
from core.db.pool import Pool
from core.domain.chat.addresses import Addresses
from sandbox.slack import Slack
from sandbox.slack.fixtures import PEOPLE
from tests.bots.conftest import OpenService, all_generations, only_generation
from tests.bots.slack.conftest import OpenBot
from tests.patience import until
from worker.waiting_steps import once

ANA = PEOPLE[0]
INPUTS = {"prompt": "a red fox in the snow, tier:draft is no option here", "channel": "C0GENERAL", "tier": "draft"}


def _worker(house: Pool, chat: SlackChat, *, public: bool = True) -> Any:
    addresses = Addresses(base="https://video.test", secret="a secret of the tests") if public else None
    return SimpleNamespace(pool=house, chats={SLACK: chat}, addresses=addresses, link_days=30)


async def _ended(house: Pool, outcome: str, *, settled: int = 40) -> None:
    clip = {"key": "clips/a.mp4", "sha256": "0" * 64, "size": 1, "width": 2, "height": 2, "duration_s": 1.0}
    await house.execute(
        "UPDATE generations SET state = 'done', outcome = $1, settled = $2, clip = $3, done_at = nd_now()",
        outcome, settled, clip if outcome == "succeeded" else None,
    )  # fmt: skip


@pytest.mark.parametrize("public", [True, False])
async def test_a_step_is_completed_with_the_link_and_the_price_when_the_video_is_there(
    slack: Slack, chat: SlackChat, house: Pool, open_service: OpenService, open_bot: OpenBot, *, public: bool
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        step = await slack.surfaces.run_step(ANA, inputs=INPUTS)
        await until(lambda: house.fetchval("SELECT count(*) = 1 FROM generations WHERE thread IS NOT NULL"))
    generation = await only_generation(house)
    assert generation.request.prompt == INPUTS["prompt"], "a workflow's words are a description, to the letter"
    assert (generation.request.tier, len(slack.messages("general"))) == ("draft", 1)
    await once(_worker(house, chat, public=public))
    assert (step.outputs, step.error) == (None, None), "it waits for as long as it takes"
    await _ended(house, "succeeded")
    slack.faults.add("functions.completeSuccess", "http_503", times=1)
    await once(_worker(house, chat, public=public))
    assert step.outputs is None
    await house.execute("UPDATE waiting_step SET wake_at = now()")
    await once(_worker(house, chat, public=public))
    assert step.outputs is not None
    assert step.outputs["credits"] == 40
    assert step.outputs["link"].startswith(
        "https://video.test/v/" if public else "https://neverdark-sandbox.slack.com/"
    )
    assert await house.fetchval("SELECT count(*) FROM waiting_step") == 0


@pytest.mark.parametrize(("outcome", "says"), [("failed", "could not be made"), ("cancelled", "was cancelled")])
async def test_a_step_whose_video_failed_says_so(
    slack: Slack, chat: SlackChat, house: Pool, open_service: OpenService, open_bot: OpenBot, outcome: str, says: str
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        step = await slack.surfaces.run_step(ANA, inputs=INPUTS)
        await until(lambda: house.fetchval("SELECT count(*) = 1 FROM generations"))
    await _ended(house, outcome, settled=0)
    await once(_worker(house, chat))
    assert says in str(step.error)


async def test_a_step_that_cannot_begin_is_told_why_at_once(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service(free_credits=1) as video_service, open_bot(video_service):
        poor = await slack.surfaces.run_step(ANA, inputs=INPUTS)
        await until(lambda: poor.error)
        odd = await slack.surfaces.run_step(ANA, inputs=INPUTS | {"tier": "best"})
        await until(lambda: odd.error)
        empty = await slack.surfaces.run_step(ANA, inputs=INPUTS | {"prompt": " "})
        await until(lambda: empty.error)
    assert "credits" in str(poor.error)
    assert "no quality best" in str(odd.error)
    assert await all_generations(house) == []
    assert await house.fetchval("SELECT count(*) FROM waiting_step") == 0


async def test_a_step_that_slack_delivers_twice_makes_one_video_and_one_that_never_began_is_told(
    slack: Slack, chat: SlackChat, house: Pool, administrator: Any, open_service: OpenService, open_bot: OpenBot
) -> None:
    from sandbox.slack import envelopes

    async with open_service() as video_service, open_bot(video_service), AsyncExitStack() as logs:
        said = logs.enter_context(structlog.testing.capture_logs())
        step = await slack.surfaces.run_step(ANA, inputs=INPUTS)
        await until(lambda: house.fetchval("SELECT count(*) = 1 FROM generations"))
        event = {
            "type": "function_executed", "function": {"callback_id": "make_video"}, "inputs": INPUTS,
            "function_execution_id": step.id, "event_ts": slack.store.mint(), "bot_access_token": "xwfp-1",
        }  # fmt: skip
        window = slack._windows.begin(user=ANA.id, channel="C0GENERAL")
        await slack._actions.deliver(window, envelopes.event(event, at=1))
        await until(lambda: [line["again"] for line in said if line["event"] == "command.taken"] == [False, True])
    assert len(await all_generations(house)) == 1
    await administrator.execute("TRUNCATE generations CASCADE")
    await house.execute("UPDATE waiting_step SET created_at = now() - interval '1 hour'")
    await once(_worker(house, chat))
    assert "never begun" in str(step.error)
