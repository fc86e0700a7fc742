"""Slack's rate limits, for the budgets that all processes share."""

from typing import assert_never

from core.domain.chat.pacing import ChatCall, Limit, MessageRate

PACE = MessageRate(burst=3, every_s=1.0)
"""About one message a second in a channel, short bursts tolerated (2026-11-22)."""
POSTS = MessageRate(burst=20, every_s=0.3)
"""Several hundred messages a minute in a workspace."""
TIER_3 = MessageRate(burst=6, every_s=60 / 42)
"""At least 50 calls of the method a minute in a workspace: a burst and a minute's turns stay below."""
TIER_4 = MessageRate(burst=10, every_s=60 / 85)
"""At least 100 calls of the method a minute."""


def limits(channel: str, call: ChatCall) -> tuple[Limit, ...]:
    """The limits that a call counts against, a little below Slack's own (2026-11-22)."""
    match call:
        case ChatCall.POST:
            return (Limit(key=f"chat.postMessage:{channel}", pace=PACE), Limit(key="chat.postMessage", pace=POSTS))
        case ChatCall.UPLOAD:
            return (
                Limit(key="files.completeUploadExternal", pace=TIER_4),
                Limit(key="files.getUploadURLExternal", pace=TIER_4),
            )
        case ChatCall.EDIT:
            return (Limit(key="chat.update", pace=TIER_3),)
        case _:
            assert_never(call)
