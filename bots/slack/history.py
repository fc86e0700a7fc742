"""What stands in a channel or a thread of Slack's, page by page, the newest first in a channel."""

from typing import Any

from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bots.slack.errors import translated
from bots.slack.places import Place

LOOK_BACK = 900
"""Messages a page; Slack gives up to 999."""


async def page(web: AsyncWebClient, where: Place, cursor: str | None) -> tuple[list[dict[str, Any]], str | None]:
    """Its messages, and where to go on."""
    if where.ts is None:
        async with translated("conversations.history"):
            return _page_of(
                await web.conversations_history(
                    channel=where.channel, include_all_metadata=True, limit=LOOK_BACK, cursor=cursor
                )
            )
    async with translated("conversations.replies"):
        return _page_of(
            await web.conversations_replies(
                channel=where.channel, ts=where.ts, include_all_metadata=True, limit=LOOK_BACK, cursor=cursor
            )
        )


def _page_of(answer: AsyncSlackResponse) -> tuple[list[dict[str, Any]], str | None]:
    """The messages, and where to go on. A page without messages, or with something else in their place, is none."""
    messages: list[dict[str, Any]] = answer["messages"]
    for message in messages:
        message.get("metadata", {}).get("event_payload", {}).get("key")
    following = (answer.get("response_metadata") or {}).get("next_cursor")
    return messages, str(following) if following else None
