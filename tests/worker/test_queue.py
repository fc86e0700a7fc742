"""More is asked for than the vendors take: it waits in Postgres, fairly, whoever is killed when."""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.db.generations import claims
from core.db.health import route_health
from core.db.routing import capacity, route_queue
from core.domain.ids import ChannelId, GenerationId, Installation, UserId
from core.domain.requests.request import VideoRequest
from core.domain.requests.tiers import TierName
from core.ports import RouteFacts, VideoJob
from core.usecases.requests.submit import VideoCommand, submit
from tests.quick import some
from tests.worker.kills import Fuse
from tests.worker.script import Script
from tests.worker.sim import PLATFORM, Sim, World
from tests.worker.strangers import Vendor
from worker.capacity import limits
from worker.card_view import load_view
from worker.dispatcher import ClaimLimits, Dispatcher

SLOTS = 2


@dataclass
class Counting(Vendor):
    """A vendor that remembers when it was asked, and how many tasks it had at once."""

    per_min: int | None = None
    asked_at: list[datetime] = field(default_factory=list)
    most_at_once: int = 0

    @property
    def facts(self) -> RouteFacts:
        return replace(super().facts, submits_per_min=self.per_min, max_in_flight=SLOTS)

    async def submit(self, job: VideoJob) -> str:
        self.asked_at.append(self.clock())
        task = await super().submit(job)
        running = sum(1 for one in self.tasks.values() if one.ends_at > self.clock() and not one.cancelled)
        self.most_at_once = max(self.most_at_once, running)
        return task


class Crowd(Sim):
    """One worker for the requests of many, and a limit of two tasks at Veo."""

    per_min: int | None = None
    usd_micros: int | None = None

    def _vendor(self, name: str, *args: Any, **kwargs: Any) -> Vendor:
        plain = super()._vendor(name, *args, **kwargs)
        return Counting(**vars(plain), per_min=self.per_min if name == "veo" else None)

    @property
    def veo(self) -> Counting:
        return next(vendor for key, vendor in self.vendors.items() if key.startswith("veo"))  # type: ignore[return-value]  # made above

    async def boot(self) -> None:
        await super().boot()
        if self.usd_micros is not None:
            self.ctx = replace(self.ctx, usd_micros_per_day={self.veo.key: self.usd_micros})
            self.dispatcher = Dispatcher(self.ctx, room=ClaimLimits())
        async with self.ctx.pool.acquire() as conn:
            slots = {key: SLOTS if key.startswith("veo") else 20 for key in self.vendors}
            await route_health.ensure(conn, slots, config=self.ctx.health)
            await conn.execute(
                "UPDATE provider_health SET slots = $2, slots_max = $2 WHERE route = $1", self.veo.key, SLOTS
            )
            await capacity.ensure(conn, limits(self.ctx), config=self.ctx.health, actor="test")

    async def want(self, team: str, user: str, *, times: int = 1) -> list[GenerationId]:
        made = []
        for _ in range(times):
            await self.world.move_to(self.world.now + timedelta(milliseconds=10))
            self.asked = getattr(self, "asked", 0) + 1
            asked = VideoCommand(
                platform=PLATFORM, installation=Installation(team), channel=ChannelId(self.place), user=UserId(user),
                event=f"crowd{self.asked}", place=self.place,
                request=VideoRequest(prompt="a fox", tier=TierName.ULTRA),
            )  # fmt: skip
            terms = replace(self.terms, free_credits=100_000)
            made.append((await submit(asked, pool=self.pool, terms=terms, owner="bot")).generation_id)
        return made

    async def _work(self, claim_loop: int) -> None:
        await super()._work(claim_loop)
        async with self.ctx.pool.acquire() as conn:
            await claims.claim_due(conn, owner="nobody", limit=0)  # whose turn has come is woken

    async def order(self) -> list[GenerationId]:
        """In which order generations got their first attempt."""
        rows = await self.admin.fetch(
            "SELECT generation_id FROM attempts WHERE n = 1 ORDER BY intended_at, generation_id"
        )
        return [GenerationId(row["generation_id"]) for row in rows]


