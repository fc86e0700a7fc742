"""A peer: procrastinate, one job a step. Run by `benchmarks.engine.steps`; it gets DSN, Redis and a number."""

import asyncio
import json
import sys
import time

from procrastinate import App, PsycopgConnector  # type: ignore[import-not-found,unused-ignore]  # only where installed


async def main() -> None:
    dsn, count = sys.argv[1], int(sys.argv[3])
    left = count
    done = asyncio.Event()
    app = App(connector=PsycopgConnector(conninfo=dsn, min_size=4, max_size=16))

    @app.task(name="step")  # type: ignore[untyped-decorator,unused-ignore]  # only where it is installed
    async def step(n: int, i: int) -> None:
        nonlocal left
        if i == 6:
            left -= 1
            if left == 0:
                done.set()
            return
        pause = {"schedule_in": {"seconds": 1}} if i in {2, 3, 4} else {}
        await step.configure(**pause).defer_async(n=n, i=i + 1)

    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        began = time.perf_counter()
        await step.batch_defer_async(*({"n": n, "i": 1} for n in range(count)))
        running = asyncio.create_task(
            app.run_worker_async(
                concurrency=100, fetch_job_polling_interval=0.1, delete_jobs="always", install_signal_handlers=False
            )
        )
        await done.wait()
        print(json.dumps({"took_s": time.perf_counter() - began}), flush=True)
        running.cancel()
        await asyncio.wait({running}, timeout=2)


if __name__ == "__main__":
    asyncio.run(main())
