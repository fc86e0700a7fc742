"""What a bot does about being somewhere at all: greeting a workspace once, publishing its commands, connecting in turn.

None of it is anybody's request: while the database is away, a bot connects all the same, and the rest is done later.
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
"""Between tries to publish, while the database or somebody else keeps us from it."""

Shown = Callable[[], Awaitable[bool]]
"""Whether the platform shows the very commands that this version has."""
Send = Callable[[], Awaitable[None]]


class Presence:
    """The same for every platform, in one process."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._turns: dict[str, float] = {}

    async def gone(self, platform: PlatformName, installation: Installation, *, why: str, at: datetime) -> None:
        """The app was taken out of a workspace: what runs there ends.

        Raises:
            DatabaseAway
        """
        for generation_id, version in await uninstalled(
            platform, installation, why=why, at=at, pool=self._runtime.pool
        ):
            await self._runtime.hints.hint(generation_id, version=version)

    async def came(self, platform: PlatformName, installation: Installation) -> bool:
        """The bot is in a workspace that has invited it lately: whether this process is to say hello."""
        try:
            async with statement(self._runtime.pool) as conn:
                return await presence.greet(conn, platform=platform, installation=installation)
        except DatabaseAway:
            log.warning("arrival.not_greeted", why="the database is away")
            return False

    async def left(self, platform: PlatformName, installation: Installation) -> None:
        """The bot was removed."""
        try:
            async with statement(self._runtime.pool) as conn:
                await presence.left(conn, platform=platform, installation=installation)
        except DatabaseAway:
            log.warning("departure.not_noted", why="the database is away")

    def first_video(self) -> tuple[TierName, int] | None:
        """The cheapest tier that the free credits of a new team cover, with what it takes; None where none is."""
        prices = self._runtime.terms.tier_prices()
        free = self._runtime.terms.free_credits
        return next(((tier, price) for tier, price in prices.items() if price <= free), None)

    @property
    def free_credits(self) -> int:
        """What a new team has."""
        return self._runtime.terms.free_credits

    async def publish(self, platform: PlatformName, application: str, *, digest: str, shown: Shown, send: Send) -> None:
        """See that the platform shows these commands: one process publishes a version of them, once.

        Ends when it does. What `shown` and `send` raise is raised. While the database is away, commands that are not
        shown at all are sent without asking whose turn it is: sending them twice is no harm.
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
        """Wait for a turn that all processes share; while the database is away, for one of this process's own."""
        try:
            async with statement(self._runtime.pool) as conn:
                wait_s = await presence.take_turn(conn, key, every_s=every_s)
        except DatabaseAway:
            now = asyncio.get_running_loop().time()
            wait_s = max(0.0, self._turns.get(key, now) - now)
        self._turns[key] = asyncio.get_running_loop().time() + wait_s + every_s
        await asyncio.sleep(wait_s)
