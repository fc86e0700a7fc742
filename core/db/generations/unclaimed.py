"""Which videos wait because no worker is alive: then nobody edits what stands in their threads."""

from collections.abc import Sequence

from core.db.pool import Connection, seconds
from core.db.workers import SILENCE_S
from core.domain.ids import GenerationId


async def unclaimed(conn: Connection, known: Sequence[GenerationId]) -> set[GenerationId]:
    """Those of these that nothing has begun with; none while a worker lives. One query, however many they are."""
    rows = await conn.fetch(
        """
        SELECT id FROM generations WHERE id = ANY($1) AND state = 'queued'
           AND NOT EXISTS (SELECT 1 FROM workers WHERE seen_at > nd_now() - $2::interval)
        """,
        list(known),
        seconds(SILENCE_S),
    )
    return {GenerationId(row["id"]) for row in rows}
