"""Slack posts over HTTP what it otherwise sends through a socket; signed by Slack's own SDK."""

import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from slack_bolt.async_app import AsyncApp
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient

from bots.slack.delivery.chat import SlackChat
from bots.slack.http import SlackHttp
from tests.quick import examples
from tests.web.conftest import House, client
from web import chats

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
FORM = "application/x-www-form-urlencoded"


@dataclass
class Slack:
    """What Slack posts, and what our handlers heard of it."""

    http: httpx.AsyncClient
    heard: list[Any] = field(default_factory=list)

    async def post(self, body: str, *, kind: str = FORM, at: str | None = None, secret: str = SECRET) -> httpx.Response:
        at = str(int(time.time())) if at is None else at
        signature = SignatureVerifier(secret).generate_signature(timestamp=at, body=body) or ""
        headers = {"content-type": kind, "x-slack-request-timestamp": at, "x-slack-signature": signature}
        return await self.http.post("/slack/events", content=body.encode(), headers=headers)


@pytest_asyncio.fixture
async def slack(house: House) -> AsyncIterator[Slack]:
    web = AsyncWebClient(token="xoxb-test", base_url="http://127.0.0.1:1/", retry_handlers=[])
    app = AsyncApp(client=web, ignoring_self_events_enabled=False, authorize=_authorize)
    chat = SlackChat(web)
    routes = chats.routes(SlackHttp(app, chat, web, signing_secret=SECRET))
    async with client(house.app(chats=routes)) as http:
        slack = Slack(http)

        @app.command("/video")
        async def video(ack: Any, command: Any) -> None:
            await ack("On it")
            slack.heard.append(command["text"])

        @app.action("again")
        async def again(ack: Any, body: Any) -> None:
            await ack()
            slack.heard.append(body["actions"][0]["value"])

        yield slack
    await chat.aclose()


async def _authorize(**_: Any) -> Any:
    from slack_bolt.authorization import AuthorizeResult

    return AuthorizeResult(enterprise_id=None, team_id="T1", bot_token="xoxb-test", bot_user_id="U0", bot_id="B0")


COMMAND = urlencode({"command": "/video", "text": "a red fox", "team_id": "T1", "user_id": "U1", "channel_id": "C1"})


async def test_a_command_reaches_its_handler_and_is_answered(slack: Slack) -> None:
    answer = await slack.post(COMMAND)
    assert (answer.status_code, answer.text) == (200, "On it")
    assert slack.heard == ["a red fox"]


async def test_a_press_reaches_its_handler(slack: Slack) -> None:
    action = {"action_id": "again", "block_id": "b", "type": "button", "value": "42"}
    press = {"type": "block_actions", "team": {"id": "T1"}, "user": {"id": "U1"}, "actions": [action]}
    assert (await slack.post(urlencode({"payload": json.dumps(press)}))).status_code == 200
    assert slack.heard == ["42"]


async def test_the_address_is_verified(slack: Slack) -> None:
    answer = await slack.post('{"type":"url_verification","challenge":"3eZbrw"}', kind="application/json")
    assert (answer.status_code, answer.json()) == (200, {"challenge": "3eZbrw"})


async def test_a_look_at_our_certificate_is_answered_without_a_signature(slack: Slack) -> None:
    answer = await slack.http.post("/slack/events", content=b"ssl_check=1&token=x", headers={"content-type": FORM})
    assert (answer.status_code, answer.text) == (200, "")
    answer = await slack.http.post("/slack/events", content=b"ssl_check=1&" + COMMAND.encode() * 20)
    assert answer.status_code == 400, "no longer a body that only looks"
    assert slack.heard == []


async def test_an_event_that_nobody_listens_to_is_no_failure(slack: Slack) -> None:
    event = {"type": "event_callback", "team_id": "T1", "event": {"type": "app_home_opened", "user": "U1"}}
    assert (await slack.post(json.dumps(event), kind="application/json; charset=utf-8")).status_code == 200


@pytest.mark.parametrize("at", ["", "soon", "-5", "1e9", "١٢٣", "9" * 4000])
async def test_a_time_that_is_no_number_is_a_bad_request(slack: Slack, at: str) -> None:
    body = {"content-type": FORM, "x-slack-request-timestamp": at.encode(), "x-slack-signature": "v0=00"}
    assert (await slack.http.post("/slack/events", content=COMMAND, headers=body)).status_code == 400  # type: ignore[arg-type]  # httpx takes bytes too


@pytest.mark.parametrize("seconds", [-310, 310])
async def test_an_old_request_is_refused(slack: Slack, seconds: int) -> None:
    assert (await slack.post(COMMAND, at=str(int(time.time()) + seconds))).status_code == 401
    assert slack.heard == []


async def test_one_within_the_window_is_not_old(slack: Slack) -> None:
    assert (await slack.post(COMMAND, at=str(int(time.time()) - 290))).status_code == 200


async def test_another_secret_is_refused(slack: Slack) -> None:
    answer = await slack.post(COMMAND, secret="theirs")
    assert (answer.status_code, answer.headers["x-slack-no-retry"]) == (401, "1")
    assert slack.heard == []


async def test_a_body_over_a_megabyte_is_refused(slack: Slack) -> None:
    assert (await slack.post("a=" + "x" * (1 << 20))).status_code == 413


_SHAPES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_NAMES = st.sampled_from(
    ["type", "team", "user", "event", "team_id", "user_id", "command", "actions", "view", "channel", "enterprise",
     "authorizations", "challenge", "callback_id", "api_app_id", "is_enterprise_install", "ssl_check"]
)  # fmt: skip
_TYPES = st.sampled_from(["event_callback", "block_actions", "view_submission", "shortcut", "url_verification", "x"])


@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.dictionaries(_NAMES, _SHAPES, max_size=5),
    kind=_TYPES,
    form=st.sampled_from(["", "payload"]),
    plain=st.text(max_size=60),
)
async def test_whatever_is_signed_is_answered(
    slack: Slack, body: dict[str, Any], kind: str, form: str, plain: str
) -> None:
    text = json.dumps(body | {"type": kind})
    posted = urlencode({"payload": text}) if form else text
    answers = [
        await slack.post(posted, kind=FORM if form else "application/json"),
        await slack.post(plain, kind="application/json"),
        await slack.post(plain),
    ]
    assert {answer.status_code for answer in answers} <= {200, 400, 404, 503}  # 503: a handler that gave up
