"""The engine itself in the world of `failover`: the worker's own steps on Postgres, in simulated time.

Rows say what is due, as in production: the clock jumps from one `wake_at` to the next. Only what comes from outside is
written down beforehand: people ask, and vendors call back when they are done, through the function that callbacks use.
What the pure run leaves out is left out here: latencies are known and stay, the delivery window opens with the
question, nobody looks at the progress message, and nobody polls for what a callback tells.
"""

from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from benchmarks.engine.strangers import Ledger, Silent
from benchmarks.engine.world import PLATFORM, make_clip
from benchmarks.failover.memory import P95_S, moment, second
from benchmarks.failover.rivals import LATE_S, timeout_s
from benchmarks.failover.rows import faults, read
from benchmarks.failover.sessions import Sessions
from benchmarks.failover.simulated_time import Time
from benchmarks.failover.tally import Tally
from benchmarks.failover.trace import Trace
from benchmarks.failover.vendors import LINES, Stage, offers, vendors
from benchmarks.failover.world import CHAINS, LAST_RESORT, WINDOW_S, Kind, Request, World
from core.db.errors import connection, transaction
from core.db.generations import attempts, callbacks, claims, opened_roots, snapshot
from core.db.health import route_health
from core.domain.health.config import HealthConfig, LatencyConfig, RoutingConfig
from core.domain.ids import ChannelId, Installation, MessageId, ProviderName, RouteKey, Thread, UserId
from core.domain.requests.request import DURATION_DEFAULT_S, VideoRequest
from core.domain.requests.terms import Terms
from core.domain.requests.tiers import TierName
from core.domain.time_scale import REAL_TIME
from core.ports import Chat, VideoJob
from core.storage import ObjectStorage
from core.usecases.requests.submit import VideoCommand, submit
from worker.advance import advance
from worker.context import Context
from worker.poll_batcher import PollBatcher
from worker.steps.deliver import deliver
from worker.steps.watch import watch
from worker.sweep import once as sweep

if TYPE_CHECKING:
    from uuid import UUID

    from core.db.pool import Pool
    from core.replies.chat.card import Card

PLENTY = 10**6
CREDITS = 10**9
OVERDUE_S = 1.5e-6
"""So much later an attempt is older than p95, times being rounded to a microsecond."""
CLAIMED_S = 3e-6
"""So much later a row is claimed that is due: behind a sweep of the same moment."""
_ALWAYS = datetime(2100, 1, 1, tzinfo=UTC)
_NEVER, _AT_ONCE = float("inf"), float("-inf")
_DUE = """
SELECT claim_kind, wake_at FROM (
    SELECT 0 AS claim_kind, min(wake_at) AS wake_at FROM generations WHERE state <> 'done'
    UNION ALL SELECT 1, min(wake_at) FROM attempts WHERE state IN ('accepted', 'late')
    UNION ALL SELECT 2, min(wake_at) FROM deliveries WHERE state = 'due') due
 WHERE wake_at IS NOT NULL ORDER BY wake_at, claim_kind LIMIT 1
"""


