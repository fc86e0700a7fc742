"""Slack's threads and places as strings that the rest of the product stores and does not look into."""

import json
from dataclasses import dataclass

from bots.slack.api.tenant import current
from core.domain.ids import Installation, Thread


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A channel, and in it a thread once there is one. `ts` is that of the thread's first message.

    Args:
        team: the workspace whose token is used here, where many workspaces have the app.
        is_agent: it is a conversation with the app as an agent, which shows progress as a plan.
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
    """A place in the workspace of the current request."""
    found = current()
    team = found.installation if found is not None and found.is_one_of_many else None
    return Place(channel=channel, ts=ts, team=team, is_agent=is_agent)
