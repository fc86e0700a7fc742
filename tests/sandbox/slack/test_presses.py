"""What an unmodified Bolt app is sent when a person presses something."""

from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack import Slack
from tests.sandbox.slack.conftest import connected


def _plain(text: str) -> dict[str, str]:
    return {"type": "plain_text", "text": text}


def _button(action_id: str, value: str, label: str, **more: Any) -> dict[str, Any]:
    return {"type": "button", "action_id": action_id, "value": value, "text": _plain(label), **more}


BLOCKS: list[dict[str, Any]] = [
    {
        "type": "actions",
        "elements": [_button("take", "1", "One"), _button("open", "", "Look", url="https://a.example")],
    },
    {"type": "actions", "elements": [_button("take", "2", "Two", style="danger")]},
    {
        "type": "section",
        "text": {"type": "mrkdwn", "text": "menu"},
        "accessory": {
            "type": "static_select",
            "action_id": "tier",
            "options": [{"text": _plain("Pro"), "value": "pro"}, {"text": _plain("Draft"), "value": "draft"}],
        },
    },
]


async def test_a_press_carries_its_message_its_place_and_its_value(slack: Slack, client: AsyncWebClient) -> None:
    bodies: list[dict] = []

    def register(app: AsyncApp) -> None:
        async def heard(ack, body, respond):
            await ack()
            bodies.append(body)
            await respond("ok", replace_original=False)

        for action in ("take", "open", "tier"):
            app.action(action)(heard)

    root = await client.chat_postMessage(channel="C0GENERAL", text="root")
    posted = await client.chat_postMessage(
        channel="C0GENERAL", text="choose", blocks=BLOCKS, thread_ts=root["ts"], metadata=METADATA
    )
    (shown,) = slack.messages("general")[0]["thread"]
    assert shown["actions"] == [
        {"action": "take:1", "label": "One"},
        {"action": "open", "label": "Look"},
        {"action": "take:2", "label": "Two"},
        {"action": "tier:pro", "label": "Pro"},
        {"action": "tier:draft", "label": "Draft"},
    ]
    async with connected(slack, register):
        for action in ("take:2", "open", "tier:draft"):
            heard = await slack.press(channel="general", message=posted["ts"], action=action, user="ben")
            assert (heard.ok, heard.ephemeral) == (True, ("ok",))
        gone = await slack.press(channel="general", message=posted["ts"], action="other", user="ben")
        assert (gone.ok, gone.error) == (False, "action_not_found")
    two, link, draft = (body["actions"][0] for body in bodies)
    assert (two["value"], two["style"], two["type"]) == ("2", "danger", "button")
    assert link["url"] == "https://a.example"
    assert draft["selected_option"]["value"] == "draft"
    body = bodies[0]
    assert (body["user"]["id"], body["channel"]["id"]) == ("U0BEN", "C0GENERAL")
    assert body["container"]["thread_ts"] == root["ts"]
    assert body["message"]["ts"] == posted["ts"]
    assert body["message"]["metadata"] == METADATA


METADATA = {"event_type": "nd", "event_payload": {"generation": "g1"}}


async def test_a_press_that_nobody_answers_says_so(slack: Slack, client: AsyncWebClient) -> None:
    posted = await client.chat_postMessage(channel="C0GENERAL", text="choose", blocks=BLOCKS)
    press = {"channel": "general", "message": posted["ts"], "action": "open", "user": "ben"}
    assert (await slack.press(**press)).error == "dispatch_failed"
    slack.sockets.ack_s = 0.5
    async with connected(slack, lambda _app: None):
        assert (await slack.press(**press)).error == "operation_timeout"
    assert (await slack.press(**{**press, "message": "1.000001"})).error == "message_not_found"


async def test_a_press_can_open_a_modal(slack: Slack, client: AsyncWebClient) -> None:
    def register(app: AsyncApp) -> None:
        @app.action("open")
        async def opened(ack, body, client):
            await ack()
            view = {"type": "modal", "title": _plain("Hello"), "blocks": [{"type": "divider"}]}
            await client.views_open(trigger_id=body["trigger_id"], view=view)

    posted = await client.chat_postMessage(channel="C0GENERAL", text="choose", blocks=BLOCKS)
    async with slack.world.listening() as news, connected(slack, register):
        heard = await slack.press(channel="general", message=posted["ts"], action="open", user="ben")
        assert heard.modal is not None
        assert heard.modal.title == "Hello"
        told = news.get_nowait()
    assert (told["type"], told["user"], told["modal"]["id"]) == ("modal", "ben", heard.modal.id)


async def test_acks_and_responses_are_kept_for_tests_to_read(slack: Slack) -> None:
    def register(app: AsyncApp) -> None:
        @app.command("/video")
        async def video(ack, respond):
            await ack(text="acked", blocks=[{"type": "divider"}])
            await respond(text="responded")

    async with connected(slack, register):
        await slack.say(channel="general", user="ana", text="/video")
    kept = dict(slack.requests)
    assert kept["ack"]["blocks"] == [{"type": "divider"}]
    assert kept["response_url"]["text"] == "responded"