@asynccontextmanager
async def crowd(
    dsn: str,
    folder: Path,
    clip: Path,
    *,
    fuse: Fuse | None = None,
    per_min: int | None = None,
    usd_micros: int | None = None,
    patience_s: float | None = None,
) -> AsyncIterator[Crowd]:
    kind = type("Paced", (Crowd,), {"per_min": per_min, "usd_micros": usd_micros})
    world = World(dsn, folder, clip)
    await world.open()
    sim: Crowd = kind(world, 1, Script(), fuse or Fuse())
    if patience_s is not None:
        sim.terms = replace(sim.terms, patience={TierName.ULTRA: patience_s})
    try:
        await sim.boot()
        yield sim
    finally:
        await world.close()


async def all_well(sim: Crowd, made: list[GenerationId]) -> None:
    rows = await sim.admin.fetch("SELECT * FROM generations WHERE id = ANY ($1)", made)
    assert [row["outcome"] for row in rows] == ["succeeded"] * len(made)
    assert {row["state"] for row in rows} == {"done"}
    assert await sim.admin.fetchval("SELECT count(*) FROM route_queue") == 0
    # What may have got through to a vendor without our knowing keeps its slot until its time is over.
    taken = "SELECT count(*) FROM provider_slots JOIN attempts USING (generation_id, n) WHERE until > nd_now()"
    assert await sim.admin.fetchval(taken + " AND state <> 'abandoned'") == 0
    assert await sim.admin.fetch("SELECT * FROM check_ledger(NULL)") == []
    posted = [m for thread, messages in sim.chat.threads.items() if "/" in thread for m in messages if m.has_file]
    assert len(posted) == len({m.key for m in posted}) == len(made)


async def test_the_greedy_do_not_hold_up_the_modest(database: str, tmp_path: Path, clip: Path) -> None:
    async with crowd(database, tmp_path, clip) as sim:
        greedy = await sim.want("greedy", "gil", times=8)
        colleague = await sim.want("greedy", "gus")
        modest = await sim.want("modest", "mia")
        await sim.run()
        order = await sim.order()
        # The first two were alone when they were asked for. Then both teams take turns, and within one both members.
        assert order.index(modest[0]) <= SLOTS + 1
        assert order.index(colleague[0]) <= SLOTS + 3
        rows = await sim.admin.fetch("SELECT generation_id, intended_at FROM attempts WHERE n = 1")
        begun = {row["generation_id"]: row["intended_at"] for row in rows}
        own = [begun[one] for one in greedy]
        assert own == sorted(own), "among one's own, whatever was asked for first"
        assert sim.veo.most_at_once == SLOTS
        await all_well(sim, [*greedy, *colleague, *modest])
        used = await sim.admin.fetch("SELECT DISTINCT provider FROM attempts")
        assert [row["provider"] for row in used] == ["veo"], "the queue was within the patience of the tier"


@pytest.mark.parametrize("seed", some(range(3), of="seeds"))
async def test_kills_lose_no_place_and_oversell_no_slot(seed: int, database: str, tmp_path: Path, clip: Path) -> None:
    dice = random.Random(seed)
    fuse = Fuse(blows_at=frozenset(dice.sample(range(1, 500), 4)), every_wait=True)
    async with crowd(database, tmp_path, clip, fuse=fuse) as sim:
        made = await sim.want("greedy", "gil", times=4) + await sim.want("modest", "mia")
        await sim.run()
        assert sim.killed > 0
        assert sim.veo.most_at_once <= SLOTS
        await all_well(sim, made)


