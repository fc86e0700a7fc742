"""The bot has posted the root message and opened its thread: everything else of the generation can be said now."""

from core.db.errors import ACQUIRE_TIMEOUT_S, statement
from core.db.generations import deliveries
from core.db.generations.claims import StaleError
from core.db.generations.delivery_rows import Delivery
from core.db.pool import Pool
from core.domain.ids import MessageId, Thread


async def opened(
    delivery: Delivery,
    *,
    thread: Thread,
    message_id: MessageId,
    pool: Pool,
    wait_s: float = ACQUIRE_TIMEOUT_S,
) -> bool:
    """Record the thread. False: the bot took so long that a worker does it. Repeating it changes nothing.

    Raises:
        DatabaseAway
    """
    try:
        async with statement(pool, wait_s=wait_s) as conn:
            await deliveries.opened(conn, delivery, thread=thread, message_id=message_id)
    except StaleError:
        return False
    return True


async def still_opening(delivery: Delivery, *, pool: Pool) -> bool:
    """The bot is still at it. False: a worker has taken over.

    Raises:
        DatabaseAway
    """
    try:
        async with statement(pool) as conn:
            await deliveries.renew(conn, delivery)
    except StaleError:
        return False
    return True


async def failed(delivery: Delivery, *, pool: Pool) -> None:
    """The bot could not post it: a worker tries at once.

    Raises:
        DatabaseAway
    """
    async with statement(pool) as conn:
        await deliveries.put_off(conn, delivery, in_s=0)
