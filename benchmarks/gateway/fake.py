"""A gateway with thousands of servers: it hears identifies, hands out guilds by shard, and counts what it is asked."""

import asyncio
import json
import time
import zlib
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from aiohttp import WSCloseCode, web

TOKEN = "bench-token"  # noqa: S105 - of a stand-in
APPLICATION = BOT = "900000000000000001"
FIRST_GUILD = 1 << 60
CHANNELS = 20
"""Of a server; a community has so many and more."""
EVERY_S = 5.0
ACK_S = 0.05
"""Seconds. No gateway acknowledges a heartbeat sooner: discord.py notes when it sent one after its thread has run
again, and an answer that is there before counts from the heartbeat before it."""
PRIVILEGED = 1 << 1 | 1 << 8 | 1 << 15
"""Members, presences, message content."""
EVERYTHING = str((1 << 53) - 1)


@dataclass(slots=True)
class Shard:
    """One connection that has identified."""

    socket: web.WebSocketResponse
    number: int
    deflate: Any
    sequence: count = field(default_factory=lambda: count(1))  # type: ignore[type-arg]  # of int


@dataclass(slots=True)
class Gateway:
    """What the two processes speak to.

    Args:
        shards, servers: how many there are.
        concurrency: shards that may identify in five seconds, by number.
    """

    shards: int
    servers: int
    concurrency: int
    port: int = 0
    identified: defaultdict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    refused: int = 0
    published: int = 0
    open: dict[int, Shard] = field(default_factory=dict)
    heard: dict[str, float] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    _commands: list[dict[str, Any]] = field(default_factory=list)
    _ids: count = field(default_factory=lambda: count(1))  # type: ignore[type-arg]  # of int

    async def listen(self) -> web.AppRunner:
        app = web.Application(client_max_size=1 << 24)
        app.router.add_get("/gateway", self._socket)
        app.router.add_get("/gateway/", self._socket)
        app.router.add_route("*", "/{rest:.*}", self._rest)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.port = runner.addresses[0][1]
        return runner

    def guilds_of(self, shard: int) -> list[int]:
        """The servers of a shard: Discord counts by the upper bits of their ids."""
        every = (FIRST_GUILD + (number << 22) for number in range(self.servers))
        return [guild for guild in every if (guild >> 22) % self.shards == shard]

    async def command(self, guild: int, number: int) -> None:
        """A person asks for help in a server; its own shard hears it."""
        shard = self.open[(guild >> 22) % self.shards]
        user = {"id": f"8000000000000000{number % 50:02}", "username": "ana", "discriminator": "0", "avatar": None}
        member = {
            "user": user, "roles": [], "joined_at": "2020-01-01T00:00:00+00:00", "deaf": False, "mute": False,
            "flags": 0, "permissions": EVERYTHING,
        }  # fmt: skip
        at = str((int(time.time() * 1000) - 1420070400000 << 22) + next(self._ids))
        data = {
            "id": at, "application_id": APPLICATION, "type": 2, "token": f"token-{number}", "version": 1,
            "guild_id": str(guild), "channel_id": str(guild + 1),
            "channel": _channel(guild, 1) | {"permissions": EVERYTHING},
            "member": member, "locale": "en-US", "guild_locale": "en-US", "app_permissions": EVERYTHING, "context": 0,
            "entitlements": [], "authorizing_integration_owners": {"0": str(guild)},
            "attachment_size_limit": 10_485_760, "guild": {"id": str(guild), "locale": "en-US", "features": []},
            "data": {
                "id": "1", "name": "video", "type": 1, "options": [{"name": "prompt", "type": 3, "value": "help"}],
            },
        }  # fmt: skip
        await self._say(shard, "INTERACTION_CREATE", data)

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(compress=False, max_msg_size=0)
        await socket.prepare(request)
        deflate = zlib.compressobj() if request.query.get("compress") == "zlib-stream" else None
        await _tell(socket, deflate, {"op": 10, "d": {"heartbeat_interval": 41_250}})
        async for message in socket:
            told = json.loads(message.data)
            if told["op"] == 1:
                await asyncio.sleep(ACK_S)
                await _tell(socket, deflate, {"op": 11})
            elif told["op"] == 2:
                await self._identify(socket, deflate, told["d"])
        return socket

    async def _identify(self, socket: web.WebSocketResponse, deflate: Any, told: dict[str, Any]) -> None:
        number, shards = told.get("shard") or (0, 1)
        if shards != self.shards or told["intents"] & PRIVILEGED:
            await socket.close(code=WSCloseCode.POLICY_VIOLATION)
            return
        times = self.identified[number % self.concurrency]
        if times and time.monotonic() - times[-1] < EVERY_S - 0.25:
            self.refused += 1  # Discord calls such a session invalid
            await _tell(socket, deflate, {"op": 9, "d": False})
            return
        times.append(time.monotonic())
        shard = self.open[number] = Shard(socket, number, deflate)
        guilds = self.guilds_of(number)
        ready = {
            "v": 10, "user": _user(), "guilds": [{"id": str(guild), "unavailable": True} for guild in guilds],
            "session_id": f"s{number}", "resume_gateway_url": f"ws://127.0.0.1:{self.port}/gateway",
            "shard": [number, shards], "application": {"id": APPLICATION, "flags": 0}, "private_channels": [],
        }  # fmt: skip
        await self._say(shard, "READY", ready)
        for guild in guilds:
            await self._say(shard, "GUILD_CREATE", _guild(guild))

    async def _say(self, shard: Shard, event: str, data: Any) -> None:
        told = {"op": 0, "s": next(shard.sequence), "t": event, "d": data}
        await _tell(shard.socket, shard.deflate, told)

    async def _rest(self, request: web.Request) -> web.Response:
        parts = request.path.removeprefix("/api/v10").strip("/").split("/")
        self.asked[f"{request.method} {parts[0]}"] += 1
        match (request.method, parts):
            case (_, ["users", "@me"]):
                return _json(_user())
            case (_, ["oauth2", "applications", "@me"]):
                return _json(_application())
            case (_, ["gateway", "bot"]):
                limit = {
                    "total": 1000, "remaining": 1000, "reset_after": 86_400_000, "max_concurrency": self.concurrency,
                }  # fmt: skip
                url = f"ws://127.0.0.1:{self.port}/gateway"
                return _json({"url": url, "shards": self.shards, "session_start_limit": limit})
            case ("PUT", ["applications", _, "commands"]):
                self.published += 1
                self._commands = [_registered(each) for each in await request.json()]
                await asyncio.sleep(0.2)  # Discord takes a moment
                return _json(self._commands)
            case ("GET", ["applications", _, "commands"]):
                return _json(self._commands)
            case ("POST", ["interactions", at, token, "callback"]):
                self.heard.setdefault(token, time.perf_counter())
                told = {"id": at, "type": 2, "response_message_id": "1", "response_message_ephemeral": True}
                return _json({"interaction": told})
            case _:
                return _json(_message())


