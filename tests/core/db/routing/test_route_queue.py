"""The queues on a real Postgres: the same order as the pure one, places that hold, and calls that nobody misses."""

import asyncio
import json
import random
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest
import pytest_asyncio

from core.db.generations.claims import GRACE_S
from core.db.generations.generation_rows import generation_from
from core.db.health import route_health
from core.db.pool import Connection, Pool, open_pool, seconds
from core.db.routing import capacity, route_queue
from core.db.routing.capacity import RouteLimits
from core.domain.generations.generation import Generation
from core.domain.health.config import HealthConfig
from core.domain.ids import RouteKey
from core.domain.routing.queueing import SubmitRate, Waiting, in_order
from tests.core.db.crowds import ask, attempt, ids, line, party_of, teams, under_way

VEO, KLING = RouteKey("veo.vertex"), RouteKey("kling.api")
CONFIG = HealthConfig()


@pytest_asyncio.fixture
async def db(database: str) -> AsyncIterator[Pool]:
    async with open_pool(database, size_max=10) as pool:
        yield pool


@pytest_asyncio.fixture
async def conn(db: Pool) -> AsyncIterator[Connection]:
    async with db.acquire() as conn:
        yield conn


async def slots(conn: Connection, how_many: int, *routes: RouteKey) -> None:
    await route_health.ensure(conn, dict.fromkeys(routes or (VEO,), how_many), config=CONFIG)


async def stand(conn: Connection, *made: Generation, routes: tuple[RouteKey, ...] = (VEO,)) -> None:
    for one in made:
        await route_queue.enqueue(conn, one, dict.fromkeys(routes, 1))


async def call(conn: Connection) -> list[object]:
    woken = await conn.fetch("SELECT * FROM wake_next_in_queues($1)", seconds(GRACE_S))
    return [row["generation_id"] for row in woken]


async def pass_time(conn: Connection, seconds: float) -> None:
    now: datetime = await conn.fetchval("SELECT nd_now()")
    await conn.execute("SELECT set_config('neverdark.now', $1, false)", (now + timedelta(seconds=seconds)).isoformat())


@pytest.mark.parametrize("seed", range(12))
async def test_postgres_and_the_pure_order_agree(conn: Connection, seed: int) -> None:
    dice = random.Random(seed)
    some = await teams(conn, dice.randint(1, 5))

    def party() -> tuple[object, int]:
        return dice.choice(some), dice.randint(1, 3)

    busy = []
    for _ in range(dice.randint(0, 12)):
        team, member = party()
        who = party_of(team, member)  # type: ignore[arg-type]  # one of the teams above
        state = dice.choice(["accepted", "intended", "ambiguous", "late", "failed"])
        route = dice.choice([VEO, VEO, KLING])
        await under_way(conn, route, who, state=state)
        if route == VEO and state in {"accepted", "intended", "ambiguous"}:
            busy.append(who)
    waiting = []
    for _ in range(dice.randint(1, 30)):
        team, member = party()
        waiting.append(await ask(conn, team, member, at_s=dice.randint(0, 8)))  # type: ignore[arg-type]  # as above
    await stand(conn, *dice.sample(waiting, len(waiting)))
    pure = in_order(
        [Waiting(id=g.id, team=g.team_id, member=g.member_id, asked_at=g.created_at) for g in waiting], busy
    )
    assert await line(conn, VEO) == [one.id for one in pure]
    await slots(conn, 1)
    await route_queue.refresh_positions(conn)
    for place, one in enumerate(pure):
        entry = await route_queue.queue_entries(conn, next(g for g in waiting if g.id == one.id), [VEO])
        assert entry[VEO].ahead == place


async def test_who_does_not_stand_in_the_queue_sees_where_they_would(conn: Connection) -> None:
    ours, theirs = await teams(conn, 2)
    await stand(conn, await ask(conn, ours, at_s=1), await ask(conn, ours, at_s=2))
    late = await ask(conn, theirs, at_s=9)
    seen = await route_queue.queue_entries(conn, late, [VEO, KLING])
    assert (seen[VEO].ahead, seen[VEO].joined_at, seen[KLING].ahead) == (1, None, 0)


async def test_only_as_many_are_called_as_there_is_room_for(conn: Connection) -> None:
    (ours,) = await teams(conn, 1)
    made = [await ask(conn, ours, at_s=n) for n in range(10)]
    await stand(conn, *made)
    await slots(conn, 3)
    assert await call(conn) == ids(made[:3])
    assert await call(conn) == [], "they are on their way"
    due = await conn.fetch("SELECT id FROM generations WHERE wake_at <= nd_now() ORDER BY id")
    assert [row["id"] for row in due] == ids(made[:3])


