"""Bare stand-ins for Slack and Discord, for the benchmark alone: as much of the wire as a bot's command needs, cheaply.

They note for every command when it was sent, when it was acknowledged, when its root message was up and how often, and
whether the person was told a no. A command is told by the word `n<number>` in its text.
"""

import asyncio
import json
import re
import time
import zlib
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from aiohttp import WSMsgType, web

_MARK = re.compile(r"\bn(\d+)\b")
APPLICATION, BOT, GUILD, CHANNEL = (
    "900000000000000001",
    "900000000000000002",
    "900000000000000003",
    "900000000000000004",
)
TOKEN = "OTAwMDAwMDAwMDAwMDAwMDAy.bench.token"  # noqa: S105 - it opens nothing
EPOCH_MS = 1_420_070_400_000
ACK_S = 0.05
"""Seconds. No gateway acknowledges a heartbeat sooner: discord.py notes when it sent one after its thread has run
again, and an answer that is there before counts from the heartbeat before it."""


@dataclass(slots=True)
class Command:
    """What became of one command; times by this machine's clock."""

    sent: float
    acknowledged: float | None = None
    root: float | None = None
    roots: int = 0
    refused: bool = False


@dataclass(slots=True)
class Seen:
    """All commands of one bot, and what is still to come."""

    commands: dict[int, Command] = field(default_factory=dict)
    stirred: asyncio.Event = field(default_factory=asyncio.Event)

    def acknowledged(self, number: int) -> None:
        command = self.commands.get(number)
        if command is not None and command.acknowledged is None:
            command.acknowledged = time.perf_counter()
            self.stirred.set()

    def root(self, number: int | None) -> None:
        command = self.commands.get(-1 if number is None else number)
        if command is not None:
            command.roots += 1
            command.root = command.root or time.perf_counter()
            self.stirred.set()

    def refused(self, number: int | None) -> None:
        command = self.commands.get(-1 if number is None else number)
        if command is not None:
            command.refused = True
            self.stirred.set()


def _json(value: Any, *, status: int = 200) -> web.Response:
    """JSON without a charset: discord.py reads no other."""
    head = {"content-type": "application/json"}
    return web.Response(body=json.dumps(value).encode(), status=status, headers=head)


def number_in(text: str) -> int | None:
    """Which command a text is about."""
    found = _MARK.search(text)
    return int(found[1]) if found else None


class Platform:
    """What both have in common: a port, a socket to the bot, and what was seen."""

    socket_path = "/socket"

    def __init__(self) -> None:
        self.seen = Seen()
        self.base = ""
        self.connected = asyncio.Event()
        self._socket: web.WebSocketResponse | None = None
        self._runner: web.AppRunner | None = None

    async def open(self) -> None:
        app = web.Application(client_max_size=1 << 26)
        app.router.add_get(self.socket_path, self._on_socket)
        app.router.add_route("*", "/{rest:.*}", self._on_request)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0, backlog=2048)
        await site.start()
        self.base = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def close(self) -> None:
        if self._socket is not None:
            await self._socket.close()
        if self._runner is not None:
            await self._runner.cleanup()

    def environment(self) -> dict[str, str]:
        """The environment variables that lead a bot and a worker to this stand-in."""
        raise NotImplementedError

    async def send(self, number: int) -> None:
        """A person types a command."""
        raise NotImplementedError

    async def _on_socket(self, request: web.Request) -> web.WebSocketResponse:
        raise NotImplementedError

    async def _on_request(self, request: web.Request) -> web.Response:
        raise NotImplementedError


