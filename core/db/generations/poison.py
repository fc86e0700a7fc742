"""Messages over which work crashes again and again: when enough is enough, and what goes with them."""

from core.db.generations.delivery_rows import Delivery
from core.db.pool import Connection, seconds

CRASHES_MAX = 12
"""Bugs in a row over one message; more make it poison: it is given up, what was paid comes back, and we hear of it."""


async def crashed(conn: Connection, delivery: Delivery, *, in_s: float) -> bool:
    """Work on it has ended in a bug of ours: again in a while, or, after too many of them, never again.

    Returns whether it has been given up, and with a root message everything that waits for its thread.
    """
    is_over: bool | None = await conn.fetchval(
        "SELECT crashed_message($1, $2, $3, $4, $5)",
        delivery.id,
        delivery.fence,
        delivery.generation_id,
        seconds(in_s),
        CRASHES_MAX,
    )
    return bool(is_over)
