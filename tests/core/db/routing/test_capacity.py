"""What routes may be given, on a real Postgres: no submit too soon, no cent too much, no slot given back too late."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from core.db.health import route_health
from core.db.health.health_history import transitions
from core.db.pool import Connection, Pool, open_pool
from core.db.routing import admission, capacity, route_queue
from core.db.routing.capacity import SPENDING, RouteLimits, Spending
from core.domain.generations.generation import Generation
from core.domain.health.config import HealthConfig, RoutingConfig
from core.domain.health.events import AttemptKind
from core.domain.health.route_health import HealthState
from core.domain.ids import RouteKey
from core.domain.routing.queueing import SubmitRate
from tests.core.db.crowds import ask, attempt, teams

VEO = RouteKey("veo.vertex")
CONFIG = HealthConfig()
PRICE = 3_200_000


@pytest_asyncio.fixture
async def db(database: str) -> AsyncIterator[Pool]:
    async with open_pool(database, size_max=10) as pool:
        yield pool


@pytest_asyncio.fixture
async def conn(db: Pool) -> AsyncIterator[Connection]:
    async with db.acquire() as conn:
        yield conn


async def allow(conn: Connection, *, slots: int = 50, pace: SubmitRate | None = None, usd: float | None = None) -> bool:
    """Make these the route's limits; True if a hold was lifted by it."""
    await route_health.ensure(conn, {VEO: slots}, config=CONFIG)
    micros = None if usd is None else round(usd * 1_000_000)
    async with conn.transaction():
        limits = {VEO: RouteLimits(pace=pace, usd_micros_per_day=micros)}
        return bool(await capacity.ensure(conn, limits, config=CONFIG, actor="test"))


async def admitted(conn: Connection, made: Generation, *, price: int = PRICE, counts_late: bool = True) -> str | None:
    """One whole admission, as a worker makes it. Says why not, or None."""
    async with conn.transaction():
        await conn.execute("SELECT 1 FROM generations WHERE id = $1 FOR NO KEY UPDATE", made.id)
        answer = await admission.admit(
            conn, VEO, admission.applicant(made, 1), kind=AttemptKind.NORMAL, p95_s=60, lease_s=180, usd_micros=price,
            config=CONFIG, is_first=True, counts_late=counts_late,
        )  # fmt: skip
        if answer.refused is None:
            await attempt(conn, made, VEO, state="intended")
        return answer.refused


async def at(conn: Connection, moment: str) -> None:
    now = datetime.fromisoformat(moment).replace(tzinfo=UTC).isoformat()
    await conn.execute("SELECT set_config('neverdark.now', $1, false)", now)


async def spending(conn: Connection) -> Spending:
    return (await capacity.spending_of(conn, [VEO]))[VEO]


async def ended(conn: Connection, made: Generation, state: str, **columns: object) -> None:
    sets = ", ".join(f"{name} = ${n}" for n, name in enumerate(columns, start=3))
    await conn.execute(
        f"UPDATE attempts SET state = $2{', ' if sets else ''}{sets} WHERE generation_id = $1",  # noqa: S608 - ours
        made.id,
        state,
        *columns.values(),
    )


async def test_racing_submits_never_exceed_the_bucket(db: Pool, conn: Connection) -> None:
    ours = await teams(conn, 12)
    made = [await ask(conn, team) for team in ours]
    await allow(conn, pace=SubmitRate(burst=4, per_s=0.001))

    async def go(one: Generation) -> str | None:
        async with db.acquire() as mine:
            return await admitted(mine, one)

    answers = await asyncio.gather(*(go(one) for one in made))
    assert answers.count(None) == 4
    assert set(answers) == {None, "it takes no more submits for the moment"}


async def test_a_bucket_fills_by_time_and_not_beyond_its_burst(conn: Connection) -> None:
    ours = await teams(conn, 9)
    made = [await ask(conn, team) for team in ours]
    await at(conn, "2026-11-22T12:00")
    await allow(conn, pace=SubmitRate(burst=2, per_s=0.5))
    assert [await admitted(conn, one) is None for one in made[:3]] == [True, True, False]
    await at(conn, "2026-11-22T12:00:02")
    assert [await admitted(conn, one) is None for one in made[3:5]] == [True, False]
    await at(conn, "2026-11-22T13:00")
    assert [await admitted(conn, one) is None for one in made[5:8]] == [True, True, False]


