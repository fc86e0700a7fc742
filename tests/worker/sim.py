"""A world to run the real engine in: a simulated clock, scripted vendors, a chat that remembers, and kill -9 at will.

The engine's own code runs on real Postgres. One step runs at a time, so a run is the same each time up to the network's
whims; a kill drops the process's connections and everything it knew.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from core.db import attempts, deliveries, generations, health, workers
from core.db.errors import transaction
from core.db.generations import StaleError
from core.db.pool import open_pool
from core.domain.errors import ErrorClass, OutcomeUnknown, provider_error
from core.domain.health_config import HealthConfig, LatencyConfig, RoutingConfig
from core.domain.ids import (
    ChannelId,
    Installation,
    MessageId,
    PlatformName,
    ProviderName,
    RouteKey,
    Thread,
    UserId,
)
from core.domain.pricing import Capabilities, Mode, Offer, Sound
from core.domain.request import Aspect, VideoRequest
from core.domain.terms import Terms
from core.domain.tiers import KLING, VEO, TierName
from core.ports import (
    Cancelled,
    Failed,
    Job,
    LocalClip,
    Poll,
    Posted,
    RemoteClip,
    RouteFacts,
    Running,
    Succeeded,
)
from core.replies.card import Card
from core.storage import ObjectStorage
from core.usecases.submit import Asked, Submitted, submit
from worker.advance import advance
from worker.commits import PollCommits
from worker.context import Context
from worker.steps.deliver import deliver
from worker.steps.watch import watch

CLOCK = """
CREATE TABLE sim_clock (now timestamptz NOT NULL);
INSERT INTO sim_clock VALUES ('2026-11-22 12:00:00+00');
CREATE OR REPLACE FUNCTION nd_now() RETURNS timestamptz LANGUAGE sql STABLE AS 'SELECT now FROM sim_clock';
"""
PLATFORM = PlatformName("test")
STEPS_MAX = 1500


class KilledError(BaseException):
    """kill -9: nothing of ours may catch it."""


@dataclass
class Fuse:
    """Counts the moments at which the process could die, and picks some.

    Outside moments lie before and after what a vendor or a chat does: they yield nothing to the event loop but a turn.
    All moments are those and every wait for Postgres.
    """

    blows_at: frozenset[int] = frozenset()
    outside_only: bool = True
    passed: int = 0

    def pass_one(self, pending: object) -> bool:
        if self.outside_only and pending is not None:
            return False
        self.passed += 1
        return self.passed in self.blows_at


class Mortal(Awaitable[None]):
    """Runs a coroutine and kills it at the moment that the fuse says: between two of its suspensions."""

    def __init__(self, work: Any, fuse: Fuse, on_kill: Callable[[], None]) -> None:
        self._work, self._fuse, self._on_kill = work, fuse, on_kill

    def __await__(self) -> Generator[Any, Any, None]:
        steps = self._work.__await__()
        try:
            pending = next(steps)
            while True:
                if self._fuse.pass_one(pending):
                    self._on_kill()
                    pending = steps.throw(KilledError())
                try:
                    answer = yield pending
                except BaseException as error:  # noqa: BLE001 - handed on to whoever waits inside
                    pending = steps.throw(error)
                else:
                    pending = steps.send(answer)
        except StopIteration:
            return


@dataclass
class Task:
    external_id: UUID
    prompt: str
    ends_at: datetime
    fails: ErrorClass | None
    cancelled: bool = False


@dataclass
class Vendor:
    """One route whose behaviour is written down in advance: one word for each submit, the last one for all others.

    ok, busy (refuses), refuses (content), fails (in the run), hangs, loses (works, but the reply is lost), gone.
    """

    key: RouteKey
    provider: ProviderName
    script: list[str]
    can_find: bool
    clip: Path
    clock: Callable[[], datetime]
    takes_s: float = 13.0
    submits: int = 0
    tasks: dict[str, Task] = field(default_factory=dict)

    @property
    def facts(self) -> RouteFacts:
        return RouteFacts(
            key=self.key,
            provider=self.provider,
            model="m",
            configured=True,
            can_cancel=True,
            can_find=self.can_find,
            has_callbacks=False,
            usual_s=30.0,
            late_s=120.0,
        )

    async def submit(self, job: Job) -> str:
        word = self.script[min(self.submits, len(self.script) - 1)]
        self.submits += 1
        await asyncio.sleep(0)
        match word:
            case "busy":
                raise provider_error(ErrorClass.CAPACITY, "full")
            case "refuses":
                raise provider_error(ErrorClass.CONTENT_POLICY, "no")
            case "gone":
                raise provider_error(ErrorClass.MODEL_GONE, "retired")
        task_id = uuid4().hex
        far = timedelta(days=9) if word == "hangs" else timedelta(seconds=200) if word == "late" else None
        self.tasks[task_id] = Task(
            external_id=job.external_id,
            prompt=job.prompt,
            ends_at=self.clock() + (far or timedelta(seconds=self.takes_s)),
            fails=ErrorClass.TRANSIENT_SERVER if word == "fails" else None,
        )
        await asyncio.sleep(0)
        if word == "loses":
            raise OutcomeUnknown(ErrorClass.OUTCOME_UNKNOWN, "broken connection")
        return task_id

    async def find(self, job: Job, *, sent_at: datetime) -> str | None:
        await asyncio.sleep(0)
        return next((key for key, task in self.tasks.items() if task.external_id == job.external_id), None)

    async def poll(self, task_id: str) -> Poll:
        await asyncio.sleep(0)
        task = self.tasks[task_id]
        if task.cancelled:
            return Failed(provider_error(ErrorClass.CANCELLED))
        if self.clock() < task.ends_at:
            return Running()
        if task.fails is not None:
            return Failed(provider_error(task.fails, "broke"))
        return Succeeded(clip=RemoteClip(url="x://clip"))

    async def cancel(self, task_id: str) -> Cancelled:
        await asyncio.sleep(0)
        task = self.tasks[task_id]
        if self.clock() >= task.ends_at:
            return Cancelled.TOO_LATE
        task.cancelled = True
        await asyncio.sleep(0)
        return Cancelled.YES

    async def download(self, task_id: str, clip: RemoteClip, *, to: Path) -> None:
        await asyncio.sleep(0)
        await asyncio.to_thread(shutil.copyfile, self.clip, to)
        await asyncio.sleep(0)

    async def check(self) -> None:
        return

    async def aclose(self) -> None:
        return


@dataclass
class Message:
    id: str
    key: UUID
    title: str
    has_file: bool = False


@dataclass
class MemoryChat:
    """A platform that keeps what was posted. It has no idempotency key, as Slack has none."""

    threads: dict[str, list[Message]] = field(default_factory=dict)
    next_id: int = 0

    def _new(self, thread: str, key: UUID, card: Card, *, has_file: bool = False) -> str:
        self.next_id += 1
        message = Message(id=str(self.next_id), key=key, title=card.title, has_file=has_file)
        self.threads.setdefault(thread, []).append(message)
        return message.id

    async def open_thread(self, place: Thread, card: Card, *, key: UUID, title: str, look_first: bool) -> Posted:
        await asyncio.sleep(0)
        found = await self.find(place, key=key) if look_first else None
        message = found or MessageId(self._new(place, key, card))
        await asyncio.sleep(0)
        return Posted(message=message, thread=Thread(f"{place}/{message}"))

    async def post(self, thread: Thread, card: Card, *, key: UUID) -> MessageId:
        await asyncio.sleep(0)
        message = self._new(thread, key, card)
        await asyncio.sleep(0)
        return MessageId(message)

    async def edit(self, thread: Thread, message: MessageId, card: Card, *, key: UUID) -> None:
        await asyncio.sleep(0)
        next(m for m in self.threads[thread] if m.id == message).title = card.title

    async def upload(
        self, thread: Thread, clip: LocalClip, card: Card, *, key: UUID, memory: dict[str, str], look_first: bool
    ) -> AsyncIterator[dict[str, str]]:
        if look_first and (found := await self.find(thread, key=key)):
            yield {"message": found}
            return
        yield {"stage": "completing"}
        message = self._new(thread, key, card, has_file=True)
        await asyncio.sleep(0)
        yield {"message": message}

    async def find(self, thread: Thread, *, key: UUID) -> MessageId | None:
        await asyncio.sleep(0)
        found = next((m.id for m in self.threads.get(thread, []) if m.key == key), None)
        return MessageId(found) if found else None

    async def direct(self, place: Thread, user: UserId) -> Thread:
        return Thread(f"@{user}")

    async def aclose(self) -> None:
        return


class Sim:
    """One world with one worker, which may die and is then started again."""

    def __init__(self, dsn: str, folder: Path, clip: Path, *, veo: list[str], kling: list[str], can_find: bool) -> None:
        self.dsn, self.folder = dsn, folder
        self.now = datetime(2026, 11, 22, 12, tzinfo=UTC)
        self.chat = MemoryChat()
        self.vendors = {
            RouteKey("veo.test"): Vendor(RouteKey("veo.test"), VEO, veo, can_find, clip, lambda: self.now),
            RouteKey("kling.test"): Vendor(RouteKey("kling.test"), KLING, kling, can_find, clip, lambda: self.now),
        }
        self.fuse = Fuse()
        self.killed = 0
        self.incarnation = 0
        self.terms = Terms(offers={VEO: _offer(VEO, "Veo", 3_200_000), KLING: _offer(KLING, "Kling", 900_000)})

    async def open(self) -> None:
        self.admin = await asyncpg.connect(self.dsn)
        await self.admin.execute(CLOCK)
        await self._boot()

    async def close(self) -> None:
        self.pool.terminate()
        await self.admin.close()

    async def _boot(self) -> None:
        self.incarnation += 1
        self.pool = open_pool(self.dsn, size_max=4)
        await self.pool
        self.ctx = Context(
            pool=self.pool,
            routes=self.vendors,
            by_provider={vendor.provider: (key,) for key, vendor in self.vendors.items()},
            successors={},
            terms=self.terms,
            storage=ObjectStorage((self.folder / "store").as_uri()),
            chats={PLATFORM: self.chat},
            health=HealthConfig(),
            routing=RoutingConfig(),
            latency=LatencyConfig(),
            owner=f"worker:sim:{self.incarnation}",
            time_scale=1.0,
            workdir=self.folder,
            nudge=lambda _: None,
        )
        self.commits = PollCommits(self.pool)
        async with transaction(self.pool) as conn:
            await workers.seen(conn, worker=self.ctx.owner, slot="sim", release="test")
            await health.ensure(conn, dict.fromkeys(self.vendors, 20), config=self.ctx.health)

    async def ask(self, prompt: str = "a fox", *, event: str = "e1") -> Submitted:
        asked = Asked(
            platform=PLATFORM,
            installation=Installation("w"),
            channel=ChannelId("c"),
            user=UserId("ana"),
            event=event,
            place=Thread("c"),
            request=VideoRequest(prompt=prompt, tier=TierName.ULTRA),
        )
        terms = Terms(offers=self.terms.offers, free_credits=10_000)
        return await submit(asked, pool=self.pool, terms=terms, owner="bot")

    async def run(self, *, until: Callable[[], Awaitable[bool]] | None = None) -> None:
        """Run all that is due, moving the clock from one due moment to the next, until nothing is left to do."""
        for _ in range(STEPS_MAX):
            if until is not None and await until():
                return
            if not await self._one_round() and not await self._to_next():
                return
        raise AssertionError(f"still at work after {STEPS_MAX} rounds")

    async def _one_round(self) -> bool:
        """Claim and run one row of each kind; True if there was any."""
        worked = False
        for claim, work in (
            (lambda c: generations.claim_due(c, owner=self.ctx.owner, limit=1), lambda g: advance(g, self.ctx)),
            (
                lambda c: attempts.claim_due(c, owner=self.ctx.owner, limit=1),
                lambda a: watch(a, self.ctx, self.commits),
            ),
            (lambda c: deliveries.claim_due(c, owner=self.ctx.owner, limit=1), lambda d: deliver(d, self.ctx)),
        ):
            async with self.pool.acquire() as conn:
                rows: Any = await claim(conn)
            for row in rows:
                worked = True
                await self._mortal(work(row))
        return worked

    async def _mortal(self, work: Any) -> None:
        dead = False

        def die() -> None:
            nonlocal dead
            dead = True
            self.pool.terminate()

        try:
            await Mortal(work, self.fuse, die)
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
            await self._boot()

    async def _to_next(self) -> bool:
        due = await self.admin.fetchval(
            "SELECT min(wake_at) FROM (SELECT wake_at FROM generations WHERE state <> 'done' "
            "UNION ALL SELECT wake_at FROM attempts WHERE state IN ('accepted', 'late') "
            "UNION ALL SELECT wake_at FROM deliveries WHERE state = 'due') due"
        )
        if due is None:
            return False
        self.now = max(self.now, due)
        await self.admin.execute("UPDATE sim_clock SET now = $1", self.now)
        return True

    @property
    def tasks(self) -> int:
        """How many tasks the vendors have started."""
        return sum(len(vendor.tasks) for vendor in self.vendors.values())


def _offer(provider: ProviderName, label: str, usd_micros: int) -> Offer:
    return Offer(
        provider=provider,
        label=label,
        capabilities=Capabilities(
            modes=(Mode(lines=1080, durations_s=(8,)),), aspects=tuple(Aspect), sound=Sound.NEVER, prompt_max=2000
        ),
        usd_micros=lambda _: usd_micros,
    )


@asynccontextmanager
async def world(
    dsn: str, folder: Path, clip: Path, *, veo: list[str], kling: list[str], can_find: bool = True
) -> AsyncIterator[Sim]:
    sim = Sim(dsn, folder, clip, veo=veo, kling=kling, can_find=can_find)
    await sim.open()
    try:
        yield sim
    finally:
        await sim.close()
