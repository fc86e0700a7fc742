"""Admissions of a route wait for one another without keeping the connections of everything else."""

import asyncio
from pathlib import Path

from tests.worker.sim import Sim, world
from tests.worker.test_claim_loop import SOON_S
from worker.context import ADMITTED_AT_ONCE
from worker.dispatcher import ClaimLimits, Dispatcher

ASKED = 8
WAITING = """
SELECT count(*) FROM pg_stat_activity
 WHERE wait_event_type = 'Lock' AND datname = current_database() AND query ~ 'lock_route_for_admission'
"""
ANSWERED = "SELECT count(*) FROM attempts WHERE state <> 'intended'"


def _held_back(sim: Sim) -> int:
    return sum(len(gate._waiters or ()) for gate in sim.ctx.admitting.values())


async def test_few_of_a_process_wait_before_the_lock_of_a_route(database: str, tmp_path: Path, clip: Path) -> None:
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        for number in range(ASKED):
            sim.run_n = number + 1  # another event, and the same routes
            await sim.ask()
        dispatcher, stopping = Dispatcher(sim.ctx, room=ClaimLimits()), asyncio.Event()
        async with sim.admin.transaction():
            await sim.admin.execute("SELECT FROM provider_health FOR UPDATE")
            running = asyncio.create_task(dispatcher.run(stopping))
            async with asyncio.timeout(SOON_S):
                while _held_back(sim) < ASKED - ADMITTED_AT_ONCE:  # noqa: ASYNC110 - the gates say so
                    await asyncio.sleep(0.01)
            assert await sim.admin.fetchval(WAITING) <= ADMITTED_AT_ONCE
        async with asyncio.timeout(SOON_S):
            while await sim.admin.fetchval(ANSWERED) < ASKED:  # noqa: ASYNC110 - rows say so
                await asyncio.sleep(0.01)
        stopping.set()
        await running
