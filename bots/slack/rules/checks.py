"""Finds what the bot lacks in a channel of Slack, and says how to grant it."""

import asyncio

from slack_sdk.web.async_client import AsyncWebClient

from bots.slack.api.errors import translated
from core.domain.chat.chat_errors import ChatError, PlaceGone
from core.domain.ids import ChannelId
from core.replies.languages.say import later, say

DEADLINE_S = 2.5
_INVITE = later("Invite me there: /invite @Neverdark")


async def missing_in(web: AsyncWebClient, channel: ChannelId) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The missing rights, each with the way to grant it; empty where none is missing."""
    try:
        async with asyncio.timeout(DEADLINE_S), translated("conversations.info"):
            found = (await web.conversations_info(channel=channel)).get("channel") or {}
    except PlaceGone:
        return (say("I cannot see this channel: it is private, and I am not in it"),), (say(_INVITE),)
    except (ChatError, TimeoutError):
        return (say("Slack does not say what I may do there right now"),), (say("Ask again in a minute."),)
    if found.get("is_archived"):
        return (say("The channel is archived"),), (say("Unarchive it in its settings."),)
    if found.get("is_private") and not found.get("is_member"):
        return (say("I am not in this private channel"),), (say(_INVITE),)
    return (), ()
