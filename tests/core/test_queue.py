"""Hints, one at a time and in a burst, and what stops with the queue: tasks that a single cancellation does not end."""

import asyncio
import time
from uuid import UUID, uuid4

import redis

from core.queue import CHANNEL, FALLBACK_S, Hints, run_hints, stop_tasks


async def test_hints_of_a_burst_go_together_and_each_arrives(redis_url: str) -> None:
    hints, sent, heard = Hints(redis_url), [uuid4() for _ in range(200)], set[UUID]()
    await hints.hint(sent[0], version=1)  # the connection is open
    with redis.Redis.from_url(redis_url) as server:
        before = int(server.info("commandstats")["cmdstat_zadd"]["calls"])
        calls = server.info("stats")["total_commands_processed"]
        assert all(await asyncio.gather(*(hints.hint(each, version=1) for each in sent)))
        assert int(server.info("commandstats")["cmdstat_zadd"]["calls"]) - before == len(sent)
        assert server.info("stats")["total_commands_processed"] - calls < 2 * len(sent) + 20, "a look for each"
    listening = asyncio.create_task(run_hints(redis_url, heard.add))
    async with asyncio.timeout(20):
        while heard != set(sent):  # noqa: ASYNC110 - what is waited for happens in arq
            await asyncio.sleep(0.01)
    await stop_tasks([listening])
    await hints.aclose()


async def test_who_listens_asks_seldom_and_hears_at_once(redis_url: str) -> None:
    hints, heard = Hints(redis_url), asyncio.Event()
    listening = asyncio.create_task(run_hints(redis_url, lambda _: heard.set()))
    with redis.Redis.from_url(redis_url) as server:
        async with asyncio.timeout(20):
            while not server.pubsub_numsub(CHANNEL)[0][1]:  # noqa: ASYNC110 - the server says who listens
                await asyncio.sleep(0.01)
        before, began = _looks(server), time.monotonic()
        async with asyncio.timeout(8 * FALLBACK_S):
            while _looks(server) < before + 3:  # noqa: ASYNC110 - the server counts them
                await asyncio.sleep(0.01)
        assert time.monotonic() - began > FALLBACK_S, "nothing was said"
        async with asyncio.timeout(20):
            assert await hints.hint(uuid4(), version=1) or await hints.hint(uuid4(), version=1)
            await heard.wait()
    await stop_tasks([listening])
    await hints.aclose()


def _looks(server: "redis.Redis") -> int:
    """How often the queue was looked at."""
    statistics = server.info("commandstats")
    assert isinstance(statistics, dict), "this client does not wait"
    return int(statistics.get("cmdstat_zrangebyscore", {"calls": 0})["calls"])


async def test_the_same_hint_twice_is_one_job_and_a_new_cause_another(redis_url: str) -> None:
    hints, one = Hints(redis_url), uuid4()
    for version in (1, 1, 2):
        assert await hints.hint(one, version=version)
    with redis.Redis.from_url(redis_url) as server:
        assert server.zcard("arq:neverdark") == 2
    await hints.aclose()


async def test_without_redis_a_burst_is_told_so_and_nothing_waits() -> None:
    hints = Hints("redis://127.0.0.1:1/0")
    async with asyncio.timeout(3):
        assert not any(await asyncio.gather(*(hints.hint(uuid4(), version=1) for _ in range(50))))
        assert not await hints.hint(uuid4(), version=1)
    await hints.aclose()


async def _stubborn(times: int) -> None:
    """Swallows so many cancellations, as arq and redis-py do now and then."""
    for _ in range(times):
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            continue
    await asyncio.sleep(3600)


async def _broken() -> None:
    raise OSError("gone")


async def test_a_task_that_swallows_a_cancellation_is_stopped_all_the_same() -> None:
    task = asyncio.create_task(_stubborn(1))
    await asyncio.sleep(0)
    await stop_tasks([task], again_s=0.05)
    assert task.cancelled()


async def test_what_has_ended_already_is_no_trouble_however_it_ended() -> None:
    task = asyncio.create_task(_broken())
    await asyncio.wait({task})
    await stop_tasks([task])
    await stop_tasks([])


async def test_a_task_that_never_ends_is_let_go_of() -> None:
    task = asyncio.create_task(_stubborn(5))
    await asyncio.sleep(0)
    await stop_tasks([task], again_s=0.01)
    assert not task.done()
    task.cancel()
    await asyncio.wait({task})
    assert task.cancelled()
