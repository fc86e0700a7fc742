"""What Discord counts our calls by: the route in a channel, the bot as a whole, or nothing that calls share."""

from datetime import datetime, timedelta

import discord

from bots.discord.api.places import Place
from core.domain.chat.pacing import ChatCall, Limit, MessageRate

PACE = MessageRate(burst=5, every_s=1.0)
"""Discord allows five messages in five seconds in a channel; a thread counts as a channel (2026-11-22)."""
APPLICATION_PACE = MessageRate(burst=25, every_s=0.025)
"""Discord allows 50 requests a second in all; the bots' own requests need a part of that."""
FOLLOW_UP_S = 14.5 * 60
"""Seconds in which a command can be answered; Discord allows 15 minutes."""


def limits(where: Place, call: ChatCall) -> tuple[Limit, ...]:
    """The limits that such a call counts against there."""
    if call is ChatCall.EDIT and where.root is not None and is_edited_as_answer(where, where.root):
        return ()
    route = "edit" if call is ChatCall.EDIT else "post"
    return (Limit(key=f"{route}:{where.channel}", pace=PACE), Limit(key="application", pace=APPLICATION_PACE))


def is_edited_as_answer(where: Place, message_id: int) -> bool:
    """Whether a message is edited as the answer to its command: a root message, while its command can be answered.

    Such an edit counts against the limit of the command's own token alone, outside of the bot's 50 requests a second
    (2026-11-22).
    """
    return where.is_asked_in and message_id == where.root and is_answerable(where)


def is_answerable(where: Place) -> bool:
    """Whether the command can still be answered itself."""
    if where.interaction is None or where.interaction_token is None:
        return False
    asked_at = discord.utils.snowflake_time(where.interaction)
    return (discord.utils.utcnow() - asked_at).total_seconds() < FOLLOW_UP_S


def edits_end(where: Place) -> datetime | None:
    """When messages there can be edited no longer, because they answer a command; None: they are ordinary messages."""
    if where.token is None or where.interaction is None:
        return None
    return discord.utils.snowflake_time(where.interaction) + timedelta(seconds=FOLLOW_UP_S)
