"""What a bot does without a person's request: greets a workspace once, publishes its commands, connects in turn.

While the database is away, a bot connects all the same, and does the rest later.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from itertools import chain, repeat

import structlog

from core.db.errors import DatabaseAway, statement, transaction
from core.db.people import presence
from core.db.people.presence import Publication
from core.domain.ids import Installation, PlatformName
from core.domain.requests.tiers import TierName
from core.runtime import Runtime
from core.usecases.people.uninstalled import uninstalled

log = structlog.get_logger()

AGAIN_S = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds between tries to publish, while the database is away or another process publishes."""

HEARD_S = 0.8
"""Seconds to find out whether something was heard before, within the 3 s that an acknowledgement may take."""

Shown = Callable[[], Awaitable[bool]]
"""Asks whether the platform shows exactly the commands of this version."""
Send = Callable[[], Awaitable[None]]


class Presence:
    """These tasks for one process; they are the same for every platform."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._turns: dict[str, float] = {}

    async def gone(self, platform: PlatformName, installation: Installation, *, why: str, at: datetime) -> None:
        """The app was removed from a workspace: end the generations that run there.

        Raises:
            DatabaseAway
        """
        for generation_id, version in await uninstalled(
            platform, installation, why=why, at=at, pool=self._runtime.pool
        ):
            await self._runtime.hints.hint(generation_id, version=version)

    async def came(self, platform: PlatformName, installation: Installation, *, joined_at: datetime) -> bool:
        """The bot was added to a workspace: whether this process is the one that greets it."""
        try:
            async with statement(self._runtime.pool) as conn:
                return await presence.greet(conn, platform=platform, installation=installation, joined_at=joined_at)
        except DatabaseAway:
            log.warning("arrival.not_greeted", why="the database is away")
            return False

    async def is_first(self, platform: PlatformName, event: str) -> bool:
        """Whether no process has heard this delivery before. What cannot be known in time is taken for new."""
        try:
            async with asyncio.timeout(HEARD_S), statement(self._runtime.pool, wait_s=HEARD_S) as conn:
                return await presence.is_first(conn, platform=platform, event=event)
        except (DatabaseAway, TimeoutError):
            return True

    async def left(self, platform: PlatformName, installation: Installation) -> None:
        """The bot was removed from a workspace."""
        try:
            async with statement(self._runtime.pool) as conn:
                await presence.left(conn, platform=platform, installation=installation)
        except DatabaseAway:
            log.warning("departure.not_noted", why="the database is away")

    def first_video(self) -> tuple[TierName, int] | None:
        """The cheapest tier that the free credits of a new team cover, with its price; None where they cover none."""
        prices = self._runtime.terms.tier_prices()
        free = self._runtime.terms.free_credits
        return next(((tier, price) for tier, price in prices.items() if price <= free), None)

    @property
    def free_credits(self) -> int:
        """The credits that a new team is given."""
        return self._runtime.terms.free_credits

    async def publish(self, platform: PlatformName, application: str, *, digest: str, shown: Shown, send: Send) -> None:
        """Return when the platform shows these commands. One process publishes each version of them, once.

        What `shown` and `send` raise is raised. While the database is away, commands that the platform does not show
        are published without waiting for a turn: publishing them twice does no harm.
        """
        for pause_s in chain(AGAIN_S, repeat(AGAIN_S[-1])):
            try:
                if await self._published(platform, application, digest=digest, shown=shown, send=send):
                    return
            except DatabaseAway:
                log.warning("commands.not_noted", why="the database is away", again_in_s=pause_s)
                if not await shown():
                    await send()
            await asyncio.sleep(pause_s)

    async def _published(
        self, platform: PlatformName, application: str, *, digest: str, shown: Shown, send: Send
    ) -> bool:
        whose = await self._claim(platform, application, digest=digest, anew=False)
        if whose is Publication.DONE:
            if await shown():
                return True
            whose = await self._claim(platform, application, digest=digest, anew=True)
        if whose is not Publication.YOURS:
            return False
        await send()
        async with statement(self._runtime.pool) as conn:
            await presence.published(conn, platform=platform, application=application, digest=digest)
        log.info("commands.published", platform=platform, digest=digest)
        return True

    async def _claim(self, platform: PlatformName, application: str, *, digest: str, anew: bool) -> Publication:
        async with transaction(self._runtime.pool) as conn:
            return await presence.claim_commands(
                conn, platform=platform, application=application, digest=digest, anew=anew
            )

    async def turn(self, key: str, *, every_s: float) -> None:
        """Wait for a turn that all processes share; while the database is away, only this process's turns count."""
        try:
            async with statement(self._runtime.pool) as conn:
                wait_s = await presence.take_turn(conn, key, every_s=every_s)
        except DatabaseAway:
            now = asyncio.get_running_loop().time()
            wait_s = max(0.0, self._turns.get(key, now) - now)
        self._turns[key] = asyncio.get_running_loop().time() + wait_s + every_s
        await asyncio.sleep(wait_s)
