"""What the page gets beyond the API: its files, its data, its news, and an end of the news."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from sandbox.live import DRAWN_MAX, close_pages, news
from sandbox.world import FaultKind
from tests.patience import PATIENCE_S


async def ok(client: httpx.AsyncClient, path: str) -> Any:
    response = await client.get(path)
    assert response.status_code == 200, response.text
    return response.json()


async def test_the_page_gets_everything_it_draws(client: httpx.AsyncClient, sandbox: Any) -> None:
    sandbox.slack.post("general", "ana", "hello")
    sandbox.world.switch("wan", FaultKind.SLOW)

    state = await ok(client, "/page/state")

    assert state["platforms"]["slack"]["messages"]["general"][0]["raw"] == {"text": "hello", "blocks": []}
    assert state["platforms"]["slack"]["people"][0] == {"name": "ana", "id": "U100", "admin": True, "locale": "en-US"}
    assert state["platforms"]["discord"]["commands"][0]["command"] == "/video"
    assert state["side"]["vendors"]["veo"]["tasks"][0]["prompt"] == "a red fox in the snow"
    assert state["side"]["trouble"][0]["kind"] == "slow"
    assert state["side"]["factor"] == 15


async def test_the_page_draws_the_latest_of_a_long_channel(client: httpx.AsyncClient, sandbox: Any) -> None:
    for number in range(DRAWN_MAX + 5):
        sandbox.slack.post("general", "ana", str(number))

    drawn = (await ok(client, "/page/channel?platform=slack&channel=general"))["messages"]
    everything = (await ok(client, "/api/messages?platform=slack&channel=general"))["messages"]

    assert [message["text"] for message in drawn] == [str(number) for number in range(5, DRAWN_MAX + 5)]
    assert len(everything) == DRAWN_MAX + 5


async def test_the_page_and_its_files_are_served_and_may_run_no_script_but_their_own(client: httpx.AsyncClient) -> None:
    page = await client.get("/")
    script = await client.get("/page/page.js")

    assert page.status_code == script.status_code == 200
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert script.headers["cache-control"] == "no-cache"
    assert (await client.get("/page/../api.py")).status_code == 404


async def heard(stream: AsyncIterator[str], count: int) -> list[Any]:
    """The next so many news."""
    found: list[Any] = []
    async with asyncio.timeout(PATIENCE_S):
        while len(found) < count:
            lines = (await anext(stream)).splitlines()
            found += [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]
    return found


async def test_news_reach_an_open_page_in_order(sandbox: Any) -> None:
    stream = news(sandbox.world)
    assert await heard(stream, 1) == [{"type": "hello"}]

    sandbox.slack.post("general", "ana", "hello")
    sandbox.world.switch("veo", FaultKind.DOWN)

    assert [each["type"] for each in await heard(stream, 2)] == ["message", "trouble"]


async def test_many_changes_of_one_message_are_one_piece_of_news(sandbox: Any) -> None:
    stream = news(sandbox.world)
    await heard(stream, 1)
    message = sandbox.slack.post("general", "ana", "0")
    for number in range(50):
        sandbox.slack.edit("general", message, str(number))

    assert len(await heard(stream, 1)) == 1


async def test_a_quiet_stream_is_kept_alive_with_comments(sandbox: Any) -> None:
    stream = news(sandbox.world, keep_alive_s=0.01)
    await heard(stream, 1)

    assert await anext(stream) == ": quiet\n\n"


async def test_a_stream_ends_when_the_server_closes_and_then_listens_no_more(sandbox: Any) -> None:
    stream = news(sandbox.world)
    await heard(stream, 1)

    close_pages(sandbox.world)

    assert await heard(stream, 1) == [{"type": "closing"}]
    with pytest.raises(StopAsyncIteration):
        await anext(stream)
    assert sandbox.world._listeners == set()
