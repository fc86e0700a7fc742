"""What goes wrong with one row costs that row, and no more than that: newer words, bugs, outages, lost claims."""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from core.db.errors import DatabaseAway
from core.db.generations import attempts, claims, deliveries, poison, snapshot
from core.db.generations.poison import CRASHES_MAX
from core.domain.errors import ErrorClass, provider_error
from core.ports import Poll, VideoJob
from tests.quick import some
from tests.rows import one_row
from tests.worker.sim import PLATFORM, Sim, world
from worker.dispatcher import ClaimLimits, Dispatcher
from worker.resident import Rounds, begun, resident

SOON_S = 90.0
IDLE_S = 5.0
"""How far the simulated clock goes on with each look while nobody works."""


HELD = """
SELECT EXISTS (SELECT FROM generations WHERE lease_owner IS NOT NULL)
    OR EXISTS (SELECT FROM deliveries WHERE lease_owner IS NOT NULL)
"""


class Broken:
    """An upload that ends in a bug."""

    def __aiter__(self) -> "Broken":
        return self

    async def __anext__(self) -> Any:
        await asyncio.sleep(0)
        raise ZeroDivisionError


async def accepted(sim: Sim) -> None:
    await sim.ask()
    while await sim.admin.fetchval("SELECT count(*) FROM attempts WHERE state = 'accepted'") == 0:
        assert await sim.step()


async def soon(what: Callable[[], Awaitable[bool]], sim: Sim) -> None:
    """Wait until something holds, while the simulated clock runs on with each look.

    While a row is worked on the clock runs only ten times as fast as ours: a look at a clip takes what it takes, and no
    lease may end meanwhile.
    """
    async with asyncio.timeout(SOON_S):
        while not await what():
            began = time.monotonic()
            await asyncio.sleep(0.005)
            held = await sim.admin.fetchval(HELD)
            passed_s = 10 * (time.monotonic() - began) if held else IDLE_S
            await sim.world.move_to(sim.world.now + timedelta(seconds=passed_s))


async def dispatched(sim: Sim, until: Callable[[], Awaitable[bool]]) -> None:
    """The real dispatcher works until the condition is met."""
    stopping = asyncio.Event()
    dispatcher = Dispatcher(sim.ctx, room=ClaimLimits(), finish_s=1.0)
    running = asyncio.create_task(dispatcher.run(stopping))
    try:
        await soon(until, sim)
    finally:
        stopping.set()
        await running


NEWER = (
    "error_class = 'solar_flare'",
    "fitted = jsonb_set(fitted, '{aspect}', '\"32:9\"')",
    'fitted = jsonb_set(fitted, \'{roundings}\', \'[{"what": "mood", "asked": "a", "got": "b"}]\')',
    "fitted = fitted - 'lines'",
)


@pytest.mark.parametrize("words", some(NEWER, of="newer words"))
async def test_an_attempt_with_a_newer_word_is_left_to_a_newer_worker_with_all_that_hangs_on_it(
    words: str, database: str, tmp_path: Path, clip: Path
) -> None:
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        await accepted(sim)
        await sim.admin.execute(f"UPDATE attempts SET {words}")  # noqa: S608 - from above
        before = await sim.admin.fetchrow("SELECT state, polls, failures, fitted FROM attempts")

        async def seen_often() -> bool:
            fences = "SELECT (SELECT min(fence) FROM attempts) > 14 AND (SELECT fence FROM generations) > 14"
            await sim.admin.execute("UPDATE generations SET wake_at = nd_now() WHERE lease_owner IS NULL")
            return bool(await sim.admin.fetchval(fences))

        await dispatched(sim, seen_often)
        assert await sim.admin.fetchrow("SELECT state, polls, failures, fitted FROM attempts") == before
        generation = await one_row(sim.admin, "SELECT state, claims FROM generations")
        assert (generation["state"], generation["claims"] <= 1) == ("rendering", True)


async def test_a_message_of_a_newer_kind_is_left_to_a_newer_worker_and_blocks_no_other(
    database: str, tmp_path: Path, clip: Path
) -> None:
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        await sim.ask()
        await sim.admin.execute("ALTER TABLE deliveries DROP CONSTRAINT deliveries_kind")
        await sim.admin.execute(
            "INSERT INTO deliveries (generation_id, kind, key, wake_at) VALUES ($1, 'hologram', $1, nd_now())", sim.id
        )
        async with sim.pool.acquire() as conn:
            for _ in range(CRASHES_MAX + 3):
                claimed = await deliveries.claim_due(conn, owner="old", limit=10)
                assert all(one.kind != "hologram" for one in claimed)
                await sim.world.move_to(sim.world.now + timedelta(seconds=61))
            assert set(await deliveries.all_said(conn, sim.id)) == {"root", "progress"}
        seen = await one_row(sim.admin, "SELECT state, tries, crashes FROM deliveries WHERE kind = 'hologram'")
        assert tuple(seen) == ("due", 0, 0)


