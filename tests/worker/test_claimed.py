"""What comes with a claim: attempts, other messages. And an end with its settlement, which is one statement."""

from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from core.db.generations import claims, deliveries, snapshot, transitions
from core.db.generations.snapshot import read_snapshot
from core.db.generations.transitions import Ending, StepLogEntry
from core.domain.chat.delivery import Kind
from core.domain.generations.generation import AttemptState, Outcome
from core.domain.generations.state_reason import NO_REASON
from tests.worker.sim import Sim, world

ENTRY = StepLogEntry(worker="w", step="store", outcome="ok")


async def _several(sim: Sim, count: int) -> None:
    for n in range(count):
        sim.run_n = n + 1
        await sim.ask()


async def test_a_claim_of_many_says_of_each_what_a_look_says(database: str, tmp_path: Path, clip: Path) -> None:
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        await _several(sim, 3)
        await sim.dispatcher._claim_generations(1)  # one of them is somebody else's
        await sim.world.move_to(sim.world.now)
        async with sim.pool.acquire() as conn:
            claimed = await snapshot.with_attempts(conn, await claims.claim_due(conn, owner="w", limit=9))
            for one in claimed:
                seen = await read_snapshot(conn, one.generation.id)
                assert seen is not None
                assert (one.snapshot().generation, one.snapshot().attempts) == (seen.generation, seen.attempts)
            assert await snapshot.with_attempts(conn, []) == []
    assert len({one.generation.id for one in claimed}) == 2


async def test_hints_about_many_are_one_claim_and_take_nobodys_row(database: str, tmp_path: Path, clip: Path) -> None:
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        await _several(sim, 3)
        async with sim.pool.acquire() as conn:
            ids = [row["id"] for row in await conn.fetch("SELECT id FROM generations ORDER BY created_at")]
            (first,) = await claims.claim_these(conn, ids[:1], owner="one")
            rest = await claims.claim_these(conn, [*ids, uuid4()], owner="two")
            assert await claims.claim_these(conn, ids, owner="three") == []
    assert first.id == ids[0]
    assert {one.id for one in rest} == set(ids[1:])
    assert {one.fence for one in (first, *rest)} == {1}


async def test_a_claimed_message_knows_how_far_the_others_are(database: str, tmp_path: Path, clip: Path) -> None:
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        await sim.ask()
        async with sim.pool.acquire() as conn:
            await conn.execute("UPDATE deliveries SET state = 'done', message_id = 'r1' WHERE kind = 'root'")
            await conn.execute("UPDATE deliveries SET wake_at = nd_now() WHERE kind = 'progress'")
            (message,) = await snapshot.claim_messages(conn, owner="w", limit=9)
            seen = await read_snapshot(conn, sim.id)
            assert message.said == await deliveries.all_said(conn, sim.id)
    assert seen is not None
    assert message.delivery.kind is Kind.PROGRESS
    assert (message.said[Kind.ROOT], message.root_state, message.root_id) == ("done", "done", "r1")
    assert message.snapshot().generation == seen.generation


async def test_once_its_attempt_is_accepted_a_generation_is_nobodys_until_there_is_something_to_do(
    database: str, tmp_path: Path, clip: Path
) -> None:
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        await sim.ask()
        await sim._work(0)
        row = await sim.admin.fetchrow(
            "SELECT g.lease_owner, g.claims, g.wake_at, a.state, a.deadline_at FROM generations g "
            "JOIN attempts a ON a.generation_id = g.id"
        )
        lines = await sim.admin.fetch("SELECT step, outcome FROM step_log ORDER BY id")
    assert row is not None
    assert (row["lease_owner"], row["claims"], row["state"]) == (None, 0, AttemptState.ACCEPTED)
    assert sim.world.now < row["wake_at"] <= row["deadline_at"]
    assert [tuple(line) for line in lines] == [("start", "intended"), ("start", "accepted")]


@pytest.mark.parametrize("breaks", ["the fence is lost", "it costs more than was held"])
async def test_an_end_that_cannot_be_settled_is_no_end(database: str, tmp_path: Path, clip: Path, breaks: str) -> None:
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        await sim.ask()
        async with sim.pool.acquire() as conn:
            (claimed,) = await claims.claim_due(conn, owner="w", limit=1)
            settled = claimed.consumed if breaks == "the fence is lost" else claimed.consumed + 1
            ending = Ending(
                outcome=Outcome.SUCCEEDED, settled=settled, result_key=uuid4(), reason=NO_REASON
            )  # fmt: skip
            if breaks == "the fence is lost":
                await conn.execute("UPDATE generations SET fence = fence + 1")
            before = await conn.fetchrow("SELECT * FROM generations")
            with pytest.raises((claims.StaleError, asyncpg.PostgresError)):
                await transitions.end_with_video(conn, claimed, ending=ending, entry=ENTRY, note="made by veo")
            assert await conn.fetchrow("SELECT * FROM generations") == before
            kept = await conn.fetchval("SELECT count(*) FROM entry WHERE key = $1 AND leg > 0", claimed.id)
            said = await conn.fetchval("SELECT count(*) FROM deliveries WHERE kind = 'result'")
            assert (kept, said, await conn.fetchval("SELECT count(*) FROM step_log")) == (0, 0, 0)
