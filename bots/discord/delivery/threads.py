"""Opens the threads of root messages, one by one in each channel. Without a thread, messages reply to the root.

Discord limits how fast threads open in a channel. A command that would wait for long gets replies to its root message,
and its thread is not opened later, so that no empty thread is left.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

import structlog

from bots.discord.api.places import Place
from core.domain.chat.chat_errors import ChatBusy, ChatError
from core.domain.ids import Thread

log = structlog.get_logger()

PATIENCE_S = 5.0
"""Seconds that a root message waits for its turn to get a thread."""

OpenThread = Callable[[Place, int, str], Awaitable[Thread]]
"""Opens the thread of a root message: the place, the message, the title."""


@dataclass(slots=True)
class _Channel:
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: int = 0
    closed_until: float = 0.0


class Threads:
    """The queues of one process."""

    def __init__(self, open_thread: OpenThread, *, patience_s: float = PATIENCE_S) -> None:
        self._open_thread = open_thread
        self._patience_s = patience_s
        self._channels: dict[int, _Channel] = {}

    async def under(self, place: Place, message_id: int, title: str) -> Thread:
        """The place for a generation's messages: the thread of its root message, or replies to it. Never raises."""
        if place.guild is None or place.is_thread:
            return place.packed()
        channel = self._channels.setdefault(place.channel, _Channel())
        channel.waiting += 1
        try:
            return await self._in_turn(channel, place, message_id, title)
        finally:
            channel.waiting -= 1
            if not channel.waiting and channel.closed_until < asyncio.get_running_loop().time():
                self._channels.pop(place.channel, None)

    async def _in_turn(self, channel: _Channel, place: Place, message_id: int, title: str) -> Thread:
        loop = asyncio.get_running_loop()
        below = replace(place, reply_to=message_id).packed()
        try:
            async with asyncio.timeout(self._patience_s):
                await channel.turn.acquire()
        except TimeoutError:
            log.info("thread.not_waited_for", waiting=channel.waiting)
            return below
        try:
            if loop.time() < channel.closed_until:
                return below
            return await self._open_thread(place, message_id, title)
        except ChatBusy as error:
            channel.closed_until = loop.time() + error.retry_after_s
            log.info("thread.not_opened", why="busy", again_in_s=error.retry_after_s)
            return below
        except ChatError as error:
            log.info("thread.not_opened", why=type(error).__name__)
            return below
        finally:
            channel.turn.release()