async def test_a_changed_limit_neither_fills_nor_empties_the_bucket(conn: Connection) -> None:
    (ours,) = await teams(conn, 1)
    await at(conn, "2026-11-22T12:00")
    await allow(conn, pace=SubmitRate(burst=2, per_s=0.5))
    await admitted(conn, await ask(conn, ours))
    await allow(conn, pace=SubmitRate(burst=9, per_s=0.5))
    assert await conn.fetchval("SELECT route_tokens($1)", VEO) == pytest.approx(1)
    await allow(conn)
    assert await conn.fetchval("SELECT route_tokens($1)", VEO) is None


async def test_racing_workers_give_slots_in_the_order_of_the_queue(db: Pool, conn: Connection) -> None:
    greedy, modest = await teams(conn, 2)
    made = [await ask(conn, greedy, at_s=n) for n in range(6)] + [await ask(conn, modest, at_s=60)]
    for one in made:
        await route_queue.enqueue(conn, one, {VEO: 1})
    await allow(conn, slots=2)

    async def go(one: Generation) -> str | None:
        async with db.acquire() as mine:
            return await admitted(mine, one)

    answers = await asyncio.gather(*(go(one) for one in reversed(made)))
    taken = {one.id for one, refused in zip(reversed(made), answers, strict=True) if refused is None}
    assert taken == {made[0].id, made[-1].id}


async def test_racing_attempts_never_cost_more_than_the_days_limit(db: Pool, conn: Connection) -> None:
    ours = await teams(conn, 12)
    made = [await ask(conn, team) for team in ours]
    await allow(conn, usd=10.0)

    async def go(one: Generation) -> str | None:
        async with db.acquire() as mine:
            return await admitted(mine, one)

    answers = await asyncio.gather(*(go(one) for one in made))
    assert answers.count(None) == 3
    seen = await spending(conn)
    assert (seen.spent, seen.reserved) == (0, 3 * PRICE)


@pytest.mark.parametrize(
    ("state", "columns", "spent", "reserved"),
    [
        ("accepted", {}, 0, PRICE),
        ("late", {}, 0, PRICE),
        ("ambiguous", {}, 0, PRICE),
        ("rejected", {}, 0, 0),
        ("failed", {"error_class": "transient_server"}, 0, 0),
        ("failed", {"error_class": "timeout"}, PRICE, 0),
        ("abandoned", {"settled": True}, PRICE, 0),
        ("succeeded", {"cost_usd_micros": 2_500_000}, 2_500_000, 0),
        ("succeeded", {}, PRICE, 0),
    ],
)
async def test_what_was_reserved_becomes_what_it_has_cost(
    conn: Connection, state: str, columns: dict[str, object], spent: int, reserved: int
) -> None:
    (ours,) = await teams(conn, 1)
    one = await ask(conn, ours)
    await allow(conn, usd=50)
    assert await admitted(conn, one) is None
    await ended(conn, one, state, **columns)
    assert await spending(conn) == Spending(spent=spent, reserved=reserved, limit=50_000_000)