async def test_a_message_that_crashes_again_and_again_is_given_up_and_paid_back(
    database: str, tmp_path: Path, clip: Path
) -> None:
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        await sim.admin.execute(f"ALTER TABLE deliveries ALTER COLUMN crashes SET DEFAULT {CRASHES_MAX - 1}")
        sim.chat.upload = lambda *_, **__: Broken()  # type: ignore[method-assign]  # the test breaks this one chat
        await sim.ask()

        async def done() -> bool:
            return bool(await sim.admin.fetchval("SELECT state = 'done' FROM generations"))

        await dispatched(sim, done)
        result = await one_row(sim.admin, "SELECT state, crashes FROM deliveries WHERE kind = 'result'")
        assert tuple(result) == ("gone", CRASHES_MAX + 1)
        assert await sim.admin.fetchval("SELECT sum(delta) FROM entry WHERE kind <> 'grant' AND kind <> 'free'") == 0
        assert await sim.admin.fetch("SELECT * FROM check_ledger(NULL)") == []


async def test_a_root_that_cannot_be_said_takes_with_it_all_that_waits_for_its_thread(
    database: str, tmp_path: Path, clip: Path
) -> None:
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        await sim.ask()
        async with sim.pool.acquire() as conn:
            await sim.world.move_to(sim.world.now + timedelta(seconds=61))
            for _ in range(CRASHES_MAX + 1):
                (root,) = [d for d in await deliveries.claim_due(conn, owner="w", limit=9) if d.kind == "root"]
                last = await poison.crashed(conn, root, in_s=0)
            assert last
        states = await sim.admin.fetch("SELECT DISTINCT state FROM deliveries")
        assert [row["state"] for row in states] == ["gone"]


@pytest.mark.parametrize("tries", [32_766, 32_767, 40_000])
async def test_no_count_of_tries_or_claims_stops_the_claims(
    tries: int, database: str, tmp_path: Path, clip: Path
) -> None:
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        await sim.ask()
        await sim.admin.execute("UPDATE deliveries SET tries = $1", tries)
        await sim.admin.execute("UPDATE generations SET claims = least($1, 32767)", tries)
        await sim.world.move_to(sim.world.now + timedelta(seconds=61))
        async with sim.pool.acquire() as conn:
            assert len(await deliveries.claim_due(conn, owner="w", limit=9)) == 2
            assert len(await claims.claim_due(conn, owner="w", limit=9)) == 1


@pytest.mark.parametrize(
    "error", [KeyError("a bug"), provider_error(ErrorClass.TRANSIENT_SERVER, "503")], ids=["bug", "503"]
)
async def test_a_question_that_always_fails_is_asked_ever_less_often_and_not_for_ever(
    error: Exception, database: str, tmp_path: Path, clip: Path
) -> None:
    async with world(database, tmp_path, clip, veo=["ok"], kling=["busy"]) as sim:
        asked: list[float] = []

        first: list[str] = []

        async def broken(task_id: str) -> Poll:
            first[:] = first or [task_id]
            if task_id == first[0]:  # later attempts have questions of their own
                asked.append(sim.world.now.timestamp())
            await asyncio.sleep(0)
            raise error

        for vendor in sim.vendors.values():
            vendor.poll = broken  # type: ignore[method-assign]  # the test breaks this one vendor
        await accepted(sim)
        await sim.admin.execute("UPDATE attempts SET watch_until = accepted_at + interval '400 s'")

        async def ended() -> bool:
            return bool(await sim.admin.fetchval("SELECT bool_and(state = 'failed') FROM attempts WHERE n = 1"))

        if isinstance(error, KeyError):
            await dispatched(sim, ended)
        else:
            while not await ended():
                assert await sim.step()
            pauses = [b - a for a, b in itertools.pairwise(asked)]
            assert pauses[0] < 5
            assert pauses[:-1] == sorted(pauses[:-1])
            assert max(pauses) >= 30
        watched = await one_row(sim.admin, "SELECT watch_until, ended_at FROM attempts WHERE n = 1")
        assert watched["ended_at"] >= watched["watch_until"]


async def test_a_vendors_answer_that_comes_when_the_claim_is_lost_is_kept(
    database: str, tmp_path: Path, clip: Path
) -> None:
    """Another worker has taken the generation over while Postgres was away, and has given the attempt up."""
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        (veo,) = (vendor for key, vendor in sim.vendors.items() if key.startswith("veo"))
        submit = veo.submit

        async def robbed(job: VideoJob) -> str:
            task = await submit(job)
            await sim.admin.execute("UPDATE generations SET fence = fence + 1, lease_until = NULL, wake_at = nd_now()")
            return task

        veo.submit = robbed  # type: ignore[method-assign]  # the test robs this one worker
        await sim.ask()
        while await sim.admin.fetchval("SELECT count(*) FROM attempts WHERE state = 'accepted'") == 0:
            assert await sim.step()
        await sim.run()
        assert (await sim.admin.fetchval("SELECT outcome FROM generations"), sim.tasks) == ("succeeded", 1)


