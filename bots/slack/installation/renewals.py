"""Renews tokens that are about to end: one renewal at a time for each workspace, under a lock in Postgres.

While the old token is good nobody waits for the renewal: a command is answered within 3 s, and Slack may take 10. A
renewal that Slack has made and whose answer is lost costs the app its access after some hours, so a process that ends
waits for those that are under way.
"""

import asyncio
import time
from collections import OrderedDict
from secrets import token_hex

import structlog
from slack_sdk.errors import SlackTokenRotationError
from slack_sdk.oauth.installation_store import Bot
from slack_sdk.oauth.token_rotation.async_rotator import AsyncTokenRotator
from slack_sdk.web.async_client import AsyncWebClient

from bots.slack.api.errors import ACCESS, translated
from bots.slack.api.tenant import SLACK
from bots.slack.installation.installations import PostgresInstallations, expiry, secrets_of
from core import access_log
from core.db.errors import DatabaseAway, statement
from core.db.people import installations as rows
from core.domain.chat.chat_errors import ChatAway, ChatError
from core.domain.ids import Installation

log = structlog.get_logger()

RENEW_BEFORE_MIN = 120
_WHATEVER_MIN = 60 * 24 * 365
"""Renews a token that Slack refuses, though by our clock it is good."""
LOCK_S = 60.0
"""Seconds in which a renewal ends: Slack has 10 s for its answer, and storing the token a few tries."""
WRITE_AGAIN_S = (0.2, 1.0, 3.0, 8.0)
WAIT_S = 2.0
"""Seconds to wait for a renewal when the old token has ended, within the 3 s that an answer may take."""
LOOK_S = 0.2
AGAIN_S = 5.0
"""Seconds for which a failed renewal is not tried again by this process."""
FAILED_MAX = 1000


def is_ending(bot: Bot) -> bool:
    """Whether it is time to renew its token."""
    at = bot.bot_token_expires_at
    return at is not None and at <= time.time() + RENEW_BEFORE_MIN * 60


def is_over(bot: Bot) -> bool:
    """Whether its token has ended."""
    at = bot.bot_token_expires_at
    return at is not None and at <= time.time()


