"""The gateway: sessions that are resumed, begun anew or refused, and which events they get."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import discord
import pytest
import pytest_asyncio

from sandbox.discord import APPLICATION_ID, BOT_TOKEN, GUILD_ID, Rules
from sandbox.world import FaultKind
from tests.patience import PATIENCE_S, until
from tests.sandbox.discord.harness import Bot, Sandbox, open_thread

GUILDS, GUILD_MESSAGES, DIRECT_MESSAGES = 1 << 0, 1 << 9, 1 << 12


class Raw:
    """A gateway client that hides nothing."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def next(self) -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE_S):
            message = await self.socket.receive()
        assert message.type is aiohttp.WSMsgType.TEXT, (message, self.socket.close_code)
        frame: dict[str, Any] = json.loads(message.data)
        return frame

    async def send(self, op: int, data: Any = None) -> None:
        await self.socket.send_json({"op": op, "d": data})

    async def identify(self, intents: int = 0, **more: Any) -> dict[str, Any]:
        await self.send(2, {"token": BOT_TOKEN, "intents": intents, "properties": {}} | more)
        ready: dict[str, Any] = (await self.next())["d"]
        return ready

    async def closed(self) -> int | None:
        """The code with which the other side closes."""
        async with asyncio.timeout(PATIENCE_S):
            while (await self.socket.receive()).type is aiohttp.WSMsgType.TEXT:
                pass
        return self.socket.close_code


@pytest_asyncio.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def connect(sandbox: Sandbox, session: aiohttp.ClientSession) -> Raw:
    """A plain connection, after its hello."""
    raw = Raw(await session.ws_connect(sandbox.gateway))
    hello = await raw.next()
    assert (hello["op"], hello["d"]["heartbeat_interval"]) == (10, 41250)
    return raw


@pytest.mark.parametrize("trouble", ["reconnect", "drop"])
async def test_a_lost_connection_is_resumed_and_misses_nothing(sandbox: Sandbox, bot: Bot, trouble: str) -> None:
    session_id = bot.ws.session_id
    getattr(sandbox.platform.gateway, trouble)()

    heard = await sandbox.platform.say(channel="video", user="ana", text="/video a red fox")

    assert heard.ok
    assert bot.asked[0]["prompt"] == "a red fox"
    await until(lambda: "resumed" in bot.events)
    assert bot.ws.session_id == session_id


async def test_an_invalid_session_is_begun_anew(sandbox: Sandbox, bot: Bot) -> None:
    session_id = bot.ws.session_id

    sandbox.platform.gateway.invalidate()
    await until(lambda: bot.ws.session_id not in {session_id, None})

    heard = await sandbox.platform.say(channel="video", user="ana", text="/video a red fox")
    assert heard.ok
    assert "resumed" not in bot.events


async def test_interactions_need_no_intent(sandbox: Sandbox) -> None:
    async with Bot.running(discord.Intents.none()) as bot:
        heard = await sandbox.platform.say(channel="video", user="ana", text="/video a red fox")

        assert heard.ok
        assert bot.interactions[0].guild_id == GUILD_ID
        await sandbox.platform.say(channel="video", user="ana", text="hello")
        assert bot.events == []


async def test_with_the_guilds_intent_the_cache_knows_channels_and_threads(sandbox: Sandbox, bot: Bot) -> None:
    guild = bot.get_guild(GUILD_ID)
    assert guild is not None
    assert guild.name == "Neverdark Sandbox"
    assert [channel.name for channel in guild.text_channels] == ["general", "video", "random", "quiet", "news"]
    seen = {channel.name: channel.permissions_for(guild.me).view_channel for channel in guild.text_channels}
    assert seen == {"general": True, "video": True, "random": True, "quiet": False, "news": True}

    root = await sandbox.channel(bot).send("root")
    thread = await open_thread(bot, root, "fox")
    await until(lambda: guild.get_thread(thread.id) is not None)


async def test_messages_are_told_without_what_people_wrote(sandbox: Sandbox) -> None:
    async with Bot.running(discord.Intents(guilds=True, guild_messages=True, dm_messages=True)) as bot:
        await sandbox.platform.say(channel="general", user="ana", text="not for bots")
        await sandbox.channel(bot).send("the bot's own")
        await sandbox.platform.say(channel="@ana", user="ana", text="to the bot")
        await until(lambda: len(bot.events) == 3)

        assert bot.events == ["message:", "message:the bot's own", "message:to the bot"]


