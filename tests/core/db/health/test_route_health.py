"""The health of routes on a real Postgres: nothing is lost, nothing counts twice, nobody needs to be alive."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from uuid import UUID, uuid4

import asyncpg
import pytest
import pytest_asyncio

from core import outages
from core.db.errors import DatabaseAway, transaction
from core.db.health import route_health
from core.db.health.health_history import forget, refusing, summaries, transitions
from core.db.health.route_health import TIMER
from core.db.pool import COMMAND_TIMEOUT_S, Connection, Pool, open_pool
from core.db.routing import admission, capacity
from core.domain.errors import ErrorClass
from core.domain.generations.retry import Stage
from core.domain.health.config import HealthConfig, LatencyConfig, RoutingConfig
from core.domain.health.events import (
    AttemptFacts,
    AttemptFailed,
    AttemptKind,
    AttemptSucceeded,
    Event,
    FreeCheck,
    Overdue,
    Overdueness,
    Tick,
)
from core.domain.health.route_health import AttemptRef, HealthState, Reason, RouteHealth, Transition
from core.domain.ids import GenerationId, MemberId, RouteKey
from tests.core.rows import applicant

CONFIG = HealthConfig()
ROUTING = RoutingConfig()
VEO, KLING = RouteKey("veo.vertex"), RouteKey("kling.api")
NUMBERS = count(1)


@pytest_asyncio.fixture
async def db(database: str) -> AsyncIterator[Pool]:
    async with open_pool(database, size_max=10) as pool:
        yield pool


def facts(*, epoch: int = 0, member: int | None = None, ref: AttemptRef | None = None) -> AttemptFacts:
    ref = ref or AttemptRef(GenerationId(UUID(int=next(NUMBERS))), 1)
    return AttemptFacts(ref=ref, epoch=epoch, member=None if member is None else MemberId(member))


def run_failure(attempt: AttemptFacts | None = None, error: ErrorClass = ErrorClass.TRANSIENT_SERVER) -> AttemptFailed:
    return AttemptFailed(attempt=attempt or facts(), error_class=error, stage=Stage.RUN)


async def happens(db: Pool, *events: Event, route: RouteKey = VEO, actor: str = "test") -> tuple[Transition, ...]:
    async with db.acquire() as conn, conn.transaction():
        return await route_health.apply_all(conn, [(route, event) for event in events], config=CONFIG, actor=actor)


async def row_of(db: Pool, route: RouteKey = VEO) -> RouteHealth:
    async with db.acquire() as conn:
        return (await route_health.load(conn, [route], config=CONFIG))[route]


async def pass_time(conn: Connection, seconds: float) -> None:
    now: datetime = await conn.fetchval("SELECT nd_now()")
    moved = (now + timedelta(seconds=seconds)).isoformat()
    await conn.execute("SELECT set_config('neverdark.now', $1, false)", moved)


async def admit(
    conn: Connection, *, kind: AttemptKind = AttemptKind.NORMAL, ref: AttemptRef | None = None, route: RouteKey = VEO
) -> admission.Admission:
    return await admission.admit(
        conn,
        route,
        applicant(ref or facts().ref),
        kind=kind,
        p95_s=120,
        lease_s=300,
        usd_micros=0,
        config=CONFIG,
        is_first=True,
    )


WAYS_TO_LOCK: dict[str, Callable[[Connection], Awaitable[object]]] = {
    "an attempt that ended": lambda conn: route_health.apply(conn, VEO, run_failure(), config=CONFIG, actor="test"),
    "a free check": lambda conn: route_health.apply(conn, VEO, FreeCheck(ok=True), config=CONFIG, actor="test"),
    "several routes": lambda conn: route_health.apply_all(
        conn, [(KLING, Tick()), (VEO, Tick())], config=CONFIG, actor="test"
    ),
    "an admission": admit,
    "a day's money": lambda conn: capacity.hold_for_today(conn, VEO, usd_micros=1, config=CONFIG),
    "an operator's hold": lambda conn: route_health.hold(
        conn, VEO, why="a test", until=None, config=CONFIG, actor="test"
    ),
    "an operator's release": lambda conn: route_health.release(conn, VEO, why="a test", config=CONFIG, actor="test"),
}
"""Whoever locks a route, and how."""


async def test_nobody_waits_without_end_for_a_route_that_somebody_holds_who_stands_still(db: Pool) -> None:
    """All of them at once: each waits for some seconds."""
    await happens(db, Tick())

    async def given_up(way: str) -> str | None:
        try:
            async with asyncio.timeout(COMMAND_TIMEOUT_S - 5), transaction(db) as conn:
                await WAYS_TO_LOCK[way](conn)
        except DatabaseAway as error:
            return getattr(error.__cause__, "sqlstate", None)
        return None

    async with db.acquire() as holder, holder.transaction():
        await holder.execute("SELECT FROM provider_health WHERE route = $1 FOR UPDATE", VEO)
        found = dict(zip(WAYS_TO_LOCK, await asyncio.gather(*map(given_up, WAYS_TO_LOCK)), strict=True))
    assert found == dict.fromkeys(WAYS_TO_LOCK, asyncpg.LockNotAvailableError.sqlstate)
    assert outages.open_ones() == frozenset(), "the server is there: it is one row that somebody holds"
    assert {way: await given_up(way) for way in WAYS_TO_LOCK} == dict.fromkeys(WAYS_TO_LOCK)


async def test_routes_that_nobody_has_used_are_healthy(db: Pool) -> None:
    async with db.acquire() as conn:
        picture = await route_health.read(conn, [VEO, KLING], config=CONFIG, routing=ROUTING)
    assert {row.state for row in picture.health.values()} == {HealthState.HEALTHY}
    assert picture.free_slots == {VEO: CONFIG.slots, KLING: CONFIG.slots}
    assert picture.jobs == 0


async def test_a_row_comes_back_as_it_was_written(db: Pool) -> None:
    await happens(db, run_failure(), AttemptSucceeded(attempt=facts(), slow=True, took_s=90), FreeCheck(ok=False))
    row = await row_of(db)
    assert [s.slow for s in row.successes] == [True]
    assert [b.kind.value for b in row.bad] == ["run failure"]
    assert (row.live_bad, row.state) == (1, HealthState.HEALTHY)
    assert 1.99 < row.score <= 2.0


async def test_three_failures_demote_and_the_record_says_why(db: Pool) -> None:
    await happens(db, run_failure(), run_failure(), actor="worker-1")
    moved = await happens(db, run_failure(), actor="worker-2")
    assert [(t.from_state, t.to_state) for t in moved] == [(HealthState.HEALTHY, HealthState.DEMOTED)]
    async with db.acquire() as conn:
        (record,) = await transitions(conn, route=VEO)
    assert record.actor == "worker-2"
    assert record.transition == moved[0]
    assert record.transition.evidence["text"] == "3 run failures in 0 s"


async def test_the_record_of_transitions_cannot_be_changed(db: Pool) -> None:
    await happens(db, run_failure(), run_failure(), run_failure())
    async with db.acquire() as conn:
        for statement in ("DELETE FROM provider_health_events", "UPDATE provider_health_events SET reason = 'run'"):
            with pytest.raises(asyncpg.PostgresError, match="append-only") as caught:
                await conn.execute(statement)
            assert caught.value.sqlstate == "ND003"


async def test_news_that_is_told_twice_counts_once(db: Pool) -> None:
    attempt = facts()
    overdue = Overdue(attempt=attempt, by=Overdueness.P95)
    timed_out = run_failure(attempt, ErrorClass.TIMEOUT)
    for _ in range(5):
        await happens(db, overdue, timed_out)
    assert (await row_of(db)).score == pytest.approx(2.5, abs=0.01)


async def test_news_told_twice_at_the_same_time_counts_once(db: Pool) -> None:
    attempt = facts()
    await asyncio.gather(*(happens(db, run_failure(attempt)) for _ in range(8)))
    assert (await row_of(db)).score == pytest.approx(2.0, abs=0.01)


async def test_what_is_rolled_back_has_not_happened(db: Pool) -> None:
    attempt = facts()
    async with db.acquire() as conn:
        transaction = conn.transaction()
        await transaction.start()
        await route_health.apply(conn, VEO, run_failure(attempt), config=CONFIG, actor="test")
        await transaction.rollback()
    assert (await row_of(db)).score == 0
    await happens(db, run_failure(attempt))
    assert (await row_of(db)).score == pytest.approx(2.0, abs=0.01)


async def test_many_workers_at_once_leave_what_one_alone_would(db: Pool, administrator: asyncpg.Connection) -> None:
    def news() -> list[tuple[RouteKey, Event]]:
        return [
            *(
                (VEO, AttemptFailed(attempt=facts(), error_class=ErrorClass.CAPACITY, stage=Stage.SUBMIT))
                for _ in range(2)
            ),
            *((KLING, run_failure()) for _ in range(30)),
            *((VEO, Overdue(attempt=facts(), by=Overdueness.P95)) for _ in range(1)),
            *((route, run_failure(error=ErrorClass.CONTENT_POLICY)) for route in (VEO, KLING) for _ in range(10)),
        ]

    async def one(route: RouteKey, event: Event) -> None:
        await happens(db, event, route=route)

    await asyncio.gather(*(one(route, event) for route, event in news()))
    at_once = await row_of(db, VEO), await row_of(db, KLING)
    await administrator.execute("TRUNCATE provider_health, provider_health_events, provider_health_blame")
    for route, event in news():
        await one(route, event)
    in_turn = await row_of(db, VEO), await row_of(db, KLING)

    for together, alone in zip(at_once, in_turn, strict=True):
        assert (together.state, together.epoch, together.e) == (alone.state, alone.epoch, alone.e)
        assert together.score == pytest.approx(alone.score, abs=0.05)
        assert len(together.bad) == len(alone.bad)
    assert at_once[0].score == pytest.approx(2 * 1.75 + 1.0, abs=0.05)
    assert at_once[1].state is HealthState.DEMOTED


async def test_no_success_of_many_at_once_is_lost(db: Pool) -> None:
    await happens(
        db,
        *(
            AttemptFailed(attempt=facts(), error_class=ErrorClass.RATE_LIMITED, stage=Stage.SUBMIT, concurrency=True)
            for _ in range(3)
        ),
    )
    before = (await row_of(db)).slots
    await asyncio.gather(*(happens(db, AttemptSucceeded(attempt=facts(), slow=False, took_s=60)) for _ in range(40)))
    assert (await row_of(db)).slots == before + 4
    async with db.acquire() as conn:
        summary = (await summaries(conn, [VEO], over_s=600))[VEO]
    assert (summary.ok, summary.bad) == (40, 0)


async def test_several_routes_at_once_never_deadlock(db: Pool) -> None:
    async def both(order: list[RouteKey]) -> None:
        async with db.acquire() as conn, conn.transaction():
            events = [(route, run_failure(error=ErrorClass.CANCELLED)) for route in order]
            await route_health.apply_all(conn, events, config=CONFIG, actor="test")

    await asyncio.gather(*(both([VEO, KLING] if n % 2 else [KLING, VEO]) for n in range(30)))


async def test_one_member_cannot_demote_a_route_alone_and_a_second_can(db: Pool) -> None:
    for _ in range(10):
        await happens(db, run_failure(facts(member=1), ErrorClass.TIMEOUT))
    row = await row_of(db)
    assert (row.state, row.score) == (HealthState.HEALTHY, pytest.approx(3.75, abs=0.01))
    await happens(db, run_failure(facts(member=2), ErrorClass.TIMEOUT))
    assert (await row_of(db)).state is HealthState.DEMOTED


async def test_a_late_success_takes_back_what_its_attempt_was_charged(db: Pool) -> None:
    attempt = facts(member=1)
    await happens(db, run_failure(facts(member=1)))
    await happens(db, Overdue(attempt=attempt, by=Overdueness.VERY))
    assert (await row_of(db)).score == pytest.approx(3.0, abs=0.01)
    await happens(db, AttemptSucceeded(attempt=attempt, slow=True, took_s=400))
    assert (await row_of(db)).score == pytest.approx(2.0, abs=0.01)


async def test_an_attempt_from_before_the_last_transition_neither_counts_nor_damps(db: Pool) -> None:
    await happens(db, run_failure(), run_failure(), run_failure())
    async with db.acquire() as conn, conn.transaction():
        await pass_time(conn, 3 * 3600)
        (row,) = (await route_health.load(conn, [VEO], config=CONFIG)).values()
        assert (row.state, row.epoch) == (HealthState.HEALTHY, 3)
        old = run_failure(facts(epoch=0, member=4))
        await route_health.apply(conn, VEO, old, config=CONFIG, actor="test")
        new = run_failure(facts(epoch=3, member=4))
        await route_health.apply(conn, VEO, new, config=CONFIG, actor="test")
        (row,) = (await route_health.load(conn, [VEO], config=CONFIG)).values()
    assert row.score == pytest.approx(2.0, abs=0.01)


async def test_timers_are_settled_by_whoever_reads_and_written_by_whoever_writes(db: Pool) -> None:
    await happens(db, run_failure(), run_failure(), run_failure())
    async with db.acquire() as conn:
        await pass_time(conn, 120)
        assert (await route_health.load(conn, [VEO], config=CONFIG))[VEO].state is HealthState.PROBING
        assert await conn.fetchval("SELECT state FROM provider_health WHERE route = $1", VEO) == "demoted"
        await route_health.apply(conn, VEO, Tick(), config=CONFIG, actor="sweeper")
        assert await conn.fetchval("SELECT state FROM provider_health WHERE route = $1", VEO) == "probing"
        latest = (await transitions(conn, route=VEO))[0]
        assert (latest.actor, latest.transition.reason) == (TIMER, Reason.DUE)


async def test_a_tick_writes_down_what_time_has_done_once(db: Pool) -> None:
    every = [(VEO, Tick()), (KLING, Tick())]
    await happens(db, run_failure(), run_failure(), run_failure())
    await happens(db, AttemptSucceeded(attempt=facts(), slow=False), route=KLING)
    async with db.acquire() as conn:
        assert await route_health.apply_all(conn, every, config=CONFIG, actor=TIMER) == ()
        await pass_time(conn, 80 + 900)
        moved = await route_health.apply_all(conn, every, config=CONFIG, actor=TIMER)
        assert [t.reason for t in moved] == [Reason.DUE, Reason.UNWANTED]
        assert await route_health.apply_all(conn, every, config=CONFIG, actor=TIMER) == ()


async def test_an_outage_from_demotion_to_restoration(db: Pool) -> None:
    async with db.acquire() as conn:
        for _ in range(3):
            await route_health.apply(conn, VEO, run_failure(), config=CONFIG, actor="w")
        assert (await admit(conn)).refused == "demoted by now"
        await pass_time(conn, 80)
        for _ in range(3):
            attempt = facts()
            answer = await admit(conn, kind=AttemptKind.PROBE, ref=attempt.ref)
            assert (answer.refused, answer.is_probe) == (None, True)
            probe = replace(attempt, epoch=answer.epoch, is_probe=True)
            await pass_time(conn, 90)
            await route_health.apply(
                conn, VEO, AttemptSucceeded(attempt=probe, slow=False, took_s=90), config=CONFIG, actor="w"
            )
        told = [(r.transition.to_state.value, r.transition.reason.value) for r in await transitions(conn, route=VEO)]
    assert told == [("healthy", "probes_ok"), ("probing", "due"), ("demoted", "run")]


async def test_probes_never_exceed_their_window_however_many_ask(db: Pool) -> None:
    await happens(db, run_failure(), run_failure(), run_failure())
    async with db.acquire() as conn:
        # Make the demotion end now: other connections read the real clock.
        await conn.execute("UPDATE provider_health SET until = nd_now()")

    async def ask() -> admission.Admission:
        async with db.acquire() as conn, conn.transaction():
            return await admit(conn, kind=AttemptKind.PROBE)

    answers = await asyncio.gather(*(ask() for _ in range(10)))
    assert sum(answer.refused is None for answer in answers) == 1


async def test_slots_are_never_oversold_and_come_back(db: Pool) -> None:
    async with db.acquire() as conn:
        await route_health.ensure(conn, {VEO: 3}, config=CONFIG)

    async def ask(ref: AttemptRef) -> str | None:
        async with db.acquire() as conn, conn.transaction():
            return (await admit(conn, ref=ref)).refused

    refs = [facts().ref for _ in range(10)]
    refusals = await asyncio.gather(*(ask(ref) for ref in refs))
    taken = [ref for ref, refused in zip(refs, refusals, strict=True) if refused is None]
    assert len(taken) == 3
    assert set(refusals) == {None, "all its slots are taken"}
    await happens(db, run_failure(facts(ref=taken[0]), ErrorClass.CONTENT_POLICY))
    async with db.acquire() as conn:
        picture = await route_health.read(conn, [VEO], config=CONFIG, routing=ROUTING)
        assert picture.free_slots == {VEO: 1}
        await pass_time(conn, 301)
        picture = await route_health.read(conn, [VEO], config=CONFIG, routing=ROUTING)
        assert picture.free_slots == {VEO: 3}


async def test_a_timed_out_attempt_keeps_its_slot_until_its_lease_is_over(db: Pool) -> None:
    attempt = facts()
    async with db.acquire() as conn:
        await route_health.ensure(conn, {VEO: 3}, config=CONFIG)
        await admit(conn, ref=attempt.ref)
    await happens(db, run_failure(attempt, ErrorClass.TIMEOUT))
    async with db.acquire() as conn:
        assert (await route_health.read(conn, [VEO], config=CONFIG, routing=ROUTING)).free_slots == {VEO: 2}
    await happens(db, AttemptSucceeded(attempt=attempt, slow=True, took_s=600))
    async with db.acquire() as conn:
        assert (await route_health.read(conn, [VEO], config=CONFIG, routing=ROUTING)).free_slots == {VEO: 3}


async def test_configured_slots_change_without_a_reset(db: Pool) -> None:
    async with db.acquire() as conn:
        for configured, expected in ((10, 10), (4, 4), (12, 12)):
            await route_health.ensure(conn, {VEO: configured}, config=CONFIG)
            assert (await row_of(db)).slots == expected
        limited = AttemptFailed(
            attempt=facts(), error_class=ErrorClass.RATE_LIMITED, stage=Stage.SUBMIT, concurrency=True
        )
        await route_health.apply(conn, VEO, limited, config=CONFIG, actor="w")
        await route_health.ensure(conn, {VEO: 20}, config=CONFIG)
    row = await row_of(db)
    assert (row.slots, row.slots_max) == (8, 20)


async def test_nothing_is_admitted_while_a_route_cools_down(db: Pool) -> None:
    await happens(
        db, AttemptFailed(attempt=facts(), error_class=ErrorClass.RATE_LIMITED, stage=Stage.SUBMIT, retry_after_s=40)
    )
    async with db.acquire() as conn:
        for kind in AttemptKind:
            assert (await admit(conn, kind=kind)).refused is not None
        await pass_time(conn, 41)
        assert (await admit(conn)).refused is None


async def test_starts_are_counted_for_the_retry_budget(db: Pool) -> None:
    async with db.acquire() as conn:
        await admit(conn)
        await admit(conn, route=KLING)
        await admission.admit(
            conn,
            KLING,
            applicant(facts().ref),
            kind=AttemptKind.RETRY,
            p95_s=60,
            lease_s=60,
            usd_micros=0,
            config=CONFIG,
            is_first=False,
        )
        picture = await route_health.read(conn, [VEO, KLING], config=CONFIG, routing=ROUTING)
    assert (picture.jobs, picture.extras) == (2, {VEO: 0, KLING: 1})


async def test_an_operator_holds_and_releases(db: Pool) -> None:
    async with db.acquire() as conn:
        await route_health.hold(conn, VEO, why="wrong invoice", until=None, config=CONFIG, actor="ana")
        assert (await admit(conn, kind=AttemptKind.PANIC)).refused == "held: wrong invoice"
        await route_health.release(conn, VEO, why="paid", config=CONFIG, actor="ana")
        told = [(r.actor, r.transition.evidence["text"]) for r in await transitions(conn)]
    assert told == [("ana", "paid"), ("ana", "wrong invoice")]
    assert (await row_of(db)).state is HealthState.PROBING


async def test_a_vendor_that_refuses_most_requests_is_reported(db: Pool) -> None:
    await happens(db, *(run_failure(error=ErrorClass.CONTENT_POLICY) for _ in range(12)))
    await happens(db, *(AttemptSucceeded(attempt=facts(), slow=False) for _ in range(8)))
    await happens(db, *(AttemptSucceeded(attempt=facts(), slow=False) for _ in range(20)), route=KLING)
    async with db.acquire() as conn:
        assert await refusing(conn, config=CONFIG) == [VEO]


async def test_old_evidence_is_forgotten_and_transitions_are_kept(db: Pool) -> None:
    await happens(db, run_failure(facts(member=1)), run_failure(), run_failure())
    async with db.acquire() as conn:
        assert await forget(conn, config=LatencyConfig()) == 0
        await pass_time(conn, 100 * 86_400)
        assert await forget(conn, config=LatencyConfig()) == 7
        assert len(await transitions(conn)) == 1


async def test_generations_ids_may_be_any(db: Pool) -> None:
    ref = AttemptRef(GenerationId(uuid4()), 14)
    await happens(db, run_failure(facts(ref=ref)))
    assert (await row_of(db)).bad[0].ref == str(ref)
