"""How soon a vendor's end is noticed, callbacks per second against a bare route, and a clip of 1 GB in flat memory.

    .venv/bin/python -m benchmarks.web [--videos 40] [--calls 4000] [--gigabytes 1]

Servers and clients are processes of their own on this machine, over loopback; callbacks come from 32 callers at once.
Postgres and Redis are fresh embedded ones, or those of DATABASE_URL (which must be empty and is written to) and
REDIS_URL. The last line has the ratio; how a vendor's end is measured is in `noticed.py`.
"""

import argparse
import asyncio
import json
import logging
import multiprocessing
import os
import resource
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.web import noticed
from core.db.generations import clip_links
from core.db.pool import open_pool, prepare
from core.domain.chat.addresses import Addresses
from core.domain.ids import RouteKey
from core.storage import ObjectStorage
from neverdark import embedded, state
from neverdark.migrate import migrate
from web.app import build

CALLERS = 32
ROUTE = RouteKey("seedance.ark")
BODY = json.dumps({"id": "cgt-1", "model": "m", "status": "succeeded", "content": {"video_url": "https://x/y.mp4"}})
ADDRESSES = Addresses(base="", secret="a secret of the benchmark")  # noqa: S106 - it keeps nothing


class NoHints:
    """Hints that cost nothing: Redis is not what is measured."""

    async def hint(self, generation_id: UUID, *, version: int) -> bool:
        return True

    async def ping(self) -> bool:
        return True


async def bare(request: Request) -> Response:
    await request.body()
    return JSONResponse({"ok": True})