async def test_a_freed_slot_calls_the_next_by_fairness_and_nobody_else(conn: Connection) -> None:
    greedy, modest = await teams(conn, 2)
    await slots(conn, 2)
    running = [await under_way(conn, VEO, party_of(greedy, 1)) for _ in range(2)]
    for one in running:
        await conn.execute("INSERT INTO provider_slots VALUES ($1, $2, 1, nd_now() + interval '1 hour')", VEO, one.id)
    waiting = [await ask(conn, greedy, at_s=n) for n in range(9)]
    single = await ask(conn, modest, at_s=99)
    await stand(conn, *waiting, single)
    assert await call(conn) == []
    await conn.execute("UPDATE attempts SET state = 'succeeded' WHERE generation_id = $1", running[0].id)
    assert await call(conn) == [single.id]


async def test_who_was_called_and_does_not_come_is_passed_over(conn: Connection) -> None:
    (ours,) = await teams(conn, 1)
    first, second, third = [await ask(conn, ours, at_s=n) for n in range(3)]
    await stand(conn, first, second, third)
    await slots(conn, 1)
    assert await call(conn) == [first.id]
    assert (await route_queue.queue_entries(conn, second, [VEO]))[VEO].ahead == 1
    await pass_time(conn, GRACE_S + 1)
    assert (await route_queue.queue_entries(conn, second, [VEO]))[VEO].ahead == 0
    assert await call(conn) == [second.id]
    await stand(conn, first)
    assert (await line(conn, VEO))[0] == first.id, "it has come after all, and is first again"


async def test_standing_again_keeps_the_time_since_which_one_stands(conn: Connection) -> None:
    (ours,) = await teams(conn, 1)
    one = await ask(conn, ours)
    await stand(conn, one, routes=(VEO, KLING))
    since = (await route_queue.shown_positions(conn, one.id))[VEO].joined_at
    await pass_time(conn, 30)
    await stand(conn, one, routes=(VEO,))
    kept = await route_queue.shown_positions(conn, one.id)
    assert {route: entry.joined_at for route, entry in kept.items()} == {VEO: since}


async def test_nobody_waits_any_more_who_has_an_attempt_wants_to_stop_or_is_over(conn: Connection) -> None:
    (ours,) = await teams(conn, 1)
    made = [await ask(conn, ours) for _ in range(4)]
    await stand(conn, *made, routes=(VEO, KLING))
    await attempt(conn, made[0], KLING)
    await conn.execute("UPDATE generations SET cancel_requested_at = nd_now() WHERE id = $1", made[1].id)
    await conn.execute(
        "UPDATE generations SET state = 'delivering', outcome = 'failed', settled = 0 WHERE id = $1", made[2].id
    )
    assert await line(conn, VEO) == await line(conn, KLING) == [made[3].id]
    await stand(conn, made[1])
    assert await line(conn, VEO) == [made[3].id], "its wish to stop came between its look and its wait"


async def test_a_row_that_somebody_works_on_is_called_at_the_next_look(db: Pool, conn: Connection) -> None:
    (ours,) = await teams(conn, 1)
    one = await ask(conn, ours)
    await stand(conn, one)
    await slots(conn, 1)
    async with db.acquire() as other, other.transaction():
        await other.execute("SELECT 1 FROM generations WHERE id = $1 FOR UPDATE", one.id)
        assert await call(conn) == []
    assert await call(conn) == [one.id]


async def test_a_call_is_heard_by_whoever_is_just_about_to_wait(conn: Connection) -> None:
    (ours,) = await teams(conn, 1)
    one = await ask(conn, ours)
    await conn.execute("UPDATE generations SET lease_until = nd_now() + interval '1 minute' WHERE id = $1", one.id)
    await stand(conn, one)
    await slots(conn, 1)
    await call(conn)
    later = "nd_now() + interval '1 hour'"
    await conn.execute(f"SELECT transition_generation($1, 0, 0, 'queued', {later}, NULL)", one.id)
    assert await conn.fetchval("SELECT wake_at <= nd_now() FROM generations WHERE id = $1", one.id)


@pytest.mark.parametrize(
    "closed",
    [
        "UPDATE provider_health SET state = 'held', until = nd_now() + interval '1 hour'",
        "UPDATE provider_health SET cooldown_until = nd_now() + interval '1 minute'",
        "UPDATE route_limits SET tokens = 0.5",
    ],
)
async def test_nobody_is_called_to_a_route_that_takes_nobody(conn: Connection, closed: str) -> None:
    (ours,) = await teams(conn, 1)
    one = await ask(conn, ours)
    await stand(conn, one)
    await slots(conn, 5)
    limits = {VEO: RouteLimits(pace=SubmitRate(burst=5, per_s=0.1))}
    await capacity.ensure(conn, limits, config=CONFIG, actor="test")
    await conn.execute(closed)
    assert await call(conn) == []
    await pass_time(conn, 3601)
    assert await call(conn) == [one.id]


