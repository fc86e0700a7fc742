"""One look a second for claim loops that rest: it wakes those that have something due, at the moment when it is."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from core.db.generations.next_due import NextDue, next_due
from core.db.pool import Connection
from tests.worker.sim import world
from tests.worker.test_claim_loop import SOON_S, Rows, at_work, until
from worker import due_watch
from worker.claim_loop import GATHER_S, IDLE_MOST_S, ClaimLoop
from worker.dispatcher import ClaimLimits, Dispatcher
from worker.due_watch import LOOK_EVERY_S, DueWatch
from worker.quiet import Quiet

NOTHING = NextDue(generations=None, attempts=None, deliveries=None, queues=False)


class Crew:
    """Three claim loops that do not run: what wakes them stays to be seen."""

    def __init__(self) -> None:
        rows = Rows()
        self.loops = {
            kind: ClaimLoop(room=1, claim=rows.claim, work=rows.work)
            for kind in ("generations", "attempts", "deliveries")
        }
        self.pressed = False
        self.no_removals = Quiet()

    def woken(self, found: NextDue) -> tuple[set[str], float]:
        watch = DueWatch(
            None,  # type: ignore[arg-type]  # nobody asks it
            **self.loops,
            is_pressed=lambda: self.pressed,
            no_removals=self.no_removals,
        )
        again_s = watch.wake(found)
        return {kind for kind, loop in self.loops.items() if loop._look.is_set()}, again_s


@pytest.mark.parametrize("kind", ["generations", "attempts", "deliveries"])
def test_a_loop_is_woken_for_what_is_due_and_no_other(kind: str) -> None:
    due = {name: getattr(NOTHING, name) for name in ("generations", "attempts", "deliveries")}
    assert Crew().woken(NextDue(**{**due, kind: -0.5}, queues=False)) == ({kind}, LOOK_EVERY_S)
    assert Crew().woken(NextDue(**{**due, kind: 0.3}, queues=False)) == (set(), 0.3 + GATHER_S)
    assert Crew().woken(NextDue(**{**due, kind: 60.0}, queues=False)) == (set(), LOOK_EVERY_S)


def test_who_waits_in_a_queue_or_to_be_given_back_wakes_the_loop_of_generations() -> None:
    assert Crew().woken(NextDue(generations=None, attempts=None, deliveries=None, queues=True))[0] == {"generations"}
    crew = Crew()
    assert crew.woken(NOTHING)[0] == set()
    crew.pressed = True
    assert crew.woken(NOTHING)[0] == {"generations"}


def test_the_loop_of_removals_asks_nothing_while_there_is_none() -> None:
    crew = Crew()
    assert not crew.no_removals.is_on(), "before the first look it asks by itself"
    for due_in_s in (None, 60.0):
        crew.woken(replace(NOTHING, removals=due_in_s))
        assert crew.no_removals.is_on(), due_in_s
    for due_in_s in (0.0, -5.0):
        crew.woken(replace(NOTHING, removals=due_in_s))
        assert not crew.no_removals.is_on(), due_in_s


async def test_a_loop_says_that_it_rests_only_when_its_own_looks_are_far_apart() -> None:
    rows = Rows()
    async with at_work(rows, room=10) as claim_loop:
        claim_loop._idle_most_s = 10 * IDLE_MOST_S
        assert not claim_loop.rests
        while not claim_loop.rests:
            claim_loop.look()
            await asyncio.sleep(0.001)
        rows.due = 1
        claim_loop.look()
        await until(lambda: rows.worked == 1)
        await until(lambda: not claim_loop.rests)


async def test_what_is_due_is_read_in_one_statement(database: str, tmp_path: Path, clip: Path) -> None:
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        assert await next_due(sim.admin) == NOTHING
        await sim.ask()
        found = await next_due(sim.admin)
    assert found.generations is not None
    assert found.generations <= 0


async def test_an_idle_worker_asks_once_a_second_and_begins_with_what_nobody_hints_at(
    database: str, tmp_path: Path, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = 0

    async def counted(conn: Connection) -> NextDue:
        nonlocal asked
        asked += 1
        return await next_due(conn)

    monkeypatch.setattr(due_watch, "next_due", counted)
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        dispatcher, stopping = Dispatcher(sim.ctx, room=ClaimLimits()), asyncio.Event()
        loops = (dispatcher._generations, dispatcher._attempts, dispatcher._deliveries)
        running = asyncio.create_task(dispatcher.run(stopping))
        await until(lambda: all(loop.rests for loop in loops))
        before, began = asked, asyncio.get_running_loop().time()
        await until(lambda: asked >= before + 3)
        assert sim.ctx.no_removals.is_on()
        assert asyncio.get_running_loop().time() - began >= 2 * 0.8 * LOOK_EVERY_S
        await sim.ask()  # nobody gives a hint
        async with asyncio.timeout(SOON_S):
            while not await sim.admin.fetchval("SELECT fence FROM generations"):  # noqa: ASYNC110 - a row says so
                await asyncio.sleep(0.02)
        stopping.set()
        await running
