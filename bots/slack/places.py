"""Slack's threads and places as the opaque strings that the rest of the product carries about."""

import json
from dataclasses import dataclass

from core.domain.ids import Thread


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A channel, and in it a thread once there is one. `ts` is the root message's."""

    channel: str
    ts: str | None = None

    def packed(self) -> Thread:
        return Thread(json.dumps({"channel": self.channel, "ts": self.ts}, separators=(",", ":")))


def unpacked(thread: Thread) -> Place:
    data = json.loads(thread)
    return Place(channel=data["channel"], ts=data["ts"])
