"""What a claim costs beside a table full of finished rows."""

import time
from statistics import median
from typing import Any

from benchmarks._engine_world import World, clear, session
from core.db import attempts, deliveries, generations

TRIES = 200
BATCH = 100_000
_FINISHED = """
WITH made AS (
    INSERT INTO generations (id, team_id, member_id, platform, installation, place, request, tier, chain, prices, state,
                             outcome, start_by, consumed, settled, done_at, fence, winner_attempt, plan)
    SELECT gen_random_uuid(), 1, 1, 'bench', 'w', 'c', '{"prompt": "a red fox in the snow"}', 'standard', '{seedance}',
           '{"seedance": 10}', 'done', 'succeeded', nd_now(), 10, 10, nd_now(), 4, 1, '{}'
      FROM generate_series(1, $1::int)
    RETURNING id
), tried AS (
    INSERT INTO attempts (generation_id, n, route, provider, model, external_id, fitted, state, send_deadline, settled)
    SELECT id, 1, 'seedance.ark', 'seedance', 'm', gen_random_uuid(), '{}', 'succeeded', nd_now(), true FROM made
)
INSERT INTO deliveries (generation_id, kind, key, state, message_id)
SELECT id, kind, gen_random_uuid(), 'done', 'm' FROM made, unnest('{root,progress,result}'::text[]) AS kind
"""


async def claims(world: World, *, rows: int) -> tuple[list[str], list[tuple[str, float, float, bool]]]:
    """Milliseconds of each claim that finds nothing, before and after."""
    async with session(world.dsn) as conn:
        await clear(conn)
        empty = await _each_ms(conn)
        began = time.monotonic()
        # Rows of this size are made without the checks that have nothing to find.
        await conn.execute("SET session_replication_role = replica")
        made = 0
        while made < rows:
            count = min(BATCH, rows - made)
            await conn.execute(_FINISHED, count)
            made += count
        await conn.execute("SET session_replication_role = origin")
        await conn.execute("ANALYZE generations, attempts, deliveries")
        filled_s = time.monotonic() - began
        full = await _each_ms(conn)
        size = await conn.fetchval("SELECT pg_size_pretty(pg_database_size(current_database()))")
        await clear(conn)
    lines = [f"  {rows:,} finished generations, {size}, filled in {filled_s:.0f} s"]
    lines += [
        f"  claim of {name:12} {full[name]:6.2f} ms, {full[name] / empty[name]:.1f} x that of an empty table"
        for name in full
    ]
    return lines, [(f"a claim beside {rows:,} finished rows, ms", max(full.values()), 1.0, True)]


async def _each_ms(conn: Any) -> dict[str, float]:
    """The median of the three claims of the drain."""
    found: dict[str, float] = {}
    for name, claim in (
        ("generations", generations.claim_due),
        ("attempts", attempts.claim_due),
        ("deliveries", deliveries.claim_due),
    ):
        took_ms: list[float] = []
        for _ in range(TRIES):
            began = time.perf_counter()
            await claim(conn, owner="worker:bench", limit=40)
            took_ms.append((time.perf_counter() - began) * 1000)
        found[name] = median(took_ms)
    return found
