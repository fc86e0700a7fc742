"""Decides for which workspace a request is: Bolt calls it for each request before any handler."""

from typing import Any

import structlog
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.async_authorize import AsyncAuthorize
from slack_bolt.context.async_context import AsyncBoltContext

from bots.slack.api.tenant import Workspace, begin
from bots.slack.installation.workspaces import Workspaces
from core import access_log
from core.domain.chat.chat_errors import AccessLost
from core.domain.ids import Installation

log = structlog.get_logger()


class Authorize(AsyncAuthorize):
    """Finds the workspace or the organization that has the app, and makes its token the current one.

    Where the app is installed for a whole organization, a request may name a workspace of it, or none (`team: null`).
    """

    def __init__(self, workspaces: Workspaces) -> None:
        self._workspaces = workspaces

    async def __call__(
        self,
        *,
        context: AsyncBoltContext,
        enterprise_id: str | None,
        team_id: str | None,
        user_id: str | None,
        **_actor: Any,
    ) -> AuthorizeResult | None:
        """The workspace of a request; None where the app is not installed, or not any more.

        Raises:
            DatabaseAway, ChatError: it cannot be known right now.
        """
        begin(None)
        wanted = (enterprise_id,) if context.is_enterprise_install else (team_id, enterprise_id)
        for name in filter(None, wanted):
            try:
                found = await self._workspaces.find(Installation(name))
            except AccessLost as error:
                access_log.lost(
                    "slack.not_authorized", of=f"slack:{name}", call="authorize", why=str(error), installation=name,
                    error=type(error).__name__, code=error.code,
                )  # fmt: skip
                return None
            access_log.back(f"slack:{name}", call="authorize")
            if found is not None:
                begin(found)
                return _result(found, user_id=user_id)
        log.warning("slack.not_installed", workspaces=[name for name in wanted if name])
        return None


def _result(found: Workspace, *, user_id: str | None) -> AuthorizeResult:
    is_workspace = not found.is_organization or found.installation != found.organization
    return AuthorizeResult(
        enterprise_id=found.organization,
        team_id=found.installation if is_workspace else None,
        bot_token=found.token,
        bot_id=found.bot_id,
        bot_user_id=found.bot_user_id,
        bot_scopes=list(found.scopes),
        user_id=user_id,
    )
