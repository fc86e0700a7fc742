"""Slack's threads and places as the opaque strings that the rest of the product carries about."""

import json
from dataclasses import dataclass

from bots.slack.tenant import current
from core.domain.ids import Installation, Thread


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A channel, and in it a thread once there is one. `ts` is the message's that the thread hangs on.

    Args:
        team: whose token is good here, where many workspaces have the app.
        is_agent: a conversation with the app as an agent: what it does is shown as a plan.
    """

    channel: str
    ts: str | None = None
    team: Installation | None = None
    is_agent: bool = False

    def packed(self) -> Thread:
        data: dict[str, str | bool | None] = {"channel": self.channel, "ts": self.ts}
        if self.team is not None:
            data["team"] = self.team
        if self.is_agent:
            data["agent"] = True
        return Thread(json.dumps(data, separators=(",", ":")))


def unpacked(thread: Thread) -> Place:
    data = json.loads(thread)
    return Place(channel=data["channel"], ts=data["ts"], team=data.get("team"), is_agent=bool(data.get("agent")))


def here(channel: str, *, ts: str | None = None, is_agent: bool = False) -> Place:
    """A place in the workspace whose request is at work."""
    found = current()
    team = found.installation if found is not None and found.is_one_of_many else None
    return Place(channel=channel, ts=ts, team=team, is_agent=is_agent)
