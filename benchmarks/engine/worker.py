"""One worker process for the benchmark: the engine's own dispatcher, hints and steps, a bare vendor and a silent chat.

It says over a pipe how late its polls were, when each video was in its thread, and what it took in CPU and memory.
"""

import asyncio
import gc
import logging
import multiprocessing
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any

import structlog
import uvloop

from benchmarks.engine.strangers import PLENTY, Clocked, Ledger, Silent
from benchmarks.engine.world import PLATFORM, ROUTE, World, process_cpu_s
from core import clips
from core.db import workers
from core.db.errors import transaction
from core.db.health import route_health
from core.db.pool import open_pool
from core.db.routing import capacity as limits
from core.domain.generations.generation import Attempt
from core.domain.health.config import HealthConfig, LatencyConfig, RoutingConfig
from core.domain.requests.terms import Terms
from core.domain.requests.tiers import SEEDANCE
from core.domain.time_scale import TimeScale
from core.providers import registry
from core.providers.adapter import RouteConfig
from core.queue import run_hints
from core.storage import ObjectStorage
from worker.capacity import limits as limits_of
from worker.context import Context
from worker.dispatcher import ClaimLimits, Dispatcher
from worker.poll_batcher import PollBatcher

CONNECTIONS = 12
POLLS = 3
NEVER_S = 86_400.0
PAUSES_S = (0.0, 1.0, 1.0, 1.0, 0.0, NEVER_S)
"""After each step of a workflow: validate, submit, 3 x (sleep 1 s, poll), settle."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a worker process is told.

    Args:
        store: where all workers of a run keep their clips, as workers do that have one STORAGE_URL.
        vendor: the stand-in's address; None: a vendor in this process that answers without a network.
        core: the processor that it stays on; None is any.
        polls: after how many polls the vendor in this process has a video; 0 is never.
        looks: clips are looked at, as in the product; without, what one look found is said of every clip.
        workflows: so many attempts are workflows, whose polls are their steps; 0: polls are polls.
    """

    dsn: str
    redis_url: str
    folder: str
    store: str
    clip: str
    vendor: str | None
    core: int | None = None
    polls: int = POLLS
    looks: bool = True
    workflows: int = 0
    time_scale: float = 1.0
    owner: str = "worker:bench"


class Commits(PollBatcher):
    """Remembers when each task is to be polled next."""

    def __init__(self, pool: Any, ledger: Ledger) -> None:
        super().__init__(pool)
        self._ledger = ledger

    async def still_running(self, attempt: Attempt, *, wake_at: datetime, progress: float | None) -> None:
        await super().still_running(attempt, wake_at=wake_at, progress=progress)
        self._ledger.due[attempt.provider_task_id or ""] = wake_at.timestamp()


class Workflows(PollBatcher):
    """Makes each attempt a workflow: its polls are validate, submit, 3 x (sleep 1 s, poll), settle. Then it is over.

    All else is the engine's own: each step is claimed, leased, fenced and committed as a poll is, and no step knows of
    another but through its row. A sleep begins when the step before it has ended. A step that follows at once is looked
    for at once, as the engine does where a generation's next step is due.
    """

    def __init__(self, pool: Any, *, left: int, look: Callable[[], None]) -> None:
        super().__init__(pool)
        self._left = left
        self._look = look
        self.finished = asyncio.Event()

    async def still_running(self, attempt: Attempt, *, wake_at: datetime, progress: float | None) -> None:
        pause_s = PAUSES_S[attempt.polls]
        wake_at = datetime.now(UTC) + timedelta(seconds=pause_s)
        await super().still_running(attempt, wake_at=wake_at, progress=progress)
        if pause_s == 0:
            self._look()
        elif pause_s == NEVER_S:
            self._left -= 1
            if self._left == 0:
                self.finished.set()


@dataclass(slots=True)
class Worker:
    """The process, from outside."""

    pid: int
    pipe: Pipe

    def told(self, word: str = "tell") -> dict[str, Any]:
        """What it has measured so far; after "afresh" it begins anew. "finished" is answered when all workflows are."""
        self.pipe.send(word)
        told: dict[str, Any] = self.pipe.recv()
        return told

    def cpu_s(self) -> float:
        return process_cpu_s(self.pid)


@contextmanager
def worker(world: World, *, vendor: str | None, **how: Any) -> Iterator[Worker]:
    """A worker that works."""
    folder = world.home.path / f"worker-{time.monotonic_ns()}"
    folder.mkdir()
    plan = Plan(
        dsn=world.dsn, redis_url=world.redis_url, folder=str(folder), store=str(world.home.path / "store"),
        clip=str(world.clip), vendor=vendor, **how
    )  # fmt: skip
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_run, args=(plan, theirs), daemon=True)
    process.start()
    try:
        ours.recv()
        yield Worker(pid=process.pid or 0, pipe=ours)
    finally:
        ours.send("stop")
        process.join(40)
        if process.is_alive():
            process.kill()


