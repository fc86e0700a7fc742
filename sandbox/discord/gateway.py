"""The gateway: hello, heartbeat, identify, resume and the events, over a WebSocket, plain or as one zlib stream."""

import asyncio
import json
import time
import zlib
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from sandbox.discord import payloads
from sandbox.discord.fixtures import APPLICATION_ID, BOT_TOKEN, GUILD_ID, Rules
from sandbox.discord.sessions import INTENTS_MAX, PRIVILEGED, Intent, Op, Session
from sandbox.world import FaultKind, World

IDENTIFIES_A_DAY = 1000
REFUSES = ("none", "connections", "resumes", "identifies")
"""What the gateway may refuse: connections are closed (4000) before their hello, sessions are called invalid."""
OUTBOX_MAX = 5000
LOST_MAX = 16
ACK_S = 0.05
"""No gateway answers sooner. discord.py notes that a heartbeat was sent once its thread runs again; an answer that is
there before counts from the heartbeat before, and is called 41 s late."""


class Closing(Exception):
    """The connection ends with this close code."""

    def __init__(self, code: int, reason: str = "") -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Connection:
    """One WebSocket: what it is to send waits in a queue, in order."""

    def __init__(self, websocket: WebSocket, *, compressed: bool) -> None:
        self._websocket = websocket
        self._zlib = zlib.compressobj() if compressed else None
        self._outbox: asyncio.Queue[str | Closing] = asyncio.Queue(OUTBOX_MAX)
        self.session: Session | None = None

    def send(self, frame: str) -> None:
        """Send a frame, soon; a client that does not read is cut off."""
        self._put(frame)

    def say(self, op: Op, data: Any = None) -> None:
        """Send something that is no event."""
        self._put(json.dumps({"op": op, "d": data, "s": None, "t": None}))

    def end(self, code: int, reason: str = "") -> None:
        """Close, after what is waiting."""
        self._put(Closing(code, reason))

    async def write(self) -> None:
        """Write what is waiting until the connection is closed."""
        while True:
            frame = await self._outbox.get()
            if isinstance(frame, Closing):
                raise frame
            if self._zlib is None:
                await self._websocket.send_text(frame)
            else:
                data = self._zlib.compress(frame.encode()) + self._zlib.flush(zlib.Z_SYNC_FLUSH)
                await self._websocket.send_bytes(data)

    def _put(self, frame: str | Closing) -> None:
        if self._outbox.full():
            while not self._outbox.empty():
                self._outbox.get_nowait()
            frame = Closing(4000, "The client does not read.")
        self._outbox.put_nowait(frame)


