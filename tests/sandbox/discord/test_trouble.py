"""Trouble with Discord: what each kind does to a client, and what was posted nevertheless."""

import asyncio
import time

import aiohttp
import discord
import httpx
import pytest

from sandbox.discord import CHANNEL_IDS, Rules
from sandbox.world import FaultKind
from tests.sandbox.discord.harness import Bot, Sandbox

MESSAGES = f"/channels/{CHANNEL_IDS['general']}/messages"


@pytest.fixture
def rules() -> Rules:
    return Rules(slow_s=0.2, hang_s=0.3, retry_after_s=0.01, answer_s=0.5)


async def test_down_refuses_everything_at_once(sandbox: Sandbox, worker: discord.Client) -> None:
    sandbox.world.switch("discord", FaultKind.DOWN)

    with pytest.raises(discord.DiscordServerError) as down:
        await sandbox.channel(worker).send("x")

    assert down.value.status == 503
    assert sandbox.platform.messages("general") == []


async def test_errors_come_before_and_after_the_work_is_done(sandbox: Sandbox, http: httpx.AsyncClient) -> None:
    sandbox.world.switch("discord", FaultKind.ERRORS)

    statuses = {(await http.post(MESSAGES, json={"content": f"{number}"})).status_code for number in range(20)}

    assert statuses == {500}
    assert 0 < len(sandbox.platform.messages("general")) < 20


async def test_a_retry_after_an_error_posts_once(sandbox: Sandbox, http: httpx.AsyncClient) -> None:
    sandbox.world.switch("discord", FaultKind.ERRORS)
    body = {"content": "once", "nonce": "n", "enforce_nonce": True}
    for _ in range(20):
        await http.post(MESSAGES, json=body)
    sandbox.world.calm()

    assert (await http.post(MESSAGES, json=body)).status_code == 200
    assert len(sandbox.platform.messages("general")) == 1


async def test_a_share_of_errors_spares_the_rest(sandbox: Sandbox, http: httpx.AsyncClient) -> None:
    sandbox.world.switch("discord", FaultKind.ERRORS, rate=0.5)

    statuses = [(await http.get("/users/@me")).status_code for _ in range(30)]

    assert set(statuses) == {200, 500}


async def test_slow_answers_late(sandbox: Sandbox, worker: discord.Client) -> None:
    sandbox.world.switch("discord", FaultKind.SLOW)
    started = time.monotonic()

    await sandbox.channel(worker).send("x")

    assert time.monotonic() - started >= 0.2


async def test_rate_limits_are_waited_out_by_the_library(sandbox: Sandbox, worker: discord.Client) -> None:
    sandbox.world.switch("discord", FaultKind.RATE_LIMITED, rate=0.3)

    for number in range(4):
        await sandbox.channel(worker).send(f"{number}")

    assert len(sandbox.platform.messages("general")) == 4


async def test_a_rate_limit_says_how_long(sandbox: Sandbox, http: httpx.AsyncClient) -> None:
    sandbox.world.switch("discord", FaultKind.RATE_LIMITED)

    limited = await http.post(MESSAGES, json={"content": "x"})

    assert limited.status_code == 429
    assert limited.json()["retry_after"] == 0.01
    assert limited.json()["global"] is False
    assert limited.headers["via"]
    assert limited.headers["x-ratelimit-scope"] == "user"
    assert sandbox.platform.messages("general") == []


async def test_a_lost_reply_has_posted(sandbox: Sandbox, worker: discord.Client) -> None:
    sandbox.world.switch("discord", FaultKind.LOST_REPLY)

    with pytest.raises(aiohttp.ClientError):
        await sandbox.channel(worker).send("x", nonce="n")
    sandbox.world.calm()
    again = await sandbox.channel(worker).send("x", nonce="n")

    assert [one["id"] for one in sandbox.platform.messages("general")] == [str(again.id)]


async def test_a_hang_does_nothing_for_who_has_left(sandbox: Sandbox, http: httpx.AsyncClient) -> None:
    sandbox.world.switch("discord", FaultKind.HANG)

    with pytest.raises(httpx.ReadTimeout):
        await http.post(MESSAGES, json={"content": "gone"}, timeout=0.05)
    answered = await http.post(MESSAGES, json={"content": "patient"})

    assert answered.status_code == 200
    await asyncio.sleep(0)
    assert [one["text"] for one in sandbox.platform.messages("general")] == ["patient"]


async def test_a_bot_that_cannot_answer_leaves_its_person_without_one(sandbox: Sandbox, bot: Bot) -> None:
    sandbox.world.switch("discord", FaultKind.DOWN)

    heard = await sandbox.platform.say(channel="video", user="ana", text="/video a red fox")

    assert (heard.ok, heard.ephemeral) == (False, ("The application did not respond",))


async def test_trouble_of_others_is_not_ours(sandbox: Sandbox, worker: discord.Client) -> None:
    sandbox.world.switch("slack", FaultKind.DOWN)

    assert (await sandbox.channel(worker).send("x")).content == "x"
