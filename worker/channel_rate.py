"""Keeps what is sent to a chat platform within its limits, together with every other process.

Messages take turns and keep them, edits that matter do so too, and progress is shown when there is room to spare.
"Wait" closes the limit that was hit.
"""

from core.db import chat_budgets
from core.db.errors import statement
from core.db.pool import Pool
from core.domain.chat.chat_errors import ChatBusy
from core.domain.chat.pacing import ChatCall
from core.domain.ids import Installation, PlatformName, Thread
from core.ports import Chat
from core.replies.chat.card import Card


class ChannelRate:
    """Where one message goes, as the platform's limits see it."""

    def __init__(self, chat: Chat[Card], *, platform: PlatformName, installation: Installation, thread: Thread) -> None:
        self._chat = chat
        self._thread = thread
        self._gate = f"{platform}:*"
        self._prefix = chat_budgets.prefix(platform, installation)

    async def wait_s(self, call: ChatCall, *, delivery_id: int, is_spare: bool, pool: Pool) -> float:
        """Seconds until such a call has its turn; 0: it has now, and takes it."""
        async with statement(pool) as conn:
            return await chat_budgets.take_turn(
                conn,
                delivery_id=delivery_id,
                gate=self._gate,
                limits=self._chat.limits(self._thread, call),
                prefix=self._prefix,
                is_spare=is_spare,
            )

    async def close(self, call: ChatCall, error: ChatBusy, *, pool: Pool) -> None:
        """The platform said to wait: every process does."""
        if error.everywhere:
            keys = [self._gate]
        elif error.limit is not None:
            keys = [self._prefix + error.limit]
        else:
            keys = [self._prefix + limit.key for limit in self._chat.limits(self._thread, call)]
        async with statement(pool) as conn:
            await chat_budgets.close(conn, keys, for_s=error.retry_after_s)
