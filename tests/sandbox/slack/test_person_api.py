"""A person's clicks on the app's places beside messages, by HTTP, as docs/sandbox.md says."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.context.complete.async_complete import AsyncComplete
from slack_sdk.errors import SlackApiError

from sandbox.slack import Slack
from tests.patience import until
from tests.sandbox.slack.conftest import client_for, connected


@pytest_asyncio.fixture
async def http(slack: Slack) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"{slack.world.base_url}/slack") as http:
        yield http


async def test_home_shortcut_and_step_as_a_script_uses_them(slack: Slack, http: httpx.AsyncClient) -> None:
    used: list[str] = []
    button = {"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Go"}}

    def register(app: AsyncApp) -> None:
        @app.event("app_home_opened")
        async def opened(event: dict[str, Any]) -> None:
            view = {"type": "home", "blocks": [{"type": "actions", "elements": [button]}]}
            await client_for(slack).views_publish(user_id=event["user"], view=view)

        @app.action("go")
        async def go(ack: AsyncAck) -> None:
            await ack()
            used.append("go")

        @app.global_shortcut("make")
        async def make(ack: AsyncAck) -> None:
            await ack()
            used.append("make")

        @app.function("make_video", auto_acknowledge=True)
        async def step(inputs: dict[str, Any], complete: AsyncComplete) -> None:
            assert inputs == {"prompt": "a fox", "channel": "C0VIDEO"}
            await complete(outputs={"link": "https://video.test/v/1", "credits": 15})

    async def state() -> Any:
        return (await http.get("/person", params={"user": "ana"})).json()

    assert (await state())["home"] is None
    async with connected(slack, register):
        assert (await http.post("/person/open", json={"user": "ana", "tab": "home"})).json()["ok"]
        await until(lambda: slack.views.homes)
        assert (await state())["home"]["actions"] == [{"action": "go", "label": "Go"}]
        assert (await http.post("/person/press", json={"user": "ana", "action": "go"})).json()["ok"]
        assert (await http.post("/person/shortcut", json={"user": "ana", "shortcut": "make"})).json()["ok"]
        await until(lambda: used == ["go", "make"])
        lacking = (await http.post("/person/run", json={"user": "ana", "inputs": {"prompt": "a fox"}})).json()
        assert lacking["error"].startswith("Where it goes: please complete")
        inputs = {"prompt": "a fox", "channel": "video", "tier": ""}
        assert (await http.post("/person/run", json={"user": "ana", "inputs": inputs})).json()["ok"]
        await until(lambda: slack.surfaces.executions[-1].outputs)
    (run,) = (await state())["runs"]
    assert (run["user"], run["outputs"]["credits"], run["error"]) == ("ana", 15, None)


async def test_the_token_of_a_step_ends_before_a_long_video_does(slack: Slack) -> None:
    tokens: list[str] = []

    def register(app: AsyncApp) -> None:
        @app.function("make_video", auto_acknowledge=True)
        async def step(event: dict[str, Any]) -> None:
            tokens.append(event["bot_access_token"])

    async with connected(slack, register):
        person = slack.people[0]
        await slack.surfaces.run_step(person, inputs={"prompt": "a fox", "channel": "C0VIDEO"})
        await until(lambda: tokens)
        assert (await client_for(slack, tokens[0]).auth_test())["ok"]
        slack.tokens[tokens[0]] -= 900
        with pytest.raises(SlackApiError, match="token_expired"):
            await client_for(slack, tokens[0]).auth_test()
