"""How soon: from a person's command to the vendor's being asked, and from the vendor's end to the thread."""

import asyncio
import time
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import httpx

from benchmarks.engine.flight import opened
from benchmarks.engine.vendor import Vendor, vendor
from benchmarks.engine.worker import terms, worker
from benchmarks.engine.world import ROUTE, World, all_done, asked, clear, learn, session, until
from core.db.generations import callbacks
from core.db.generations.deliveries import key_of
from core.db.pool import Pool, open_pool
from core.domain.chat.delivery import Kind
from core.queue import Hints
from core.usecases.requests.submit import submit

APART_S = 0.2
TAKES_S = (2.5, 4.5)


async def latency(world: World, *, videos: int) -> tuple[list[str], list[tuple[str, float, float, bool]]]:
    """Both ways: with vendors that call back, and by polls alone."""
    lines: list[str] = []
    verdicts: list[tuple[str, float, float, bool]] = []
    with vendor(world.clip, core=1) as shop:
        floor_ms = await _by_hand(shop, Path(world.home.path), videos=videos)
        lines.append(f"  fetched and written by hand          {_told(floor_ms)}   (the floor)")
        for name, calls_back in (
            ("vendor done -> in thread, called", True),
            ("vendor done -> in thread, polled", False),
        ):
            asked_ms, added_ms = await _through_the_engine(world, shop, videos=videos, calls_back=calls_back)
            lines.append(f"  {name:36} {_told(added_ms)}   {median(added_ms) / median(floor_ms):.1f} x the floor")
            if calls_back:
                lines.append(f"  accepted -> vendor asked             {_told(asked_ms)}")
                verdicts.append(("accepted -> vendor asked, p50 ms", median(asked_ms), 60.0, True))
    return lines, verdicts


def _told(each_ms: list[float]) -> str:
    return f"p50 {median(each_ms):7.0f} ms   p95 {quantiles(each_ms, n=20)[18]:7.0f} ms"


async def _by_hand(shop: Vendor, folder: Path, *, videos: int) -> list[float]:
    """The floor: milliseconds to fetch and write each file, for somebody who knows of the end at once."""
    took_ms: list[float] = []
    async with httpx.AsyncClient() as http:
        for _ in range(videos):
            began = time.perf_counter()
            clip = (await http.get(f"{shop.base_url}/clip.mp4")).content
            await asyncio.to_thread((folder / "by-hand.mp4").write_bytes, clip)
            took_ms.append((time.perf_counter() - began) * 1000)
    return took_ms


async def _through_the_engine(
    world: World, shop: Vendor, *, videos: int, calls_back: bool
) -> tuple[list[float], list[float]]:
    """Milliseconds from command to vendor, and from the vendor's end to the thread, of each video."""
    word = "called" if calls_back else "polled"
    asked_at: dict[str, float] = {}
    keys: dict[str, str] = {}
    hints = Hints(world.redis_url)
    async with session(world.dsn) as conn, open_pool(world.dsn, size_max=4) as pool:
        await clear(conn)
        await learn(conn, p5_s=2.0, p50_s=3.5, p95_s=20.0)
        with worker(world, vendor=shop.base_url, core=0) as process:
            calling: set[asyncio.Task[None]] = set()
            ids = []
            for n in range(videos):
                command = asked(f"{word} {n}", takes_s=TAKES_S[0] + (TAKES_S[1] - TAKES_S[0]) * n / videos)
                prompt = command.request.prompt
                told = await submit(command, pool=pool, terms=terms(), owner="bot")
                asked_at[prompt] = time.time()
                await hints.hint(told.generation_id, version=told.version)
                await opened(pool, told)
                keys[prompt] = key_of(told.generation_id, Kind.RESULT).hex
                ids.append(told.generation_id)
                if calls_back:
                    calling.add(asyncio.create_task(_call_back(pool, hints, shop, prompt, told.generation_id)))
                await asyncio.sleep(APART_S)
            await until(lambda: all_done(conn, ids), within_s=120)
            await asyncio.gather(*calling)
            said_at: dict[str, float] = process.told()["said_at"]
    await hints.aclose()
    known = shop.told()
    to_vendor = [
        (known["asked_at"][prompt] - at) * 1000 for prompt, at in asked_at.items() if prompt in known["asked_at"]
    ]
    to_thread = [(said_at[key] - known["ended_at"][prompt]) * 1000 for prompt, key in keys.items() if key in said_at]
    return to_vendor, to_thread


async def _call_back(pool: Pool, hints: Hints, shop: Vendor, prompt: str, generation_id: Any) -> None:
    """What the web process does when the vendor calls at the end of its task."""

    async def task_ends() -> float | None:
        ends: dict[str, float] = shop.told()["ended_at"]
        return ends.get(prompt)

    ends_at = await until(task_ends, within_s=30, every_s=0.5)
    await asyncio.sleep(max(0.0, ends_at - time.time()))
    async with pool.acquire() as conn:
        noted = await callbacks.note(conn, generation_id=generation_id, n=1, route=ROUTE)
    if noted.version is not None:
        await hints.hint(generation_id, version=noted.version)
