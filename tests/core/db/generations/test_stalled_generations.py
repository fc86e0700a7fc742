"""Each way in which a generation can fail to move is found and named; what waits as it should is not."""

import pytest

from core.db.generations import stalled_generations
from core.db.generations.stalled_generations import Stall
from core.db.pool import Pool, open_pool
from core.domain.ids import ChannelId, Installation, PlatformName, Thread, UserId
from core.domain.requests.request import VideoRequest
from core.usecases.requests.submit import VideoCommand, submit
from tests.core.terms import terms

OLD = "nd_now() - interval '26 hours'"
DELIVERING = "state = 'delivering', outcome = 'failed', settled = 0, wake_at = NULL"
RESULT = (
    "INSERT INTO deliveries (generation_id, kind, key, state, wake_at) "
    "SELECT id, 'result', gen_random_uuid(), '{state}', {wake_at} FROM generations"
)


@pytest.fixture
async def house(database: str):
    async with open_pool(database, size_max=2) as pool:
        await _ask(pool)
        yield pool


async def _ask(pool: Pool) -> None:
    order = VideoCommand(
        platform=PlatformName("slack"),
        installation=Installation("T1"),
        channel=ChannelId("C1"),
        user=UserId("ana"),
        event="e",
        place=Thread("place"),
        request=VideoRequest(prompt="a red fox"),
    )
    await submit(order, pool=pool, terms=terms(free_credits=1000), owner="bot")


async def _change(pool: Pool, change: str) -> None:
    await pool.execute(f"UPDATE generations SET {change}")  # noqa: S608 - written above


async def _found(pool: Pool) -> list[Stall]:
    async with pool.acquire() as conn:
        return [one.stall for one in await stalled_generations.stalled(conn)]


@pytest.mark.parametrize(
    ("change", "stall"),
    [
        ("claims = 6", Stall.POISON),
        ("wake_at = NULL", Stall.ASLEEP),
        ("state = 'rendering', wake_at = NULL", Stall.ASLEEP),
        ("wake_at = nd_now() - interval '3 minutes'", Stall.OVERDUE),
        ("lease_owner = 'w', lease_until = nd_now() - interval '3 minutes', wake_at = nd_now() - interval '3 minutes'",
         Stall.OVERDUE),
        (f"start_by = {OLD}", Stall.ENDLESS),
        (f"state = 'rendering', start_by = {OLD}, window_ends = {OLD}", Stall.ENDLESS),
        (DELIVERING, Stall.ASLEEP),
    ],
)  # fmt: skip
async def test_what_does_not_move_is_named(house: Pool, change: str, stall: Stall) -> None:
    await _change(house, change)
    assert await _found(house) == [stall]
    async with house.acquire() as conn:
        counts = await stalled_generations.counted(conn)
    assert {why: count for why, count in counts.items() if count} == {stall.value: 1}
    assert set(counts) == {one.value for one in Stall}


@pytest.mark.parametrize(
    "change",
    [
        "claims = 1",
        "state = 'rendering', wake_at = nd_now() + interval '9 minutes'",
        "lease_owner = 'w', lease_until = nd_now() + interval '40 seconds', wake_at = nd_now() + interval '40 seconds'",
        "wake_at = nd_now() - interval '1 minute'",
        "consumed = 0, wake_at = NULL",
        f"consumed = 0, start_by = {OLD}",
        "state = 'done', done_at = nd_now(), outcome = 'failed', settled = 0, wake_at = NULL, claims = 13",
    ],
)
async def test_what_waits_as_it_should_is_not(house: Pool, change: str) -> None:
    await _change(house, change)
    assert await _found(house) == []


@pytest.mark.parametrize(
    ("kind", "tries", "age", "is_stalled"),
    [
        ("root", 5, "1 minute", True),
        ("progress", 5, "1 minute", True),
        ("root", 1, "20 minutes", True),
        ("result", 0, "20 minutes", True),
        ("extra", 9, "20 minutes", False),
        ("progress", 1, "20 minutes", False),
        ("result", 4, "1 minute", False),
    ],
)
async def test_a_generation_whose_messages_do_not_move_is_named(
    house: Pool, kind: str, tries: int, age: str, *, is_stalled: bool
) -> None:
    await house.execute("DELETE FROM deliveries")
    await _change(house, "wake_at = nd_now() + interval '1 minute'" if kind != "result" else DELIVERING)
    await house.execute(
        "INSERT INTO deliveries (generation_id, kind, key, wake_at, tries, created_at) "
        "SELECT id, $1, gen_random_uuid(), nd_now(), $2, nd_now() - $3::text::interval FROM generations",
        kind, tries, age,
    )  # fmt: skip
    assert await _found(house) == ([Stall.UNDELIVERED] if is_stalled else [])


@pytest.mark.parametrize(
    ("state", "wake_at", "stall"),
    [
        ("due", "nd_now()", None),
        ("due", "nd_now() + interval '60 seconds'", None),
        ("due", "nd_now() - interval '3 minutes'", Stall.UNDELIVERED),
        ("due", "NULL", Stall.ASLEEP),
        ("done", "NULL", Stall.ASLEEP),
    ],
)
async def test_one_whose_last_word_is_on_its_way_waits_for_that(
    house: Pool, state: str, wake_at: str, stall: Stall | None
) -> None:
    await _change(house, DELIVERING)
    await house.execute(RESULT.format(state=state, wake_at=wake_at))
    assert await _found(house) == ([stall] if stall else [])