class BareSlack(Platform):
    """Socket Mode and the Web API."""

    name = "slack"

    def __init__(self) -> None:
        super().__init__()
        self._ts = count(1)
        self._envelopes: dict[str, int] = {}

    def environment(self) -> dict[str, str]:
        return {
            "SLACK_BOT_TOKEN": "xoxb-bench",
            "SLACK_APP_TOKEN": "xapp-bench",
            "SLACK_BASE_URL": f"{self.base}/api/",
        }

    async def send(self, number: int) -> None:
        assert self._socket is not None
        envelope = f"e{number}"
        self._envelopes[envelope] = number
        payload = {
            "token": "t", "team_id": "T1", "team_domain": "bench", "channel_id": f"C{number % 10}",
            "channel_name": "bench", "user_id": f"U{number % 50}", "user_name": "ana", "command": "/video",
            "text": f"a red fox n{number} tier:standard", "api_app_id": "A1", "is_enterprise_install": "false",
            "response_url": f"{self.base}/respond/{number}", "trigger_id": f"{number}.1.a",
        }  # fmt: skip
        told = {"type": "slash_commands", "envelope_id": envelope, "accepts_response_payload": True, "payload": payload}
        text = json.dumps(told)
        self.seen.commands[number] = Command(sent=time.perf_counter())
        await self._socket.send_str(text)

    async def _on_socket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        await socket.send_str(json.dumps({"type": "hello", "num_connections": 1}))
        self._socket = socket
        self.connected.set()
        async for message in socket:
            if message.type is WSMsgType.TEXT and "envelope_id" in message.data:
                number = self._envelopes.get(json.loads(message.data).get("envelope_id", ""))
                if number is not None:
                    self.seen.acknowledged(number)
        return socket

    async def _on_request(self, request: web.Request) -> web.Response:
        path, body = request.path, await request.text()
        if path.startswith("/respond/"):
            self.seen.refused(int(path.rpartition("/")[2]))
            return web.Response(text="ok")
        method = path.rpartition("/")[2]
        answer: dict[str, Any] = {"ok": True}
        match method:
            case "apps.connections.open":
                answer["url"] = self.base.replace("http", "ws", 1) + self.socket_path
            case "auth.test":
                answer |= {"user_id": "UBOT", "bot_id": "BBOT", "team_id": "T1", "user": "neverdark", "url": self.base}
            case "chat.postMessage":
                answer |= {"channel": "C0", "ts": f"{time.time():.0f}.{next(self._ts):06}"}
                if "thread_ts" not in body:
                    self.seen.root(number_in(body.replace("+", " ").replace("%20", " ")))
            case "conversations.history" | "conversations.replies":
                answer["messages"] = []
            case "users.info":
                answer["user"] = {"id": "U1", "is_admin": False}
            case _:
                pass
        return _json(answer)


