"""Remembers what has come, because Slack sends an event again when it has not heard in time that it arrived.

A second delivery is acknowledged and not handled: its answer stands already. Without this a person would read an answer
for each delivery, and a press would count twice. This process knows its own; Postgres knows what others have heard, and
what this one has before a restart.

A command that asks for a video is not looked up before: Postgres knows it by its generation. What is said to the person
alone about it is looked up before it is said.
"""

import time
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

REMEMBERED_S = 900.0
"""Seconds. Slack repeats an event at once, after a minute and after five more (2026-11-22)."""
KNOWN_MAX = 20_000


class Deliveries:
    """What has come to this process lately."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, float] = OrderedDict()

    def is_again(self, body: Mapping[str, Any]) -> bool:
        """Whether this event, command or press has come before."""
        name = name_of(body)
        if name is None:
            return False
        now = time.monotonic()
        while self._known and (len(self._known) > KNOWN_MAX or next(iter(self._known.values())) < now - REMEMBERED_S):
            self._known.popitem(last=False)
        return self._known.setdefault(name, now) != now


def is_video(body: Mapping[str, Any]) -> bool:
    """Whether it is a command of which Postgres knows by itself whether it has come before."""
    return body.get("command") == "/video"


def name_of(body: Mapping[str, Any]) -> str | None:
    """What Slack calls this one delivery; None where a second one has to be answered like the first.

    That is so for forms and for menus that fill themselves: their acknowledgement is their answer.
    """
    if body.get("type") == "event_callback":
        return str(body["event_id"]) if body.get("event_id") else None
    if "command" in body or body.get("type") == "block_actions":
        return str(body["trigger_id"]) if body.get("trigger_id") else None
    return None