@pytest.mark.parametrize("state", ["intended", "ambiguous", "abandoned"])
async def test_a_late_answer_is_on_watch_whatever_the_others_have_thought_of_it(
    state: str, database: str, tmp_path: Path, clip: Path
) -> None:
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        await accepted(sim)
        await sim.admin.execute("UPDATE attempts SET state = $1, provider_task_id = NULL, wake_at = NULL", state)
        args = (sim.id, 1, "task-1", timedelta(seconds=60), timedelta(seconds=60))
        assert await sim.admin.fetchval("SELECT answered_late($1, $2, $3, $4, $5)", *args)
        seen = await one_row(sim.admin, "SELECT state, provider_task_id, wake_at IS NOT NULL AS due FROM attempts")
        assert tuple(seen) == ("late" if state == "abandoned" else "accepted", "task-1", True)
        assert not await sim.admin.fetchval("SELECT answered_late($1, $2, $3, $4, $5)", *args)


async def test_a_message_that_was_posted_twice_by_a_paused_worker_is_taken_back(
    database: str, tmp_path: Path, clip: Path
) -> None:
    """A worker looks for the message and stands still; another posts it; then the first posts, too: no key stops it."""
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        post = sim.chat.post
        paused = False

        async def posts_late(*arguments: Any, **named: Any) -> Any:
            nonlocal paused
            if not paused:
                paused = True
                await sim.admin.execute(
                    "UPDATE deliveries SET fence = fence + 1, lease_until = NULL, wake_at = nd_now()"
                )
                sim.ctx = replace(sim.ctx)
                await sim.run()
            return await post(*arguments, **named)

        sim.chat.post = posts_late  # type: ignore[method-assign]  # the test pauses this one worker
        await sim.ask()
        await sim.run()
        (messages,) = [found for thread, found in sim.chat.threads.items() if "/" in thread]
        assert len({message.key for message in messages}) == len(messages), "each is there once"
        assert await sim.admin.fetchval("SELECT outcome FROM generations") == "succeeded"


async def test_whoever_has_stood_still_says_nothing(database: str, tmp_path: Path, clip: Path) -> None:
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        await sim.ask()
        await sim.world.move_to(sim.world.now + timedelta(seconds=61))
        async with sim.pool.acquire() as conn:
            claimed = await snapshot.claim_messages(conn, owner=sim.ctx.owner, limit=9)
        said = dict(sim.chat.threads)
        roots = [one for one in claimed if one.delivery.kind == "root"]
        assert roots
        for one in roots:
            stale = replace(one, delivery=replace(one.delivery, since=one.delivery.since - deliveries.LEASE_S))
            with pytest.raises(claims.StaleError):
                await sim._do(2, stale, sim.ctx)
        assert sim.chat.threads == said
        assert PLATFORM in sim.ctx.chats


async def test_a_resident_loop_outlives_every_error_and_goes_on_at_its_pace() -> None:
    errors: list[Exception] = [DatabaseAway(unclear=False), ZeroDivisionError(), OSError(), KeyError("x")]
    went_well = asyncio.Event()
    count = 0

    async def once() -> None:
        nonlocal count
        await asyncio.sleep(0)
        count += 1
        if errors:
            raise errors.pop()
        went_well.set()

    loop = asyncio.create_task(resident("test", once, every_s=0.001))
    async with asyncio.timeout(SOON_S):
        await went_well.wait()
    assert count == 5
    loop.cancel()


async def test_the_pauses_after_failures_grow_and_end_with_a_success() -> None:
    rounds = Rounds("test")
    pauses: list[float] = []

    async def fails() -> None:
        await asyncio.sleep(0)
        raise ZeroDivisionError

    async def works() -> int:
        await asyncio.sleep(0)
        return 7

    for _ in range(12):
        failed: object = await rounds.run(fails)  # type: ignore[func-returns-value]  # what fails returns nothing
        assert failed is None
        pauses.append(rounds.pause_s)
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (0.5, 60.0)
    assert await rounds.run(works) == 7
    assert rounds.pause_s == 0


async def test_a_beginning_that_never_succeeds_ends_when_it_is_time_to_stop() -> None:
    stopping = asyncio.Event()

    async def away() -> None:
        stopping.set()
        await asyncio.sleep(0)
        raise DatabaseAway(unclear=False)

    async with asyncio.timeout(SOON_S):
        assert not await begun("test", away, stopping)


async def test_polls_are_asked_for_in_vain_only_while_the_claim_is_held(
    database: str, tmp_path: Path, clip: Path
) -> None:
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        await accepted(sim)
        async with sim.pool.acquire() as conn:
            await sim.world.move_to(sim.world.now + timedelta(seconds=90))
            (claimed,) = await attempts.claim_due(conn, owner="w", limit=1)
            await attempts.asked_in_vain(conn, replace(claimed, fence=claimed.fence - 1), in_s=1)
            assert await sim.admin.fetchval("SELECT failures FROM attempts") == 0
            await attempts.asked_in_vain(conn, claimed, in_s=1)
            assert await sim.admin.fetchval("SELECT failures FROM attempts") == 1
