"""Whoever is quicker than the bots loses nothing."""

import asyncio
from types import SimpleNamespace
from typing import Any

import httpx
from starlette.applications import Starlette

from sandbox.api import Api
from sandbox.platform import Heard
from sandbox.world import World


class Late:
    """A platform whose bot comes in a moment."""

    name, people, channels = "late", (SimpleNamespace(name="ana"),), ("general",)

    def __init__(self) -> None:
        self.here = False
        self.said: list[Any] = []

    def hears(self) -> bool:
        return self.here

    async def say(self, **what: Any) -> Heard:
        self.said.append((self.here, what["text"]))
        return Heard(ok=self.here)


async def say(late: Any, text: str, tmp_path: Any, *, hold_s: float) -> None:
    api = Api(World(base_url="http://s", home=tmp_path), {"late": late}, dict, hold_s=hold_s)
    transport = httpx.ASGITransport(app=Starlette(routes=api.routes()))
    async with httpx.AsyncClient(transport=transport, base_url="http://s") as http:
        answer = await http.post(
            "/api/say", json={"platform": "late", "channel": "general", "user": "ana", "text": text}
        )
    assert answer.status_code == 200, answer.text


async def test_a_command_waits_for_the_bot_and_nothing_else_does(tmp_path: Any) -> None:
    late = Late()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(say(late, "/video a fox", tmp_path, hold_s=10.0))
        tasks.create_task(say(late, "hello", tmp_path, hold_s=10.0))
        while not late.said:  # noqa: ASYNC110 - a request is on its way
            await asyncio.sleep(0.01)
        late.here = True
    assert late.said == [(False, "hello"), (True, "/video a fox")]


async def test_it_is_not_held_for_ever(tmp_path: Any) -> None:
    late = Late()
    await say(late, "/video a fox", tmp_path, hold_s=0.05)
    assert late.said == [(False, "/video a fox")]
