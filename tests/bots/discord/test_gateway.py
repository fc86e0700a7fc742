"""A gateway that refuses connections, sessions or identifies: no storm, one line each, and back as soon as can be."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from structlog.testing import capture_logs

from bots.discord.__main__ import _run, build
from bots.discord.settings import DiscordSettings
from bots.reconnecting import FREE
from sandbox.discord import BOT_TOKEN
from sandbox.discord.gateway import IDENTIFIES_A_DAY
from sandbox.world import FaultKind
from tests.bots.conftest import OpenService
from tests.bots.discord.conftest import OpenBot
from tests.bots.discord.test_trouble import turn
from tests.patience import until
from tests.sandbox.discord.harness import Sandbox

STORM_S = 1.0
"""In which discord.py alone opens hundreds of connections."""


@asynccontextmanager
async def _starting(open_service: OpenService, known: DiscordSettings) -> AsyncIterator[asyncio.Task[None]]:
    """The bot as its process runs it."""
    async with open_service() as video_service:
        bot = build(video_service, known)
        running = asyncio.create_task(_run(bot, BOT_TOKEN))
        try:
            yield running
        finally:
            running.cancel()
            await asyncio.wait({running})
            await bot.close()


@pytest.mark.parametrize("refused", ["connections", "resumes"])
async def test_a_gateway_that_refuses_is_asked_a_few_times_only_and_then_goes_on_where_it_was(
    refused: str, sandbox: Sandbox, open_service: OpenService, open_bot: OpenBot
) -> None:
    gateway = sandbox.platform.gateway
    async with open_service() as video_service, open_bot(video_service):
        before, identified = gateway.opened, gateway.identifies_left
        turn(sandbox, "gateway_refuses", refused)
        gateway.drop()
        await until(lambda: gateway.opened >= before + FREE)
        await asyncio.sleep(STORM_S)
        assert gateway.opened <= before + FREE + 2
        turn(sandbox, "gateway_refuses", "none")
        await until(lambda: gateway.connected == 1)
        assert gateway.identifies_left == identified, "the session is resumed"
        assert (await sandbox.platform.say(channel="general", user="ana", text="/video help")).ok


async def test_a_gateway_that_was_away_is_resumed_from_and_nothing_said_meanwhile_is_missed(
    sandbox: Sandbox, open_service: OpenService, open_bot: OpenBot
) -> None:
    gateway, world = sandbox.platform.gateway, sandbox.world
    async with open_service() as video_service, open_bot(video_service):
        identified = gateway.identifies_left
        with capture_logs() as logged:
            world.switch("discord", FaultKind.DOWN)
            gateway.drop()
            await until(lambda: any(each["event"] == "discord.not_connected" for each in logged))
        assert not any("exc_info" in each for each in logged), "one line, without a traceback"
        world.calm()
        await until(lambda: gateway.connected == 1)
        assert gateway.identifies_left == identified


async def test_the_bot_waits_for_the_next_day_before_an_identify_too_many_costs_its_token(
    sandbox: Sandbox, open_service: OpenService, open_bot: OpenBot
) -> None:
    gateway = sandbox.platform.gateway
    async with open_service() as video_service, open_bot(video_service):
        assert gateway.identifies_left == IDENTIFIES_A_DAY - 1
        turn(sandbox, "identifies_left", 0)
        with capture_logs() as logged:
            gateway.invalidate()
            await until(lambda: any(each["event"] == "discord.identifies_used_up" for each in logged))
        used_up = next(each for each in logged if each["event"] == "discord.identifies_used_up")
        assert (used_up["log_level"], used_up["left"]) == ("error", 0)
        assert used_up["again_in_s"] > 3600
        assert gateway.identifies_left == 0


@pytest.mark.parametrize("method", ["GET /users/@me", "GET /oauth2/applications/@me", "GET /gateway/bot"])
@pytest.mark.parametrize(
    "code", ["429", "timeless", "cloudflare", "http_403", "40333", "broken", "empty", "swallow", "http_503"]
)
async def test_whatever_discord_answers_to_its_first_calls_the_bot_tries_again(
    method: str, code: str, sandbox: Sandbox, open_service: OpenService, known: DiscordSettings
) -> None:
    order = sandbox.platform.faults.add(method, code, retry_after="40")
    with capture_logs() as logged:
        async with _starting(open_service, known) as running:
            await until(lambda: running.done() or any(each["event"] == "discord.unreachable" for each in logged))
            assert not running.done()
            assert not any("exc_info" in each for each in logged if each["log_level"] == "error")
            sandbox.platform.faults.lift(order.id)
            told = next(each for each in logged if each["event"] == "discord.unreachable")
            if told["again_in_s"] < 10:
                await until(lambda: sandbox.platform.gateway.connected == 1)
            else:
                assert told["again_in_s"] >= 40, "as long as Discord has said"
