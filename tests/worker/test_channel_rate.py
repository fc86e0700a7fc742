"""What all processes send to a platform: results keep their turns, edits give way, and "wait" is heard by everybody."""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from core.db import chat_budgets
from core.domain.chat.chat_errors import ChatBusy
from core.domain.chat.pacing import ChannelBudget, ChatCall, Limit, MessageRate, closed, fresh, room_at, spent
from core.domain.ids import Installation, PlatformName, Thread
from tests.worker.sim import Sim, world
from tests.worker.strangers import MemoryChat
from worker.channel_rate import ChannelRate

PACE = MessageRate(burst=2, every_s=1.0)
CHAT = PlatformName("chat")


class Twofold(MemoryChat):
    """Counts messages by channel and, more patiently, by workspace; and edits by themselves."""

    def limits(self, thread: Thread, call: ChatCall) -> tuple[Limit, ...]:
        if call is ChatCall.EDIT:
            return (Limit(key="edit", pace=PACE),)
        return (Limit(key=f"post:{thread}", pace=PACE), Limit(key="post", pace=MessageRate(burst=4, every_s=0.5)))


@asynccontextmanager
async def budgets(database: str, tmp_path: Path, clip: Path) -> AsyncIterator["Budgets"]:
    async with world(database, tmp_path, clip, veo=["ok"], kling=["ok"]) as sim:
        await sim.ask()
        await sim.admin.execute(
            "INSERT INTO deliveries (generation_id, kind, attempt, key) "
            "SELECT $1, 'extra', n, gen_random_uuid() FROM generate_series(1, 9) n",
            sim.id,
        )
        rows = await sim.admin.fetch("SELECT id FROM deliveries WHERE kind = 'extra' ORDER BY attempt")
        yield Budgets(sim, [row["id"] for row in rows])


class Budgets:
    def __init__(self, sim: Sim, messages: list[int]) -> None:
        self.sim, self.messages, self.began = sim, messages, sim.world.now

    def channel(self, thread: str, installation: str = "w") -> ChannelRate:
        chat = Twofold(self.sim.world.effects)
        return ChannelRate(chat, platform=CHAT, installation=Installation(installation), thread=Thread(thread))

    async def wait_s(
        self, n: int, thread: str = "c", call: ChatCall = ChatCall.POST, *, installation: str = "w"
    ) -> float:
        place = self.channel(thread, installation)
        is_spare = call is ChatCall.EDIT
        return await place.wait_s(call, delivery_id=self.messages[n], is_spare=is_spare, pool=self.sim.pool)

    async def close(self, error: ChatBusy, thread: str = "c", call: ChatCall = ChatCall.POST) -> None:
        await self.channel(thread).close(call, error, pool=self.sim.pool)

    async def at(self, seconds: float) -> None:
        await self.sim.world.move_to(self.began + timedelta(seconds=seconds))


async def test_a_message_that_has_to_wait_keeps_its_turn_however_often_it_asks(
    database: str, tmp_path: Path, clip: Path
) -> None:
    async with budgets(database, tmp_path, clip) as known:
        assert [await known.wait_s(n) for n in range(5)] == [0, 0, 1, 2, 3]
        await known.at(1)
        assert await known.wait_s(4) == 2
        assert await known.wait_s(2) == 0
        await known.at(3)
        assert await known.wait_s(4) == 0
        assert await known.wait_s(4) > 0, "a turn is taken once"


async def test_channels_workspaces_and_methods_have_budgets_of_their_own(
    database: str, tmp_path: Path, clip: Path
) -> None:
    async with budgets(database, tmp_path, clip) as known:
        assert [await known.wait_s(n) for n in range(3)] == [0, 0, 1]
        assert await known.wait_s(3, "d") == 0
        assert await known.wait_s(4, "e") > 0, "the workspace's own limit"
        assert await known.wait_s(5, installation="x") == 0
        assert await known.wait_s(6, call=ChatCall.EDIT) == 0
        assert await known.wait_s(6, call=ChatCall.EDIT) > 0, "half of a burst is left to the last edits"


async def test_wait_closes_what_was_hit_in_every_process(database: str, tmp_path: Path, clip: Path) -> None:
    async with budgets(database, tmp_path, clip) as known:
        await known.close(ChatBusy(retry_after_s=30, limit="edit"), call=ChatCall.EDIT)
        assert await known.wait_s(0, call=ChatCall.EDIT) >= 30
        assert await known.wait_s(1) == 0
        await known.close(ChatBusy(retry_after_s=40))
        assert await known.wait_s(2, "other") >= 40, "no limit was named: all of the call's are closed"
        await known.close(ChatBusy(retry_after_s=50, everywhere=True))
        assert await known.wait_s(3, call=ChatCall.EDIT, installation="x") == 50


async def test_a_turn_that_comes_while_a_limit_is_closed_is_given_anew(
    database: str, tmp_path: Path, clip: Path
) -> None:
    async with budgets(database, tmp_path, clip) as known:
        for n in range(3):
            await known.wait_s(n)
        await known.close(ChatBusy(retry_after_s=30))
        await known.at(1)
        assert await known.wait_s(2) >= 29


async def test_limits_that_nothing_is_owed_to_are_forgotten(database: str, tmp_path: Path, clip: Path) -> None:
    async with budgets(database, tmp_path, clip) as known:
        await known.wait_s(0)
        async with known.sim.pool.acquire() as conn:
            assert await chat_budgets.sweep(conn) == 0
            await known.at(2 * 3600)
            assert await chat_budgets.sweep(conn) == 2


@pytest.mark.parametrize("seed", range(3))
async def test_sql_gives_the_turns_that_python_gives(database: str, tmp_path: Path, clip: Path, seed: int) -> None:
    dice = random.Random(seed)
    limit = Limit(key="k", pace=MessageRate(burst=dice.randint(1, 6), every_s=dice.choice([0.5, 1.0, 3.0])))
    async with budgets(database, tmp_path, clip) as known:
        budget, now = fresh(known.began), known.began
        for _ in range(40):
            now += timedelta(seconds=dice.choice([0, 0, 0.5, 2, 7]))
            await known.sim.world.move_to(now)
            async with known.sim.pool.acquire() as conn:
                if dice.random() < 0.15:
                    await chat_budgets.close(conn, ["k"], for_s=4)
                    budget = closed(budget, until=now + timedelta(seconds=4))
                    continue
                is_spare = dice.random() < 0.5
                await conn.execute("UPDATE deliveries SET turn_at = NULL")
                wait_s = await chat_budgets.take_turn(
                    conn, delivery_id=known.messages[0], gate="g", limits=[limit], prefix="", is_spare=is_spare
                )
            turn, budget = _turn(budget, limit.pace, is_spare=is_spare, now=now)
            assert wait_s == pytest.approx((turn - now).total_seconds())


def _turn(budget: ChannelBudget, pace: MessageRate, *, is_spare: bool, now: datetime) -> tuple[datetime, ChannelBudget]:
    turn = room_at(budget, pace, kept=pace.kept if is_spare else 0, now=now)
    return turn, budget if is_spare and turn > now else spent(budget, pace, at=turn)
