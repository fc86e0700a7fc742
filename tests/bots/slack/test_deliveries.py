"""What Slack delivers again is acknowledged, and answered once; a form is answered each time."""

import json
from typing import Any

import pytest

from bots.slack.inbound.deliveries import Deliveries
from core.db.pool import Pool
from sandbox.slack import Slack, envelopes
from sandbox.slack.fixtures import BOT_USER_ID
from tests.bots.conftest import OpenService, all_generations
from tests.bots.slack.conftest import OpenBot, whisper

EVENT = {"type": "event_callback", "event_id": "Ev1", "event": {"type": "app_mention"}}
COMMAND = {"command": "/video", "trigger_id": "1.2"}
PRESS = {"type": "block_actions", "trigger_id": "1.2"}
FORM = {"type": "view_submission", "trigger_id": "1.2"}


@pytest.mark.parametrize("body", [EVENT, COMMAND, PRESS])
def test_what_comes_again_is_known(body: dict[str, Any]) -> None:
    deliveries = Deliveries()
    assert [deliveries.is_again(body) for _ in range(3)] == [False, True, True]


@pytest.mark.parametrize(
    "body", [FORM, {"type": "event_callback"}, {"command": "/video"}, {"type": "block_actions"}, {}]
)
def test_a_form_and_what_has_no_name_are_never_taken_for_known(body: dict[str, Any]) -> None:
    deliveries = Deliveries()
    assert not any(deliveries.is_again(body) for _ in range(2))


@pytest.mark.parametrize("text", ["help", "a red fox tier:prof"])
async def test_a_mention_that_comes_again_to_another_process_is_answered_once(
    slack: Slack, open_service: OpenService, open_bot: OpenBot, text: str
) -> None:
    await slack.say(channel="general", user="ana", text="hello")
    ((ts, _),) = slack.store.channels["C0GENERAL"].messages.items()
    words = f"<@{BOT_USER_ID}> {text}"
    event = {"type": "app_mention", "user": "U0ANA", "text": words, "channel": "C0GENERAL", "ts": ts}
    envelope = envelopes.event(event, at=1)
    body = envelopes.as_sent(envelope, store=slack.store, user="")
    for who in ("ben", "cleo"):
        async with open_service() as video_service, open_bot(video_service):  # the second one is as after a restart
            await slack._actions.sockets.send(body, envelope_id=envelope.id)
            await slack.say(channel="general", user=who, text="/video help")  # comes after it
            await whisper(slack, user=who)
            await whisper(slack)
    assert len(slack.whispers("general", "ana")) == 1


@pytest.mark.parametrize("text", ["/video help", "/credits", "/video a red fox tier:prof"])
async def test_a_command_that_comes_again_to_another_process_is_answered_once(
    slack: Slack, open_service: OpenService, open_bot: OpenBot, text: str
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        await slack.say(channel="general", user="ana", text=text)
        await whisper(slack)
    async with open_service() as video_service, open_bot(video_service):
        await slack._actions.redeliver()
        await slack.say(channel="general", user="ben", text="/video help")  # comes after it
        await whisper(slack, user="ben")
    assert len(slack.whispers("general", "ana")) == 1


@pytest.mark.parametrize("text", ["help", "credits", "a red fox tier:prof"])
async def test_a_mention_that_slack_delivers_again_is_answered_once(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot, text: str
) -> None:
    async with open_service() as video_service, open_bot(video_service):
        await slack.say(channel="general", user="ana", text="hello")
        ((ts, _),) = slack.store.channels["C0GENERAL"].messages.items()
        words = f"<@{BOT_USER_ID}> {text}"
        event = {"type": "app_mention", "user": "U0ANA", "text": words, "channel": "C0GENERAL", "ts": ts}
        envelope = envelopes.event(event, at=1)
        body = json.loads(envelopes.as_sent(envelope, store=slack.store, user=""))
        for attempt in range(3):
            body["retry_attempt"] = attempt
            heard = await slack._actions.sockets.send(json.dumps(body), envelope_id=envelope.id)
            assert not heard.unheard, "it is acknowledged each time, so that Slack stops"
        await whisper(slack)
        await slack.say(channel="general", user="ben", text="/video help")  # comes after all of them
        await whisper(slack, user="ben")
        assert len(slack.whispers("general", "ana")) == 1
    assert await all_generations(house) == []
