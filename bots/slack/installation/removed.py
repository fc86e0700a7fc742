"""The app was removed from a workspace, or its token revoked: end what runs there, and give the credits back."""

from datetime import UTC, datetime
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.async_context import AsyncBoltContext

from bots.slack.api.tenant import SLACK
from bots.slack.installation.workspaces import Workspaces
from bots.slack.people.callers import team_of
from bots.video_service import VideoService
from core.domain.ids import Installation


class Removed:
    """The handlers of the two events."""

    def __init__(self, video_service: VideoService, workspaces: Workspaces) -> None:
        self._service = video_service
        self._workspaces = workspaces

    def register(self, app: AsyncApp) -> None:
        app.event("app_uninstalled")(self.uninstalled)
        app.event("tokens_revoked")(self.revoked)

    async def uninstalled(self, body: dict[str, Any], context: AsyncBoltContext) -> None:
        await self._end(body, context, why="app_uninstalled")

    async def revoked(self, body: dict[str, Any], event: dict[str, Any], context: AsyncBoltContext) -> None:
        """Tokens were revoked. Only the bot's token matters: the app has no tokens of people."""
        if (event.get("tokens") or {}).get("bot"):
            await self._end(body, context, why="tokens_revoked")

    async def _end(self, body: dict[str, Any], context: AsyncBoltContext, *, why: str) -> None:
        # The token is invalid by now, so Slack's signature on the event is the only proof.
        team = context.enterprise_id if context.is_enterprise_install else team_of(context)
        if not team:
            return
        self._workspaces.forget(Installation(str(team)))
        at = datetime.fromtimestamp(int(body.get("event_time") or 0) + 1, UTC)  # Slack counts whole seconds
        await self._service.presence.gone(SLACK, Installation(str(team)), why=why, at=at)
