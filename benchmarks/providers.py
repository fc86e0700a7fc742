"""CPU time of one poll through our adapters against a bare httpx GET of the same body; how many requests polling in
company saves; 500 MB fetched in flat memory.

    .venv/bin/python benchmarks/providers.py [--rounds 12] [--polls 200] [--megabytes 500]

The vendors' side is a process of its own on this machine, over loopback, with kept connections and eight polls at once
on both sides. Rounds are interleaved: the floor, then each adapter, again and again; a ratio is of two neighbours, and
the median of them is printed. The download runs in a fresh process, whose peak of resident memory is its own.
"""

import argparse
import asyncio
import contextlib
import json
import multiprocessing
import random
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any

import httpx

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from core.domain.generations.polling import first_poll_s, next_poll_s, spread_s, together_s
from core.domain.generations.remote_clip import RemoteClip
from core.domain.ids import RouteKey
from core.http.client import MIB, HttpSettings
from core.ports import TaskRunning, VideoRoute
from core.providers.adapter import RouteConfig
from core.providers.registry import build
from worker.polls import WINDOW_S, Polls

AT_ONCE = 8
KLING_TASKS = 500
TASK = "cgt-20261122190000-k7f2p"
ARK = {
    "id": TASK, "model": "seedance-1-5-pro-251215", "status": "running", "created_at": 1795374000,
    "updated_at": 1795374000, "service_tier": "default", "execution_expires_after": 172800, "seed": 4711,
    "resolution": "720p", "ratio": "16:9", "duration": 5, "framespersecond": 24, "generate_audio": False,
}  # fmt: skip
KLING = {
    "code": 0, "message": "SUCCEED", "request_id": "req-2",
    "data": [{"id": TASK, "status": "processing", "message": "", "external_id": "job-42",
              "create_time": 1795374000000, "update_time": 1795374090000}],
}  # fmt: skip
GEMINI = {"name": f"models/veo/operations/{TASK}", "metadata": {"@type": "type.googleapis.com/x"}}
DASHSCOPE = {
    "request_id": "7f4c",
    "output": {"task_id": TASK, "task_status": "RUNNING", "submit_time": "2026-11-22 19:00:00.123",
               "scheduled_time": "2026-11-22 19:00:01.004"},
}  # fmt: skip
POLLS: dict[str, tuple[str, dict[str, Any]]] = {
    "seedance.ark": (f"/contents/generations/tasks/{TASK}", ARK),
    "kling.api": (f"/tasks?task_ids={TASK}", KLING),
    "veo.gemini": (f"/v1beta/models/veo/operations/{TASK}", GEMINI),
    "wan.dashscope": (f"/tasks/{TASK}", DASHSCOPE),
}
"""What is asked at a poll of these routes, and the answer to it."""
TASK_IDS = {"veo.gemini": f"models/veo/operations/{TASK}"}


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, film_bytes: int) -> None:
    """One connection of the vendors': `/{route}/…` is a poll, `/film` a file of zeros."""
    bodies = {route: json.dumps(body).encode() for route, (_, body) in POLLS.items()}
    zeros = bytes(MIB)
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            route = head.split(b"/", 2)[1].split(b" ", 1)[0].decode()
            if route == "film":
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: video/mp4\r\ncontent-length: %d\r\n\r\n" % film_bytes)
                for begin in range(0, film_bytes, MIB):
                    writer.write(zeros[: film_bytes - begin])
                    await writer.drain()
                continue
            body = bodies[route]
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body))
            writer.write(body)
            await writer.drain()


def vendors(film_bytes: int, pipe: Pipe) -> None:
    """The vendors' process: says its port, and serves until it is told to stop."""

    async def serve() -> None:
        def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Awaitable[None]:
            return answer(reader, writer, film_bytes=film_bytes)

        server = await asyncio.start_server(handle, "127.0.0.1", 0)
        pipe.send(server.sockets[0].getsockname()[1])
        await asyncio.to_thread(pipe.recv)

    with contextlib.suppress(asyncio.CancelledError):
        asyncio.run(serve())


@contextlib.contextmanager
def served(film_bytes: int) -> Iterator[str]:
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=vendors, args=(film_bytes, theirs))
    process.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}"
    finally:
        ours.send("stop")
        process.join(20)


@contextlib.asynccontextmanager
async def routes(base_url: str) -> AsyncIterator[dict[str, VideoRoute]]:
    config = {
        RouteKey(route): RouteConfig(api_key="k", base_url=f"{base_url}/{route}", allow_private=True) for route in POLLS
    }
    registry = build(config)
    yield {route: registry.routes[RouteKey(route)] for route in POLLS}
    await registry.aclose()