class BareDiscord(Platform):
    """The gateway and the REST API."""

    name = "discord"

    def __init__(self) -> None:
        super().__init__()
        self._ids = count(1)
        self._sequence = count(1)
        self._tokens: dict[str, int] = {}
        self._deflate: Any = None

    def environment(self) -> dict[str, str]:
        return {
            "DISCORD_TOKEN": TOKEN,
            "DISCORD_API_URL": f"{self.base}/api/v10",
            "DISCORD_GATEWAY_URL": self.base.replace("http", "ws", 1) + self.socket_path,
        }

    def _id(self) -> str:
        return str((int(time.time() * 1000) - EPOCH_MS << 22) + next(self._ids) % (1 << 22))

    async def send(self, number: int) -> None:
        told = self.interaction(number)
        self._tokens[told["token"]] = number
        self.seen.commands[number] = Command(sent=time.perf_counter())
        await self._dispatch("INTERACTION_CREATE", told)

    def interaction(self, number: int, *, prompt: str = "a red fox") -> dict[str, Any]:
        """A person's command, as the gateway tells it."""
        everything = str((1 << 53) - 1)
        user = {"id": f"8000000000000000{number % 50:02}", "username": "ana", "discriminator": "0", "avatar": None}
        member = {
            "user": user, "roles": [], "joined_at": "2020-01-01T00:00:00+00:00", "deaf": False, "mute": False,
            "flags": 0, "permissions": everything,
        }  # fmt: skip
        options = [
            {"name": "prompt", "type": 3, "value": f"{prompt} n{number}"},
            {"name": "tier", "type": 3, "value": "standard"},
        ]
        return {
            "id": self._id(), "application_id": APPLICATION, "type": 2, "token": f"token-{number}",
            "version": 1, "guild_id": GUILD,
            "channel_id": CHANNEL, "channel": _channel() | {"permissions": everything}, "member": member,
            "locale": "en-US", "guild_locale": "en-US", "app_permissions": everything, "context": 0, "entitlements": [],
            "authorizing_integration_owners": {"0": GUILD}, "attachment_size_limit": 10_485_760,
            "guild": {"id": GUILD, "locale": "en-US", "features": []},
            "data": {"id": self._command, "name": "video", "type": 1, "options": options},
        }  # fmt: skip

    _command = "700000000000000001"

    async def _dispatch(self, event: str, data: Any) -> None:
        await self._tell({"op": 0, "s": next(self._sequence), "t": event, "d": data})

    async def _tell(self, told: dict[str, Any]) -> None:
        assert self._socket is not None
        text = json.dumps(told)
        if self._deflate is None:
            await self._socket.send_str(text)
        else:
            packed = self._deflate.compress(text.encode()) + self._deflate.flush(zlib.Z_SYNC_FLUSH)
            await self._socket.send_bytes(packed)

    async def _on_socket(self, request: web.Request) -> web.WebSocketResponse:
        self._socket = socket = web.WebSocketResponse(compress=False, max_msg_size=0)
        await socket.prepare(request)
        self._deflate = zlib.compressobj() if request.query.get("compress") == "zlib-stream" else None
        await self._tell({"op": 10, "d": {"heartbeat_interval": 41_250}})
        async for message in socket:
            told = json.loads(message.data)
            if told["op"] == 1:
                await asyncio.sleep(ACK_S)
                await self._tell({"op": 11})
            elif told["op"] == 2:
                await self._ready()
        return socket

    async def _ready(self) -> None:
        me = _user()
        ready = {
            "v": 10, "user": me, "guilds": [{"id": GUILD, "unavailable": True}], "session_id": "s",
            "resume_gateway_url": self.base.replace("http", "ws", 1) + self.socket_path,
            "shard": [0, 1], "application": {"id": APPLICATION, "flags": 0}, "session_type": "normal",
            "private_channels": [],
        }  # fmt: skip
        await self._dispatch("READY", ready)
        guild = {
            "id": GUILD, "name": "bench", "owner_id": "1", "roles": [], "emojis": [], "features": [], "stickers": [],
            "members": [],
            "member_count": 2, "channels": [_channel()], "threads": [], "presences": [], "voice_states": [],
            "stage_instances": [], "guild_scheduled_events": [], "verification_level": 0, "nsfw_level": 0,
            "default_message_notifications": 0, "explicit_content_filter": 0, "mfa_level": 0, "afk_timeout": 300,
            "system_channel_flags": 0, "premium_tier": 0, "preferred_locale": "en-US", "large": False,
            "premium_progress_bar_enabled": False, "joined_at": "2020-01-01T00:00:00+00:00", "soundboard_sounds": [],
        }  # fmt: skip
        await self._dispatch("GUILD_CREATE", guild)
        self.connected.set()

    async def _on_request(self, request: web.Request) -> web.Response:
        parts = request.path.removeprefix("/api/v10").strip("/").split("/")
        match (request.method, parts):
            case ("POST", ["interactions", at, token, "callback"]):
                return await self._on_callback(request, at, self._tokens[token])
            case (method, ["webhooks", _, token, "messages", "@original"]):
                (self.seen.refused if method == "DELETE" else self.seen.root)(self._tokens[token])
                return web.Response(status=204) if method == "DELETE" else _json(self._message())
            case ("POST", ["channels", channel, "messages", message_id, "threads"]):
                return _json(_channel() | _thread(message_id, channel), status=201)
            case _:
                return _json(await self._rest(request, parts))

    def _gateway(self) -> dict[str, Any]:
        limit = {"total": 1000, "remaining": 1000, "reset_after": 0, "max_concurrency": 1}
        url = self.base.replace("http", "ws", 1) + self.socket_path
        return {"url": url, "shards": 1, "session_start_limit": limit}

    async def _rest(self, request: web.Request, parts: list[str]) -> Any:
        match (request.method, parts):
            case (_, ["users", "@me"]):
                return _user()
            case (_, ["oauth2", "applications", "@me"]):
                return _application()
            case (_, ["gateway", "bot"]):
                return self._gateway()
            case ("POST", ["channels", _, "messages"]):
                text = await request.text()
                if "A new video" in text:
                    self.seen.root(number_in(text))
            case ("GET", ["channels", _, "messages"] | ["applications", _, "commands"]):
                return []
            case ("GET", ["gateway", "bot"]):
                limit = {"total": 1000, "remaining": 1000, "reset_after": 0, "max_concurrency": 1}
                url = self.base.replace("http", "ws", 1) + self.socket_path
                return {"url": url, "shards": 1, "session_start_limit": limit}
            case ("GET", ["channels", _]):
                return _channel()
            case ("PUT", _):
                return [_registered(each | {"id": self._command}) for each in await request.json()]
            case _:
                pass
        return self._message()

    async def _on_callback(self, request: web.Request, at: str, number: int) -> web.Response:
        self.seen.acknowledged(number)
        asked, message = await request.json(), self._message()
        told = {
            "id": at, "type": 2, "response_message_id": message["id"], "response_message_loading": asked["type"] == 5,
            "response_message_ephemeral": False,
        }  # fmt: skip
        if asked["type"] != 4:
            return _json({"interaction": told})
        ephemeral = bool(asked.get("data", {}).get("flags", 0) & 64)
        (self.seen.refused if ephemeral else self.seen.root)(number)
        return _json({"interaction": told, "resource": {"type": 4, "message": message}})

    def _message(self) -> dict[str, Any]:
        return {
            "id": self._id(), "channel_id": CHANNEL, "author": _user(), "content": "", "edited_timestamp": None,
            "timestamp": "2026-11-30T00:00:00+00:00", "tts": False, "mention_everyone": False, "mentions": [],
            "mention_roles": [], "attachments": [], "embeds": [], "pinned": False, "type": 0, "flags": 0,
            "components": [],
        }  # fmt: skip