async def test_many_callers_at_once_call_everybody_once(db: Pool, conn: Connection) -> None:
    some = await teams(conn, 3)
    made = [await ask(conn, some[n % 3], at_s=n) for n in range(30)]
    await stand(conn, *made)
    await slots(conn, 12)

    async def principal() -> list[object]:
        async with db.acquire() as mine:
            return [one for _ in range(5) for one in await call(mine)]

    called = [one for found in await asyncio.gather(*(principal() for _ in range(8))) for one in found]
    assert len(called) == len(set(called)) == 12


async def test_places_are_counted_anew_for_the_messages_that_show_them(conn: Connection) -> None:
    ours, theirs = await teams(conn, 2)
    made = [await ask(conn, ours, at_s=n) for n in range(3)]
    await stand(conn, *made)
    await slots(conn, 1)
    assert await route_queue.refresh_positions(conn) == 2
    assert [(await route_queue.shown_positions(conn, one.id))[VEO].ahead for one in made] == [0, 1, 2]
    await stand(conn, await ask(conn, theirs, at_s=50))
    await route_queue.refresh_positions(conn)
    assert [(await route_queue.shown_positions(conn, one.id))[VEO].ahead for one in made] == [0, 2, 3]
    assert await route_queue.refresh_positions(conn) == 0


async def long_queue(conn: Connection, length: int) -> list[Generation]:
    """So many wait for one route, of forty people in four teams. Says who of them are first, in the middle and last."""
    some = await teams(conn, 4)
    await conn.execute("DELETE FROM generations")
    await conn.execute(
        """
        INSERT INTO generations (id, team_id, member_id, platform, installation, place, request, tier, chain, prices,
                                 consumed, start_by, wake_at)
        SELECT gen_random_uuid(), $1 + n % 4, n % 40, 'test', 'w', 'c', $2, 'default', '{veo}', '{}', 1,
               nd_now(), nd_now()
          FROM generate_series(1, $3::int) n
        """,
        some[0],
        {"prompt": "a fox", "tier": "default", "aspect": "16:9"},
        length,
    )
    await conn.execute("DELETE FROM route_queue_counts")
    await conn.execute(
        "INSERT INTO route_queue (route, generation_id, team_id, member_id, asked_at, place, team_turn, member_turn) "
        "SELECT $1, id, team_id, member_id, created_at, 1, 1, 1 FROM generations",
        VEO,
    )
    await slots(conn, 1)
    await route_queue.refresh_positions(conn)
    await conn.execute("VACUUM ANALYZE route_queue")
    rows = await conn.fetch(
        "SELECT g.* FROM generations g JOIN route_queue q ON q.generation_id = g.id "
        "WHERE q.place = ANY ($1) ORDER BY q.place",
        [1, length // 2, length],
    )
    return [generation_from(row) for row in rows]


async def read_by(conn: Connection, statement: str, *given: object) -> int:
    """How many pages a statement touches: what it costs, whatever else the machine does."""
    for _ in range(7):  # its plans are kept by then
        await conn.fetch(statement, *given)
    plan = await conn.fetchval(f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) {statement}", *given)
    root = (json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]
    return int(root["Shared Hit Blocks"]) + int(root["Shared Read Blocks"])


async def test_a_look_at_a_long_queue_reads_a_hundred_rows_and_no_more(conn: Connection) -> None:
    for length in (200, 4000):
        seen = await long_queue(conn, length)
        assert [(await route_queue.queue_entries(conn, one, [VEO]))[VEO].ahead for one in seen] == [
            0, length // 2 - 1, length - 1,
        ]  # fmt: skip
        for one in (*seen, await ask(conn, seen[0].team_id)):
            pages = await read_by(
                conn, "SELECT * FROM route_ahead($1, interval '10 s', $2, $3, $4, $5)",
                [VEO], one.id, one.team_id, one.member_id, one.created_at,
            )  # fmt: skip
            # Each of a hundred rows may lie on pages of its own, in the queue and beside it; all 4,000 take thousands.
            assert pages <= 600


async def test_a_long_queue_is_not_counted_at_every_look(conn: Connection) -> None:
    await long_queue(conn, 2000)
    await conn.execute("UPDATE route_queue SET place = 7")
    assert await route_queue.refresh_positions(conn) == 0, "it was counted a moment ago"
    await conn.execute("UPDATE route_queue_counts SET counted_at = counted_at - interval '4 s'")
    assert await route_queue.refresh_positions(conn) >= 1990


async def test_a_queue_of_thousands_is_counted_in_one_pass(conn: Connection) -> None:
    """The plan of a long queue has no loop inside a loop: ten times as many cost about ten times as much."""
    await long_queue(conn, 3000)
    assert len(await line(conn, VEO)) == 3000
    plan = await conn.fetch("EXPLAIN (ANALYZE, TIMING OFF) SELECT * FROM route_queue_order($1, interval '10 s')", VEO)
    text = "\n".join(row[0] for row in plan)
    assert "loops=3000" not in text, text
