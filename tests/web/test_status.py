"""What load balancers and Prometheus are told."""

from pathlib import Path
from uuid import UUID

import asyncpg
import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette

from core.db.health import route_health
from core.db.pool import open_pool
from core.domain.errors import ErrorClass
from core.domain.generations.retry import Stage
from core.domain.health.config import HealthConfig
from core.domain.health.events import AttemptFacts, AttemptFailed
from core.domain.health.route_health import AttemptRef
from core.domain.ids import GenerationId, RouteKey
from core.storage import ObjectStorage
from tests.web.conftest import FREE, House, client
from web.app import build
from web.status import Status


async def test_a_process_that_runs_is_healthy_and_with_its_servers_ready(http: httpx.AsyncClient) -> None:
    assert (await http.get("/healthz")).status_code == 200
    ready = await http.get("/readyz")
    assert (ready.status_code, ready.json()) == (
        200,
        {
            "postgres": "ok",
            "migrations": "ok",
            "redis": "ok",
            "workers": "none is alive",
        },
    )


async def test_without_redis_it_is_not_ready(house: House, http: httpx.AsyncClient) -> None:
    house.hints.here = False
    ready = await http.get("/readyz")
    assert (ready.status_code, ready.json()["redis"]) == (503, "away")


async def test_before_the_migrations_are_applied_it_is_not_ready(
    house: House, http: httpx.AsyncClient, administrator: asyncpg.Connection
) -> None:
    await administrator.execute(
        "DELETE FROM schema_migrations WHERE version = (SELECT max(version) FROM schema_migrations)"
    )
    ready = await http.get("/readyz")
    assert (ready.status_code, ready.json()["migrations"]) == (503, "pending")


async def test_without_migrations_it_says_so_instead_of_ok(house: House, database: str, tmp_path: Path) -> None:
    async with open_pool(database, size_max=2) as pool:
        status = Status(pool=pool, hints=house.hints, migrations=tmp_path)
        async with client(Starlette(routes=status.routes())) as http:
            ready = await http.get("/readyz")
    assert ready.status_code == 503
    assert "install Neverdark again" in ready.json()["migrations"]


async def test_without_postgres_everything_says_so_in_time(house: House, tmp_path: Path) -> None:
    async with open_pool("postgresql://nobody@127.0.0.1:1/none", size_max=2) as pool:
        app = build(
            pool=pool, hints=house.hints, storage=ObjectStorage(f"file://{tmp_path}"), labels={},
            addresses=house.addresses,
        )  # fmt: skip
        async with client(app) as http:
            assert (await http.get("/healthz")).status_code == 200
            assert (await http.get("/readyz")).json()["postgres"] == "away"
            attempt = await house.attempt()
            for answer in (await http.get("/metrics"), await http.post(house.callback(attempt), json={})):
                assert answer.status_code == 503
                assert answer.headers["retry-after"] == "5"


async def test_the_figures_are_those_of_the_database(house: House, http: httpx.AsyncClient) -> None:
    await house.attempt()
    await house.generation()
    text = (await http.get("/metrics")).text
    found = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert found["neverdark_generations", "queued"] == 1
    assert found["neverdark_generations", "rendering"] == 1
    assert found["neverdark_attempts", "seedance.ark", "accepted"] == 1
    assert found["neverdark_credits", "balance"] == FREE - 20
    assert found["neverdark_credits", "held"] == 20
    assert found["neverdark_deliveries_due",] == 0
    assert 0 <= found["neverdark_due_lag_seconds", "generations"] < 60
    assert found["neverdark_generations_stalled", "asleep"] == 0


async def test_why_a_route_was_set_aside_is_in_the_figures(
    house: House, http: httpx.AsyncClient, database: str
) -> None:
    config = HealthConfig()
    async with open_pool(database, size_max=1) as pool, pool.acquire() as conn, conn.transaction():
        for n in range(3):
            facts = AttemptFacts(ref=AttemptRef(GenerationId(UUID(int=n)), 1), epoch=0)
            news = AttemptFailed(attempt=facts, error_class=ErrorClass.TIMEOUT, stage=Stage.RUN)
            await route_health.apply(conn, RouteKey("kling.api"), news, config=config, actor="test")
    text = (await http.get("/metrics")).text
    assert 'neverdark_route_state{route="kling.api",state="demoted"} 1.0' in text
    assert 'neverdark_route_transitions_total{reason="timeout",route="kling.api",to="demoted"} 1.0' in text


async def test_a_generation_that_does_not_move_is_in_the_figures(
    house: House, http: httpx.AsyncClient, database: str
) -> None:
    await house.generation()
    conn = await asyncpg.connect(database)
    await conn.execute("UPDATE generations SET wake_at = NULL")
    await conn.close()
    assert 'neverdark_generations_stalled{why="asleep"} 1.0' in (await http.get("/metrics")).text


FORWARDED = (
    "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Port", "X-Forwarded", "Forwarded", "Via",
    "X-Real-IP", "CF-Connecting-IP", "CF-Ray", "True-Client-IP", "X-Client-IP", "X-Cluster-Client-IP", "Client-IP",
    "X-Original-Host", "X-Envoy-External-Address", "X-Azure-ClientIP", "X-Amzn-Trace-Id", "Fly-Client-IP", "CDN-Loop",
    "X-Appengine-User-IP", "Fastly-Client-IP", "X-Vercel-Id", "X-Request-Id", "Proxy-Connection", "X-Some-New-Proxy",
)  # fmt: skip


@pytest.mark.parametrize("header", FORWARDED)
async def test_the_figures_are_not_for_who_comes_through_a_proxy(header: str, http: httpx.AsyncClient) -> None:
    assert (await http.get("/metrics", headers={header: ""})).status_code == 404


@pytest.mark.parametrize(
    ("peer", "status"),
    [
        *[(peer, 200) for peer in ("127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1")],
        *[(peer, 404) for peer in ("10.0.0.8", "203.0.113.9", "::ffff:10.0.0.8", "fe80::1%eth0", "testclient", "")],
    ],
)
async def test_the_figures_are_for_this_machine(house: House, peer: str, status: int) -> None:
    transport = httpx.ASGITransport(app=house.app(), client=(peer, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://video.test") as http:
        assert (await http.get("/metrics")).status_code == status
        scraper = {"user-agent": "Prometheus/3.5.0", "x-prometheus-scrape-timeout-seconds": "10", "accept": "*/*"}
        assert (await http.get("/metrics", headers=scraper)).status_code == status


async def test_the_figures_are_not_for_the_world(house: House) -> None:
    async with client(house.app(metrics_token="for prometheus")) as guarded:
        assert (await guarded.get("/metrics")).status_code == 404
        assert (await guarded.get("/metrics", headers={"authorization": "Bearer for prometheus"})).status_code == 200
