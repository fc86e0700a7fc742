"""The workspaces that have the app, each with its token: the one in the settings, or those that installed the app.

A token that is about to expire is renewed by the first process that needs it, under a lock in Postgres. The others go
on with the old token, which is valid for two more hours.
"""

import asyncio
import time
from collections import OrderedDict
from secrets import token_hex
from typing import Protocol

import structlog
from slack_sdk.errors import SlackTokenRotationError
from slack_sdk.oauth.installation_store import Bot
from slack_sdk.oauth.token_rotation.async_rotator import AsyncTokenRotator
from slack_sdk.web.async_client import AsyncWebClient

from bots.slack.api.errors import translated
from bots.slack.api.tenant import SLACK, Workspace
from bots.slack.installation.installations import PostgresInstallations, expiry, secrets_of
from bots.slack.installation.sealing import SealBroken
from core.db.errors import DatabaseAway, connection, statement
from core.db.people import installations as rows
from core.domain.chat.chat_errors import AccessLost, ChatAway
from core.domain.ids import Installation

log = structlog.get_logger()

REMEMBERED_S = 30.0
STALE_S = 3600.0
"""Seconds for which older facts are used while Postgres is away."""
KNOWN_MAX = 5000
RENEW_BEFORE_MIN = 120
LOCK_S = 60.0
"""Seconds in which a renewal ends: Slack has 10 s for its answer, and storing the token a few tries."""
WRITE_AGAIN_S = (0.2, 1.0, 3.0, 8.0)
WAIT_S = 3.0
"""Seconds that a process waits for another one to renew an expired token."""


class Workspaces(Protocol):
    """Finds the workspaces that have the app."""

    async def find(self, installation: Installation) -> Workspace | None:
        """The workspace with its token; None where the app is not installed.

        Raises:
            DatabaseAway
            ChatError: Slack does not answer, or the token cannot be decrypted.
        """


class OneWorkspace:
    """The one workspace whose token is in the settings."""

    def __init__(self, web: AsyncWebClient) -> None:
        self._web = web
        self._known: Workspace | None = None

    async def find(self, installation: Installation) -> Workspace | None:
        if self._known is None:
            async with translated("auth.test"):
                here = await self._web.auth_test()
            organization = here.get("enterprise_id")
            self._known = Workspace(
                installation=Installation(str(here.get("team_id") or organization)),
                token=self._web.token or "",
                organization=str(organization) if organization else None,
                is_organization=bool(here.get("is_enterprise_install")),
                bot_id=here.get("bot_id"),
                bot_user_id=here.get("user_id"),
                scopes=tuple(str(here.headers.get("x-oauth-scopes") or "").split(",")),
            )
        return self._known


class ManyWorkspaces:
    """The workspaces that have installed the app.

    Args:
        web: the client for calls that renew a token, which need no token.
    """

    def __init__(
        self, store: PostgresInstallations, web: AsyncWebClient, *, client_id: str, client_secret: str
    ) -> None:
        self._store = store
        self._pool = store.pool
        self._rotator = AsyncTokenRotator(client_id=client_id, client_secret=client_secret, client=web)
        self._name = f"tokens:{token_hex(4)}"
        self._known: OrderedDict[Installation, tuple[Workspace, float]] = OrderedDict()

    async def find(self, installation: Installation) -> Workspace | None:
        known, at = self._known.get(installation) or (None, float("-inf"))
        age_s = time.monotonic() - at
        if age_s < REMEMBERED_S:
            return known
        try:
            found = await self._read(installation)
        except DatabaseAway:
            if known is not None and age_s < STALE_S:
                return known
            raise
        if found is None:  # not remembered, because the app may be installed at any moment
            self._known.pop(installation, None)
            return None
        self._known[installation] = (found, time.monotonic())
        self._known.move_to_end(installation)
        while len(self._known) > KNOWN_MAX:
            self._known.popitem(last=False)
        return found

    async def _read(self, installation: Installation) -> Workspace | None:
        bot = await self._bot(installation)
        if bot is not None and _is_ending(bot):
            bot = await self._renewed(installation, bot)
        return _workspace(installation, bot) if bot is not None else None

    async def _bot(self, installation: Installation) -> Bot | None:
        async with connection(self._pool) as conn:
            row = await rows.find(conn, SLACK, installation)
        if row is None:
            return None
        try:
            return self._store.bot(row)
        except SealBroken as error:
            log.error("slack.token_sealed", installation=installation, why=str(error))
            raise AccessLost("token_sealed", needed="SLACK_TOKEN_KEY") from error

    async def _renewed(self, installation: Installation, bot: Bot) -> Bot | None:
        """The workspace with a fresh token, renewed here or by another process; with the old one if neither works."""
        async with statement(self._pool) as conn:
            locked = await rows.lock_refresh(conn, SLACK, installation, by=self._name, for_s=LOCK_S)
        if not locked:
            return bot if not _is_over(bot) else await self._awaited(installation)
        # Another process may have renewed it between our look and our lock.
        bot = await self._bot(installation) or bot
        try:
            fresh = await self._rotator.perform_bot_token_rotation(bot=bot, minutes_before_expiration=RENEW_BEFORE_MIN)
        except SlackTokenRotationError as error:
            why = error.api_error.response.get("error")
            log.error("slack.token_not_renewed", installation=installation, why=why)
            if _is_over(bot):
                raise AccessLost(str(why)) from error
            return bot
        return await self._written(installation, fresh) if fresh is not None else bot

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
                log.info("slack.token_renewed", installation=installation, written=written)
                return fresh
        raise AssertionError("the last try returns or raises")

    async def _awaited(self, installation: Installation) -> Bot | None:
        """The workspace, after another process has renewed its token."""
        for _ in range(round(WAIT_S / 0.2)):
            await asyncio.sleep(0.2)
            bot = await self._bot(installation)
            if bot is None or not _is_over(bot):
                return bot
        raise ChatAway("the token is being renewed")


async def workspace_of(workspaces: Workspaces, installation: Installation) -> Workspace:
    """The workspace with this id.

    Raises:
        AccessLost: the app is not installed there.
        DatabaseAway
        ChatError
    """
    found = await workspaces.find(installation)
    if found is None:
        raise AccessLost("app_uninstalled")
    return found


def _workspace(installation: Installation, bot: Bot) -> Workspace:
    return Workspace(
        installation=installation,
        token=bot.bot_token,
        organization=bot.enterprise_id,
        is_organization=bot.is_enterprise_install,
        bot_id=bot.bot_id,
        bot_user_id=bot.bot_user_id,
        scopes=tuple(bot.bot_scopes or ()),
        is_one_of_many=True,
    )


def _is_ending(bot: Bot) -> bool:
    at = bot.bot_token_expires_at
    return at is not None and at <= time.time() + RENEW_BEFORE_MIN * 60


def _is_over(bot: Bot) -> bool:
    at = bot.bot_token_expires_at
    return at is not None and at <= time.time()
