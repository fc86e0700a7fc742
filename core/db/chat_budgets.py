"""What the chat platforms still take: budgets that every process shares, by whatever a platform counts by."""

from collections.abc import Sequence

from core.db.pool import Connection, seconds
from core.domain.chat.pacing import Limit
from core.domain.ids import Installation, PlatformName


def prefix(platform: PlatformName, installation: Installation) -> str:
    """What goes before the keys of limits, which know nothing of workspaces."""
    return f"{platform}:{installation}:"


async def take_turn(
    conn: Connection, *, delivery_id: int, gate: str, limits: Sequence[Limit], prefix: str, is_spare: bool
) -> float:
    """Seconds until this message's turn; 0: it is now, and is taken.

    Args:
        gate: the key that closes everything.
        prefix: goes before the limits' keys; see `prefix`.
        is_spare: it goes from what is left, and has no turn to keep: the progress.
    """
    wait_s: float = await conn.fetchval(
        "SELECT take_turn($1, $2, $3, $4, $5, $6)",
        delivery_id,
        gate,
        [prefix + limit.key for limit in limits],
        [limit.pace.burst for limit in limits],
        [limit.pace.every_s for limit in limits],
        [limit.pace.kept for limit in limits] if is_spare else None,
    )
    return wait_s


async def close(conn: Connection, keys: Sequence[str], *, for_s: float) -> None:
    """The platform said to wait: nothing goes against these limits before then, in any process."""
    await conn.execute("SELECT close_budgets($1, $2)", sorted(keys), seconds(for_s))


async def sweep(conn: Connection) -> int:
    """Forget the limits that nothing is owed to. Returns how many."""
    swept: int = await conn.fetchval("SELECT sweep_budgets()")
    return swept
