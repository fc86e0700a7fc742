"""The port that each process has for whoever watches it: two of a kind on one host, with a token or without."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import structlog.testing

from core import outages, probes
from core.db.errors import transaction
from core.db.pool import open_pool
from core.db.workers import seen
from core.domain.requests.terms import Terms
from core.domain.time_scale import REAL_TIME
from core.queue import Hints
from core.runtime import Runtime
from core.settings import Settings


@asynccontextmanager
async def runtime(database: str, redis_url: str, home: Path, **given: Any) -> AsyncIterator[Runtime]:
    hints = Hints(redis_url)
    async with open_pool(database, size_max=2) as pool:
        yield Runtime(
            pool=pool, hints=hints, terms=Terms(offers={}), redis_url=redis_url, time_scale=REAL_TIME,
            settings=Settings(neverdark_home=home, **given),
        )  # fmt: skip
    await hints.aclose()


def targets(home: Path) -> list[str]:
    """What Prometheus reads in the files of a host."""
    notes = sorted((home / "run" / "metrics").glob("*.json"))
    return [
        f"http://{target}" for note in notes for group in json.loads(note.read_text()) for target in group["targets"]
    ]


async def test_each_process_answers_on_a_port_of_its_own(database: str, redis_url: str, tmp_path: Path) -> None:
    async with runtime(database, redis_url, tmp_path) as run, httpx.AsyncClient() as http:
        async with probes.serving("worker", run) as probe, probes.serving("web", run):
            two = targets(tmp_path)
            assert len(set(two)) == 2
            told = {(await http.get(f"{one}/readyz")).json()["process"]: one for one in two}
            worker = told["worker"]
            assert (await http.get(f"{worker}/livez")).text == "ok\n"
            starting = await http.get(f"{worker}/readyz")
            assert (starting.status_code, starting.json()["state"]) == (503, "starting")
            assert "\nneverdark_ready 0.0" in (await http.get(f"{worker}/metrics")).text
            probe.ready = True
            assert "\nneverdark_ready 1.0" in (await http.get(f"{worker}/metrics")).text, "nobody has asked /readyz"
            ready = await http.get(f"{worker}/readyz")
            assert ready.status_code == 200
            assert ready.json() == {
                "process": "worker", "state": "ready", "postgres": "ok", "redis": "ok", "workers": "none is alive",
            }  # fmt: skip
            async with transaction(run.pool) as conn:
                await seen(conn, worker="worker:a", host="a", release="test")
            assert (await http.get(f"{worker}/readyz")).json()["workers"] == "1 alive"
            text = (await http.get(f"{worker}/metrics")).text
            assert 'neverdark_build_info{process="worker"' in text
            assert "neverdark_workers_alive 1.0" in text
            assert (await http.get(f"{worker}/other")).status_code == 404
        assert targets(tmp_path) == []


async def test_a_number_that_is_taken_is_no_reason_not_to_answer(database: str, redis_url: str, tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        async with runtime(database, redis_url, tmp_path, metrics_port=taken) as run, httpx.AsyncClient() as http:
            with structlog.testing.capture_logs() as said:
                async with probes.serving("worker", run):
                    (target,) = targets(tmp_path)
                    assert not target.endswith(f":{taken}")
                    assert (await http.get(f"{target}/livez")).status_code == 200
            assert "metrics.port_taken" in [line["event"] for line in said]


async def test_metrics_are_for_who_has_the_token(database: str, redis_url: str, tmp_path: Path) -> None:
    async with (
        runtime(database, redis_url, tmp_path, metrics_token="of-prometheus") as run,
        probes.serving("worker", run),
        httpx.AsyncClient() as http,
    ):
        (target,) = targets(tmp_path)
        assert (await http.get(f"{target}/metrics")).status_code == 404
        known = {"Authorization": "Bearer of-prometheus"}
        assert (await http.get(f"{target}/metrics", headers=known)).status_code == 200
        assert (await http.get(f"{target}/livez")).status_code == 200


async def test_who_says_nothing_or_too_much_is_hung_up_on(database: str, redis_url: str, tmp_path: Path) -> None:
    async with runtime(database, redis_url, tmp_path) as run, probes.serving("worker", run):
        (target,) = targets(tmp_path)
        host, _, port = target.removeprefix("http://").rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"GET / HTTP/1.1\r\nx: " + b"a" * 20_000)
        assert await reader.read() == b""
        writer.close()


def test_an_outage_is_one_line_at_its_start_and_one_at_its_end(monkeypatch: Any) -> None:
    now = 100.0
    monkeypatch.setattr("core.outages.time.monotonic", lambda: now)
    with structlog.testing.capture_logs() as said:
        outages.back("a-store")
        for _ in range(50):
            outages.away("a-store", "no route to host")
        outages.back("a-store")
        now += 2
        outages.away("a-store", "it flaps")
        outages.back("a-store")
        now += 60
        outages.back("a-store")
        outages.back("a-store")
    assert [(line["event"], line["server"]) for line in said] == [
        ("outage.began", "a-store"), ("outage.over", "a-store"),
    ]  # fmt: skip
    assert said[1]["lasted_s"] == 2.0


def test_an_outage_ends_although_nothing_more_is_asked_of_its_server(monkeypatch: Any) -> None:
    now = 100.0
    monkeypatch.setattr("core.outages.time.monotonic", lambda: now)
    with structlog.testing.capture_logs() as said:
        outages.away("a-store", "no route to host")
        now += 30
        outages.back("a-store")
        outages.settle()
        assert outages.open_ones() == {"a-store"}, "it may flap"
        now += 6
        outages.settle()
        outages.settle()
    assert [line["event"] for line in said] == ["outage.began", "outage.over"]
    assert (said[1]["lasted_s"], outages.open_ones()) == (30.0, frozenset())
