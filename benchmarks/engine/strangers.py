"""Who the benchmark's worker speaks to: a route that is clocked, and a chat that takes all and keeps the time."""

import asyncio
import shutil
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from uuid import UUID

from core.domain.chat.pacing import ChatCall, Limit, MessageRate
from core.domain.chat.vocabulary import Vocabulary
from core.domain.generations.remote_clip import RemoteClip
from core.domain.ids import MessageId, Thread, UserId
from core.ports import Cancelled, LocalClip, Poll, Posted, RouteFacts, TaskRunning, TaskSucceeded, VideoJob, VideoRoute
from core.replies.chat.card import Card

PLENTY = 10**6


@dataclass(slots=True)
class Ledger:
    """What is measured."""

    due: dict[str, float] = field(default_factory=dict)
    lags_s: list[float] = field(default_factory=list)
    polls: int = 0
    said_at: dict[str, float] = field(default_factory=dict)
    own_s: float = 0.0
    """The CPU seconds that the strangers themselves have taken, inside the worker's process."""

    @contextmanager
    def working(self) -> Iterator[None]:
        """Counts what this thread does meanwhile, which must not wait for anything."""
        began = time.thread_time()
        yield
        self.own_s += time.thread_time() - began


@dataclass(slots=True)
class Clocked:
    """A route that remembers how late it was asked. Without `inner` it answers by itself, and at once."""

    facts: RouteFacts
    ledger: Ledger
    inner: VideoRoute | None
    clip: Path
    polls: int
    seen: dict[str, int] = field(default_factory=dict)

    async def submit(self, job: VideoJob) -> str:
        return await self.inner.submit(job) if self.inner else f"{job.generation_id}/{job.attempt}"

    async def find(self, job: VideoJob, *, sent_at: datetime) -> str | None:
        return await self.inner.find(job, sent_at=sent_at) if self.inner else None

    async def poll(self, task_id: str) -> Poll:
        with self.ledger.working():
            due = self.ledger.due.pop(task_id, None)
            if due is not None:
                self.ledger.lags_s.append(time.time() - due)
            self.ledger.polls += 1
        if self.inner:
            return await self.inner.poll(task_id)
        with self.ledger.working():
            count = self.seen[task_id] = self.seen.get(task_id, 0) + 1
        return TaskSucceeded(clip=RemoteClip(url=None)) if 0 < self.polls <= count else TaskRunning()

    async def cancel(self, task_id: str) -> Cancelled:
        return Cancelled.UNSUPPORTED

    async def download(self, task_id: str, clip: RemoteClip, *, to: Path) -> None:
        if self.inner:
            await self.inner.download(task_id, clip, to=to)
        else:
            await asyncio.to_thread(self._copy, to)

    def _copy(self, to: Path) -> None:
        with self.ledger.working():
            shutil.copyfile(self.clip, to)

    async def check(self) -> None:
        return

    async def aclose(self) -> None:
        if self.inner:
            await self.inner.aclose()


@dataclass(slots=True)
class Silent:
    """A chat that takes everything at once and keeps nothing but the time."""

    ledger: Ledger
    pace: MessageRate = field(default_factory=lambda: MessageRate(burst=PLENTY, every_s=0.000001))

    vocabulary = Vocabulary()

    def limits(self, thread: Thread, call: ChatCall) -> tuple[Limit, ...]:
        return (Limit(key=f"{call}:{thread.partition('/')[0]}", pace=self.pace),)

    def parent(self, thread: Thread) -> Thread | None:
        return None

    async def link(self, thread: Thread) -> str | None:
        return None

    def edits_end(self, thread: Thread) -> datetime | None:
        return None

    async def follow_up(self, place: Thread) -> Thread | None:
        return None

    async def remove(self, thread: Thread, message: MessageId) -> None:
        return

    async def open_thread(self, place: Thread, card: Card, *, key: UUID, title: str, look_first: bool) -> Posted:
        return Posted(message=MessageId(key.hex), thread=Thread(f"{place}/{key.hex}"))

    async def post(self, thread: Thread, card: Card, *, key: UUID) -> MessageId:
        with self.ledger.working():
            self.ledger.said_at[key.hex] = time.time()
        return MessageId(key.hex)

    async def edit(self, thread: Thread, message: MessageId, card: Card, *, key: UUID) -> None:
        return

    async def upload(
        self, thread: Thread, clip: LocalClip, card: Card, *, key: UUID, memory: dict[str, str], look_first: bool
    ) -> AsyncIterator[dict[str, str]]:
        self.ledger.said_at[key.hex] = time.time()
        yield {"message": key.hex}

    async def find(self, thread: Thread, *, key: UUID) -> MessageId | None:
        return None

    async def delete(self, thread: Thread, message: MessageId) -> None:
        return

    async def direct(self, place: Thread, user: UserId) -> Thread:
        return place

    async def aclose(self) -> None:
        return
