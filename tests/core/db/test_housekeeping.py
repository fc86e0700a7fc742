"""Every table has a life that the docs tell, and what is over it goes."""

import re
from datetime import timedelta
from pathlib import Path

from core.db.housekeeping import LIVES, last_round, note, sizes, tidy
from core.db.pool import Pool, open_pool
from core.db.workers import take_duty
from core.domain.health.config import LatencyConfig
from tests.core.db.crowds import ask, teams

OPERATIONS = Path(__file__).resolve().parents[3] / "docs" / "operations.md"
LONG_AGO = timedelta(days=400)


async def test_every_table_of_the_schema_has_a_life_and_the_docs_tell_it(database: str) -> None:
    async with open_pool(database, size_max=1) as pool:
        rows = await pool.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        assert {row["tablename"] for row in rows} == set(LIVES)
        async with pool.acquire() as conn:
            assert {each.life for each in await sizes(conn)} <= set(LIVES.values())
    told = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", OPERATIONS.read_text(), re.MULTILINE))
    assert {name: told.get(name) for name in LIVES} == dict(LIVES)


async def _filled(pool: Pool) -> None:
    """One old and one new row of each table that is tidied up."""
    async with pool.acquire() as conn:
        (team,) = await teams(conn, 1)
        made, open_one = await ask(conn, team, state="queued"), await ask(conn, team, state="queued")
        await conn.execute(
            "UPDATE generations SET state = 'done', done_at = nd_now(), outcome = 'failed', settled = 0 WHERE id = $1",
            made.id,
        )
        for ago in (LONG_AGO, timedelta()):
            for generation in (made, open_one):
                await conn.execute(
                    "INSERT INTO step_log (generation_id, at, worker, fence, step, outcome) "
                    "VALUES ($1, nd_now() - $2::interval, 'w', 1, 's', 'o')",
                    generation.id,
                    ago,
                )
            for state in ("due", "said"):
                await conn.execute(
                    "INSERT INTO alert (team_id, kind, cap, balance, platform, installation, place, state, created_at) "
                    "VALUES ($1, 'budget', 1, 1, 'p', 'i', 'c', $2, nd_now() - $3::interval)",
                    team,
                    state,
                    ago,
                )
            await conn.execute(
                "INSERT INTO route_charges (generation_id, n, route, day, usd_micros) "
                "VALUES ($1, $2, 'r', (nd_now() - $3::interval)::date, 1)",
                made.id,
                ago.days % 7,
                ago,
            )
            await conn.execute(
                "INSERT INTO rule_refusals (platform, installation, day, kind) "
                "VALUES ('p', 'i', (nd_now() - $1::interval)::date, 'words')",
                ago,
            )
            await conn.execute(
                "INSERT INTO purchase_intent (platform, user_id, installation, at) "
                "VALUES ('p', $1::text, 'i', nd_now() - $2::interval)",
                f"u{ago.days}",
                ago,
            )
            for state in ("waiting", "begun"):
                await conn.execute(
                    "INSERT INTO scheduled "
                    "(id, platform, installation, user_id, command, zone, due_at, created_at, state) "
                    "VALUES (gen_random_uuid(), 'p', 'i', 'u', '{}', 'UTC', nd_now() - $1::interval, "
                    "        nd_now() - $1::interval, $2)",
                    ago,
                    state,
                )
            for state in ("due", "said"):
                await conn.execute(
                    "INSERT INTO announcement (platform, installation, kind, state, created_at) "
                    "VALUES ('p', 'i', 'best', $2, nd_now() - $1::interval)",
                    ago,
                    state,
                )
            await conn.execute(
                "INSERT INTO removals (generation_id, files, done_at) VALUES ($1, false, nd_now() - $2::interval)",
                (open_one if ago else made).id,
                ago,
            )
            await conn.execute(
                "INSERT INTO provider_slots (route, generation_id, n, until) VALUES ('r', $1, $2, nd_now() + $3)",
                made.id,
                ago.days % 7,
                timedelta(hours=1) - ago,
            )


async def _count(pool: Pool, table: str) -> int:
    found: int = await pool.fetchval(f"SELECT count(*) FROM {table}")  # noqa: S608 - a table's name, from below
    return found


async def test_what_is_over_its_life_goes_and_nothing_else(database: str) -> None:
    async with open_pool(database, size_max=2) as pool:
        await _filled(pool)
        deleted = await tidy(pool, latency=LatencyConfig())
        assert {name: count for name, count in deleted.items() if count} == {
            "health": 1, "step_log": 1, "alert": 1, "route_charges": 1, "scheduled": 1, "removals": 1,
            "announcement": 1, "purchase_intent": 1, "rule_refusals": 1,
        }  # fmt: skip
        left = {name: await _count(pool, name) for name in ("step_log", "alert", "route_charges", "provider_slots")}
        assert left == {"step_log": 3, "alert": 3, "route_charges": 1, "provider_slots": 1}
        assert sum((await tidy(pool, latency=LatencyConfig())).values()) == 0


async def test_one_at_a_time_has_a_duty_and_says_what_it_did(database: str) -> None:
    async with open_pool(database, size_max=1) as pool, pool.acquire() as conn:
        assert await last_round(conn) is None
        assert await take_duty(conn, "housekeeping", holder="a", for_s=60)
        assert not await take_duty(conn, "housekeeping", holder="b", for_s=60)
        assert await take_duty(conn, "housekeeping", holder="a", for_s=60), "it keeps it"
        await note(conn, holder="a", deleted={"step_log": 7})
        seen = await last_round(conn)
        assert seen is not None
        assert (seen.by, seen.deleted) == ("a", {"step_log": 7})
        await conn.execute("UPDATE duties SET until = nd_now()")
        assert await take_duty(conn, "housekeeping", holder="b", for_s=60)


async def test_an_empty_database_has_nothing_to_tidy_up(database: str) -> None:
    async with open_pool(database, size_max=1) as pool:
        assert set((await tidy(pool, latency=LatencyConfig())).values()) == {0}
