"""The dispatcher: a resident task that claims what is due, on Postgres alone, and runs it.

Three claim loops: generations to move on, attempts to poll, messages to deliver. Rows are claimed in batches
that are no larger than the loop has room for; a hint makes one generation's turn come at once.
"""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import partial
from uuid import UUID

import structlog

from core import metrics, tracing
from core.db import workers
from core.db.errors import LEAVE_S, DatabaseAway, UnreadableError, connection, statement, transaction
from core.db.generations import attempts, claims, deliveries, poison, snapshot
from core.db.generations.claims import StaleError
from core.db.generations.snapshot import Claimed, ClaimedMessage
from core.domain.backoff import backoff_s
from core.domain.errors import Away
from core.domain.generations.generation import Attempt, Generation
from core.tracing import Said
from worker.advance import advance
from worker.arrivals import Arrivals
from worker.claim_loop import ClaimLoop
from worker.context import Context
from worker.due_watch import DueWatch
from worker.load import ProcessLoad
from worker.poll_batcher import PollBatcher
from worker.steps.deliver import deliver
from worker.steps.watch import watch

log = structlog.get_logger()


class Why(Enum):
    """Why a step could not be finished. Only a bug of ours counts towards giving up."""

    BUG = auto()
    DATABASE = auto()
    STORAGE = auto()
    NEWER = auto()
    """A row holds a word that only a newer worker knows."""


LetGo = Callable[[Why, float], Awaitable[None]]
"""Gives a row back: due again after so many seconds, or, after a bug, after longer and longer."""

STORAGE_AGAIN_S = 10.0
CALM_S = 2.0
"""Answers that wait are tried every fifth of a second, each as long as it takes to get a connection."""
FINISH_S = 25.0
"""How long a stop waits for the steps in hand; then they are handed back."""
MEASURE_EVERY_S = 0.2
"""How often it is measured how late polls are, while there are any: the pause to the next ones follows it."""

