"""The workspaces that have the app, each with its token: the one in the settings, or those that installed the app.

A token that is about to end is renewed by the first process that needs it. The others go on with the old token, which
is good for two more hours.
"""

import time
from collections import OrderedDict
from typing import Protocol

from slack_sdk.oauth.installation_store import Bot
from slack_sdk.web.async_client import AsyncWebClient

from bots.slack.api.errors import translated, word
from bots.slack.api.tenant import Workspace
from bots.slack.installation.installations import PostgresInstallations
from bots.slack.installation.renewals import Renewals, is_ending
from core.db.errors import DatabaseAway
from core.domain.chat.chat_errors import AccessLost
from core.domain.ids import Installation

REMEMBERED_S = 30.0
STALE_S = 3600.0
"""Seconds for which older facts are used while Postgres is away."""
KNOWN_MAX = 5000


class Workspaces(Protocol):
    """Finds the workspaces that have the app."""

    async def find(self, installation: Installation) -> Workspace | None:
        """The workspace with its token; None where the app is not installed.

        Raises:
            DatabaseAway
            ChatError: Slack does not answer, or the token cannot be decrypted.
        """

    def forget(self, installation: Installation) -> None:
        """The app is gone from there: what was known of it is wrong."""

    def refused(self, token: str) -> None:
        """Slack says that this token has ended."""

    async def aclose(self) -> None:
        """Wait for what is under way with a token."""


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
                installation = Installation(here.get("team_id") or word(here, "enterprise_id"))
            self._known = Workspace(
                installation=installation,
                token=self._web.token or "",
                organization=str(organization) if organization else None,
                is_organization=bool(here.get("is_enterprise_install")),
                bot_id=here.get("bot_id"),
                bot_user_id=here.get("user_id"),
                scopes=tuple(str(here.headers.get("x-oauth-scopes") or "").split(",")),
            )
        return self._known

    def forget(self, installation: Installation) -> None:
        """The token in the settings may be good again after a reinstallation; Slack says so, not we."""

    def refused(self, token: str) -> None:
        """A token in the settings is renewed by nobody."""

    async def aclose(self) -> None:
        pass


class ManyWorkspaces:
    """The workspaces that have installed the app.

    Args:
        web: the client for calls that renew a token, which need no token.
    """

    def __init__(
        self, store: PostgresInstallations, web: AsyncWebClient, *, client_id: str, client_secret: str
    ) -> None:
        self._store = store
        self._renewals = Renewals(store, web, client_id=client_id, client_secret=client_secret)
        self._known: OrderedDict[Installation, tuple[Workspace, float]] = OrderedDict()

    async def find(self, installation: Installation) -> Workspace | None:
        known, at = self._known.get(installation) or (None, float("-inf"))
        if known is not None and known.token in self._renewals.refused:
            known, at = None, float("-inf")
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

    def forget(self, installation: Installation) -> None:
        self._known.pop(installation, None)

    def refused(self, token: str) -> None:
        if token not in self._renewals.refused:
            self._renewals.refuse(token)

    async def aclose(self) -> None:
        await self._renewals.aclose()

    async def _read(self, installation: Installation) -> Workspace | None:
        bot = await self._store.find(installation)
        if bot is not None and (is_ending(bot) or not self._renewals.is_usable(bot)):
            bot = await self._renewals.good(installation, bot)
        return _workspace(installation, bot) if bot is not None else None


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
