"""What the engine leaves for an operator (a plan, every transition, alarms), and what an operator may retry."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from core.db.generations.generation_details import GenerationDetails, generation_details
from core.db.generations.stalled_generations import Stall
from core.domain.chat.chat_errors import PlaceGone
from core.domain.ids import GenerationId, MessageId, Thread, UserId
from core.domain.requests.refusals import TooLate
from core.ports import LocalClip
from core.replies.chat.card import Card
from core.usecases.generations.retry import Retried, retry
from tests.worker.sim import Sim, world
from tests.worker.strangers import MemoryChat
from worker.sweep import alarm


@dataclass
class Lost(MemoryChat):
    """A chat that takes no last word and no direct message until the place is back."""

    is_back: bool = False

    async def upload(
        self, thread: Thread, clip: LocalClip, card: Card, *, key: UUID, memory: dict[str, str], look_first: bool
    ) -> AsyncIterator[dict[str, str]]:
        if not self.is_back:
            raise PlaceGone("archived")
        async for known in super().upload(thread, clip, card, key=key, memory=memory, look_first=look_first):
            yield known

    async def post(self, thread: Thread, card: Card, *, key: UUID) -> MessageId:
        if not self.is_back and "ready" in card.title:
            raise PlaceGone("archived")
        return await super().post(thread, card, key=key)

    async def direct(self, place: Thread, user: UserId) -> Thread:
        if not self.is_back:
            raise PlaceGone("closed to us")
        return Thread(f"@{user}")


async def _details(sim: Sim) -> GenerationDetails:
    async with sim.pool.acquire() as conn:
        return await generation_details(conn, await conn.fetchval("SELECT id FROM generations"))


async def test_every_transition_is_on_record_with_its_worker(database: str, tmp_path: Path, clip: Path) -> None:
    async with world(database, tmp_path, clip, veo=["busy"], kling=["ok"]) as sim:
        await sim.ask()
        await sim.run()
        details = await _details(sim)
    told = [(step.step, step.outcome) for step in details.steps]
    assert told[0] == ("start", "intended")
    assert ("start", "rejected") in told
    assert [word for word in told if word[0] in {"adopt", "store", "close"}] == [
        ("adopt", "ok"), ("store", "ok"), ("close", "delivered"),
    ]  # fmt: skip
    assert {step.worker for step in details.steps} == {sim.ctx.owner}


@pytest.mark.parametrize(("veo", "kling"), [("busy", "ok"), ("busy", "busy")])
async def test_the_last_plan_is_kept_with_a_reason_for_every_entry(
    database: str, tmp_path: Path, clip: Path, veo: str, kling: str
) -> None:
    async with world(database, tmp_path, clip, veo=[veo], kling=[kling]) as sim:
        await sim.ask()
        await sim.run()
        details = await _details(sim)
    assert details.plan is not None
    plan = details.plan
    assert {c.route for c in plan.candidates} | {s.route for s in plan.skipped} == set(sim.vendors)
    assert all(c.reason for c in plan.candidates)
    assert all(s.reason for s in plan.skipped)


async def test_the_plan_of_one_that_is_given_up_is_of_that_moment(database: str, tmp_path: Path, clip: Path) -> None:
    async with world(database, tmp_path, clip, veo=["gone"], kling=["gone"]) as sim:
        await sim.ask()
        await sim.run()
        details = await _details(sim)
    assert details.plan is not None
    assert details.plan.candidates == ()
    assert all(entry.reason.startswith("held") for entry in details.plan.skipped)


async def test_one_that_does_not_move_is_told_once_until_it_moves(database: str, tmp_path: Path, clip: Path) -> None:
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        submitted = await sim.ask()
        told: set[tuple[GenerationId, Stall]] = set()

        async def heard() -> list[Any]:
            with capture_logs() as logs:
                async with sim.pool.acquire() as conn:
                    await alarm(conn, told)
            return [line for line in logs if line["event"] == "generation.stalled"]

        assert await heard() == []
        await sim.admin.execute("UPDATE generations SET wake_at = NULL")
        (line,) = await heard()
        assert (line["generation_id"], line["stall"], line["log_level"]) == (
            str(submitted.generation_id), Stall.ASLEEP, "error",
        )  # fmt: skip
        assert await heard() == []
        await retry(submitted.generation_id, actor="operator", pool=sim.pool)
        assert await heard() == []
        await sim.admin.execute("UPDATE generations SET wake_at = NULL")
        assert len(await heard()) == 1
        await retry(submitted.generation_id, actor="operator", pool=sim.pool)
        await sim.run()
        assert (await _details(sim)).generation.outcome == "succeeded"


async def test_a_video_without_a_place_comes_when_the_place_is_back_and_costs_nothing(
    database: str, tmp_path: Path, clip: Path
) -> None:
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        chat = Lost(sim.chat.effects)
        sim.chat = chat
        await sim.boot()
        submitted = await sim.ask()
        await sim.run()
        lost = await _details(sim)
        assert {message.kind: message.state for message in lost.messages}["result"] == "gone"
        assert lost.steps[-1].outcome == "undeliverable"
        assert await _balance(sim) == 10_000
        chat.is_back = True
        assert await retry(submitted.generation_id, actor="operator", pool=sim.pool) is Retried.REDELIVERING
        await sim.run()
        found = await _details(sim)
        assert {message.kind: message.state for message in found.messages}["result"] == "done"
        files = [message for messages in chat.threads.values() for message in messages if message.has_file]
        assert len(files) == 1
        assert await _balance(sim) == 10_000
        assert found.generation.settled == 0, "the card tells what it cost"
        assert await sim.admin.fetch("SELECT * FROM check_ledger(NULL)") == []
        with pytest.raises(TooLate):
            await retry(submitted.generation_id, actor="operator", pool=sim.pool)


async def _balance(sim: Sim) -> int:
    balance: int = await sim.admin.fetchval("SELECT balance FROM wallet")
    return balance
