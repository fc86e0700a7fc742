"""The installations of the app, in Postgres, in the shape that slack-sdk's OAuth flow and token rotation use."""

from collections.abc import Mapping
from datetime import UTC, datetime
from logging import Logger, getLogger
from secrets import token_urlsafe
from typing import Any

import structlog
from slack_sdk.oauth.installation_store import Bot, Installation
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore

from bots.slack.api.tenant import SLACK
from bots.slack.installation.sealing import SealBroken, Sealer
from core.db.errors import connection, statement
from core.db.people import installations as rows
from core.db.people.installations import AppInstallation
from core.db.pool import Pool
from core.domain import ids
from core.domain.chat.chat_errors import AccessLost

log = structlog.get_logger()

_SECRET = ("bot_token", "bot_refresh_token")
_FACTS = (
    "app_id", "enterprise_id", "enterprise_name", "enterprise_url", "team_id", "team_name", "bot_id", "bot_user_id",
    "bot_scopes", "user_id", "is_enterprise_install", "token_type",
)  # fmt: skip
"""The fields that are kept of an installation besides its tokens. No person's token is asked for or kept."""
STATE_S = 600.0


def key_of(enterprise_id: str | None, team_id: str | None) -> ids.Installation | None:
    """The id under which an installation is kept: the workspace's, or the organization's if it is for all of it."""
    found = team_id or enterprise_id
    return ids.Installation(found) if found else None


def secrets_of(bot: Bot | Installation) -> dict[str, str | None]:
    """The parts of an installation that are encrypted."""
    return {name: getattr(bot, name) for name in _SECRET}


def expiry(bot: Bot | Installation) -> datetime | None:
    """The time at which its token expires."""
    at = bot.bot_token_expires_at
    return datetime.fromtimestamp(at, UTC) if at is not None else None


class PostgresInstallations(AsyncInstallationStore):
    """The installation store that the OAuth flow saves into; `bots.slack.installation.workspaces` reads it."""

    def __init__(self, pool: Pool, sealer: Sealer) -> None:
        self.pool = pool
        self.sealer = sealer

    @property
    def logger(self) -> Logger:
        return getLogger(__name__)

    async def async_save(self, installation: Installation) -> None:
        """Store an installation, or replace the one that is there.

        Raises:
            DatabaseAway
        """
        team_id = None if installation.is_enterprise_install else installation.team_id
        key = key_of(installation.enterprise_id, team_id)
        if key is None:
            raise ValueError("an installation of no workspace")
        facts = {name: getattr(installation, name) for name in _FACTS}
        async with statement(self.pool) as conn:
            await rows.save(
                conn,
                SLACK,
                key,
                organization=installation.enterprise_id,
                facts=facts | {"bot_scopes": list(installation.bot_scopes or ())},
                sealed=self.sealer.seal(secrets_of(installation), of=key),
                expires_at=expiry(installation),
            )

    async def find(self, installation: ids.Installation) -> Bot | None:
        """The app there with its tokens; None where it is not installed.

        Raises:
            AccessLost: the tokens cannot be decrypted.
            DatabaseAway
        """
        async with connection(self.pool) as conn:
            row = await rows.find(conn, SLACK, installation)
        if row is None:
            return None
        try:
            return self.bot(row)
        except SealBroken as error:
            log.error("slack.token_sealed", installation=installation, why=str(error))
            raise AccessLost("token_sealed", needed="SLACK_TOKEN_KEY") from error

    def bot(self, row: AppInstallation) -> Bot:
        """A row as the SDK's object.

        Raises:
            SealBroken
        """
        secrets = self.sealer.opened(row.sealed or "", of=row.installation)
        return Bot(installed_at=row.installed_at, bot_token_expires_at=row.expires_at, **_of_bot(row.facts, secrets))


class PostgresStates(AsyncOAuthStateStore):
    """The states of installations under way: each can be used once, in any process."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @property
    def logger(self) -> Logger:
        return getLogger(__name__)

    async def async_issue(self, *args: Any, **more: Any) -> str:
        state = token_urlsafe(32)
        async with statement(self._pool) as conn:
            await rows.issue_state(conn, state, for_s=STATE_S)
        return state

    async def async_consume(self, state: str) -> bool:
        async with statement(self._pool) as conn:
            return await rows.consume_state(conn, state)


def _of_bot(facts: Mapping[str, Any], secrets: Mapping[str, Any]) -> dict[str, Any]:
    names = ("app_id", "enterprise_id", "enterprise_name", "team_id", "team_name", "bot_id", "bot_user_id",
             "bot_scopes", "is_enterprise_install")  # fmt: skip
    return {name: facts.get(name) for name in names} | {name: secrets.get(name) for name in _SECRET}
