"""What a claim costs beside a table full of finished rows."""

import json
import time
from statistics import median
from typing import Any

from benchmarks.engine.world import World, clear, session
from core.db.generations import attempts, claims, deliveries

TRIES = 200
BATCH = 100_000
_FINISHED = (
    """
    INSERT INTO generations (id, team_id, member_id, platform, installation, place, request, tier, chain, prices, state,
                             outcome, start_by, consumed, settled, done_at, fence, winner_attempt, plan)
    SELECT md5('g' || n)::uuid, 1, 1, 'bench', 'w', 'c', '{"prompt": "a red fox in the snow"}', 'standard',
           '{seedance}', '{"seedance": 10}', 'done', 'succeeded', nd_now(), 10, 10, nd_now(), 4, 1, '{}'
      FROM generate_series($1::int, $2::int) n
    """,
    """
    INSERT INTO attempts (generation_id, n, route, provider, model, external_id, fitted, state, send_deadline, settled)
    SELECT md5('g' || n)::uuid, 1, 'seedance.ark', 'seedance', 'm', md5('a' || n)::uuid, '{}', 'succeeded', nd_now(),
           true FROM generate_series($1::int, $2::int) n
    """,
    """
    INSERT INTO deliveries (generation_id, kind, key, state, message_id)
    SELECT md5('g' || n)::uuid, kind, md5(kind || n)::uuid, 'done', kind || n
      FROM generate_series($1::int, $2::int) n, unnest('{root,progress,root_edit,result}'::text[]) AS kind
    """,
    """
    INSERT INTO step_log (generation_id, worker, fence, step, outcome, facts)
    SELECT md5('g' || n)::uuid, 'worker:bench', 1, step, 'ok', '{"n": 1, "route": "seedance.ark"}'
      FROM generate_series($1::int, $2::int) n, unnest('{start,start,adopt,store,close}'::text[]) AS step
    """,
    """
    INSERT INTO entry (team_id, seq, delta, held_delta, balance_after, held_after, at, leg, kind, key)
    SELECT 1000000000 + n % 200, 2 * (n / 200) + leg, -10 * (1 - leg), 10 - 20 * leg, 0, 10 - 10 * leg, nd_now(), leg,
           (CASE leg WHEN 0 THEN 'consume' ELSE 'settle' END)::entry_kind, md5('g' || n)::uuid
      FROM generate_series($1::int, $2::int) n, generate_series(0, 1) leg
    """,
)
_GROWING = ("generations", "attempts", "deliveries", "step_log", "entry")
_TABLES = f"ARRAY{list(_GROWING)}::regclass[]"
_READY = f"UPDATE pg_index SET indisready = $1 WHERE indrelid = ANY ({_TABLES})"  # noqa: S608 - a constant


async def measure_claims(world: World, *, rows: int) -> tuple[list[str], list[tuple[str, float, float, bool]]]:
    """Milliseconds of each claim that finds nothing, before and after."""
    async with session(world.dsn) as conn:
        await clear(conn)
        empty = await _each_ms(conn)
        began = time.monotonic()
        await fill(conn, rows=rows)
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


async def fill(conn: Any, *, rows: int) -> None:
    """So many finished generations with all that belongs to them, in every table that grows with each."""
    # So many rows are made without the checks that have nothing to find, and their indexes afterwards.
    await conn.execute("SET session_replication_role = replica; SET allow_system_table_mods = on")
    await conn.execute(_READY, False)
    for first in range(1, rows + 1, BATCH):
        for statement in _FINISHED:
            await conn.execute(statement, first, min(first + BATCH - 1, rows))
    await conn.execute(_READY, True)
    await conn.execute("SET session_replication_role = origin; SET allow_system_table_mods = off")
    await conn.execute("SET maintenance_work_mem = '1GB'")
    for table in _GROWING:
        await conn.execute(f"REINDEX TABLE {table}")
        await conn.execute(f"ANALYZE {table}")


async def each_pages(conn: Any) -> dict[str, int]:
    """How many pages of Postgres each claim of the dispatcher reads, whatever else the machine does."""
    found: dict[str, int] = {}
    for name in ("generations", "attempts", "deliveries"):
        for _ in range(2):  # the first one reads the catalogues as well
            claim = f"SELECT * FROM claim_{name}('worker:bench', 40, '45 s')"  # noqa: S608 - the three above
            plan = await conn.fetchval(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {claim}")
            read = json.loads(plan)[0]["Plan"]
            found[name] = read["Shared Hit Blocks"] + read["Shared Read Blocks"]
    return found


async def _each_ms(conn: Any) -> dict[str, float]:
    """The median of the three claims of the dispatcher."""
    found: dict[str, float] = {}
    for name, claim in (
        ("generations", claims.claim_due),
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
