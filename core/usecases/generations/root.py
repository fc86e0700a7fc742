"""The bot has posted the root message and opened its thread: everything else of the generation can be said now."""

from collections.abc import Sequence

from core.db.errors import statement
from core.db.generations import deliveries, opened_roots
from core.db.generations.claims import StaleError
from core.db.generations.delivery_rows import Delivery
from core.db.lots import Lots
from core.db.pool import Pool
from core.domain.ids import MessageId, Thread


class OpenedRoots:
    """Records the root messages that one process has posted, those of a burst together.

    Args:
        wait_s: how long there may be no connection.
        pause_s: the messages in the thread are due after this time.
    """

    def __init__(self, pool: Pool, *, wait_s: float, pause_s: float = 0.0) -> None:
        self._pool = pool
        self._pause_s = pause_s
        self._wait_s = wait_s
        self._lots = Lots(self._record)

    async def record(self, delivery: Delivery, *, thread: Thread, message_id: MessageId) -> bool:
        """Record the thread. False: the bot took so long that a worker does it. Repeating it changes nothing.

        Raises:
            DatabaseAway
        """
        return await self._lots.ask((delivery, thread, message_id))

    async def _record(self, lot: Sequence[tuple[Delivery, Thread, MessageId]]) -> Sequence[bool]:
        async with statement(self._pool, wait_s=self._wait_s) as conn:
            return await opened_roots.opened_all(conn, lot, pause_s=self._pause_s)


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


async def failed(delivery: Delivery, *, pool: Pool, in_s: float = 0.0) -> None:
    """The bot could not post it: a worker tries at once, or when a look can tell whether it is up.

    Raises:
        DatabaseAway
    """
    async with statement(pool) as conn:
        await deliveries.put_off(conn, delivery, in_s=in_s)
