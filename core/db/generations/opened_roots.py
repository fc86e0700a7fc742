"""Root messages that are up: their threads written down, and everything that waits for a thread due."""

from collections.abc import Sequence

from core.db.generations.claims import StaleError
from core.db.generations.delivery_rows import Delivery
from core.db.pool import Connection, seconds
from core.domain.ids import MessageId, Thread


async def opened(conn: Connection, delivery: Delivery, *, thread: Thread, message_id: MessageId) -> None:
    """Record the root message and its thread: every message that waits for a thread is due now.

    Raises:
        StaleError: the claim was lost.
    """
    known = await conn.fetchval(
        "SELECT thread_opened($1, $2, $3, $4, $5, interval '0')",
        delivery.id,
        delivery.fence,
        delivery.generation_id,
        thread,
        message_id,
    )
    if known is None:
        raise StaleError


async def opened_all(
    conn: Connection, opened_roots: Sequence[tuple[Delivery, Thread, MessageId]], *, pause_s: float
) -> list[bool]:
    """The same for many, in one transaction: whether each was recorded; a claim that was lost is not.

    Args:
        pause_s: what waits for the threads is due after so long.
    """
    rows = await conn.fetch(
        "SELECT id FROM threads_opened($1, $2, $3, $4, $5, $6) AS o (id)",
        [delivery.id for delivery, _, _ in opened_roots],
        [delivery.fence for delivery, _, _ in opened_roots],
        [delivery.generation_id for delivery, _, _ in opened_roots],
        [thread for _, thread, _ in opened_roots],
        [message_id for _, _, message_id in opened_roots],
        seconds(pause_s),
    )
    recorded = {row["id"] for row in rows}
    return [delivery.id in recorded for delivery, _, _ in opened_roots]
