"""A peer: DBOS, one async workflow of six steps. Run by `benchmarks.engine.steps`; it gets DSN, Redis and a number."""

import asyncio
import json
import sys
import time

from dbos import DBOS, SetWorkflowID  # type: ignore[import-not-found,unused-ignore]  # only where it is installed


@DBOS.step()  # type: ignore[untyped-decorator,unused-ignore]  # as above
async def step(n: int) -> int:
    return n


@DBOS.workflow()  # type: ignore[untyped-decorator,unused-ignore]  # as above
async def work(n: int) -> int:
    await step(1)
    await step(2)
    for poll in range(3):
        await DBOS.sleep_async(1)
        await step(3 + poll)
    return int(await step(6))


async def main() -> None:
    dsn, count = sys.argv[1], int(sys.argv[3])
    DBOS(config={"name": "bench", "system_database_url": dsn, "log_level": "ERROR", "run_admin_server": False})
    DBOS.launch()
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    began = time.perf_counter()

    async def one(n: int) -> None:
        with SetWorkflowID(f"bench-{n}"):
            handle = await DBOS.start_workflow_async(work, n)
        await handle.get_result()

    await asyncio.gather(*(one(n) for n in range(count)))
    print(json.dumps({"took_s": time.perf_counter() - began}), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