REST_S = 10.0
"""How long a claim loop rests while nothing is due: one look a second for all of them wakes it before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimLimits:
    """How many rows of each kind one process works on at once."""

    generations: int = 40
    attempts: int = 200
    deliveries: int = 30


class Dispatcher:
    """The three claim loops of one process."""

    def __init__(self, ctx: Context, *, room: ClaimLimits, finish_s: float = FINISH_S) -> None:
        self._ctx = ctx
        self._finish_s = finish_s
        self._poll_batcher = PollBatcher(ctx.pool)
        self._dropped: list[Callable[[], Awaitable[None]]] = []
        self._urgent: set[UUID] = set()
        self._arrivals = Arrivals()
        self._load = ProcessLoad(now=time.monotonic())
        self._measure_at = 0.0
        self._calm_at = 0.0
        self._generations = ClaimLoop(
            room=room.generations, claim=self._claim_generations, work=self._advance, idle_most_s=REST_S
        )
        self._attempts = ClaimLoop(room=room.attempts, claim=self._claim_attempts, work=self._watch, idle_most_s=REST_S)
        self._deliveries = ClaimLoop(
            room=room.deliveries, claim=self._claim_deliveries, work=self._deliver, idle_most_s=REST_S
        )

        self._due_watch = DueWatch(
            ctx.pool,
            generations=self._generations,
            attempts=self._attempts,
            deliveries=self._deliveries,
            is_pressed=lambda: bool(self._dropped),
            no_removals=ctx.no_removals,
        )

    def hint(self, generation_id: UUID) -> None:
        """This generation is due: its turn comes at once, in a burst when that is over."""
        self._arrivals.note(time.monotonic())
        self._urgent.add(generation_id)
        self._generations.look()
        self._attempts.look()
        self._deliveries.look()

    async def run(self, stopping: asyncio.Event) -> None:
        """Work until `stopping`, then finish what is in hand or hand it back."""
        claim_loops = (self._generations, self._attempts, self._deliveries)
        async with asyncio.TaskGroup() as group:
            for claim_loop in claim_loops:
                group.create_task(claim_loop.run(stopping))
            watching = group.create_task(self._due_watch.run())
            await stopping.wait()
            watching.cancel()
            ends = time.monotonic() + self._finish_s
            for claim_loop in claim_loops:
                claim_loop.look()
        within_s = max(0.0, ends - time.monotonic())  # a claim that was under way may have taken some of it
        cancelled = await asyncio.gather(*(claim_loop.finish(within_s) for claim_loop in claim_loops))
        if any(cancelled):
            log.warning(
                "dispatcher.handed_back", generations=cancelled[0], attempts=cancelled[1], deliveries=cancelled[2]
            )

    async def _claim_generations(self, limit: int) -> Sequence[Claimed]:
        if wait_s := self._arrivals.wait_s(time.monotonic()):
            self._generations.expect(wait_s)
            return ()
        try:
            if not await self._is_calm():
                return ()
            return await self._claimed_generations(limit)
        except DatabaseAway:
            self._calm_at = math.inf
            raise

    async def _is_calm(self) -> bool:
        """After an outage nothing is taken up for a moment: what vendors said meanwhile is written down first."""
        if self._calm_at == math.inf:
            async with connection(self._ctx.pool) as conn:
                await workers.must_write(conn)
            self._calm_at = time.monotonic() + CALM_S
        return time.monotonic() >= self._calm_at

    async def _claimed_generations(self, limit: int) -> Sequence[Claimed]:
        await self._let_go()
        ctx = self._ctx
        claimed: list[Generation] = []
        async with connection(ctx.pool) as conn:
            urgent = [self._urgent.pop() for _ in range(min(limit, len(self._urgent)))]
            if urgent:
                claimed += await claims.claim_these(conn, urgent, owner=ctx.owner)
            claimed += await claims.claim_due(conn, owner=ctx.owner, limit=limit - len(claimed))
            return await snapshot.with_attempts(conn, claimed)

    async def _claim_attempts(self, limit: int) -> Sequence[Attempt]:
        async with connection(self._ctx.pool) as conn:
            now = time.monotonic()
            if now >= self._measure_at:
                due_in_s = await attempts.due_in_s(conn)
                lag_s = max(0.0, -due_in_s) if due_in_s is not None else 0.0
                self._load.measure(lag_s=lag_s, now=now)
                if due_in_s is None or due_in_s > 0:
                    self._attempts.expect(due_in_s)
                    return ()
                self._measure_at = now + MEASURE_EVERY_S
            claimed = await attempts.claim_due(conn, owner=self._ctx.owner, limit=limit)
            if not claimed:
                self._measure_at = now
            return claimed

    async def _claim_deliveries(self, limit: int) -> Sequence[ClaimedMessage]:
        async with connection(self._ctx.pool) as conn:
            return await snapshot.claim_messages(conn, owner=self._ctx.owner, limit=limit)

    async def _advance(self, claimed: Claimed) -> None:
        generation = claimed.generation

        async def let_go(why: Why, in_s: float) -> None:
            async with statement(self._ctx.pool) as conn:
                if why is Why.BUG:
                    await claims.release(conn, generation, in_s=_growing(generation.claims))
                else:
                    await claims.hand_back(conn, generation, in_s=in_s)

        said: dict[str, Said] = {"tier": generation.request.tier, "state": generation.state}
        await self._guarded(advance(claimed, self._ctx), let_go, step="advance", generation_id=generation.id, said=said)
        # It may have been woken while it was worked on, and it may have left something to be said.
        self._generations.look()
        self._deliveries.look()

    async def _watch(self, attempt: Attempt) -> None:
        async def let_go(why: Why, in_s: float) -> None:
            async with statement(self._ctx.pool) as conn:
                if why is Why.BUG:
                    await attempts.asked_in_vain(conn, attempt, in_s=_growing(attempt.failures + 3))
                else:
                    await attempts.hand_back(conn, attempt, in_s=in_s)

        work = watch(attempt, self._ctx, self._poll_batcher, load=self._load.value)
        said: dict[str, Said] = {"attempt": attempt.n, "route": attempt.route}
        await self._guarded(work, let_go, step="watch", generation_id=attempt.generation_id, said=said)

    async def _deliver(self, claimed: ClaimedMessage) -> None:
        delivery = claimed.delivery

        async def let_go(why: Why, in_s: float) -> None:
            if why is Why.BUG:
                async with transaction(self._ctx.pool) as conn:
                    is_over = await poison.crashed(conn, delivery, in_s=_growing(delivery.tries))
                if is_over:
                    log.error("delivery.poison", **deliveries.facts(delivery))
                return
            async with statement(self._ctx.pool) as conn:
                if why is Why.DATABASE:  # the message may be up already: the next try has to look for it
                    await deliveries.put_off(conn, delivery, in_s=in_s)
                else:
                    await deliveries.hand_back(conn, delivery, in_s=in_s)

        work = deliver(claimed, self._ctx)
        said: dict[str, Said] = {"message": delivery.kind, "try": delivery.tries}
        await self._guarded(work, let_go, step="deliver", generation_id=delivery.generation_id, said=said)
        self._deliveries.look()

    async def _guarded(
        self,
        work: Awaitable[None],
        let_go: LetGo,
        *,
        step: str,
        generation_id: UUID,
        said: Mapping[str, Said],
    ) -> None:
        """Run one step, and let its row go when it fails. The one place of this process where a step's bug ends."""
        facts = {"step": step, "generation_id": str(generation_id)}
        with (
            structlog.contextvars.bound_contextvars(generation_id=str(generation_id)),
            metrics.timed(metrics.STEP_S, step),
            tracing.span(f"worker {step}", said, generation=generation_id) as span,
        ):
            outcome = await self._ended(work, let_go, facts)
            span.note("outcome", outcome)
        metrics.STEPS.labels(step, outcome).inc()
        if self._dropped:
            self._generations.look()  # it gives them back

    async def _ended(self, work: Awaitable[None], let_go: LetGo, facts: dict[str, str]) -> str:
        """How a step ended; where it failed, its row is let go of."""
        try:
            await work
        except StaleError:
            log.info("step.stale", **facts)
            return "stale"
        except UnreadableError as error:
            log.warning("step.newer", **facts, error=str(error))
            self._dropped.append(partial(let_go, Why.NEWER, LEAVE_S))
            return "newer"
        except DatabaseAway as error:
            log.debug("step.database_away", **facts, unclear=error.unclear, error=str(error.__cause__ or error))
            self._dropped.append(partial(let_go, Why.DATABASE, 0.5))
            return "database_away"
        except Away as error:
            log.debug("step.storage_away", **facts, error=str(error))
            self._dropped.append(partial(let_go, Why.STORAGE, self._ctx.scaled(STORAGE_AGAIN_S)))
            return "storage_away"
        except Exception:
            log.exception("step.crashed", **facts)
            self._dropped.append(partial(let_go, Why.BUG, 0.0))
            return "crashed"
        return "done"

    async def _let_go(self) -> None:
        """Give back the rows of steps that could not be finished, so that nobody waits for their leases to end."""
        dropped, self._dropped = self._dropped, []
        while dropped:
            try:
                await dropped[-1]()
            except DatabaseAway:
                self._dropped += dropped
                raise
            dropped.pop()


def _growing(failures: int) -> float:
    """Seconds until a row is tried again over which work has crashed so often."""
    return backoff_s(failures + 1, first_s=0.5, most_s=60.0)