async def test_at_its_limit_a_route_is_held_until_midnight_and_the_record_says_why(conn: Connection) -> None:
    (ours,) = await teams(conn, 1)
    await at(conn, "2026-11-22T21:30")
    await allow(conn, usd=5.0)
    one, other = await ask(conn, ours), await ask(conn, ours)
    assert await admitted(conn, one) is None
    assert await admitted(conn, other) == "what is under way may use up today's money"
    assert await capacity.hold_for_today(conn, VEO, usd_micros=PRICE, config=CONFIG) == (), "it may fail, and be free"
    await ended(conn, one, "succeeded")
    (held,) = await capacity.hold_for_today(conn, VEO, usd_micros=PRICE, config=CONFIG)
    assert (held.to_state, held.until) == (HealthState.HELD, datetime(2026, 11, 23, tzinfo=UTC))
    assert held.evidence["text"] == "its limit of $5.00 for today is reached"
    assert (await transitions(conn, route=VEO))[0].actor == SPENDING
    assert await capacity.hold_for_today(conn, VEO, usd_micros=PRICE, config=CONFIG) == (), "once"
    await at(conn, "2026-11-23T00:00:01")
    row = (await route_health.load(conn, [VEO], config=CONFIG))[VEO]
    assert row.state is HealthState.PROBING
    assert await spending(conn) == Spending(spent=0, reserved=0, limit=5_000_000)


async def test_a_higher_limit_lifts_the_hold_and_a_lower_one_does_not(conn: Connection) -> None:
    (ours,) = await teams(conn, 1)
    await allow(conn, usd=5.0)
    one = await ask(conn, ours)
    await admitted(conn, one)
    await ended(conn, one, "succeeded")
    assert await capacity.hold_for_today(conn, VEO, usd_micros=PRICE, config=CONFIG)
    assert not await allow(conn, usd=3.0)
    assert await allow(conn, usd=20.0)
    row = (await route_health.load(conn, [VEO], config=CONFIG))[VEO]
    assert (row.state, row.note) == (HealthState.PROBING, "its limit for today was raised")


async def test_an_operators_own_hold_is_not_lifted_with_the_limit(conn: Connection) -> None:
    (ours,) = await teams(conn, 1)
    await allow(conn, usd=5.0)
    one = await ask(conn, ours)
    await admitted(conn, one)
    await ended(conn, one, "succeeded")
    await capacity.hold_for_today(conn, VEO, usd_micros=PRICE, config=CONFIG)
    await route_health.hold(conn, VEO, why="a talk with the vendor", until=None, config=CONFIG, actor="ana")
    assert not await allow(conn, usd=500.0)
    assert (await route_health.load(conn, [VEO], config=CONFIG))[VEO].note == "a talk with the vendor"


@pytest.mark.parametrize(
    ("counts_late", "state", "after_s", "free"),
    [
        (True, "accepted", 100, 1),
        (True, "late", 500, 1),
        (True, "late", 2000, 2),
        (False, "accepted", 100, 1),
        (False, "accepted", 500, 2),
        (False, "late", 500, 2),
        (True, "succeeded", 0, 2),
        (True, "rejected", 0, 2),
        (True, "failed", 0, 2),
    ],
)
async def test_a_slot_is_held_for_as_long_as_the_vendor_counts_its_attempt(
    conn: Connection, *, counts_late: bool, state: str, after_s: float, free: int
) -> None:
    """The deadline is at 300 s, the end of the watch at 1,800 s."""
    (ours,) = await teams(conn, 1)
    await at(conn, "2026-11-22T12:00")
    await allow(conn, slots=2)
    one = await ask(conn, ours)
    await admitted(conn, one, counts_late=counts_late)
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    ends = {"deadline_at": now + timedelta(seconds=300), "watch_until": now + timedelta(seconds=1800)}
    await ended(conn, one, "accepted", **ends)
    if state != "accepted":
        await ended(conn, one, state)
    await at(conn, (now + timedelta(seconds=after_s)).replace(tzinfo=None).isoformat())
    assert (await route_health.read(conn, [VEO], config=CONFIG, routing=RoutingConfig())).free_slots[VEO] == free


async def test_a_cancelled_attempt_frees_its_slot_and_one_without_a_verdict_does_not(conn: Connection) -> None:
    (ours,) = await teams(conn, 1)
    await allow(conn, slots=5)
    cancelled, unknown = await ask(conn, ours), await ask(conn, ours)
    for one, settled in ((cancelled, True), (unknown, False)):
        await admitted(conn, one)
        await ended(conn, one, "abandoned", settled=settled)
    assert (await route_health.read(conn, [VEO], config=CONFIG, routing=RoutingConfig())).free_slots[VEO] == 4
