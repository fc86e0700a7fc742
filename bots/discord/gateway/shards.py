"""discord.py's client for many servers: decides which shards this process has, and when each may identify.

Discord lets `max_concurrency` shards identify in five seconds, counted over all processes. discord.py starts its shards
five seconds apart, and does not know of other processes, so our processes take turns in Postgres.
"""

import asyncio
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import aiohttp
import discord
import structlog
import yarl
from discord import app_commands
from discord.gateway import DiscordWebSocket
from discord.shard import EventItem, EventType, SessionStartLimits

from bots.discord.api.errors import Asked, translated
from bots.discord.api.interactions import begin
from bots.discord.api.wire import RATELIMIT_TIMEOUT_S, intents, logged_in, login_left
from bots.discord.gateway.connection import NOT_CONNECTED, BackOff, PatientShard
from bots.discord.gateway.names import Names
from bots.discord.settings import DiscordSettings
from core.domain.chat.chat_errors import ChatError
from core.settings import SettingsError

log = structlog.get_logger()

_QUEUE, _SHARDS = "_AutoShardedClient__queue", "_AutoShardedClient__shards"
"""Where discord.py 2.7.1 keeps the shards, and the queue that it makes when it connects and needs when it closes, even
if it never connected."""

IDENTIFY_EVERY_S = 5.2
"""Seconds between two identifies. Discord counts five, and a request may travel faster than the one before."""
CALLS_AT_ONCE, KEPT_OPEN_S = 128, 60.0
"""Connections of one process. A call takes some 0.15 s, so a burst of 600 is acknowledged within a second; without a
bound each burst would open one connection a command."""
FIRST_CONNECTION_S = 180.0
"""Seconds, with the wait for the turn to identify, which other processes take as well."""
SHARDS_MAX = 10_000
_RANGE = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?")

Turn = Callable[[str], Awaitable[None]]
"""Waits until a shard of this bucket may identify."""


def shards_of(known: DiscordSettings) -> tuple[int | None, list[int] | None]:
    """The number of shards and the ids of this process's shards. None: all shards, as many as Discord advises.

    Raises:
        SettingsError
    """
    count, words = known.discord_shard_count, known.discord_shards
    if words is None:
        return count, None
    if count is None:
        raise SettingsError("DISCORD_SHARDS wants DISCORD_SHARD_COUNT beside it: how many shards there are in all.")
    ids: set[int] = set()
    for word in words.replace(",", " ").split():
        found = _RANGE.fullmatch(word)
        low, high = (int(found[1]), int(found[2] or found[1])) if found else (1, 0)
        if not low <= high < count:
            raise SettingsError(f"DISCORD_SHARDS is wrong: it wants numbers or ranges below {count}, such as 0-3.")
        ids |= set(range(low, high + 1))
    if not ids:
        raise SettingsError("DISCORD_SHARDS is wrong: it names no shard.")
    return count, sorted(ids)


async def _until_left(limits: SessionStartLimits, *, needed: int) -> None:
    """Wait for the next day of identifies where too few are left."""
    if limits.remaining < needed:
        wait_s = limits.reset_after / 1000
        log.error("discord.identifies_used_up", left=limits.remaining, needed=needed, again_in_s=wait_s)
        await asyncio.sleep(wait_s)


class Tree(app_commands.CommandTree):
    """The tree of commands. It answers each person in their own language."""

    async def interaction_check(self, interaction: discord.Interaction, /) -> bool:
        begin(interaction)
        return True


