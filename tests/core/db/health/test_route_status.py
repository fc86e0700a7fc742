"""How routes stand, read from what happened to them on a real Postgres."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from itertools import count
from uuid import UUID

import pytest
import pytest_asyncio

from core.db.health import route_health
from core.db.health.route_status import route_statuses
from core.db.pool import Pool, open_pool
from core.db.routing import latency
from core.domain.errors import ErrorClass
from core.domain.generations.retry import Stage
from core.domain.health.config import HealthConfig, LatencyConfig
from core.domain.health.events import AttemptFacts, AttemptFailed, AttemptSucceeded, Event, Tick
from core.domain.health.provider_status import RouteStatus
from core.domain.health.route_health import AttemptRef, HealthState, Reason
from core.domain.ids import GenerationId, RouteKey
from core.domain.routing.latency import LatencyKey

CONFIG = HealthConfig()
VEO, KLING = RouteKey("veo.vertex"), RouteKey("kling.api")
DAY_S = 86_400.0
_numbers = count(1)


@pytest_asyncio.fixture
async def db(database: str) -> AsyncIterator[Pool]:
    async with open_pool(database, size_max=4) as pool:
        yield pool


def _facts(epoch: int = 0) -> AttemptFacts:
    return AttemptFacts(ref=AttemptRef(GenerationId(UUID(int=next(_numbers))), 1), epoch=epoch)


def _bad(error_class: ErrorClass = ErrorClass.TIMEOUT, epoch: int = 0) -> AttemptFailed:
    return AttemptFailed(attempt=_facts(epoch), error_class=error_class, stage=Stage.RUN)


async def _happens(db: Pool, *events: Event, route: RouteKey = KLING) -> None:
    async with db.acquire() as conn, conn.transaction():
        await route_health.apply_all(conn, [(route, event) for event in events], config=CONFIG, actor="test")


async def _standing(db: Pool, route: RouteKey = KLING, *, at: datetime | None = None) -> RouteStatus:
    async with db.acquire() as conn, conn.transaction():
        if at is not None:
            await conn.execute("SELECT set_config('neverdark.now', $1, true)", at.isoformat())
        return (await route_statuses(conn, [VEO, KLING], over_s=DAY_S, config=CONFIG))[route]


async def test_a_route_that_nobody_has_used_is_up_and_has_no_figures(db: Pool) -> None:
    found = await _standing(db)
    assert found.is_up
    assert (found.trouble, found.ok, found.bad, found.usual_s) == (None, 0, 0, None)


async def test_trouble_is_told_with_its_beginning_and_its_evidence(db: Pool) -> None:
    await _happens(db, AttemptSucceeded(attempt=_facts(), slow=False, took_s=60), _bad(), _bad(), _bad())
    found = await _standing(db)
    assert found.trouble is not None
    assert found.row.state is HealthState.DEMOTED
    assert (found.trouble.reason, found.trouble.evidence["timeout"], found.trouble.evidence["successes"]) == (
        Reason.TIMEOUT, 3, 1,
    )  # fmt: skip
    assert (found.ok, found.bad, found.since) == (1, 3, found.trouble.at)
    assert (await _standing(db, VEO)).is_up


async def test_failed_probes_do_not_hide_what_it_began_with(db: Pool) -> None:
    await _happens(db, _bad(), _bad(), _bad())
    began = (await _standing(db)).trouble
    async with db.acquire() as conn, conn.transaction():
        await conn.execute("UPDATE provider_health SET until = nd_now() WHERE route = $1", KLING)
        await route_health.apply(conn, KLING, Tick(), config=CONFIG, actor="sweeper")
    async with db.acquire() as conn, conn.transaction():
        row = (await route_health.load(conn, [KLING], config=CONFIG))[KLING]
    assert row.state is HealthState.PROBING
    probe = AttemptFacts(ref=AttemptRef(GenerationId(UUID(int=next(_numbers))), 1), epoch=row.epoch, is_probe=True)
    await _happens(db, AttemptFailed(attempt=probe, error_class=ErrorClass.TRANSIENT_SERVER, stage=Stage.RUN))
    found = await _standing(db)
    assert (found.trouble, found.relapses) == (began, 1)


async def test_a_hold_is_told_as_what_it_is_and_a_release_ends_nothing_by_itself(db: Pool) -> None:
    await _happens(db, _bad(), _bad(), _bad())
    async with db.acquire() as conn, conn.transaction():
        await route_health.hold(conn, KLING, why="maintenance", until=None, config=CONFIG, actor="ops")
    held = await _standing(db)
    assert held.trouble is not None
    assert (held.row.state, held.trouble.reason, held.trouble.evidence["text"]) == (
        HealthState.HELD, Reason.OPERATOR, "maintenance",
    )  # fmt: skip
    async with db.acquire() as conn, conn.transaction():
        await route_health.release(conn, KLING, why="done", config=CONFIG, actor="ops")
    assert (await _standing(db)).row.state is HealthState.PROBING


async def test_once_it_is_well_the_trouble_is_forgotten(db: Pool) -> None:
    await _happens(db, _bad(), _bad(), _bad())
    later = datetime.now().astimezone() + timedelta(hours=2)
    found = await _standing(db, at=later)
    assert found.is_up, "nobody wanted it for so long that it is open again"
    assert found.trouble is None


async def test_the_usual_time_is_the_median_of_the_last_day(db: Pool) -> None:
    key = LatencyKey(route=KLING, operation="text", duration_s=8, lines=1080)
    async with db.acquire() as conn:
        await route_health.ensure(conn, {KLING: 5}, config=HealthConfig())
        for took_s in (10.0, 30.0, 500.0):
            await latency.add(conn, key, took_s=took_s, epoch=0, config=LatencyConfig())
        await conn.execute("UPDATE provider_latency SET at = at - interval '2 days' WHERE took_s = 500")
    assert (await _standing(db)).usual_s == pytest.approx(20.0)
