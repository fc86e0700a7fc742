"""Gateway sessions: which events a client gets, and which it gets again after a resume."""

import json
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum, IntFlag
from typing import Any, Protocol
from uuid import uuid4

from sandbox.discord.fixtures import GUILD_ID

REPLAY_MAX = 1000


class Op(IntEnum):
    """The gateway's opcodes."""

    DISPATCH = 0
    HEARTBEAT = 1
    IDENTIFY = 2
    PRESENCE = 3
    VOICE_STATE = 4
    RESUME = 6
    RECONNECT = 7
    REQUEST_MEMBERS = 8
    INVALID_SESSION = 9
    HELLO = 10
    HEARTBEAT_ACK = 11


class Intent(IntFlag):
    """The intents that matter here; `ALWAYS` marks events that need none."""

    ALWAYS = 0
    GUILDS = 1 << 0
    GUILD_MEMBERS = 1 << 1
    GUILD_PRESENCES = 1 << 8
    GUILD_MESSAGES = 1 << 9
    DIRECT_MESSAGES = 1 << 12
    MESSAGE_CONTENT = 1 << 15


PRIVILEGED = Intent.GUILD_MEMBERS | Intent.GUILD_PRESENCES | Intent.MESSAGE_CONTENT
INTENTS_MAX = (1 << 26) - 1

Emit = Callable[[str, dict[str, Any], Intent], None]
"""Sends an event to all sessions that have the intent."""


class Outlet(Protocol):
    """A live connection, as a session sees it."""

    def send(self, frame: str) -> None: ...


@dataclass(slots=True, kw_only=True, eq=False)
class Session:
    """One identify. It outlives its connection for a while, and keeps what it sent for a resume."""

    intents: Intent
    shard: tuple[int, int] = (0, 1)
    id: str = field(default_factory=lambda: uuid4().hex)
    outlet: Outlet | None = None
    lost_at: float | None = None
    _sequence: int = 0
    _sent: deque[tuple[int, str]] = field(default_factory=lambda: deque(maxlen=REPLAY_MAX))

    def wants(self, intent: Intent, data: dict[str, Any]) -> bool:
        """Whether an event is for this session: its intent, and its shard (DMs belong to shard 0)."""
        number, shards = self.shard
        home = (GUILD_ID >> 22) % shards if "guild_id" in data or intent is Intent.GUILDS else 0
        return intent in self.intents and home == number

    def dispatch(self, event: str, data: str) -> None:
        """Send an event whose data is written down already."""
        self._sequence += 1
        frame = f'{{"op":0,"s":{self._sequence},"t":{json.dumps(event)},"d":{data}}}'
        self._sent.append((self._sequence, frame))
        if self.outlet is not None:
            self.outlet.send(frame)

    def can_replay(self, after: int) -> bool:
        """Whether all that came after a sequence number is still here."""
        oldest = self._sent[0][0] if self._sent else self._sequence + 1
        return oldest - 1 <= after <= self._sequence

    def replay(self, after: int) -> None:
        """Send once more what came after a sequence number."""
        if self.outlet is not None:
            for sequence, frame in self._sent:
                if sequence > after:
                    self.outlet.send(frame)

    def lose(self) -> None:
        """The connection is gone; from now on the session waits for a resume."""
        self.outlet = None
        self.lost_at = time.monotonic()
