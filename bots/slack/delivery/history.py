"""The messages of a channel or a thread in Slack, page by page; in a channel the newest come first."""

from typing import Any

from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bots.slack.api.errors import translated
from bots.slack.api.places import Place

LOOK_BACK = 900
"""Messages a page; Slack gives up to 999."""


async def page(web: AsyncWebClient, where: Place, cursor: str | None) -> tuple[list[dict[str, Any]], str | None]:
    """The messages of a page, and the cursor of the next one."""
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
    """The messages and the next cursor in Slack's answer; an answer without a list of messages is an error."""
    messages: list[dict[str, Any]] = answer["messages"]
    for message in messages:
        message.get("metadata", {}).get("event_payload", {}).get("key")
    following = (answer.get("response_metadata") or {}).get("next_cursor")
    return messages, str(following) if following else None


def has_key(message: dict[str, Any], key: str) -> bool:
    """Whether a message has this key: in metadata, or, for a file's message, as the id of its first block."""
    payload = message.get("metadata", {}).get("event_payload", {})
    blocks = message.get("blocks") or [{}]
    return key in {payload.get("key"), blocks[0].get("block_id")}
