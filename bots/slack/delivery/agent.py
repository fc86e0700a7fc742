"""Tells Slack the state of a conversation with the agent: while it works, Slack shows a Stop button."""

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bots.slack.api.errors import translated
from bots.slack.api.places import Place
from core.domain.chat.chat_errors import ChatError

log = structlog.get_logger()


async def status(web: AsyncWebClient, where: Place, status: str, *, title: str | None = None) -> None:
    """Set the state of the session: "processing" shows Slack's Stop button, "active" waits for the person.

    Failures are ignored: an app that is no agent, and a workspace without agents, have no sessions.
    """
    if where.ts is None:
        return
    try:
        async with translated("agents.sessions.setStatus"):
            await web.agents_sessions_setStatus(
                channel_id=where.channel, thread_ts=where.ts, status=status, title=title
            )
    except ChatError as error:
        log.info("agent.status_not_said", status=status, why=str(error))