async def cpu_s(one: Callable[[], Awaitable[object]], count: int) -> float:
    """CPU seconds of this process for one call, with several under way at once."""

    async def some() -> None:
        for _ in range(count // AT_ONCE):
            await one()

    started = time.process_time()
    await asyncio.gather(*(some() for _ in range(AT_ONCE)))
    return (time.process_time() - started) / (count // AT_ONCE * AT_ONCE)


async def polls(base_url: str, *, rounds: int, count: int) -> dict[str, list[tuple[float, float]]]:
    """By route, for each round: the floor's CPU seconds and ours."""
    took: dict[str, list[tuple[float, float]]] = {route: [] for route in POLLS}
    async with routes(base_url) as adapters, httpx.AsyncClient() as client:
        for number in range(rounds + 1):
            for route, adapter in adapters.items():
                address = f"{base_url}/{route}{POLLS[route][0]}"

                async def bare(address: str = address) -> None:
                    response = await client.get(address, headers={"authorization": "Bearer k"})
                    assert response.status_code == 200

                async def ours(adapter: VideoRoute = adapter, route: str = route) -> None:
                    assert isinstance(await adapter.poll(TASK_IDS.get(route, TASK)), TaskRunning)

                pair = await cpu_s(bare, count), await cpu_s(ours, count)
                if number:  # the first round opens the connections
                    took[route].append(pair)
    return took


def moments(*, tasks: int, together: bool, seed: int = 1) -> dict[int, list[str]]:
    """When so many Kling tasks that began within a minute are polled until their ends, in windows of 20 ms.

    The pauses are the engine's own, for a route whose videos take one to two minutes.
    """
    dice = random.Random(seed)
    found: dict[int, list[str]] = {}
    for number in range(tasks):
        began, takes_s = dice.uniform(0, 60), dice.uniform(60, 120)
        at, n = first_poll_s(p5_s=60.0, seed=number), 0
        at = together_s(began, at) if together else at
        while True:
            found.setdefault(int((began + at) / WINDOW_S), []).append(f"{8_890_000 + number}")
            if at >= takes_s:
                break
            pause_s = next_poll_s(elapsed_s=at, p5_s=60.0, p95_s=120.0)
            n += 1
            at += together_s(began + at, pause_s) if together else spread_s(pause_s, seed=number * 7919 + n * 389)
    return found


async def together(tasks: int) -> tuple[int, int]:
    """Requests for all polls of these tasks: one by one, and by list."""
    requests = 0

    def answer(request: httpx.Request) -> httpx.Response:
        nonlocal requests
        requests += 1
        named = request.url.params["task_ids"].split(",")
        return httpx.Response(200, json={**KLING, "data": [{"id": one, "status": "processing"} for one in named]})

    key = RouteKey("kling.api")
    registry = build({key: RouteConfig(api_key="k")}, wiring=HttpSettings(transport=httpx.MockTransport(answer)))
    polling = Polls(window_s=0)
    for asked in moments(tasks=tasks, together=True).values():
        await asyncio.gather(*(polling.ask(registry.routes[key], task) for task in asked))
    await registry.aclose()
    return sum(map(len, moments(tasks=tasks, together=False).values())), requests


def download(base_url: str, to: str, pipe: Pipe) -> None:
    """One download in a process of its own: tells its memory before and at its peak, and how long it took."""

    async def fetch() -> None:
        async with routes(base_url) as adapters:
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            started = time.perf_counter()
            clip = RemoteClip(url=f"{base_url}/film")
            await adapters["seedance.ark"].download(TASK, clip, to=Path(to))
            took_s = time.perf_counter() - started
            pipe.send((before, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, took_s))

    asyncio.run(fetch())


def downloaded(base_url: str, folder: Path, film_bytes: int) -> tuple[float, float, float]:
    ours, theirs = multiprocessing.Pipe()
    to = folder / "film.mp4"
    process = multiprocessing.get_context("spawn").Process(target=download, args=(base_url, str(to), theirs))
    process.start()
    theirs.close()
    facts: tuple[float, float, float] = ours.recv()
    process.join(20)
    assert to.stat().st_size == film_bytes
    return facts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--polls", type=int, default=200)
    parser.add_argument("--megabytes", type=int, default=500)
    asked = parser.parse_args()
    film_bytes = asked.megabytes * MIB
    with served(film_bytes) as base_url, tempfile.TemporaryDirectory(prefix="nd-bench-") as folder:
        took = asyncio.run(polls(base_url, rounds=asked.rounds, count=asked.polls))
        ratios = {}
        for route, pairs in took.items():
            bare, ours = (statistics.median(side) * 1e6 for side in zip(*pairs, strict=True))
            each = [b / a for a, b in pairs]
            ratios[route] = statistics.median(each)
            print(
                f"{route:14} bare GET {bare:6.0f} µs   our poll {ours:6.0f} µs   "
                f"ratio {ratios[route]:.2f} ({min(each):.2f}–{max(each):.2f})"
            )
        before, peak, took_s = downloaded(base_url, Path(folder), film_bytes)
    print(
        f"{asked.megabytes} MB to disk  {asked.megabytes / took_s:6.0f} MB/s   resident {before:.0f} -> {peak:.0f} MB"
    )
    alone, listed = asyncio.run(together(KLING_TASKS))
    print(
        f"{KLING_TASKS} Kling tasks: {alone} polls one by one, {listed} requests by list, "
        f"{alone / listed:.0f} times fewer"
    )
    worst = max(ratios.values())
    print(
        f"a poll costs {worst:.2f} of a bare GET's CPU time; a download of {asked.megabytes} MB peaks at {peak:.0f} MB"
    )
    if alone < 10 * listed:
        sys.exit("polling by list saves too little: ten times fewer requests is the bound")
    if peak >= 100:
        sys.exit("the download is not flat: 100 MB is the bound")


if __name__ == "__main__":
    main()