def _user() -> dict[str, Any]:
    return {"id": BOT, "username": "Neverdark", "discriminator": "0", "avatar": None, "bot": True}


def _application() -> dict[str, Any]:
    return {
        "id": APPLICATION, "name": "Neverdark", "icon": None, "description": "", "bot_public": True, "flags": 0,
        "bot_require_code_grant": False, "verify_key": "k", "owner": _user(), "summary": "", "team": None,
    }  # fmt: skip


def _channel() -> dict[str, Any]:
    return {
        "id": CHANNEL, "type": 0, "name": "bench", "position": 0, "guild_id": GUILD, "permission_overwrites": [],
        "nsfw": False, "parent_id": None, "topic": None, "rate_limit_per_user": 0, "last_message_id": None,
    }  # fmt: skip


def _thread(message_id: str, channel: str) -> dict[str, Any]:
    state = {
        "archived": False,
        "auto_archive_duration": 1440,
        "archive_timestamp": "2026-11-30T00:00:00+00:00",
        "locked": False,
    }
    return {
        "id": message_id, "type": 11, "parent_id": channel, "owner_id": BOT, "thread_metadata": state,
        "message_count": 0, "member_count": 1,
    }  # fmt: skip


def _registered(command: dict[str, Any]) -> dict[str, Any]:
    return {"application_id": APPLICATION, "version": "1", "default_member_permissions": None, "type": 1, **command}