def context(plan: Plan, pool: Any, ledger: Ledger, *, nudge: Any) -> Context:
    """The engine's context, with one route that has all the room there is."""
    config = RouteConfig(
        api_key="bench", base_url=f"{plan.vendor or 'http://127.0.0.1:9'}/api/v3", allow_private=True,
        max_in_flight=PLENTY, submits_per_min=PLENTY,
    )  # fmt: skip
    known = registry.build({ROUTE: config})
    inner = known.routes[ROUTE]
    facts = replace(inner.facts, submits_per_min=None)
    folder = Path(plan.folder)
    return Context(
        pool=pool,
        routes={ROUTE: Clocked(facts, ledger, inner if plan.vendor else None, Path(plan.clip), plan.polls)},
        by_provider={SEEDANCE: (ROUTE,)},
        successors={},
        terms=Terms(offers={SEEDANCE: known.offers[SEEDANCE]}, free_credits=10**9, open_most=10**6),
        storage=ObjectStorage(f"file://{plan.store}"),
        chats={PLATFORM: Silent(ledger)},
        health=HealthConfig().scaled(TimeScale(plan.time_scale)),
        routing=RoutingConfig().scaled(TimeScale(plan.time_scale)),
        latency=LatencyConfig().scaled(TimeScale(plan.time_scale)),
        owner=plan.owner,
        time_scale=TimeScale(plan.time_scale),
        workdir=folder,
        nudge=nudge,
    )


def terms() -> Terms:
    """The terms on which this benchmark's requests are made."""
    offers = registry.build({}).offers
    return Terms(offers={SEEDANCE: offers[SEEDANCE]}, free_credits=10**9, open_most=10**6)


def _run(plan: Plan, pipe: Pipe) -> None:
    if plan.core is not None:
        os.sched_setaffinity(0, {plan.core})
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    gc.freeze()
    uvloop.run(_work(plan, pipe))


async def _without_looks(clip: Path) -> None:
    """All clips here are the same file, so one probe serves for all of them."""
    found = await clips.take_in(await asyncio.to_thread(shutil.copy, clip, clip.with_suffix(".looked.mp4")), still=None)

    async def known(path: Path, *, still: Path | None, owner: str = "") -> clips.Taken:
        return found

    clips.take_in = known  # type: ignore[assignment]  # of this process alone


async def _work(plan: Plan, pipe: Pipe) -> None:
    ledger, stopping = Ledger(), asyncio.Event()
    if not plan.looks:
        await _without_looks(Path(plan.clip))
    dispatchers: list[Dispatcher] = []
    async with open_pool(plan.dsn, size_max=CONNECTIONS) as pool:
        ctx = context(plan, pool, ledger, nudge=lambda one: dispatchers[0].hint(one))  # noqa: PLW0108 - it is made below
        async with transaction(pool) as conn:
            await workers.seen(conn, worker=plan.owner, host=plan.owner, release="bench")
            await route_health.ensure(conn, {ROUTE: PLENTY}, config=ctx.health)
            await limits.ensure(conn, limits_of(ctx), config=ctx.health, actor=ctx.owner)
        dispatchers.append(Dispatcher(ctx, room=ClaimLimits()))
        look = dispatchers[0]._attempts.look  # noqa: SLF001 - what a hint does, for this claim loop alone
        workflows = Workflows(pool, left=plan.workflows, look=look)
        commits = workflows if plan.workflows else Commits(pool, ledger)
        dispatchers[0]._poll_batcher = commits  # noqa: SLF001 - to see when polls are due, and to say so
        hints = asyncio.create_task(run_hints(plan.redis_url, dispatchers[0].hint))
        dispatching = asyncio.create_task(dispatchers[0].run(stopping))
        pipe.send("ready")
        while (word := await asyncio.to_thread(pipe.recv)) != "stop":
            if dispatching.done():
                dispatching.result()
            if word == "finished":
                await workflows.finished.wait()
            pipe.send(_told(ledger))
            if word == "afresh":
                ledger.lags_s.clear()
                ledger.polls = 0
        stopping.set()
        await dispatching
        hints.cancel()
        await asyncio.wait({hints}, timeout=2)


def _told(ledger: Ledger) -> Mapping[str, Any]:
    memory = re.search(r"VmRSS:\s+(\d+)", Path("/proc/self/status").read_text())
    return {
        "rss_mb": int(memory[1]) / 1024 if memory else 0.0,
        "lags_s": list(ledger.lags_s),
        "polls": ledger.polls,
        "own_s": ledger.own_s,
        "said_at": dict(ledger.said_at),
    }
