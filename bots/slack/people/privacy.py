"""Whether a channel of Slack is private: told by the request, or asked from Slack and remembered for a minute."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bots.slack.api.errors import translated
from bots.slack.api.tenant import current
from core.domain.chat.chat_errors import ChatError, PlaceGone

log = structlog.get_logger()

REMEMBERED_S = 60.0
DEADLINE_S = 1.2
KNOWN_MAX = 10_000
PRIVATE, DIRECT = "privategroup", "directmessage"
"""The names that requests use for every private channel and for direct messages."""


@dataclass(slots=True)
class Privacy:
    """The channels that one client asks about."""

    web: AsyncWebClient
    _known: OrderedDict[tuple[str, str], tuple[float, bool]] = field(default_factory=OrderedDict)

    async def of(self, channel: str) -> bool:
        """Whether a channel is private; where Slack does not answer, it counts as private."""
        now, here = time.monotonic(), current()
        key = (here.installation if here is not None else "", channel)
        at, private = self._known.get(key, (now - REMEMBERED_S, True))
        if now - at < REMEMBERED_S:
            return private
        try:
            async with asyncio.timeout(DEADLINE_S), translated("conversations.info"):
                found = (await self.web.conversations_info(channel=channel)).get("channel") or {}
        except PlaceGone:
            private = True  # Slack hides a private channel from a bot that is not in it
        except (ChatError, TimeoutError) as error:
            log.warning("slack.channel_not_known", why=f"{type(error).__name__} {error}")
            return True
        else:
            private = bool(found.get("is_private", True)) and not found.get("is_im")
        self._known[key] = (now, private)
        while len(self._known) > KNOWN_MAX:
            self._known.popitem(last=False)
        return private


_PRIVACY: WeakKeyDictionary[AsyncWebClient, Privacy] = WeakKeyDictionary()


async def is_private(web: AsyncWebClient, body: Mapping[str, Any], channel: str) -> bool:
    """Whether some members of the workspace cannot see the channel. Direct messages with the bot do not count.

    Args:
        body: the payload, which may be about another channel.
    """
    name = _named(body, channel)
    if name is not None:
        return name == PRIVATE
    if channel.startswith("D"):
        return False
    found = _PRIVACY.get(web)
    if found is None:
        found = _PRIVACY[web] = Privacy(web)
    return await found.of(channel)


def _named(body: Mapping[str, Any], channel: str) -> str | None:
    """The name of this channel in the payload of a command or a press."""
    pressed = body.get("channel")
    where = (pressed.get("id"), pressed.get("name")) if isinstance(pressed, Mapping) else (None, None)
    for known, name in (where, (body.get("channel_id"), body.get("channel_name"))):
        if known == channel and name:
            return str(name)
    return None
