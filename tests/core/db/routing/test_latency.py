"""What is usual is learned from history, and slowly."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest
import pytest_asyncio

from core.db.health import route_health
from core.db.pool import Connection, open_pool
from core.db.routing import latency
from core.domain.health.config import HealthConfig, LatencyConfig
from core.domain.ids import RouteKey
from core.domain.routing.latency import Latency, LatencyKey, prior

CONFIG = LatencyConfig(refresh_s=0)
VEO, KLING = RouteKey("veo.vertex"), RouteKey("kling.api")
KEYS = {route: LatencyKey(route=route, operation="text", duration_s=8, lines=1080) for route in (VEO, KLING)}
PRIORS = {VEO: prior(75), KLING: prior(120)}


@pytest_asyncio.fixture
async def conn(database: str) -> AsyncIterator[Connection]:
    async with open_pool(database, size_max=2) as pool, pool.acquire() as conn:
        yield conn


async def pass_days(conn: Connection, days: float) -> None:
    now: datetime = await conn.fetchval("SELECT nd_now()")
    await conn.execute("SELECT set_config('neverdark.now', $1, false)", (now + timedelta(days=days)).isoformat())


async def usual(conn: Connection) -> dict[RouteKey, Latency]:
    return await latency.learned(conn, KEYS, priors=PRIORS)


async def teach(conn: Connection, *durations_s: float, config: LatencyConfig = CONFIG) -> None:
    await route_health.ensure(conn, {VEO: 5}, config=HealthConfig())
    for took_s in durations_s:
        await latency.add(conn, KEYS[VEO], took_s=took_s, epoch=0, config=config)


async def test_the_guess_holds_until_there_are_50_samples(conn: Connection) -> None:
    await teach(conn, *range(1, 50))
    assert await usual(conn) == PRIORS
    await teach(conn, 50)
    learned = (await usual(conn))[VEO]
    assert (learned.samples, learned.p50_s) == (50, 25.5)
    assert learned.p95_s == pytest.approx(47.55)
    assert (await usual(conn))[KLING] == PRIORS[KLING]


async def test_other_durations_are_another_matter(conn: Connection) -> None:
    await teach(conn, *[10.0] * 50)
    other = {VEO: LatencyKey(route=VEO, operation="text", duration_s=4, lines=1080)}
    assert await latency.learned(conn, other, priors=PRIORS) == {VEO: PRIORS[VEO]}


async def test_p95_rises_by_a_tenth_a_day_and_falls_at_once(conn: Connection) -> None:
    await teach(conn, *[100.0] * 50, *[1000.0] * 30)
    assert (await usual(conn))[VEO].p95_s == pytest.approx(100, rel=0.01)
    await pass_days(conn, 1)
    await teach(conn, 1000.0)
    assert (await usual(conn))[VEO].p95_s == pytest.approx(110, rel=0.01)
    await pass_days(conn, 7.5)
    await teach(conn, *[20.0] * 50)
    assert (await usual(conn))[VEO].p95_s == pytest.approx(20)


async def test_only_the_last_seven_days_count(conn: Connection) -> None:
    await teach(conn, *[100.0] * 50)
    await pass_days(conn, 8)
    await teach(conn, *[50.0] * 49)
    assert (await usual(conn))[VEO].p95_s == 100
    await teach(conn, 50.0)
    assert (await usual(conn))[VEO].p95_s == 50


async def test_it_is_measured_anew_now_and_then_only(conn: Connection) -> None:
    patient = LatencyConfig()
    await teach(conn, *[100.0] * 50, config=patient)
    await teach(conn, *[10.0] * 50, config=patient)
    assert (await usual(conn))[VEO].samples == 50
    await pass_days(conn, 601 / 86_400)
    await teach(conn, 10.0, config=patient)
    assert (await usual(conn))[VEO].samples == 101
