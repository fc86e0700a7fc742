"""A world to run the real engine in: a simulated clock, scripted vendors, a chat that remembers, and kill -9 at will.

The engine's own code runs on real Postgres. One step runs at a time, so a run is the same each time up to the network's
whims. Runs share a database: each has a team, a workspace and routes of its own, and its own hours of the clock.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import asyncpg

from core.db import workers
from core.db.errors import transaction
from core.db.generations.claims import StaleError
from core.db.health import route_health
from core.domain.chat.principal import Principal
from core.domain.health.config import HealthConfig, LatencyConfig, RoutingConfig
from core.domain.ids import ChannelId, GenerationId, Installation, PlatformName, ProviderName, RouteKey, Thread, UserId
from core.domain.requests.refusals import TooLate
from core.domain.requests.request import VideoRequest
from core.domain.requests.terms import Terms
from core.domain.requests.tiers import KLING, VEO, TierName
from core.domain.time_scale import REAL_TIME
from core.storage import ObjectStorage
from core.usecases.generations.cancel import cancel
from core.usecases.requests.submit import Submitted, VideoCommand, submit
from tests.databases import as_an_administrator
from tests.worker.kills import DyingPool, Effects, Fuse, Mortal
from tests.worker.script import Script, offer
from tests.worker.strangers import MemoryChat, Task, Vendor
from worker.advance import advance
from worker.context import Context
from worker.dispatcher import ClaimLimits, Dispatcher
from worker.poll_batcher import PollBatcher
from worker.steps.deliver import deliver
from worker.steps.watch import watch

CLOCK = """
CREATE TABLE sim_clock (now timestamptz NOT NULL);
INSERT INTO sim_clock VALUES ('2026-11-22 12:00:00+00');
GRANT SELECT ON sim_clock TO PUBLIC;
CREATE OR REPLACE FUNCTION nd_now() RETURNS timestamptz LANGUAGE sql STABLE AS 'SELECT now FROM sim_clock';

-- What is due next. The clock moves there, unless somebody outside does something first.
CREATE FUNCTION sim_next(outside timestamptz, OUT claim_kind int, OUT wake_at timestamptz) LANGUAGE plpgsql AS $$
BEGIN
    SELECT due.claim_kind, due.wake_at INTO claim_kind, wake_at FROM (
        SELECT 0 AS claim_kind, min(g.wake_at) AS wake_at FROM generations g WHERE g.state <> 'done'
        UNION ALL SELECT 1, min(a.wake_at) FROM attempts a WHERE a.state IN ('accepted', 'late')
        UNION ALL SELECT 2, min(d.wake_at) FROM deliveries d WHERE d.state = 'due') due
     WHERE due.wake_at IS NOT NULL ORDER BY due.wake_at, due.claim_kind LIMIT 1;
    IF wake_at < outside THEN
        UPDATE sim_clock SET now = sim_next.wake_at WHERE now < sim_next.wake_at;
    END IF;