class Engine:
    """One worker, the people who ask it for videos, and the vendors that it asks.

    Args:
        world: what happens.
        sees: the kinds of outage in which the free check fails, too.
    """

    def __init__(self, world: World, *, sees: frozenset[Kind], dsn: str, folder: Path) -> None:
        self.world, self.sees, self.folder = world, sees, folder
        self.time, self.tally = Time(), Tally(world)
        self.requests: dict[UUID, Request] = {}
        self._sessions = Sessions(dsn, lambda: moment(self.time.now))
        stage = Stage(
            time=self.time,
            tally=self.tally,
            requests=self.requests,
            sees=sees,
            clip=make_clip(folder / "clip.mp4"),
            begun=self._begun,
            ended=self._ended,
        )
        self.vendors = vendors(stage)
        self.terms = Terms(offers=offers(), open_most=10**6, window_s=WINDOW_S, free_credits=CREDITS)
        last_resort = {TierName(tier): ProviderName(vendor) for tier, vendor in LAST_RESORT.items()}
        self.with_last_resort = Terms(
            open_most=10**6, offers=self.terms.offers, window_s=WINDOW_S, free_credits=CREDITS, last_resort=last_resort
        )
        self.ctx = self._context()
        self.poll_batcher = PollBatcher(self.ctx.pool, window_s=0)

    async def run(self) -> Trace:
        """Run the world until nothing is left to do. Returns what became of every generation and route.

        Raises:
            AssertionError: a generation or its money is not as it should be.
        """
        try:
            await self._prepare()
            for request in self.world.requests:
                if not request.is_poison:
                    self.tally.asked[request.tier] += 1
                self.time.at(request.at, partial(self._ask, request))
            for vendor, at in self.world.free_checks(self.sees, every_s=self.ctx.health.free_check_every_s):
                self.time.at(at, partial(self._sweep, check=RouteKey(vendor)))
            while await self._next():
                pass
            async with connection(self.ctx.pool) as conn:
                wrong = await faults(conn, asked=len(self.world.requests))
                assert not wrong, wrong
                return await read(conn, self.requests, self.tally)
        finally:
            await self._sessions.close()

    async def _next(self) -> bool:
        """What comes next: something from outside, or one row is worked on. False: nothing is left to do."""
        async with connection(self.ctx.pool) as conn:
            due = await conn.fetchrow(_DUE)
        due_at = _NEVER if due is None else second(due["wake_at"])
        claimed_at = due_at + CLAIMED_S if due_at > self.time.now else self.time.now
        if self.time.next_at <= claimed_at:
            if self.time.next_at == _NEVER:
                return False
            await self.time.step()
        elif due is not None:
            self.time.move_to(claimed_at)
            await self._work(due["claim_kind"])
        return True

    def _context(self) -> Context:
        return Context(
            pool=cast("Pool", self._sessions),
            routes=self.vendors,
            by_provider={vendor.facts.provider: (route,) for route, vendor in self.vendors.items()},
            successors={},
            terms=self.terms,
            storage=ObjectStorage("memory:///"),
            chats={PLATFORM: cast("Chat[Card]", Silent(Ledger()))},
            health=HealthConfig(),
            routing=RoutingConfig(),
            latency=LatencyConfig(),
            owner="worker:failover",
            time_scale=REAL_TIME,
            workdir=self.folder,
            nudge=lambda _: None,
        )

    async def _prepare(self) -> None:
        """Routes with room for everybody, and how long each takes: known, and for ever.

        Only the last poll of a task is made by the clock, after all the time in which its result may still be had.
        """
        async with transaction(self.ctx.pool) as conn:
            await route_health.ensure(conn, dict.fromkeys(self.vendors, PLENTY), config=self.ctx.health)
            await conn.executemany(
                "INSERT INTO provider_latency_learned (route, operation, duration_s, lines, at, p5_s, p50_s, p90_s, "
                "p95_s, samples) VALUES ($1, 'text', $2, $3, $4, $5, $6, $6, $6, 99)",
                [
                    (route, DURATION_DEFAULT_S, LINES, _ALWAYS, timeout_s(route) + LATE_S, p95_s)
                    for route, p95_s in P95_S.items()
                ],
            )

    async def _ask(self, request: Request) -> None:
        """A person asks, and the bot opens the thread."""
        has_last_resort = len(request.chain) > len(CHAINS[request.tier])
        asked = VideoCommand(
            platform=PLATFORM,
            installation=Installation("w"),
            channel=ChannelId("c"),
            user=UserId(f"member-{request.member}"),
            event=str(request.n),
            place=Thread("c"),
            request=VideoRequest(prompt="a red fox in the snow", tier=TierName(request.tier)),
        )
        terms = self.with_last_resort if has_last_resort else self.terms
        submitted = await submit(asked, pool=self.ctx.pool, terms=terms, owner="bot")
        assert submitted.root is not None
        self.requests[submitted.generation_id] = request
        async with transaction(self.ctx.pool) as conn:
            await conn.execute(
                "DELETE FROM deliveries WHERE generation_id = $1 AND kind = 'progress'", submitted.generation_id
            )
            await conn.execute(
                "UPDATE generations SET window_ends = created_at + $2::interval WHERE id = $1",
                submitted.generation_id,
                timedelta(seconds=WINDOW_S),
            )
            thread, message = Thread(f"c/{request.n}"), MessageId(str(request.n))
            await opened_roots.opened(conn, submitted.root, thread=thread, message_id=message)

    def _begun(self, job: VideoJob, route: RouteKey) -> None:
        """A task is to be swept at the moments at which it may be overdue."""
        vendor, task_id = self.vendors[route], f"{job.generation_id}/{job.attempt}"

        async def swept() -> None:
            if self.time.now < vendor.tasks[task_id].ends_at:
                await self._sweep()

        for factor in (1.0, self.ctx.health.probe_late_factor):
            self.time.at(self.time.now + factor * P95_S[route] + OVERDUE_S, swept)

    async def _ended(self, job: VideoJob, route: RouteKey) -> None:
        """A vendor calls back."""
        async with transaction(self.ctx.pool) as conn:
            await callbacks.note(conn, generation_id=job.generation_id, n=job.attempt, route=route)

    async def _sweep(self, *, check: RouteKey | None = None) -> None:
        """One round of the sweep, with the free check of one route or none."""
        checked_at = {route: _AT_ONCE if route == check else -_AT_ONCE for route in self.vendors}
        await sweep(self.ctx, checked_at, set())

    async def _work(self, claim_kind: int) -> None:
        """Claim a row that is due, as the dispatcher does, and do what is to be done with it."""
        ctx, owner = self.ctx, self.ctx.owner
        async with connection(ctx.pool) as conn:
            match claim_kind:
                case 0:
                    rows = await claims.claim_due(conn, owner=owner, limit=1)
                    works = [advance(one, ctx) for one in await snapshot.with_attempts(conn, rows)]
                case 1:
                    due = await attempts.claim_due(conn, owner=owner, limit=1)
                    works = [watch(one, ctx, self.poll_batcher) for one in due]
                case _:
                    works = [deliver(one, ctx) for one in await snapshot.claim_messages(conn, owner=owner, limit=1)]
        assert works, "what was due could not be claimed"
        for work in works:
            await self.time.run(work)