def serve(dsn: str, folder: str, floor: bool, listener: socket.socket, pipe: Pipe) -> None:  # noqa: FBT001 - by spawn
    """One server process. Answers each word on the pipe with its peak of memory, in MB."""

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.INFO))

    async def run() -> None:
        async with open_pool(dsn, size_max=12) as pool:
            app: Any = Starlette(routes=[Route("/callbacks/{route}/{token}", bare, methods=["POST"])])
            if not floor:
                storage = ObjectStorage(f"file://{folder}")
                app = build(pool=pool, hints=NoHints(), storage=storage, labels={}, addresses=ADDRESSES)  # type: ignore[arg-type]  # a stand-in
            server = uvicorn.Server(uvicorn.Config(app, access_log=False, log_level="warning", lifespan="off"))
            serving = asyncio.create_task(server.serve(sockets=[listener]))
            while await asyncio.to_thread(pipe.recv) != "stop":
                pipe.send(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
            server.should_exit = True
            await serving

    asyncio.run(run())


@contextmanager
def served(dsn: str, folder: str, *, floor: bool) -> Iterator[tuple[int, Pipe]]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(1024)
        ours, theirs = multiprocessing.Pipe()
        context = multiprocessing.get_context("spawn")
        process = context.Process(target=serve, args=(dsn, folder, floor, listener, theirs))
        process.start()
        theirs.close()  # ours alone: a child that dies is an end of file, not a wait for ever
        ours.send("memory")
        ours.recv()
        yield listener.getsockname()[1], ours
        ours.send("stop")
        process.join(20)


async def call(port: int, paths: list[str], calls: int) -> tuple[float, float]:
    """Calls per second, and the 99th percentile of one in milliseconds."""
    took: list[float] = []

    async def caller(number: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for i in range(number, calls, CALLERS):
            head = f"POST {paths[i % len(paths)]} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            started = time.perf_counter()
            writer.write(f"{head}Content-Length: {len(BODY)}\r\n\r\n{BODY}".encode())
            answer = await reader.readuntil(b"}")
            took.append(time.perf_counter() - started)
            assert answer.startswith(b"HTTP/1.1 200"), answer
        writer.close()

    started = time.perf_counter()
    await asyncio.gather(*(caller(number) for number in range(CALLERS)))
    return calls / (time.perf_counter() - started), statistics.quantiles(took, n=100)[98] * 1000


async def seed(dsn: str, count: int) -> list[str]:
    """Attempts under way at a vendor; their callbacks' paths."""
    ids = [uuid4() for _ in range(count)]
    conn = await asyncpg.connect(dsn)
    await conn.execute(
        "WITH t AS (INSERT INTO team (free_amount, free_period, free_next) VALUES (0, '1 month', nd_now()) "
        "RETURNING id) "
        "INSERT INTO generations (id, team_id, member_id, platform, installation, place, request, tier, chain, prices, "
        " state, start_by, consumed) SELECT g, t.id, 1, 'p', 'i', 'c', '{\"prompt\": \"a fox\"}', 'pro', '{}', '{}', "
        " 'rendering', nd_now(), 0 FROM t, unnest($1::uuid[]) g",
        ids,
    )
    await conn.execute(
        "INSERT INTO attempts (generation_id, n, route, provider, model, external_id, fitted, state, send_deadline, "
        " wake_at) SELECT g, 1, $2, 'seedance', 'm', gen_random_uuid(), '{}', 'accepted', nd_now(), "
        " nd_now() + interval '1 hour' FROM unnest($1::uuid[]) g",
        ids,
        ROUTE,
    )
    await conn.close()
    return [ADDRESSES.callback(route=ROUTE, generation_id=one, n=1) for one in ids]


async def film(dsn: str, folder: Path, gigabytes: float) -> tuple[str, int]:
    """The path of a clip of this size, which is a hole on the disk."""
    size = int(gigabytes * (1 << 30))
    with (folder / "clip.mp4").open("wb") as file:
        file.truncate(size)
    conn = await asyncpg.connect(dsn)
    await prepare(conn)
    one = await conn.fetchval("SELECT id FROM generations LIMIT 1")
    clip = {"key": "clip.mp4", "sha256": "0", "size": size, "width": 1920, "height": 1080, "duration_s": 8.0}
    await conn.execute("UPDATE generations SET clip = $2 WHERE id = $1", one, clip)
    link = await clip_links.ensure(conn, one, days=1)
    await conn.close()
    assert link is not None
    return ADDRESSES.watch(link.id, until=link.expires_at) + ".mp4", size


async def watch(port: int, path: str) -> int:
    """Read a film; how many bytes it had."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200"), head
    count = 0
    while piece := await reader.read(1 << 20):
        count += len(piece)
    writer.close()
    return count


def measure(dsn: str, redis_url: str, folder: Path, *, videos: int, calls: int, gigabytes: float) -> None:
    migrate(dsn)
    for line in noticed.told(noticed.measure(dsn, redis_url, videos=videos)):
        print(line)
    fresh = asyncio.run(seed(dsn, calls))
    same = fresh[:1]
    with served(dsn, str(folder), floor=True) as (port, _):
        asyncio.run(call(port, same, calls // 4))
        floor, floor_ms = asyncio.run(call(port, fresh, calls))
    print(f"bare route            {floor:8.0f} /s   p99 {floor_ms:6.1f} ms")
    with served(dsn, str(folder), floor=False) as (port, pipe):
        asyncio.run(call(port, same, calls // 4))
        ours, ours_ms = asyncio.run(call(port, fresh, calls))
        print(f"callbacks, each new   {ours:8.0f} /s   p99 {ours_ms:6.1f} ms")
        again, again_ms = asyncio.run(call(port, fresh, calls))
        print(f"callbacks, doubled    {again:8.0f} /s   p99 {again_ms:6.1f} ms")
        path, size = asyncio.run(film(dsn, folder, gigabytes))
        pipe.send("memory")
        before = pipe.recv()
        started = time.perf_counter()
        assert asyncio.run(watch(port, path)) == size
        took_s = time.perf_counter() - started
        pipe.send("memory")
        after = pipe.recv()
    print(
        f"{gigabytes:g} GB by link          {size / took_s / (1 << 20):8.0f} MB/s  peak {before:.0f} -> {after:.0f} MB"
    )
    print(f"callbacks: {ours / floor:.2f} of a bare route; memory grew by {after - before:.0f} MB for {gigabytes:g} GB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--videos", type=int, default=40)
    parser.add_argument("--calls", type=int, default=4000)
    parser.add_argument("--gigabytes", type=float, default=1)
    asked = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with tempfile.TemporaryDirectory(prefix="nd-bench-") as name, ExitStack() as servers:
        home = state.open_home(Path(name) / "state")
        clips = Path(name) / "served"
        clips.mkdir()
        dsn, redis_url = os.environ.get("DATABASE_URL"), os.environ.get("REDIS_URL")
        if dsn is None:
            servers.enter_context(embedded.serving(embedded.postgres(home), log=home.run / "postgres.log"))
            dsn = embedded.postgres_url(home)
        if redis_url is None:
            servers.enter_context(embedded.serving(embedded.valkey(home), log=home.run / "redis.log"))
            redis_url = embedded.valkey_url(home)
        measure(dsn, redis_url, clips, videos=asked.videos, calls=asked.calls, gigabytes=asked.gigabytes)


if __name__ == "__main__":
    main()
