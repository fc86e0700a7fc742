"""The floor: plain arq, one job a workflow, one UPDATE a step. `steps` runs it with DSN, Redis and a number."""

import asyncio
import json
import sys
import time
from typing import Any

import asyncpg
from arq.connections import ArqRedis
from arq.worker import Worker, func
from redis.asyncio import ConnectionPool

QUEUE = "arq:bench"


async def main() -> None:
    dsn, redis_url, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    left = count
    done = asyncio.Event()
    async with asyncpg.create_pool(dsn, min_size=12, max_size=12) as pool:
        await pool.execute("CREATE TABLE work (id int PRIMARY KEY, step int NOT NULL) WITH (fillfactor = 70)")
        await pool.execute("INSERT INTO work SELECT n, 0 FROM generate_series(0, $1 - 1) n", count)

        async def work(ctx: dict[str, Any], n: int) -> None:
            nonlocal left
            for step in range(1, 7):
                if step in {3, 4, 5}:
                    await asyncio.sleep(1)
                await pool.execute("UPDATE work SET step = $2 WHERE id = $1", n, step)
            left -= 1
            if left == 0:
                done.set()

        redis = ArqRedis(ConnectionPool.from_url(redis_url), default_queue_name=QUEUE)
        worker = Worker(
            functions=[func(work, name="work", keep_result=0)],
            queue_name=QUEUE, redis_pool=redis, handle_signals=False, max_jobs=1000, queue_read_limit=5000,
            poll_delay=0.05, keep_result=0, log_results=False,
        )  # fmt: skip
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        began = time.perf_counter()
        for n in range(count):
            await redis.enqueue_job("work", n)
        running = asyncio.create_task(worker.async_run())
        await done.wait()
        print(json.dumps({"took_s": time.perf_counter() - began}), flush=True)
        running.cancel()
        await asyncio.wait({running}, timeout=2)


if __name__ == "__main__":
    asyncio.run(main())
