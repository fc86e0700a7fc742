"""One shard's connection to the gateway: it backs off between connections, and no other shard waits for it.

discord.py connects again at once when a connection is closed before its session has begun, which makes 500 connections
a second; after one that failed it waits up to 17 minutes, and every other shard with it (2.7.1, 2026-12-01).
"""

import asyncio
import random
import time
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager

import aiohttp
import discord
import structlog
from discord.gateway import DiscordWebSocket, ReconnectWebSocket
from discord.shard import EventItem, EventType, Shard

from bots.reconnecting import pause

log = structlog.get_logger()

NOT_CONNECTED = (OSError, TimeoutError, aiohttp.ClientError, discord.HTTPException, ReconnectWebSocket)
"""What connecting may raise that another try can put right. Final closes are none of them."""

Identifying = Callable[[int], AbstractAsyncContextManager[None]]
"""A context in which this shard, and no other of its bucket, may identify."""


class BackOff:
    """The times at which one shard has connected lately."""

    def __init__(self) -> None:
        self._opened: deque[float] = deque(maxlen=64)

    async def rest(self, shard_id: int) -> None:
        """Wait until the shard may connect again, and count that connection."""
        pause_s = pause(self._opened, now=time.monotonic()) * random.uniform(0.9, 1.2)
        if pause_s > 0:
            log.warning("discord.connects_again", shard=shard_id, in_s=round(pause_s, 1))
            await asyncio.sleep(pause_s)
        self._opened.append(time.monotonic())


class PatientShard(Shard):
    """discord.py's shard with a back-off.

    It is resumed for as long as it has a session: the gateway says so if it cannot be, and a shard that identifies
    anew has missed what was said meanwhile.
    """

    def __init__(
        self,
        ws: DiscordWebSocket,
        client: discord.AutoShardedClient,
        queue_put: Callable[[EventItem], None],
        *,
        back_off: BackOff,
        identifying: Identifying,
    ) -> None:
        super().__init__(ws, client, queue_put)
        self._back_off = back_off
        self._identifying = identifying
        self._connecting: asyncio.Task[None] | None = None

    async def reidentify(self, exc: ReconnectWebSocket) -> None:
        """Begin to connect again. discord.py's loop of all shards goes on meanwhile."""
        self._cancel_task()
        self._dispatch("shard_disconnect", self.id)
        resumes = exc.resume and self.ws.session_id is not None
        again = ReconnectWebSocket(self.id, resume=resumes)
        connect = super().reidentify
        self._connecting = asyncio.create_task(self._connect(connect, again), name="shard")

    async def reconnect(self) -> None:
        await self.reidentify(ReconnectWebSocket(self.id, resume=True))

    async def close(self) -> None:
        if self._connecting is not None:
            self._connecting.cancel()
        await super().close()

    async def _connect(
        self, connect: Callable[[ReconnectWebSocket], Awaitable[None]], again: ReconnectWebSocket
    ) -> None:
        await self._back_off.rest(self.id)
        if again.resume:
            await connect(again)
            return
        async with self._identifying(self.id):
            await connect(again)

    async def _handle_disconnect(self, e: Exception) -> None:
        """A connection has ended, or did not come about."""
        if isinstance(e, discord.ConnectionClosed) or self._client.is_closed():
            await super()._handle_disconnect(e)
            return
        log.warning("discord.not_connected", shard=self.id, error=type(e).__name__)
        self.ws.gateway = self.ws.DEFAULT_GATEWAY  # the address to resume at may be what does not answer
        self._queue_put(EventItem(EventType.resume, self, ReconnectWebSocket(self.id, resume=True)))
