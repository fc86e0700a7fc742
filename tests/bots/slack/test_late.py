"""Slack does what it was asked after its answer was given up: it is looked for in time, and stands once."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bots.slack.delivery import chat as delivery
from bots.slack.delivery.chat import SlackChat, client
from core.db.pool import Pool
from core.replies.chat.card import Card
from sandbox.slack import BOT_TOKEN, Slack
from tests.bots.conftest import OpenService, only_generation
from tests.bots.slack.conftest import OpenBot
from tests.patience import PATIENCE_S, until
from tests.sandbox.slack.conftest import serving

GIVEN_UP_S, LATE_S = 0.3, 1.0
DUE_IN_S = (
    "SELECT extract(epoch FROM wake_at - nd_now())::float8 FROM deliveries WHERE kind = 'root' AND lease_owner IS NULL"
)


@pytest_asyncio.fixture
async def slack(tmp_path: Path) -> AsyncIterator[Slack]:
    options = {"share_s": 0.05, "listen_s": 0.05, "ack_s": PATIENCE_S, "hang_s": LATE_S}
    async with serving(tmp_path, options) as running:
        yield running


@pytest_asyncio.fixture
async def chat(slack: Slack, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SlackChat]:
    monkeypatch.setattr(delivery, "TIMEOUT_S", GIVEN_UP_S)
    chat = SlackChat(client(BOT_TOKEN, f"{slack.world.base_url}/slack/api/"))
    yield chat
    await chat.aclose()


async def test_a_root_message_that_comes_after_its_answer_was_given_up_is_found_and_not_posted_again(
    slack: Slack, house: Pool, chat: SlackChat, open_service: OpenService, open_bot: OpenBot
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        slack.faults.add("chat.postMessage", "late", times=1)
        await slack.say(channel="general", user="ana", text="/video a red fox")
        due_in_s = await until(lambda: house.fetchval(DUE_IN_S))
        assert due_in_s > 20, "the request may be under way at Slack for so long"
        await until(lambda: slack.messages("general"))
    generation = await only_generation(house)
    key = await house.fetchval("SELECT key FROM deliveries WHERE kind = 'root'")
    posted = await chat.open_thread(generation.place, Card(title="A new video"), key=key, title="fox", look_first=True)
    assert [each["id"] for each in slack.messages("general")] == [posted.message]