async def test_two_clients_with_one_token_both_get_an_interaction(sandbox: Sandbox, bot: Bot) -> None:
    async with Bot.running() as other:
        await sandbox.platform.say(channel="video", user="ana", text="/credits")
        await until(lambda: other.interactions and bot.interactions)

        assert other.interactions[0].id == bot.interactions[0].id


async def test_the_plain_protocol_says_hello_ready_and_acknowledges(
    sandbox: Sandbox, session: aiohttp.ClientSession
) -> None:
    raw = await connect(sandbox, session)

    ready = await raw.identify(GUILDS)
    created = await raw.next()
    await raw.send(1, 2)

    assert ready["user"]["id"] == str(APPLICATION_ID)
    assert ready["resume_gateway_url"] == str(sandbox.gateway)
    assert (created["t"], created["s"], created["d"]["id"]) == ("GUILD_CREATE", 2, str(GUILD_ID))
    assert (await raw.next())["op"] == 11


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({"token": "wrong", "intents": 0}, 4004),
        ({"token": BOT_TOKEN}, 4013),
        ({"token": BOT_TOKEN, "intents": 1 << 30}, 4013),
        ({"token": BOT_TOKEN, "intents": 1 << 15}, 4014),
        ({"token": BOT_TOKEN, "intents": 1 << 1}, 4014),
        ({"token": BOT_TOKEN, "intents": 0, "shard": [1, 1]}, 4010),
    ],
)
async def test_a_wrong_identify_is_refused_for_good(
    sandbox: Sandbox, session: aiohttp.ClientSession, data: dict[str, Any], code: int
) -> None:
    raw = await connect(sandbox, session)

    await raw.send(2, data)

    assert await raw.closed() == code


@pytest.mark.parametrize(("frame", "code"), [("{", 4002), ("[]", 4002), ('{"op":42}', 4001), ('{"op":3}', 4003)])
async def test_what_is_no_frame_closes_the_connection(
    sandbox: Sandbox, session: aiohttp.ClientSession, frame: str, code: int
) -> None:
    raw = await connect(sandbox, session)

    await raw.socket.send_str(frame)

    assert await raw.closed() == code


async def test_an_unknown_session_cannot_be_resumed(sandbox: Sandbox, session: aiohttp.ClientSession) -> None:
    raw = await connect(sandbox, session)

    await raw.send(6, {"token": BOT_TOKEN, "session_id": "nobody", "seq": 1})

    invalid = await raw.next()
    assert (invalid["op"], invalid["d"]) == (9, False)


async def test_a_resume_replays_what_came_after(
    sandbox: Sandbox, session: aiohttp.ClientSession, worker: discord.Client
) -> None:
    raw = await connect(sandbox, session)
    ready = await raw.identify(GUILDS | GUILD_MESSAGES)
    await raw.next()
    await raw.socket.close()
    await until(lambda: sandbox.platform.gateway.connected == 0)
    await sandbox.channel(worker).send("missed")

    again = await connect(sandbox, session)
    await again.send(6, {"token": BOT_TOKEN, "session_id": ready["session_id"], "seq": 2})

    missed, resumed = await again.next(), await again.next()
    assert (missed["t"], missed["s"], missed["d"]["content"]) == ("MESSAGE_CREATE", 3, "missed")
    assert resumed["t"] == "RESUMED"


async def test_a_shard_gets_what_belongs_to_it(
    sandbox: Sandbox, session: aiohttp.ClientSession, worker: discord.Client
) -> None:
    home = (GUILD_ID >> 22) % 2
    here, there = await connect(sandbox, session), await connect(sandbox, session)
    await here.identify(GUILDS | GUILD_MESSAGES, shard=[home, 2])
    await there.identify(GUILDS | GUILD_MESSAGES, shard=[1 - home, 2])
    assert (await here.next())["t"] == "GUILD_CREATE"

    await sandbox.channel(worker).send("hello")
    await there.send(1)

    assert (await here.next())["t"] == "MESSAGE_CREATE"
    assert (await there.next())["op"] == 11


@pytest.mark.parametrize("rules", [Rules(heartbeat_s=0.1)])
async def test_a_silent_client_is_dropped(sandbox: Sandbox, session: aiohttp.ClientSession) -> None:
    raw = Raw(await session.ws_connect(sandbox.gateway))

    assert await raw.closed() == 4009


async def test_while_discord_is_down_nobody_connects(sandbox: Sandbox, session: aiohttp.ClientSession) -> None:
    sandbox.world.switch("discord", FaultKind.DOWN)

    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await session.ws_connect(sandbox.gateway)

    assert refused.value.status == 503
