"""The vendors of the scripted world, as the engine meets them: routes that do what is written, and call back.

A vendor takes a task at once and says no after a moment. No task can be stopped, and none is ever lost.
"""

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from uuid import UUID

from benchmarks.failover.rivals import LATE_S
from benchmarks.failover.simulated_time import Time
from benchmarks.failover.tally import Tally
from benchmarks.failover.world import AT_SUBMIT, PRICE_USD, RETRY_AFTER_S, VENDORS, End, Kind, Request, p95_s
from core.domain.errors import ErrorClass, provider_error
from core.domain.generations.remote_clip import RemoteClip
from core.domain.ids import ProviderName, RouteKey
from core.domain.requests.pricing import MICROS, Capabilities, Fitted, Mode, Offer, Sound
from core.domain.requests.request import DURATION_DEFAULT_S, Aspect
from core.ports import Cancelled, Poll, RouteFacts, TaskFailed, TaskRunning, TaskSucceeded, VideoJob

LINES = 1080
_ABILITIES = Capabilities(
    modes=(Mode(lines=LINES, durations_s=(DURATION_DEFAULT_S,)),),
    aspects=tuple(Aspect),
    sound=Sound.NEVER,
    prompt_max=2000,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What all vendors share.

    Args:
        requests: by generation, what the person asked for.
        sees: the kinds of outage in which free checks fail.
        begun: hears of every task that a vendor has taken.
        ended: hears of it when that has come to its end, as from a callback.
    """

    time: Time
    tally: Tally
    requests: Mapping[UUID, Request]
    sees: frozenset[Kind]
    clip: Path
    begun: Callable[[VideoJob, RouteKey], None]
    ended: Callable[[VideoJob, RouteKey], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Task:
    """What a vendor is at work on."""

    end: End
    ends_at: float


@dataclass(slots=True)
class Scripted:
    """One vendor, which is one route."""

    facts: RouteFacts
    stage: Stage
    asked: dict[UUID, int] = field(default_factory=dict)
    tasks: dict[str, Task] = field(default_factory=dict)

    async def submit(self, job: VideoJob) -> str:
        stage, vendor = self.stage, str(self.facts.key)
        k = self.asked.get(job.generation_id, 0)
        self.asked[job.generation_id] = k + 1
        fate = stage.tally.fate(stage.requests[job.generation_id], vendor, k, stage.time.now)
        if fate.end in AT_SUBMIT:
            await stage.time.sleep(fate.after_s)
            if fate.end is End.RATE_LIMITED:
                raise provider_error(ErrorClass.RATE_LIMITED, "slower", retry_after_s=RETRY_AFTER_S)
            raise provider_error(ErrorClass.TRANSIENT_SERVER, "out of order")
        task = Task(fate.end, stage.time.now + fate.after_s)
        task_id = f"{job.generation_id}/{job.attempt}"
        self.tasks[task_id] = task

        async def calls_back() -> None:
            await stage.ended(job, self.facts.key)

        stage.begun(job, self.facts.key)
        stage.time.at(task.ends_at, calls_back)
        return task_id

    async def poll(self, task_id: str) -> Poll:
        task = self.tasks[task_id]
        if self.stage.time.now < task.ends_at:
            return TaskRunning()
        if task.end is End.OK:
            return TaskSucceeded(clip=RemoteClip(url=None))
        return TaskFailed(provider_error(ErrorClass.TRANSIENT_SERVER, "broke"))

    async def find(self, job: VideoJob, *, sent_at: datetime) -> str | None:
        return None

    async def cancel(self, task_id: str) -> Cancelled:
        return Cancelled.UNSUPPORTED

    async def download(self, task_id: str, clip: RemoteClip, *, to: Path) -> None:
        await asyncio.to_thread(shutil.copyfile, self.stage.clip, to)

    async def check(self) -> None:
        stage = self.stage
        if not stage.tally.world.answers(str(self.facts.key), stage.sees, stage.time.now):
            raise provider_error(ErrorClass.TRANSIENT_SERVER, "out of reach")

    async def aclose(self) -> None:
        return


def vendors(stage: Stage) -> dict[RouteKey, Scripted]:
    """All five."""
    return {RouteKey(vendor): Scripted(facts=_facts(vendor), stage=stage) for vendor in VENDORS}


def offers() -> dict[ProviderName, Offer]:
    """What they charge."""
    return {ProviderName(vendor): _offer(vendor) for vendor in VENDORS}


def _facts(vendor: str) -> RouteFacts:
    return RouteFacts(
        key=RouteKey(vendor),
        provider=ProviderName(vendor),
        model="scripted",
        configured=True,
        can_cancel=False,
        can_find=False,
        has_callbacks=True,
        usual_s=p95_s(vendor) / 2,
        late_s=LATE_S,
    )


def _offer(vendor: str) -> Offer:
    def usd_micros(_: Fitted) -> int:
        return round(PRICE_USD[vendor] * MICROS)

    return Offer(provider=ProviderName(vendor), label=vendor.title(), capabilities=_ABILITIES, usd_micros=usd_micros)