class Renewals:
    """The renewals of one process.

    Args:
        web: the client for the call that renews a token, which needs no token.
    """

    def __init__(
        self, store: PostgresInstallations, web: AsyncWebClient, *, client_id: str, client_secret: str
    ) -> None:
        self._store = store
        self._pool = store.pool
        self._rotator = AsyncTokenRotator(client_id=client_id, client_secret=client_secret, client=web)
        self._name = f"tokens:{token_hex(4)}"
        self._under_way: dict[Installation, asyncio.Task[Bot]] = {}
        self._failed: OrderedDict[str, tuple[ChatError, float]] = OrderedDict()
        self.refused: OrderedDict[str, None] = OrderedDict()
        """Tokens that Slack says have ended, whatever our clock says."""

    def refuse(self, token: str) -> None:
        """Slack says that this token has ended."""
        log.warning("slack.token_ended_early")
        self.refused[token] = None
        while len(self.refused) > FAILED_MAX:
            self.refused.popitem(last=False)

    def is_usable(self, bot: Bot) -> bool:
        return not is_over(bot) and bot.bot_token not in self.refused

    async def good(self, installation: Installation, bot: Bot) -> Bot:
        """The workspace with a good token: the old one while it is good, though a renewal has begun; else a fresh one.

        Raises:
            AccessLost: Slack does not renew it any more.
            ChatError: Slack does not answer, or not in time.
            DatabaseAway
        """
        task = self._under_way.get(installation)
        if task is None:
            failure, at = self._failed.get(bot.bot_refresh_token or "") or (None, float("-inf"))
            if failure is not None and time.monotonic() - at < AGAIN_S:
                if self.is_usable(bot):
                    return bot
                raise failure
            task = self._under_way[installation] = asyncio.create_task(self._renewed(installation, bot))
            task.add_done_callback(lambda done: self._ended(installation, done))
        if self.is_usable(bot):
            return bot
        try:
            async with asyncio.timeout(WAIT_S):
                return await asyncio.shield(task)
        except TimeoutError:
            raise ChatAway("the token is being renewed") from None

    async def aclose(self) -> None:
        """Wait for the renewals that are under way."""
        if self._under_way:
            await asyncio.wait(self._under_way.values(), timeout=LOCK_S)

    def _ended(self, installation: Installation, task: "asyncio.Task[Bot]") -> None:
        self._under_way.pop(installation, None)
        if not task.cancelled():
            task.exception()  # whoever waits for it has it

    async def _renewed(self, installation: Installation, bot: Bot) -> Bot:
        """The workspace with a fresh token, renewed here or by another process."""
        async with statement(self._pool) as conn:
            locked = await rows.lock_refresh(conn, SLACK, installation, by=self._name, for_s=LOCK_S)
        if not locked:
            return await self._awaited(installation, bot)
        # Another process may have renewed it between our look and our lock.
        bot = await self._store.find(installation) or bot
        try:
            async with translated(ACCESS):
                fresh = await self._exchanged(bot)
        except ChatError as error:
            await self._not_renewed(installation, bot, error)
            raise
        return await self._written(installation, fresh) if fresh is not None else bot

    async def _exchanged(self, bot: Bot) -> Bot | None:
        """The workspace with the token that Slack gives for the old one; None where it was exchanged already."""
        is_refused = bot.bot_token in self.refused
        if not is_refused and not is_ending(bot):
            return None
        try:
            fresh = await self._rotator.perform_bot_token_rotation(
                bot=bot, minutes_before_expiration=_WHATEVER_MIN if is_refused else RENEW_BEFORE_MIN
            )
        except SlackTokenRotationError as error:
            raise error.api_error from error
        if fresh is None or not fresh.bot_token:
            raise ValueError("an answer without a token")
        return fresh

    async def _not_renewed(self, installation: Installation, bot: Bot, error: ChatError) -> None:
        """Let go of the lock: another process may have more luck."""
        at = bot.bot_token_expires_at
        ends_in_s = round(at - time.time()) if at is not None else None
        why = f"{type(error).__name__} {error}"
        access_log.lost(
            "slack.token_not_renewed", of=f"slack:{installation}", call="renewal", why=type(error).__name__,
            installation=installation, error=why, ends_in_s=ends_in_s,
        )  # fmt: skip
        self._failed[bot.bot_refresh_token or ""] = (error, time.monotonic())
        while len(self._failed) > FAILED_MAX:
            self._failed.popitem(last=False)
        async with statement(self._pool) as conn:
            await rows.unlock_refresh(conn, SLACK, installation, by=self._name)

    async def _written(self, installation: Installation, fresh: Bot) -> Bot:
        """The renewed token, after it is stored: if a used renewal were lost, the app would lose its access."""
        sealed = self._store.sealer.seal(secrets_of(fresh), of=installation)
        for pause_s in (*WRITE_AGAIN_S, None):
            try:
                async with statement(self._pool) as conn:
                    written = await rows.renewed(
                        conn, SLACK, installation, by=self._name, sealed=sealed, expires_at=expiry(fresh)
                    )
            except DatabaseAway:
                if pause_s is None:
                    raise
                await asyncio.sleep(pause_s)
            else:
                access_log.back(f"slack:{installation}", call="renewal")
                log.info("slack.token_renewed", installation=installation, written=written)
                return fresh
        raise AssertionError("the last try returns or raises")

    async def _awaited(self, installation: Installation, old: Bot) -> Bot:
        """The workspace, after another process has renewed its token."""
        for _ in range(round(LOCK_S / LOOK_S)):
            await asyncio.sleep(LOOK_S)
            bot = await self._store.find(installation)
            if bot is not None and bot.bot_token != old.bot_token:
                return bot
            async with statement(self._pool) as conn:
                if not await rows.is_refreshing(conn, SLACK, installation):
                    break  # it had no luck, or the app is gone
        raise ChatAway("another process did not renew the token")