async def test_beyond_its_patience_the_rest_goes_along_the_chain(database: str, tmp_path: Path, clip: Path) -> None:
    async with crowd(database, tmp_path, clip, patience_s=60) as sim:
        made = await sim.want("greedy", "gil", times=10)
        await sim.run()
        await all_well(sim, made)
        by = await sim.admin.fetch("SELECT provider, count(*) AS n FROM attempts GROUP BY provider")
        assert {row["provider"] for row in by} == {"veo", "kling"}
        plans = await sim.admin.fetch(
            "SELECT g.plan FROM generations g JOIN attempts a ON a.generation_id = g.id WHERE a.provider = 'kling'"
        )
        assert all("longer than 60 s of patience" in str(row["plan"]) for row in plans)


async def test_no_minute_has_more_submits_than_the_vendor_allows(database: str, tmp_path: Path, clip: Path) -> None:
    async with crowd(database, tmp_path, clip, per_min=4) as sim:
        made = await sim.want("greedy", "gil", times=9)
        await sim.run()
        await all_well(sim, made)
        asked_at = sim.veo.asked_at
        assert len(asked_at) == 9
        for first in asked_at:
            assert sum(1 for at in asked_at if first <= at < first + timedelta(minutes=1)) <= 4


async def test_a_days_money_is_never_overspent_and_the_route_is_held_until_tomorrow(
    database: str, tmp_path: Path, clip: Path
) -> None:
    """Two videos of $3.20 fit into $7, a third does not. While those two may still fail nothing is held."""
    async with crowd(database, tmp_path, clip, usd_micros=7_000_000) as sim:
        made = await sim.want("greedy", "gil", times=5)
        await sim.run()
        await all_well(sim, made)
        rows = await sim.admin.fetch("SELECT provider, count(*) AS n FROM attempts GROUP BY provider")
        by = {row["provider"]: row["n"] for row in rows}
        assert by == {"veo": 2, "kling": 3}
        made += await sim.want("greedy", "gil")
        await sim.run()
        held = await sim.admin.fetchrow("SELECT * FROM provider_health WHERE route = $1", sim.veo.key)
        assert held is not None
        assert (held["state"], held["note"]) == ("held", "its limit of $7.00 for today is reached")
        assert held["until"] == datetime(2026, 11, 23, tzinfo=UTC)
        await sim.world.move_to(held["until"])
        tomorrow = await sim.want("greedy", "gil")
        await sim.run()
        await all_well(sim, [*made, *tomorrow])
        again = await sim.admin.fetchval("SELECT provider FROM attempts WHERE generation_id = $1", tomorrow[0])
        assert again == "veo"


async def test_the_message_shows_the_place_and_a_time_only_when_history_has_one(
    database: str, tmp_path: Path, clip: Path
) -> None:
    async with crowd(database, tmp_path, clip) as sim:
        made = await sim.want("greedy", "gil", times=5)
        for _ in range(200):
            if await sim.admin.fetchval("SELECT count(*) FROM route_queue") == 3:
                break
            due = await sim.admin.fetchval("SELECT count(*) FROM generations WHERE wake_at <= nd_now()")
            await sim._work(0 if due else 1)
        await lines_counted(sim)
        await sim.admin.execute("DELETE FROM provider_latency_learned")
        sim.ctx.latencies.clear()  # what is usual is read again every few seconds
        view = await load_view(made[4], sim.ctx)
        assert view.turn is not None
        assert (view.turn.place, view.turn.soonest_s) == (3, None)
        await sim.admin.execute(
            "INSERT INTO provider_latency_learned VALUES ($1, 'text', 8, 36, nd_now(), 20, 40, 60, 70, 90)",
            sim.veo.key,
        )
        sim.ctx.latencies.clear()
        view = await load_view(made[4], sim.ctx)
        assert view.turn is not None
        assert view.turn.soonest_s is not None
        assert view.turn.latest_s is not None
        assert 80 <= view.turn.soonest_s <= view.turn.latest_s <= 180
        await sim.admin.execute("UPDATE generations SET reason = '{}' WHERE id = $1", made[4])
        view = await load_view(made[4], sim.ctx)
        assert view.turn is None, "the queues are read for one that has not been told to wait"


async def lines_counted(sim: Crowd) -> None:
    async with sim.ctx.pool.acquire() as conn:
        await route_queue.refresh_positions(conn)