END $$;
"""
LEARNED = """
INSERT INTO provider_latency_learned (route, operation, duration_s, lines, at, p5_s, p50_s, p90_s, p95_s, samples)
SELECT route, 'text', 8, 36, nd_now(), 55, 58, 60, 60, 99 FROM unnest($1::text[]) route ON CONFLICT DO NOTHING
"""
PLATFORM = PlatformName("test")
ANA = UserId("ana")
CREDITS = 10_000
FOREVER = datetime(9999, 1, 1, tzinfo=UTC)
STEPS_MAX = 1500
BETWEEN_RUNS = timedelta(hours=3)


class World:
    """A database with a simulated clock, in which one run follows another."""

    def __init__(self, dsn: str, folder: Path, clip: Path) -> None:
        self.dsn, self.folder, self.clip = dsn, folder, clip
        self.now = datetime(2026, 11, 22, 12, tzinfo=UTC)
        self._runs = count(1)
        self.effects = Effects()

    async def open(self) -> None:
        self.admin = await asyncpg.connect(as_an_administrator(self.dsn))
        await self.admin.execute(CLOCK)
        self.pool = DyingPool(self.dsn, self.effects)
        await self.pool.open()

    async def close(self) -> None:
        await self.pool.close()
        await self.admin.close()

    async def move_to(self, at: datetime) -> None:
        if at > self.now:
            self.now = at
            await self.admin.execute("UPDATE sim_clock SET now = $1", at)

    async def begin(self, script: Script, *, fuse: Fuse) -> "Sim":
        await self.move_to(self.now + BETWEEN_RUNS)
        sim = Sim(self, next(self._runs), script, fuse)
        await sim.boot()
        return sim


class Sim:
    """One run: a person asks for one video, and one worker, which may die and is then started again, makes it."""

    def __init__(self, world: World, run: int, script: Script, fuse: Fuse) -> None:
        self.world, self.run_n, self.script, self.fuse = world, run, script, fuse
        self.chat = MemoryChat(world.effects, trouble=script.chat)
        self.place = Thread(f"c{run}")
        self.installation = Installation("w" if run == 1 else f"w{run}")
        self.ana = Principal(platform=PLATFORM, installation=self.installation, user=ANA, is_admin=False)
        self.pool: Any = world.pool
        self.admin = world.admin
        self.vendors = {
            vendor.key: vendor
            for vendor in (
                self._vendor("veo", VEO, script.veo, takes_s=script.veo_takes_s),
                self._vendor("kling", KLING, script.kling, takes_s=13.0),
            )
        }
        self.ctx: Context
        self.killed = 0
        self.incarnation = 0
        self.cancel_at: datetime | None = None
        self.terms = Terms(
            open_most=1000,
            offers={VEO: offer(VEO, "Veo", 3_200_000), KLING: offer(KLING, "Kling", 900_000)},
            window_s=script.window_s,
            free_credits=CREDITS,
        )
        (world.folder / str(run)).mkdir()

    def _vendor(self, name: str, provider: ProviderName, script: tuple[str, ...], *, takes_s: float) -> Vendor:
        return Vendor(
            key=RouteKey(f"{name}.r{self.run_n}"),
            provider=provider,
            script=script,
            clip=self.world.clip,
            effects=self.world.effects,
            clock=lambda: self.world.now,
            can_find=self.script.can_find,
            can_cancel=self.script.can_cancel,
            takes_s=takes_s,
        )

    async def boot(self) -> None:
        """Start a worker in the slot of the one that has died."""
        before = self.ctx.owner if self.incarnation else None
        self.incarnation += 1
        pool = self.pool
        await pool.revive()
        self.ctx = Context(
            pool=pool,
            routes=self.vendors,
            by_provider={vendor.provider: (key,) for key, vendor in self.vendors.items()},
            successors={},
            terms=self.terms,
            storage=ObjectStorage((self.world.folder / str(self.run_n) / "store").as_uri()),
            chats={PLATFORM: self.chat},
            health=HealthConfig(),
            routing=RoutingConfig(hedge_look_s=30),
            latency=LatencyConfig(),
            owner=f"worker:sim:{self.run_n}.{self.incarnation}",
            time_scale=REAL_TIME,
            workdir=self.world.folder / str(self.run_n),
            nudge=lambda _: None,
            progress_every_s=150.0,
        )
        self.dispatcher = Dispatcher(self.ctx, room=ClaimLimits())
        self.poll_batcher = PollBatcher(pool, window_s=0)
        async with transaction(pool) as conn:
            await workers.seen(conn, worker=self.ctx.owner, host="sim", release="test", before=before)
            await route_health.ensure(conn, dict.fromkeys(self.vendors, 20), config=self.ctx.health)
            if self.incarnation == 1:
                await conn.execute(LEARNED, list(self.vendors))

    async def ask(self, prompt: str = "a fox", *, takes: int = 1) -> Submitted:
        asked = VideoCommand(
            platform=PLATFORM,
            installation=self.installation,
            channel=ChannelId(self.place),
            user=ANA,
            event=f"e{self.run_n}",
            place=self.place,
            request=VideoRequest(prompt=prompt, tier=TierName.ULTRA),
            takes=takes,
        )
        submitted = await submit(asked, pool=self.pool, terms=self.terms, owner="bot")
        self.id: GenerationId = submitted.generation_id
        if self.script.cancel_at_s is not None:
            self.cancel_at = self.world.now + timedelta(seconds=self.script.cancel_at_s)
        return submitted

    async def run(self) -> None:
        """Run all that is due, moving the clock from one due moment to the next, until nothing is left to do."""
        for _ in range(STEPS_MAX):
            if not await self.step():
                return
        raise AssertionError(f"still at work after {STEPS_MAX} steps")

    async def step(self) -> bool:
        """What comes next: somebody outside does something, or one row is worked on. False: nothing is left to do."""
        calls = min(self._calls(), key=lambda call: call[0], default=None)
        outside = min(self.cancel_at or FOREVER, calls[0] if calls else FOREVER)
        [(claim_loop, due_at)] = await self.admin.fetch("SELECT * FROM sim_next($1)", outside)
        if await self._something_comes_first(due_at, calls):
            return True
        if due_at is None:
            return False
        self.world.now = max(self.world.now, due_at)
        await self._work(claim_loop)
        return True

    def _calls(self) -> Iterator[tuple[datetime, RouteKey, Task]]:
        """The callbacks that vendors are going to make."""
        for vendor in self.vendors.values() if self.script.calls_back else ():
            for task in vendor.tasks.values():
                if not task.has_called_back and not task.cancelled:
                    yield task.ends_at, vendor.key, task

    async def _something_comes_first(
        self, due_at: datetime | None, calls: tuple[datetime, RouteKey, Task] | None
    ) -> bool:
        """The person who cancels, or a vendor who calls back: whoever does so before the next step is due."""
        if self.cancel_at is not None and self.cancel_at <= (due_at or FOREVER):
            await self.world.move_to(self.cancel_at)
            self.cancel_at = None
            with suppress(TooLate):
                await cancel(self.id, by=self.ana, pool=self.pool)
            return True
        if due_at is None or calls is None or calls[0] > due_at:
            return False
        at, route, task = calls
        await self.world.move_to(at)
        task.has_called_back = True
        await self.admin.fetch("SELECT * FROM hint_attempt($1, $2, $3)", task.generation_id, task.n, route)
        return True

    async def _work(self, claim_loop: int) -> None:
        """Claim one row of a kind as the dispatcher does, and do what is to be done with it."""
        dispatcher = self.dispatcher
        claim: Any = (dispatcher._claim_generations, dispatcher._claim_attempts, dispatcher._claim_deliveries)[
            claim_loop
        ]
        for row in await claim(1):
            await self._mortal(claim_loop, row)

    async def _do(self, claim_loop: int, row: Any, ctx: Context) -> None:
        await self.world.effects.happened()  # it is claimed, and nothing has been done
        if claim_loop == 0:
            await advance(row, ctx)
        elif claim_loop == 1:
            await watch(row, ctx, self.poll_batcher, load=1.0)
        else:
            await deliver(row, ctx)

    async def _meanwhile(self) -> None:
        """The worker at work is thought to be dead: another one does all that is left."""
        frozen, self.fuse = self.fuse, Fuse()
        self.killed += 1
        await self.boot()
        await self.run()
        self.fuse = frozen

    async def _mortal(self, claim_loop: int, row: Any) -> None:
        dead = False

        def die() -> None:
            nonlocal dead
            dead = True
            self.world.pool.die(wholly=self.fuse.every_wait)

        try:
            work = self._do(claim_loop, row, self.ctx)
            await Mortal(work, self.fuse, self.world.effects, on_kill=die, meanwhile=self._meanwhile)
        except StaleError:
            return
        except BaseException:
            # Clean-up code that runs on a dead process's connections fails in ways of its own; a kill runs none.
            if not dead:
                raise
            self.killed += 1
            for task in asyncio.all_tasks() - {asyncio.current_task()}:
                task.cancel()
            await asyncio.sleep(0)
            await self.boot()

    @property
    def tasks(self) -> int:
        """How many tasks the vendors have started."""
        return sum(len(vendor.tasks) for vendor in self.vendors.values())


@asynccontextmanager
async def runs(dsn: str, folder: Path, clip: Path) -> AsyncIterator[World]:
    """A world in an empty database, for many runs."""
    one = World(dsn, folder, clip)
    await one.open()
    try:
        yield one
    finally:
        await one.close()


@asynccontextmanager
async def world(dsn: str, folder: Path, clip: Path, *, veo: list[str], kling: list[str]) -> AsyncIterator[Sim]:
    """The same for one run, in the workspace "w"."""
    async with runs(dsn, folder, clip) as one:
        yield await one.begin(Script(veo=tuple(veo), kling=tuple(kling)), fuse=Fuse())
