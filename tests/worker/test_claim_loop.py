"""How a claim loop claims: in batches, when something may be due, and never more than it has room for."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from core.db.errors import DatabaseAway
from worker.claim_loop import BATCH_MAX, GATHER_S, ClaimLoop

SOON_S = 30.0


class Rows:
    """Rows that are due, and what a claim loop asked for."""

    def __init__(self, due: int = 0) -> None:
        self.due = due
        self.asked: list[int] = []
        self.asked_at: list[float] = []
        self.worked = 0
        self.most_at_once = 0
        self.at_once = 0
        self.away = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def claim(self, limit: int) -> list[int]:
        self.asked.append(limit)
        self.asked_at.append(asyncio.get_running_loop().time())
        if self.away:
            self.away -= 1
            raise DatabaseAway(unclear=False)
        count = min(limit, self.due)
        self.due -= count
        return list(range(count))

    async def work(self, row: int) -> None:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await self.gate.wait()
        self.at_once -= 1
        self.worked += 1


async def until(what: Callable[[], bool]) -> None:
    async with asyncio.timeout(SOON_S):
        while not what():  # noqa: ASYNC110 - what is waited for is a number
            await asyncio.sleep(0.001)


@asynccontextmanager
async def at_work(rows: Rows, *, room: int) -> AsyncIterator[ClaimLoop[int]]:
    claim_loop, stopping = ClaimLoop(room=room, claim=rows.claim, work=rows.work), asyncio.Event()
    running = asyncio.create_task(claim_loop.run(stopping))
    try:
        yield claim_loop
    finally:
        stopping.set()
        claim_loop.look()
        await soon(running)
        await claim_loop.finish(SOON_S)


async def soon(waited: Awaitable[None]) -> None:
    async with asyncio.timeout(SOON_S):
        await waited


async def test_no_more_is_worked_on_at_once_than_there_is_room_for() -> None:
    rows = Rows(due=50)
    async with at_work(rows, room=7):
        await until(lambda: rows.worked == 50)
    assert rows.most_at_once <= 7
    assert max(rows.asked) <= 7


async def test_a_claim_loop_that_is_full_goes_on_as_soon_as_it_has_room_and_not_a_row_at_a_time() -> None:
    rows = Rows(due=20)
    rows.gate.clear()
    async with at_work(rows, room=10):
        await until(lambda: rows.at_once == 10)
        assert rows.asked == [10], "nothing is claimed that nobody can work on"
        rows.gate.set()
        await until(lambda: rows.worked == 20)
    assert rows.asked[:2] == [10, 10], "what was finished together makes room together"


async def test_what_is_left_over_by_a_full_batch_is_claimed_at_once() -> None:
    rows = Rows(due=BATCH_MAX + 1)
    async with at_work(rows, room=BATCH_MAX * 2):
        await until(lambda: rows.worked == BATCH_MAX + 1)
    assert rows.asked[:2] == [BATCH_MAX, BATCH_MAX]


async def test_whoever_is_finished_calls_for_no_claim_while_there_is_room() -> None:
    rows = Rows(due=30)
    async with at_work(rows, room=100) as claim_loop:
        await until(lambda: rows.worked == 30)
        asked = len(rows.asked)
        assert not claim_loop._look.is_set()
        assert asked <= 2


async def test_words_that_come_close_together_share_a_claim() -> None:
    rows = Rows()
    async with at_work(rows, room=10) as claim_loop:
        for _ in range(200):
            claim_loop.look()
            await asyncio.sleep(0)
            await asyncio.sleep(0.0005)
    apart = [later - earlier for earlier, later in zip(rows.asked_at, rows.asked_at[1:], strict=False)]
    assert min(apart) >= GATHER_S * 0.9


async def test_a_word_is_heard_although_nothing_was_due_for_long() -> None:
    rows = Rows()
    async with at_work(rows, room=10) as claim_loop:
        await until(lambda: len(rows.asked) > 3)
        rows.due = 1
        claim_loop.look()
        await until(lambda: rows.worked == 1)


async def test_a_claim_loop_that_knows_when_the_next_row_is_due_does_not_sleep_over_it() -> None:
    rows = Rows()

    async def claim(limit: int) -> list[int]:
        claimed = await rows.claim(limit)
        claim_loop.expect(0.001)
        return claimed

    claim_loop, stopping = ClaimLoop(room=10, claim=claim, work=rows.work), asyncio.Event()
    running = asyncio.create_task(claim_loop.run(stopping))
    await until(lambda: len(rows.asked) > 100)  # of a loop that knows nothing this would take over a minute
    stopping.set()
    claim_loop.look()
    await soon(running)


async def test_a_database_that_is_away_ends_no_claim_loop() -> None:
    rows = Rows(due=3)
    rows.away = 2
    async with at_work(rows, room=10) as claim_loop:
        await until(lambda: len(rows.asked) >= 1)
        claim_loop.look()
        await until(lambda: rows.worked == 3)


async def test_a_stop_leaves_what_is_in_hand_to_finish_and_claims_nothing_more() -> None:
    rows = Rows(due=5)
    rows.gate.clear()
    claim_loop, stopping = ClaimLoop(room=5, claim=rows.claim, work=rows.work), asyncio.Event()
    running = asyncio.create_task(claim_loop.run(stopping))
    await until(lambda: rows.at_once == 5)
    rows.due = 5
    stopping.set()
    claim_loop.look()
    await soon(running)
    rows.gate.set()
    assert await claim_loop.finish(SOON_S) == 0
    assert (rows.worked, rows.due) == (5, 5)