class Gateway:
    """All gateway sessions.

    Args:
        world: whose trouble it shares: while Discord is down, nobody connects.
        rules: heartbeat and resume times.
        guild: the guild as a new session gets it; None while the bot is not in it.

    Attributes:
        refuses: one of `REFUSES`.
        opened: how many connections were ever opened.
        identifies_left: until the day is over, which a stand-in does not live to see.
    """

    def __init__(self, world: World, rules: Rules, *, guild: Callable[[], dict[str, Any] | None]) -> None:
        self._world = world
        self._rules = rules
        self._guild = guild
        self._sessions: dict[str, Session] = {}
        self._connections: set[Connection] = set()
        self._closes_with = 0
        self.refuses = REFUSES[0]
        self.opened = 0
        self.identifies_left = IDENTIFIES_A_DAY

    @property
    def url(self) -> str:
        """Where clients connect."""
        return "ws" + self._world.base_url.removeprefix("http") + "/discord/gateway"

    @property
    def connected(self) -> int:
        """How many sessions have a connection."""
        return sum(session.outlet is not None for session in self._sessions.values())

    def routes(self) -> list[BaseRoute]:
        return [WebSocketRoute("/gateway", self._serve), WebSocketRoute("/gateway/", self._serve)]

    def dispatch(self, event: str, data: dict[str, Any], intent: Intent) -> None:
        """Send an event to all sessions that want it; one without a connection gets it when it resumes."""
        self.dispatch_text(event, json.dumps(data), [s for s in self._live() if s.wants(intent, data)])

    def dispatch_text(self, event: str, data: str, sessions: list[Session] | None = None) -> None:
        """Send an event that is written down already."""
        for session in self._live() if sessions is None else sessions:
            session.dispatch(event, data)

    def reconnect(self) -> None:
        """Ask every client to reconnect and resume (op 7)."""
        for connection in self._connections:
            connection.say(Op.RECONNECT)

    def invalidate(self, *, resumable: bool = False) -> None:
        """Tell every client that its session is not valid (op 9); if not resumable, it is forgotten."""
        for connection in self._connections:
            connection.say(Op.INVALID_SESSION, resumable)
        if not resumable:
            self._sessions.clear()

    def drop(self) -> None:
        """Close every connection (4000); the sessions wait for a resume."""
        for connection in self._connections:
            connection.end(4000, "Unknown error.")

    @property
    def closes_with(self) -> int:
        """The code with which every connection is closed, now and whenever it identifies; 0: none is."""
        return self._closes_with

    @closes_with.setter
    def closes_with(self, code: int) -> None:
        self._closes_with = code
        for connection in self._connections if code else ():
            connection.end(code, "as it was set")

    def _live(self) -> list[Session]:
        """The sessions that have a connection or may be resumed; older ones are forgotten."""
        now = time.monotonic()
        lost = [(s.lost_at, s.id) for s in self._sessions.values() if s.lost_at is not None]
        for place, (lost_at, session_id) in enumerate(sorted(lost, reverse=True)):
            if place >= LOST_MAX or now - lost_at > self._rules.resume_s:
                del self._sessions[session_id]
        return list(self._sessions.values())

    async def _serve(self, websocket: WebSocket) -> None:
        if self._world.hits("discord", FaultKind.DOWN):
            await websocket.send_denial_response(PlainTextResponse("503: Service Unavailable", status_code=503))
            return
        await websocket.accept()
        self.opened += 1
        if self.refuses == "connections":
            await websocket.close(4000, "as it was set")
            return
        connection = Connection(websocket, compressed=websocket.query_params.get("compress") == "zlib-stream")
        self._connections.add(connection)
        connection.say(Op.HELLO, {"heartbeat_interval": int(self._rules.heartbeat_s * 1000), "_trace": []})
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(connection.write())
                group.create_task(self._read(websocket, connection))
        except* Closing as closings:
            first = closings.exceptions[0]
            if isinstance(first, Closing):
                with suppress(RuntimeError):  # the client has closed meanwhile
                    await websocket.close(first.code, first.reason)
        except* WebSocketDisconnect:
            pass  # the client is gone; what was still to be sent waits for its resume
        finally:
            self._connections.discard(connection)
            if connection.session is not None and connection.session.outlet is connection:
                connection.session.lose()

    async def _read(self, websocket: WebSocket, connection: Connection) -> None:
        """Read until the client goes or does something wrong."""
        while True:
            try:
                async with asyncio.timeout(self._rules.heartbeat_s * 1.5):
                    text = await websocket.receive_text()
            except TimeoutError:
                raise Closing(4009, "Session timed out.") from None
            except KeyError:
                raise Closing(4002, "Error while decoding payload.") from None
            try:
                frame = json.loads(text)
                op, data = frame["op"], frame.get("d")
            except (ValueError, KeyError, TypeError, AttributeError):
                raise Closing(4002, "Error while decoding payload.") from None
            self._take(connection, op, data)

    def _take(self, connection: Connection, op: Any, data: Any) -> None:
        match op:
            case Op.HEARTBEAT:
                asyncio.get_running_loop().call_later(ACK_S, connection.say, Op.HEARTBEAT_ACK)
            case Op.IDENTIFY:
                self._identify(connection, data or {})
            case Op.RESUME:
                self._resume(connection, data or {})
            case Op.PRESENCE | Op.VOICE_STATE | Op.REQUEST_MEMBERS:
                if connection.session is None:
                    raise Closing(4003, "Not authenticated.")
            case _:
                raise Closing(4001, "Unknown opcode.")

    def _identify(self, connection: Connection, data: dict[str, Any]) -> None:
        if connection.session is not None:
            raise Closing(4005, "Already authenticated.")
        _authenticate(data)
        if self._closes_with:
            raise Closing(self._closes_with, "as it was set")
        if self.identifies_left < 1:
            raise Closing(4004, "The token was reset: too many identifies in a day.")
        self.identifies_left -= 1
        if self.refuses == "identifies":
            connection.say(Op.INVALID_SESSION, False)
            return
        intents = data.get("intents")
        if not isinstance(intents, int) or not 0 <= intents <= INTENTS_MAX:
            raise Closing(4013, "Invalid intent(s).")
        if Intent(intents) & PRIVILEGED:
            raise Closing(4014, "Disallowed intent(s).")
        shard = data.get("shard") or [0, 1]
        if len(shard) != 2 or not 0 <= shard[0] < shard[1]:
            raise Closing(4010, "Invalid shard.")
        session = Session(intents=Intent(intents), shard=(shard[0], shard[1]), outlet=connection)
        connection.session = self._sessions[session.id] = session
        guild = self._guild()
        ready = {
            "v": 10,
            "user": payloads.me(),
            "guilds": [{"id": str(GUILD_ID), "unavailable": True}]
            if session.wants(Intent.GUILDS, {}) and guild
            else [],
            "session_id": session.id,
            "resume_gateway_url": self.url,
            "shard": list(session.shard),
            "application": {"id": str(APPLICATION_ID), "flags": 0},
        }
        session.dispatch("READY", json.dumps(ready))
        if guild is not None and session.wants(Intent.GUILDS, {}):
            session.dispatch("GUILD_CREATE", json.dumps(guild))

    def _resume(self, connection: Connection, data: dict[str, Any]) -> None:
        if connection.session is not None:
            raise Closing(4005, "Already authenticated.")
        _authenticate(data)
        if self.refuses == "resumes":
            connection.say(Op.INVALID_SESSION, True)
            return
        self._live()
        session = self._sessions.get(str(data.get("session_id")))
        after = data.get("seq")
        if session is None or not isinstance(after, int) or not session.can_replay(after):
            connection.say(Op.INVALID_SESSION, False)
            return
        if isinstance(session.outlet, Connection):
            session.outlet.session = None
            session.outlet.end(4000)
        session.outlet, session.lost_at, connection.session = connection, None, session
        session.replay(after)
        session.dispatch("RESUMED", json.dumps({"_trace": []}))


def _authenticate(data: dict[str, Any]) -> None:
    if data.get("token") != BOT_TOKEN:
        raise Closing(4004, "Authentication failed.")