class ShardedClient(discord.AutoShardedClient):
    """A client of some or all shards.

    Args:
        turn: waits for the turn of a bucket of identifies.
        gateway: the gateway's address, where it is not Discord's own.
    """

    def __init__(
        self, *, turn: Turn, count: int | None = None, ids: list[int] | None = None, gateway: str | None = None
    ) -> None:
        super().__init__(
            intents=intents(),
            max_ratelimit_timeout=RATELIMIT_TIMEOUT_S,
            allowed_mentions=discord.AllowedMentions.none(),
            shard_count=count,
            chunk_guilds_at_startup=False,
            member_cache_flags=discord.MemberCacheFlags.none(),
            max_messages=None,
        )
        self.shard_ids = ids
        everywhere = app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=True)
        anybody = app_commands.AppInstallationType(guild=True, user=True)
        self.tree = Tree(self, allowed_contexts=everywhere, allowed_installs=anybody)
        self.names = Names()
        self.connected: set[int] = set()
        self._turn = turn
        self._gateway = gateway
        self._concurrency = 1
        self._buckets: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._launching: set[asyncio.Task[None]] = set()

    async def login(self, token: str) -> None:
        """As discord.py does, over connections that a burst opens once and the next one finds open.

        Raises:
            ChatError
        """
        await login_left(self)
        self.http.connector = aiohttp.TCPConnector(limit=CALLS_AT_ONCE, keepalive_timeout=KEPT_OPEN_S)
        async with translated(Asked.READ):
            await super().login(token)
        logged_in(self)

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Wait for a turn, also before the first identify, because another process may have identified a moment ago."""
        bucket = (shard_id or 0) % self._concurrency
        await self._turn(f"{self.application_id}:{bucket}")

    async def launch_shards(self) -> None:
        """Connect the shards, as many at a time as Discord lets identify.

        Raises:
            ChatError: Discord does not tell how many that are.
        """
        advised, url, limits = await self._gateway_now()
        self._concurrency = max(1, limits.max_concurrency)
        if self.shard_count is None:
            self.shard_count = min(SHARDS_MAX, max(1, advised))
        ids = list(self.shard_ids or range(self.shard_count))
        self._connection.shard_count = self.shard_count
        self._connection.shard_ids = ids
        await _until_left(limits, needed=len(ids))
        gateway = yarl.URL(self._gateway or url)
        buckets: defaultdict[int, list[int]] = defaultdict(list)
        for shard_id in ids:
            buckets[shard_id % self._concurrency].append(shard_id)
        for waiting in buckets.values():
            task = asyncio.create_task(self._launch(gateway, waiting), name="shards")
            self._launching.add(task)
            task.add_done_callback(self._launched)

    async def launch_shard(self, gateway: yarl.URL, shard_id: int, *, initial: bool = False) -> None:
        """Connect a shard for the first time, however long the gateway is away."""
        back_off = BackOff()
        while True:
            await back_off.rest(shard_id)
            try:
                async with self._buckets[shard_id % self._concurrency], asyncio.timeout(FIRST_CONNECTION_S):
                    socket = await DiscordWebSocket.from_client(
                        self, initial=initial, gateway=gateway, shard_id=shard_id
                    )
            except NOT_CONNECTED as error:
                log.warning("discord.not_connected", shard=shard_id, error=type(error).__name__)
            else:
                break
        queue: asyncio.PriorityQueue[EventItem] = getattr(self, _QUEUE)
        shard = PatientShard(
            socket, self, queue.put_nowait, back_off=back_off, identifying=self._identifying
        )  # fmt: skip
        getattr(self, _SHARDS)[shard_id] = shard
        shard.launch()

    async def _launch(self, gateway: yarl.URL, ids: list[int]) -> None:
        for shard_id in ids:
            if self.is_closed():
                return
            await self.launch_shard(gateway, shard_id)

    def _launched(self, task: asyncio.Task[None]) -> None:
        self._launching.discard(task)
        error = None if task.cancelled() else task.exception()
        if isinstance(error, Exception):
            getattr(self, _QUEUE).put_nowait(EventItem(EventType.terminate, None, error))

    @asynccontextmanager
    async def _identifying(self, shard_id: int) -> AsyncIterator[None]:
        """Wait until this shard may identify anew. Discord takes the bot's token away after too many in a day."""
        async with self._buckets[shard_id % self._concurrency]:
            with suppress(ChatError):  # it does not tell
                _, _, limits = await self._gateway_now()
                await _until_left(limits, needed=1)
            yield

    async def _gateway_now(self) -> tuple[int, str, SessionStartLimits]:
        """The number of shards that Discord advises, the gateway's address, and how many identifies are left.

        Raises:
            ChatError
        """
        async with translated(Asked.READ):
            try:
                advised, url, found = await self.http.get_bot_gateway()
            except discord.GatewayNotFound as error:
                raise error.__cause__ or error from None
            return int(advised), str(url), SessionStartLimits(**found)

    async def close(self) -> None:
        """Disconnect; shards that still wait for their turn do not connect."""
        for task in self._launching:
            task.cancel()
        if not hasattr(self, _QUEUE):
            setattr(self, _QUEUE, asyncio.PriorityQueue())
        await super().close()

    async def on_shard_connect(self, shard_id: int) -> None:
        self.connected.add(shard_id)
        log.info("discord.shard_connected", shard=shard_id, of=self.shard_count)

    async def on_shard_disconnect(self, shard_id: int) -> None:
        self.connected.discard(shard_id)
