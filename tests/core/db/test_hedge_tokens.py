"""Hedges are bought with tokens, one each, however many generations ask at once."""

import asyncio
from uuid import UUID

import pytest

from core.db.health import route_health
from core.db.pool import open_pool
from core.db.routing import admission
from core.domain.health.config import HealthConfig
from core.domain.health.events import AttemptKind
from core.domain.health.route_health import AttemptRef
from core.domain.ids import GenerationId, RouteKey
from tests.core.rows import applicant

CONFIG = HealthConfig()
KLING = RouteKey("kling.api")


@pytest.mark.parametrize(("hedges_sick", "admitted"), [(False, 2), (True, 8)])
async def test_racing_hedges_share_the_tokens_and_those_of_sick_routes_need_none(
    database: str,
    hedges_sick: bool,  # noqa: FBT001 - pytest passes by name
    admitted: int,
) -> None:
    async with open_pool(database, size_max=8) as pool:
        async with pool.acquire() as conn:
            await route_health.ensure(conn, {KLING: 20}, config=CONFIG)
            await conn.execute("UPDATE provider_health SET hedge_tokens = 2")

        async def ask(n: int) -> bool:
            async with pool.acquire() as conn, conn.transaction():
                answer = await admission.admit(
                    conn,
                    KLING,
                    applicant(AttemptRef(GenerationId(UUID(int=n)), 2)),
                    kind=AttemptKind.HEDGE,
                    p95_s=60,
                    lease_s=600,
                    usd_micros=0,
                    config=CONFIG,
                    is_first=False,
                    hedges_sick=hedges_sick,
                )
                return answer.refused is None

        assert sum(await asyncio.gather(*(ask(n) for n in range(1, 9)))) == admitted
