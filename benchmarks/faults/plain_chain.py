"""One fault, met by a plain chain: submit, ask every 5 s, download; on any error the next vendor.

It uses the product's adapters, so that it reads every vendor's dialect, and nothing else of the product.
"""

import tempfile
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from benchmarks.faults.fault_list import Entry
from benchmarks.faults.films import is_shown_anywhere
from benchmarks.faults.place import EPOCH, REQUEST, Place, opened
from benchmarks.faults.verdict import End, Seen
from core.domain.errors import ProviderError
from core.domain.ids import GenerationId
from core.domain.requests.pricing import Fitted, price
from core.ports import Cancelled, TaskFailed, TaskSucceeded, VideoJob, VideoRoute

EVERY_S = 5.0
TIMEOUT_S = 600.0
CREDITS_PER_USD = 150


@dataclass(slots=True)
class Clock:
    """The simulated time."""

    at: float = EPOCH.timestamp()


@dataclass(slots=True)
class _Run:
    """One call of the chain."""

    entry: Entry
    place: Place
    clock: Clock
    has_cancelled: bool = False
    videos: int = 0
    is_right: bool = True
    maker: int = -1
    end: End = End.TOLD

    async def call(self) -> None:
        for n, vendor in enumerate(self.place.vendors):
            route, fitted = self.place.built.routes[vendor.dialect.route], self.place.fitted[n]
            try:
                if await self._tried(route, fitted):
                    self.maker = n
                    return
            except ProviderError:
                continue
            if self.end is End.CANCELLED:
                return

    async def _tried(self, route: VideoRoute, fitted: Fitted) -> bool:
        name = uuid4()
        task = await route.submit(
            VideoJob(
                generation_id=GenerationId(name), attempt=1, external_id=name, prompt=REQUEST.prompt, fitted=fitted
            )
        )
        until = self.clock.at + TIMEOUT_S
        while self.clock.at < until:
            self.clock.at += EVERY_S
            await self._cancel_when_wanted(route, task)
            if self.end is End.CANCELLED:
                return False
            answer = await route.poll(task)
            if isinstance(answer, TaskFailed):
                return False
            if isinstance(answer, TaskSucceeded):
                await self._take(route, task, answer, fitted)
                return True
        return False

    async def _take(self, route: VideoRoute, task: str, answer: TaskSucceeded, fitted: Fitted) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "clip.mp4"
            await route.download(task, answer.clip, to=path)
            self.is_right = is_shown_anywhere(path.read_bytes(), seconds=fitted.duration_s)
        self.videos += 1
        self.end = End.VIDEO

    async def _cancel_when_wanted(self, route: VideoRoute, task: str) -> None:
        wanted = self.entry.cancel_at_s
        if wanted is None or self.has_cancelled or self.clock.at - EPOCH.timestamp() < wanted:
            return
        self.has_cancelled = True
        try:
            if await route.cancel(task) is Cancelled.YES:
                self.end = End.CANCELLED
        except ProviderError:
            return


async def run(entry: Entry) -> Seen:
    """What such a chain makes of a fault. Who pays, pays the maker's price."""
    async with AsyncExitStack() as stack:
        clock = Clock()
        place = await opened(entry, stack, lambda: clock.at)
        runs = [_Run(entry, place, clock) for _ in range(2 if entry.special == "twice" else 1)]
        for one in runs:
            await one.call()
        last = runs[-1]
        video = last.end is End.VIDEO
        offer = place.built.offers[place.vendors[last.maker].dialect.provider]
        full = price(REQUEST, offer, credits_per_usd=CREDITS_PER_USD) if video else 0
        share = entry.expected.worth if last.maker == 0 else 1.0
        return Seen(
            end=last.end,
            results=len(runs),
            is_right=last.is_right,
            paid=full,
            due=int(full * share + 1e-9),
            jobs=(len(place.vendors[0].tasks), len(place.vendors[1].tasks)),
            cancels=sum(vendor.cancels for vendor in place.vendors),
            took_s=clock.at - EPOCH.timestamp(),
            unused=sum(vendor.billed for vendor in place.vendors) - sum(one.videos for one in runs),
        )
