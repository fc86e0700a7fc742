"""What people and operators read costs no more beside many finished generations than beside few."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

import asyncpg
import pytest_asyncio

from core.db.errors import transaction
from core.db.generations import earlier, generation_list, operators, own_generations, stalled_generations
from core.db.people import team_directory, teams
from core.db.pool import Connection, Pool
from core.domain.chat.principal import Principal
from core.domain.generations.generation import State
from core.domain.ids import Installation, PlatformName, TeamId, UserId

PLATFORM, MANY, TEAMS, PEOPLE = PlatformName("test"), 24_000, 20, 100
ROWS_MAX = 900
"""Rows that one look may read: some hundreds, and far fewer than there are. A team has 1,200 of them, a person 240."""
_FILL = """
INSERT INTO generations (id, team_id, member_id, platform, installation, user_id, place, request, tier, chain, prices,
                         state, outcome, start_by, consumed, settled, created_at, done_at, winner_attempt)
SELECT md5('g' || n)::uuid, m.team_id, m.member_id, 'test', m.installation, m.user_id, 'c',
       jsonb_build_object('prompt', 'a red fox number ' || n), 'standard', '{seedance}', '{"seedance": 10}', 'done',
       'succeeded', at, 10, 10, at, at, 1
  FROM (SELECT n, nd_now() - n * (interval '80 days' / $1) AS at FROM generate_series(1, $1::int) n) x
  JOIN (SELECT row_number() OVER (ORDER BY m.id) - 1 AS i, m.id AS member_id, w.team_id, m.installation, m.user_id
          FROM member m JOIN workspace w USING (platform, installation)) m ON m.i = n % $2;
"""
_PARTS = """
INSERT INTO attempts (generation_id, n, route, provider, model, external_id, fitted, state, send_deadline, settled,
                      ended_at, cost_usd_micros)
SELECT id, 1, 'seedance.ark', 'seedance', 'm', gen_random_uuid(), '{}', 'succeeded', done_at, true, done_at, 60000
  FROM generations;
INSERT INTO deliveries (generation_id, kind, key, state, message_id, created_at)
SELECT g.id, kind, gen_random_uuid(), CASE WHEN kind = 'result' AND g.id::text LIKE 'ff%' THEN 'gone' ELSE 'done' END,
       kind || g.id, g.done_at
  FROM generations g, unnest('{root,progress,result}'::text[]) AS kind;
"""
TABLES = {"generations", "attempts", "deliveries"}


async def rows_read(conn: Connection, look: Callable[[], Awaitable[object]]) -> int:
    """How many rows of the growing tables the statements of a look read, by their plans."""
    asked: list[asyncpg.connection.LoggedQuery] = []
    with conn.query_logger(asked.append):
        await look()
        await asyncio.sleep(0)  # asyncpg tells of a query in the next round of the loop
    assert asked
    found = 0
    for query in asked:
        plan = await conn.fetchval(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {query.query}", *query.args)
        found += _rows((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"])
    return found


def _rows(node: Mapping[str, Any]) -> int:
    """Those that a node of a plan reads itself, kept or not, and those below it."""
    own = 0
    if node.get("Relation Name") in TABLES:
        dropped = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
        own = round((node["Actual Rows"] + dropped) * node["Actual Loops"])
    return own + sum(_rows(below) for below in node.get("Plans", ()))


def looks(conn: Connection, by: Principal, team: TeamId) -> dict[str, Callable[[], Awaitable[object]]]:
    return {
        "an operator's list": lambda: generation_list.newest(conn, limit=50),
        "a team's list": lambda: generation_list.newest(conn, team_id=team, limit=50),
        **{f"the list of {s}": partial(generation_list.newest, conn, state=s, limit=50) for s in State},
        "messages without a place": lambda: operators.dead_messages(conn, limit=50),
        "stalled ones": lambda: stalled_generations.stalled(conn),
        "teams": lambda: team_directory.teams(conn, limit=50),
        "what one day cost": lambda: operators.spend(conn, days=1),
        "words that many have": lambda: earlier.of_words(conn, "fox", by=by, limit=5),
        "the beginning of an id": lambda: earlier.of_id(conn, "0123456", by=by, limit=5),
        "a person's last": lambda: earlier.of_words(conn, "", by=by, limit=20, own=True),
        "what runs": lambda: own_generations.own(
            conn, platform=by.platform, installation=by.installation, user=by.user, limit=10
        ),
    }


@pytest_asyncio.fixture
async def crowded(pool: Pool, administrator: asyncpg.Connection) -> AsyncIterator[Connection]:
    for n in range(PEOPLE):
        async with transaction(pool) as conn:
            await teams.ensure(
                conn, platform=PLATFORM, installation=Installation(f"w{n % TEAMS}"), user=UserId(f"u{n}"),
                free_credits=10,
            )  # fmt: skip
    await administrator.execute("SET session_replication_role = replica")
    await administrator.execute(_FILL, MANY, PEOPLE)
    await administrator.execute(_PARTS)
    await administrator.execute("ANALYZE generations, attempts, deliveries, member, workspace")
    async with transaction(pool) as conn:
        yield conn


async def test_a_look_reads_what_it_shows_and_no_more(crowded: Connection) -> None:
    row = await crowded.fetchrow("SELECT team_id, installation, user_id FROM generations ORDER BY id LIMIT 1")
    assert row is not None
    found: dict[str, int] = {}
    for direct in (False, True):
        by = Principal(
            platform=PLATFORM, installation=Installation(row["installation"]), user=UserId(row["user_id"]),
            is_admin=False, direct=direct,
        )  # fmt: skip
        for name, look in looks(crowded, by, TeamId(row["team_id"])).items():
            found[name] = max(found.get(name, 0), await rows_read(crowded, look))
    assert {name: rows for name, rows in found.items() if rows > ROWS_MAX} == {}
    assert found["an operator's list"] >= 50, "what is read is counted"


async def test_a_word_that_nobody_used_is_looked_for_in_the_team_and_nowhere_else(crowded: Connection) -> None:
    by = Principal(platform=PLATFORM, installation=Installation("w1"), user=UserId("u1"), is_admin=False)
    assert await earlier.of_words(crowded, "zebra", by=by, limit=5) == []
    assert await rows_read(crowded, lambda: earlier.of_words(crowded, "zebra", by=by, limit=5)) <= MANY / TEAMS


async def test_spend_is_of_whole_days_and_today_is_one(crowded: Connection) -> None:
    today = await crowded.fetchval("SELECT (nd_now() AT TIME ZONE 'UTC')::date")
    for days in (1, 4):
        listed = await operators.spend(crowded, days=days)
        assert {each.day for each in listed} <= {today - timedelta(days=n) for n in range(days)}
    assert len({each.day for each in listed}) >= 3