async def _tell(socket: web.WebSocketResponse, deflate: Any, told: dict[str, Any]) -> None:
    text = json.dumps(told)
    if deflate is None:
        await socket.send_str(text)
    else:
        await socket.send_bytes(deflate.compress(text.encode()) + deflate.flush(zlib.Z_SYNC_FLUSH))


def _json(body: Any) -> web.Response:
    return web.Response(body=json.dumps(body).encode(), headers={"Content-Type": "application/json", "Via": "1.1 b"})


def _user() -> dict[str, Any]:
    return {"id": BOT, "username": "Neverdark", "discriminator": "0", "avatar": None, "bot": True}


def _application() -> dict[str, Any]:
    return {
        "id": APPLICATION, "name": "Neverdark", "icon": None, "description": "", "bot_public": True, "flags": 0,
        "bot_require_code_grant": False, "verify_key": "k", "owner": _user(), "summary": "", "team": None,
    }  # fmt: skip


def _registered(command: dict[str, Any]) -> dict[str, Any]:
    ours = {"id": "1", "application_id": APPLICATION, "version": "1", "default_member_permissions": None, "type": 1}
    return ours | command


def _message() -> dict[str, Any]:
    return {
        "id": "1", "channel_id": "1", "author": _user(), "content": "", "edited_timestamp": None, "tts": False,
        "timestamp": "2026-11-30T00:00:00+00:00", "mention_everyone": False, "mentions": [], "mention_roles": [],
        "attachments": [], "embeds": [], "pinned": False, "type": 0, "flags": 0, "components": [],
    }  # fmt: skip


def _channel(guild: int, number: int) -> dict[str, Any]:
    return {
        "id": str(guild + number), "type": 0, "name": f"channel-{number}", "position": number, "guild_id": str(guild),
        "permission_overwrites": [] if number % 4 else [{"id": str(guild), "type": 0, "allow": "0", "deny": "2048"}],
        "nsfw": False, "parent_id": None, "topic": "What this channel is for", "rate_limit_per_user": 0,
        "last_message_id": None,
    }  # fmt: skip


def _guild(guild: int) -> dict[str, Any]:
    me = {
        "user": _user(), "roles": [], "joined_at": "2020-01-01T00:00:00+00:00", "deaf": False, "mute": False,
        "flags": 0,
    }  # fmt: skip
    roles = [
        {
            "id": str(guild + role), "name": f"role-{role}", "permissions": EVERYTHING, "position": role, "color": 0,
            "hoist": False, "managed": False, "mentionable": False, "flags": 0,
        }
        for role in range(10)
    ]  # fmt: skip
    return {
        "id": str(guild), "name": f"Server {guild >> 22}", "owner_id": "1", "roles": roles, "emojis": [],
        "features": [], "stickers": [], "members": [me], "member_count": 500, "threads": [],
        "presences": [], "voice_states": [],
        "channels": [_channel(guild, number) for number in range(1, CHANNELS + 1)], "stage_instances": [],
        "guild_scheduled_events": [], "verification_level": 0, "nsfw_level": 0, "default_message_notifications": 0,
        "explicit_content_filter": 0, "mfa_level": 0, "afk_timeout": 300, "system_channel_flags": 0, "premium_tier": 0,
        "preferred_locale": "en-US", "large": True, "premium_progress_bar_enabled": False,
        "joined_at": "2020-01-01T00:00:00+00:00", "soundboard_sounds": [], "system_channel_id": str(guild + 1),
    }  # fmt: skip
