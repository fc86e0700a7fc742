"""Response URLs: how often, how long, and what they can do to which message."""

from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from sandbox.slack import Slack
from tests.sandbox.slack.conftest import connected


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def options(clock: Clock) -> dict[str, Any]:
    return {"ack_s": 20, "listen_s": 0.1, "clock": clock}


def _button(value: str = "1") -> dict[str, Any]:
    return {
        "type": "actions",
        "elements": [
            {"type": "button", "action_id": "go", "value": value, "text": {"type": "plain_text", "text": "Go"}}
        ],
    }


async def _urls(slack: Slack, client: AsyncWebClient) -> tuple[str, str, str]:
    """(a command's response URL, a pressed message's response URL, that message's ts)."""
    urls: list[str] = []

    def register(app: AsyncApp) -> None:
        @app.command("/video")
        async def video(ack, body):
            await ack()
            urls.append(body["response_url"])

        @app.action("go")
        async def go(ack, body):
            await ack()
            urls.append(body["response_url"])

    posted = await client.chat_postMessage(channel="C0GENERAL", text="press me", blocks=[_button()])
    async with connected(slack, register):
        await slack.say(channel="general", user="ana", text="/video a fox")
        await slack.press(channel="general", message=posted["ts"], action="go", user="ana")
    return urls[0], urls[1], posted["ts"]


async def test_a_response_url_works_five_times(slack: Slack, client: AsyncWebClient) -> None:
    command, _, _ = await _urls(slack, client)
    hook = AsyncWebhookClient(command)
    answers = [await hook.send(text=f"answer {n}") for n in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [404]
    assert "used_url" in answers[5].body
    assert len(slack.whispers("general", "ana")) == 5


async def test_a_response_url_works_for_half_an_hour(slack: Slack, client: AsyncWebClient, clock: Clock) -> None:
    command, _, _ = await _urls(slack, client)
    clock.now += 1799
    assert (await AsyncWebhookClient(command).send(text="in time")).status_code == 200
    clock.now += 2
    late = await AsyncWebhookClient(command).send(text="late")
    assert (late.status_code, "expired_url" in late.body) == (404, True)


async def test_without_a_word_a_new_message_appears_for_that_person(slack: Slack, client: AsyncWebClient) -> None:
    _, press, _ = await _urls(slack, client)
    await AsyncWebhookClient(press).send(text="only you")
    assert [message["text"] for message in slack.whispers("general", "ana")] == ["only you"]
    assert slack.messages("general")[0]["edits"] == 0


async def test_the_pressed_message_is_replaced_or_deleted(slack: Slack, client: AsyncWebClient) -> None:
    _, press, _ = await _urls(slack, client)
    hook = AsyncWebhookClient(press)
    await hook.send(text="changed", replace_original=True)
    (shown,) = slack.messages("general")
    assert (shown["text"], shown["edits"], shown["actions"]) == ("changed", 1, [])
    await hook.send(delete_original=True)
    assert slack.messages("general") == []


async def test_an_answer_in_the_channel_overwrites_unless_told_not_to(slack: Slack, client: AsyncWebClient) -> None:
    _, press, ts = await _urls(slack, client)
    hook = AsyncWebhookClient(press)
    await hook.send_dict(
        {"text": "in thread", "response_type": "in_channel", "replace_original": False, "thread_ts": ts}
    )
    (shown,) = slack.messages("general")
    assert [message["text"] for message in shown["thread"]] == ["in thread"]
    await hook.send(text="over it", response_type="in_channel")
    (shown,) = slack.messages("general")
    assert shown["text"] == "over it"


async def test_an_ephemeral_message_is_pressed_and_replaced(slack: Slack, client: AsyncWebClient) -> None:
    sent = await client.chat_postEphemeral(channel="C0GENERAL", user="U0ANA", text="sure?", blocks=[_button()])
    containers: list[dict] = []

    def register(app: AsyncApp) -> None:
        @app.action("go")
        async def go(ack, body, respond):
            await ack()
            containers.append(body["container"])
            await respond(text="done", replace_original=True)

    async with connected(slack, register):
        where = {"channel": "general", "message": sent["message_ts"], "action": "go"}
        heard = await slack.press(**where, user="ana")
        assert heard.ephemeral == ("done",)
        assert (await slack.press(**where, user="ben")).error == "message_not_found"
    assert containers[0]["is_ephemeral"] is True
    (left,) = slack.whispers("general", "ana")
    assert (left["id"], left["text"], left["actions"]) == (sent["message_ts"], "done", [])


async def test_a_command_has_no_original_to_replace(slack: Slack, client: AsyncWebClient) -> None:
    command, _, _ = await _urls(slack, client)
    hook = AsyncWebhookClient(command)
    await hook.send(text="one")
    await hook.send(text="two", replace_original=True)
    assert [message["text"] for message in slack.whispers("general", "ana")] == ["one", "two"]


async def test_a_response_url_works_where_the_bot_is_no_member(slack: Slack) -> None:
    def register(app: AsyncApp) -> None:
        @app.command("/video")
        async def video(ack, respond):
            await ack()
            await respond("please invite me")

    async with connected(slack, register):
        heard = await slack.say(channel="quiet", user="ana", text="/video a fox")
    assert heard.ephemeral == ("please invite me",)


async def test_a_response_that_slack_would_not_take_is_refused(slack: Slack, client: AsyncWebClient) -> None:
    command, _, _ = await _urls(slack, client)
    answer = await AsyncWebhookClient(command).send(text="x", blocks=[{"type": "nonsense"}])
    assert (answer.status_code, "unsupported type: nonsense" in answer.body) == (400, True)
    answer = await AsyncWebhookClient(command).send(text="")
    assert (answer.status_code, "no_text" in answer.body) == (400, True)
    nowhere = await AsyncWebhookClient(f"{slack.world.base_url}/slack/response/T/A/x").send(text="x")
    assert nowhere.status_code == 404
