"""Each process told to stop in the middle of its work: it ends it, or leaves it to others, and ends in time."""

import asyncio
import re
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from core.db.pool import open_pool
from core.domain.ids import ChannelId, Installation, PlatformName, Thread, UserId
from core.domain.requests.request import VideoRequest
from core.usecases.requests.submit import VideoCommand, submit
from neverdark.stack import _STOP_S
from tests.core.terms import terms
from tests.databases import as_an_administrator
from tests.neverdark.test_processes import READY_S, ends_well, environment, platform, said_until, started
from tests.quick import some
from tests.rows import one_row

WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"
SOON_S = 20.0


async def seen(look: Callable[[], Awaitable[Any]]) -> Any:
    """Wait for a condition."""
    async with asyncio.timeout(SOON_S):
        while not (found := await look()):  # noqa: ASYNC110 - it is another process that gets there
            await asyncio.sleep(0.05)
        return found


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[str]:
    """The stand-ins, as a process of their own; its address."""
    command = [sys.executable, "-m", "sandbox", "--port", "0", "--home", str(tmp_path / "sandbox")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found is not None
        try:
            yield found[0]
        finally:
            process.kill()


def of_the_sandbox(database: str, redis_url: str, home: Path, address: str) -> dict[str, str]:
    return environment(database, redis_url, home, address) | {
        "SLACK_BOT_TOKEN": "xoxb-sandbox", "SLACK_APP_TOKEN": "xapp-sandbox",
        "SLACK_BASE_URL": f"{address}/slack/api/",
        "DISCORD_TOKEN": "sandbox-discord-token", "DISCORD_API_URL": f"{address}/discord/api/v10",
        "DISCORD_GATEWAY_URL": f"{address.replace('http', 'ws')}/discord/gateway",
        "HAILUO_API_KEY": "somebody makes videos",
    }  # fmt: skip


@asynccontextmanager
async def in_the_middle_of_a_command(
    database: str, address: str, name: str
) -> AsyncIterator[tuple[asyncpg.Connection, "asyncio.Task[httpx.Response]"]]:
    """A command is acknowledged, and cannot be written down as long as this session's transaction lasts."""
    conn = await asyncpg.connect(as_an_administrator(database))
    async with httpx.AsyncClient(base_url=address, timeout=READY_S) as http:
        try:
            transaction = conn.transaction()
            await transaction.start()
            await conn.execute("LOCK TABLE generations IN EXCLUSIVE MODE")
            words = {"platform": name, "channel": "general", "user": "ana", "text": "/video a fox at dusk"}
            saying = asyncio.create_task(http.post("/api/say", json=words))
            await seen(lambda: conn.fetchval(WAITING))
            yield conn, saying
            await transaction.rollback()
            await saying
        finally:
            await conn.close()


async def messages(address: str, name: str) -> list[dict[str, Any]]:
    async with httpx.AsyncClient(base_url=address) as http:
        answer = await http.get("/api/messages", params={"platform": name, "channel": "general"})
    return [message for message in answer.json()["messages"] if "a fox at dusk" in message["text"]]


@pytest.mark.parametrize("name", some(["slack", "discord"], of="in a command"))
async def test_a_bot_in_the_middle_of_a_command_ends_it_before_it_ends(
    name: str, database: str, redis_url: str, tmp_path: Path, sandbox: str
) -> None:
    with started(name, of_the_sandbox(database, redis_url, tmp_path, sandbox)) as process:
        await asyncio.to_thread(said_until, process, f"{name}.ready")
        async with in_the_middle_of_a_command(database, sandbox, name):
            ending = asyncio.create_task(asyncio.to_thread(ends_well, process, within_s=_STOP_S[name]))
            await asyncio.sleep(0.5)  # the word to stop has come
            assert process.poll() is None
        await ending
    assert len(await messages(sandbox, name)) == 1, "the person sees what came of it"


@pytest.mark.parametrize("name", some(["slack", "discord"], of="a command that hangs"))
async def test_a_bot_whose_command_cannot_end_ends_in_time(
    name: str, database: str, redis_url: str, tmp_path: Path, sandbox: str
) -> None:
    with started(name, of_the_sandbox(database, redis_url, tmp_path, sandbox)) as process:
        await asyncio.to_thread(said_until, process, f"{name}.ready")
        async with in_the_middle_of_a_command(database, sandbox, name):
            await asyncio.to_thread(ends_well, process, within_s=_STOP_S[name])


async def test_a_worker_in_the_middle_of_a_step_records_it_before_it_ends(
    database: str, redis_url: str, tmp_path: Path
) -> None:
    reached, opened = threading.Event(), threading.Event()

    def submit_answer() -> tuple[int, Any]:
        reached.set()
        opened.wait(SOON_S)
        return 200, {"task_id": "t1", "base_resp": {"status_code": 0, "status_msg": "success"}}

    answers: dict[str, Any] = {
        "/v1/video_generation": submit_answer,
        "auth.test": (200, {"ok": True}),
        "/users/@me": (200, {"id": "1"}),
    }
    async with open_pool(database, size_max=2) as pool:
        with platform(answers) as outside:
            env = environment(database, redis_url, tmp_path, outside) | {
                "HAILUO_API_KEY": "k", "HAILUO_API_BASE_URL": outside, "HAILUO_API_ALLOW_PRIVATE": "true",
            }  # fmt: skip
            del env["DISCORD_TOKEN"]
            with started("worker", env) as process:
                await asyncio.to_thread(said_until, process, "worker.ready")
                await submit(asked(), pool=pool, terms=terms(free_credits=5000), owner="bot")
                assert await asyncio.to_thread(reached.wait, SOON_S), "the request is on its way"
                ending = asyncio.create_task(asyncio.to_thread(ends_well, process, within_s=_STOP_S["worker"]))
                await asyncio.sleep(0.5)  # the word to stop has come
                assert process.poll() is None
                opened.set()
                await ending
        found = await one_row(pool, "SELECT state, lease_owner FROM attempts")
        assert (found["state"], found["lease_owner"]) == ("accepted", None)
        found = await one_row(pool, "SELECT state, lease_owner FROM generations")
        assert (found["state"], found["lease_owner"]) == ("rendering", None)
        assert await pool.fetchval("SELECT count(*) FROM workers") == 0, "it has said good-bye"


def asked() -> VideoCommand:
    return VideoCommand(
        platform=PlatformName("slack"), installation=Installation("T1"), user=UserId("U1"), channel=ChannelId("C1"),
        place=Thread('{"channel":"C1"}'), event=str(uuid4()), request=VideoRequest(prompt="a fox at dusk"),
    )  # fmt: skip


async def test_web_in_the_middle_of_an_answer_ends_in_time(database: str, redis_url: str, tmp_path: Path) -> None:
    with platform({}) as chats:
        env = environment(database, redis_url, tmp_path, chats)
        with started("web", env) as process:
            await asyncio.to_thread(said_until, process, "web.ready")
            conn = await asyncpg.connect(as_an_administrator(database))
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{env['WEB_PORT']}", timeout=READY_S) as http:
                async with conn.transaction():
                    await conn.execute("LOCK TABLE provider_health IN ACCESS EXCLUSIVE MODE")
                    asking = asyncio.create_task(http.get("/metrics"))
                    await seen(lambda: conn.fetchval(WAITING))
                    await asyncio.to_thread(ends_well, process, within_s=_STOP_S["web"])
                await asyncio.gather(asking, return_exceptions=True)
            await conn.close()
