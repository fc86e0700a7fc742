"""Buttons and forms that we did not make are answered with a sentence, and nothing behind them is touched."""

import json
from typing import Any
from uuid import uuid4

import pytest

from bots.slack.delivery.chat import client
from bots.slack.drawing import render
from bots.slack.drawing.buttons import memory, pressed, remembered, signer, value
from core.db.pool import Pool
from core.domain.requests.refusals import ForgedButton
from core.replies.chat.card import Action, Button, Card
from sandbox.slack import BOT_TOKEN, Slack
from tests.bots.conftest import Noted, OpenService, all_generations, charges, only_generation
from tests.bots.slack.conftest import OpenBot, whisper
from tests.patience import until

FORGERIES = {
    "without a signature": "{subject}",
    "an empty signature": "{subject}.",
    "a made-up signature": "{subject}.aaaaaaaaaaaa",
    "one of another subject": "{subject}.{of_another_subject}",
    "one of another action": "{subject}.{of_another_action}",
    "nothing": "",
    "half a character": "{subject}.\ud800",
}
SUBJECTS = {Action.CHOOSE: "fallback=never", Action.PAGE: "0"}


def _body(action: str, value: str) -> dict[str, Any]:
    return {"user": {"id": "U0ANA"}, "actions": [{"action_id": action, "value": value}]}


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("forgery", FORGERIES)
def test_no_forged_button_is_read_and_every_own_one_is(action: Action, forgery: str) -> None:
    subject = SUBJECTS.get(action, str(uuid4()))
    action_id = f"{action.value}:{subject}" if action is Action.CHOOSE else action.value
    assert pressed(_body(action_id, value(action, subject))) == subject
    with pytest.raises(ForgedButton):
        pressed(
            _body(
                action_id,
                FORGERIES[forgery].format(
                    subject=subject,
                    of_another_subject=signer().sign(action.value, "x"),
                    of_another_action=signer().sign("x", subject),
                ),
            )
        )


KEPT = {"channel": "C0GENERAL", "file": "F0FOX", "answers": "https://hooks.slack.com/app/T1/1/x"}


def _view(memory: str, form: str = "animate") -> dict[str, Any]:
    return {"user": {"id": "U0ANA"}, "view": {"callback_id": form, "private_metadata": memory}}


def test_a_form_remembers_what_it_was_given() -> None:
    assert remembered(_view(memory("animate", KEPT))) == KEPT


def _with(**changed: Any) -> str:
    data = json.loads(memory("animate", KEPT))
    return json.dumps({**data, "kept": {**KEPT, **changed}})


@pytest.mark.parametrize(
    "view",
    [
        _view(""),
        _view("[]"),
        _view("null"),
        _view(json.dumps(KEPT)),
        _view(json.dumps({"kept": KEPT})),
        _view(_with(answers="https://evil.example/")),
        _view(_with(file="F0SECRET")),
        _view(memory("another", KEPT)),
        _view(memory("animate", KEPT), form="another"),
        _view("[" * 100_000),
    ],
)
def test_no_forged_form_is_read(view: dict[str, Any]) -> None:
    with pytest.raises(ForgedButton):
        remembered(view)


async def test_a_forged_press_is_answered_and_changes_nothing(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted
) -> None:
    """Every action of ours, pressed by an admin with the id of a generation that is theirs, but not signed by us."""
    async with open_service() as video_service, open_bot(video_service):
        await slack.say(channel="general", user="ana", text="/video a red fox")
        await until(lambda: noted.sent)
        generation = await only_generation(house)
        web = client(BOT_TOKEN, f"{slack.world.base_url}/slack/api/")
        for heard, action in enumerate(Action):
            subject = SUBJECTS.get(action, str(generation.id))
            blocks = render.blocks(Card(title="Hello", parts=(Button(action, "Press me", subject),)))
            (button,) = blocks[-1]["elements"]
            button["value"] = f"{subject}.aaaaaaaaaaaa"
            posted = await web.chat_postMessage(channel="C0GENERAL", text="Hello", blocks=blocks)
            await slack.press(channel="general", message=posted["ts"], action=button["action_id"], user="ana")
            assert "does not work any more" in await whisper(slack, earlier=heard), action
    assert await all_generations(house) == [generation]
    assert await charges(house) == 1
    assert await house.fetchval("SELECT count(*) FROM workspace_settings") == 0


async def test_the_workspace_is_our_tokens_whatever_a_press_says(
    slack: Slack, house: Pool, open_service: OpenService, open_bot: OpenBot, noted: Noted
) -> None:
    """A press in a shared channel, or of an installation for a whole organisation, names another team or none."""
    async with open_service() as video_service, open_bot(video_service):
        await slack.say(channel="general", user="ana", text="/video a red fox")
        await until(lambda: noted.sent)
    installations = {generation.installation for generation in await all_generations(house)}
    web = client(BOT_TOKEN, f"{slack.world.base_url}/slack/api/")
    assert installations == {(await web.auth_test())["team_id"]}
    assert await house.fetchval("SELECT count(*) FROM workspace") == 1
