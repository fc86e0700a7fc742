"""One run of chaos: a town is started, people ask for videos, things go wrong, all is calmed, and everything judged."""

import asyncio
import contextlib
import itertools
import os
import random
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from core.db.pool import prepare
from core.settings import environment, settings
from neverdark import state
from neverdark.migrate import migrate
from neverdark.stack import Stack, stack
from tests.chaos import chat_faults
from tests.chaos.crew import Crew
from tests.chaos.faults import schedule, strike
from tests.chaos.lasting import Lasting
from tests.chaos.people import PLATFORMS, People
from tests.chaos.recovery import AWAY, Recovery, looking, worker_of
from tests.chaos.verdict import Verdict, judge, tasks_of

START_S = 120.0
COLLECT_S = 0.25
"""The sandbox tells of each vendor's last fifty tasks."""
ASK_EVERY_S = 0.15
ASK_AGAIN_S = 1.0
"""A person who hears nothing waits a little."""
_COUNTS = "SELECT count(*) AS accepted, count(*) FILTER (WHERE state <> 'done') AS under_way FROM generations"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a run is to be.

    Args:
        generations: how many at least.
        every_s: between two faults, on average.
        faults: at most; None is as many as come while people ask.
        deck: what goes wrong, and how often in each round.
        at_once: how many generations are under way at most.
        patience_s: how long all that was begun may take once it is calm.
    """

    generations: int
    seed: int
    workers: int
    every_s: float
    faults: int | None
    deck: Mapping[str, int]
    at_once: int
    patience_s: float


@dataclass(slots=True)
class Report:
    """What happened."""

    verdict: Verdict
    recovery: Recovery
    people: People
    deaths: dict[str, int]
    faults: list[str]
    took_s: float
    calm_s: float


@dataclass(slots=True)
class Town:
    crew: Crew
    plan: Stack
    http: httpx.AsyncClient
    tasks: dict[str, dict[str, str]] = field(default_factory=dict)
    accepted: int = 0
    under_way: int = 0

    async def count(self) -> None:
        """See how many there are; what was known before stands while Postgres is away."""
        with contextlib.suppress(*AWAY):
            async with looking(self.plan.database_url) as conn:
                row = await conn.fetchrow(_COUNTS)
                self.accepted, self.under_way = row["accepted"], row["under_way"]

    async def collect(self) -> None:
        """Remember the vendors' tasks, which they forget."""
        while True:
            with contextlib.suppress(httpx.HTTPError):
                for vendor, known in tasks_of((await self.http.get("/api/vendors")).json()).items():
                    self.tasks.setdefault(vendor, {}).update(known)
            await asyncio.sleep(COLLECT_S)


async def run(wish: Wish, home: Path) -> Report:
    """The whole run; says on stderr what goes wrong as it does."""
    async with town_of(wish, home) as town:
        began = time.monotonic()
        people = People(http=town.http, dice=random.Random(wish.seed))
        recovery = Recovery(database_url=town.plan.database_url, people=people)
        faults: list[str] = []
        store = Path(settings().storage.removeprefix("file://"))
        lasting = Lasting(store=store, speed=float(os.environ["TIME_SCALE"]))
        collecting = asyncio.create_task(town.collect())
        breaking = asyncio.create_task(_break(wish, town, recovery, faults, lasting))
        await _ask(wish, town, people, breaking)
        breaking.cancel()
        await asyncio.gather(breaking, return_exceptions=True)
        await lasting.over()
        await town.http.delete("/api/trouble")
        await chat_faults.calm(town.http)
        calm = time.monotonic()
        await people.settle()
        await until_done(town, within_s=wish.patience_s)
        await recovery.finish()
        await asyncio.sleep(2 * COLLECT_S)
        collecting.cancel()
        async with looking(town.plan.database_url) as conn:
            await prepare(conn)
            verdict = await judge(conn, await people.told(), town.tasks)
        verdict.stuck += [f"after '{what}' nothing went on" for what in recovery.never]
        return Report(
            verdict=verdict, recovery=recovery, people=people, faults=faults,
            deaths={name: member.deaths for name, member in town.crew.members.items()},
            took_s=time.monotonic() - began, calm_s=time.monotonic() - calm,
        )  # fmt: skip


@asynccontextmanager
async def town_of(wish: Wish, path: Path) -> AsyncIterator[Town]:
    """All processes, up and answering."""
    home = state.open_home(path)
    plan = stack(settings(), home, environment(), coloured=False)
    crew = Crew(plan, workers=wish.workers, seed=wish.seed, logs=path / "logs")
    async with httpx.AsyncClient(base_url=plan.address, timeout=20) as http:
        try:
            await crew.start(*(name for name in ("postgres", "redis") if name in crew.members))
            await asyncio.to_thread(migrate, plan.owner_url, app_url=plan.database_url)
            await crew.start("sandbox")
            await crew.start("slack", "discord", "web", *crew.workers)
            people = People(http=http, dice=random.Random(0))
            async with asyncio.timeout(START_S):
                for platform in PLATFORMS:
                    while not await people.answered(platform):  # noqa: ASYNC110 - other processes get ready
                        await asyncio.sleep(0.2)
            yield Town(crew=crew, plan=plan, http=http)
        finally:
            await crew.stop()


async def _ask(wish: Wish, town: Town, people: People, breaking: asyncio.Task[None]) -> None:
    """Ask until enough was accepted and enough has gone wrong."""
    asking: set[asyncio.Task[None]] = set()
    unheard = 0
    while True:
        await town.count()
        enough = town.accepted >= wish.generations
        if enough and (breaking.done() or wish.faults is None):
            break
        if (
            not enough
            and town.under_way + len(asking) < wish.at_once
            and town.accepted + len(asking) < wish.generations
        ):
            before = people.unheard
            task = asyncio.create_task(people.ask())
            asking.add(task)
            task.add_done_callback(asking.discard)
            if before > unheard:
                unheard = before
                await asyncio.sleep(ASK_AGAIN_S)
        if breaking.done():
            breaking.result()
        await asyncio.sleep(ASK_EVERY_S)
    await asyncio.gather(*asking)


async def _break(wish: Wish, town: Town, recovery: Recovery, done: list[str], lasting: Lasting) -> None:
    for fault in itertools.islice(schedule(wish.seed, every_s=wish.every_s, deck=wish.deck), wish.faults):
        await asyncio.sleep(fault.after_s)
        known = await recovery.before(fault, worker_of(fault, town.crew))
        sys.stderr.write(f"{len(done) + 1:5}  {fault}\n")
        await strike(fault, town.crew, http=town.http, plan=town.plan, lasting=lasting)
        recovery.after(fault, known)
        done.append(str(fault))


async def until_done(town: Town, *, within_s: float) -> None:
    """Wait until nothing is under way; what still is then is stuck, and the verdict's affair."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        await town.count()
        if town.under_way == 0:
            return
        await asyncio.sleep(0.2)
