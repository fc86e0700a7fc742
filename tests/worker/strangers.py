"""The vendors and the chat of the simulated world. They do what they were told beforehand, and remember all of it."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

from core.domain.chat.chat_errors import ChatBusy, EditRefused, FileRefused, PlaceGone
from core.domain.chat.pacing import ChatCall, Limit, MessageRate
from core.domain.chat.vocabulary import Vocabulary
from core.domain.errors import ErrorClass, OutcomeUnknown, provider_error
from core.domain.generations.remote_clip import RemoteClip
from core.domain.ids import MessageId, ProviderName, RouteKey, Thread, UserId
from core.ports import Cancelled, LocalClip, Poll, Posted, RouteFacts, TaskFailed, TaskRunning, TaskSucceeded, VideoJob
from core.replies.chat.card import Action, Button, Card, LinkButton, Progress, plain
from tests.worker.kills import Effects

LATE_S = 200.0
"""How long a task takes that comes after its deadline of 180 s."""


@dataclass
class Task:
    generation_id: UUID
    n: int
    external_id: UUID
    ends_at: datetime
    fails: ErrorClass | None
    is_odd: bool = False
    cancelled: bool = False
    has_called_back: bool = False

    def is_billed(self, now: datetime) -> bool:
        """Whether the vendor bills for it: it bills for what it has made, also if nobody wants it any more."""
        return now >= self.ends_at and self.fails is None and not self.cancelled


@dataclass
class Vendor:
    """One route whose behaviour is written down in advance: one word for each submit, the last one for all others.

    ok, busy (refuses), refuses (content), violent (refuses the words), faces (by a rule of its own), invalid (does not
    accept the request), fails (in the run), filters (its own video), odd (a quarter of it), hangs, late, gone, and
    loses (works, but the reply is lost).
    """

    key: RouteKey
    provider: ProviderName
    script: tuple[str, ...]
    clip: Path
    effects: Effects
    clock: Callable[[], datetime]
    can_find: bool = True
    can_cancel: bool = True
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
            can_cancel=self.can_cancel,
            can_find=self.can_find,
            has_callbacks=False,
            usual_s=30.0,
            late_s=120.0,
        )

    async def submit(self, job: VideoJob) -> str:
        word = self.script[min(self.submits, len(self.script) - 1)]
        self.submits += 1
        await asyncio.sleep(0)
        match word:
            case "busy":
                raise provider_error(ErrorClass.CAPACITY, "full")
            case "refuses":
                raise provider_error(ErrorClass.CONTENT_POLICY, "no")
            case "violent":
                raise provider_error(ErrorClass.CONTENT_POLICY, "the prompt was refused")
            case "faces":
                raise provider_error(ErrorClass.CONTENT_POLICY, "the image may contain a real person")
            case "invalid":
                raise provider_error(ErrorClass.INVALID_REQUEST, f"`seed` is not supported: {job.prompt}")
            case "gone":
                raise provider_error(ErrorClass.MODEL_GONE, "retired")
        task_id = uuid4().hex
        takes_s = {"hangs": 9 * 86_400.0, "late": LATE_S}.get(word, self.takes_s)
        self.tasks[task_id] = Task(
            generation_id=job.generation_id,
            n=job.attempt,
            external_id=job.external_id,
            ends_at=self.clock() + timedelta(seconds=takes_s),
            fails={"fails": ErrorClass.TRANSIENT_SERVER, "filters": ErrorClass.CONTENT_POLICY}.get(word),
        )
        self.tasks[task_id].is_odd = word == "odd"
        await self.effects.happened()
        if word == "loses":
            raise OutcomeUnknown(ErrorClass.OUTCOME_UNKNOWN, "broken connection")
        return task_id

    async def find(self, job: VideoJob, *, sent_at: datetime) -> str | None:
        await asyncio.sleep(0)
        return next((key for key, task in self.tasks.items() if task.external_id == job.external_id), None)

    async def poll(self, task_id: str) -> Poll:
        await asyncio.sleep(0)
        task = self.tasks[task_id]
        if task.cancelled:
            return TaskFailed(provider_error(ErrorClass.CANCELLED))
        if self.clock() < task.ends_at:
            return TaskRunning()
        if task.fails is not None:
            return TaskFailed(provider_error(task.fails, "the generated video was filtered"))
        return TaskSucceeded(clip=RemoteClip(url="x://clip"))

    async def cancel(self, task_id: str) -> Cancelled:
        if not self.can_cancel:
            return Cancelled.UNSUPPORTED
        await asyncio.sleep(0)
        task = self.tasks[task_id]
        if self.clock() >= task.ends_at:
            return Cancelled.TOO_LATE
        task.cancelled = True
        await self.effects.happened()
        return Cancelled.YES

    async def download(self, task_id: str, clip: RemoteClip, *, to: Path) -> None:
        await asyncio.sleep(0)
        source = self.clip.with_name("odd.mp4") if self.tasks[task_id].is_odd else self.clip
        await asyncio.to_thread(shutil.copyfile, source, to)
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
    card: Card
    has_file: bool = False
    is_veiled: bool = False
    text: str = ""
    buttons: tuple[tuple[str, str], ...] = ()


def _subject(button: Button | LinkButton) -> str:
    return button.subject if isinstance(button, Button) else button.url


def is_live(card: Card) -> bool:
    """Whether it says that something is under way: a Cancel, or a bar that is not full."""
    cancel = any(isinstance(part, Button) and part.action is Action.CANCEL for part in card.parts)
    return cancel or any(isinstance(part, Progress) and part.share != 1.0 for part in card.parts)


@dataclass
class MemoryChat:
    """A platform that keeps what was posted. It has no idempotency key, as Slack has none.

    Args:
        trouble: ok, gone (its threads are), busy (every third call is one too many), small (takes no files), or no
            trouble but a memory: keyed (a repeated post is answered with the first one, as Discord does).
        ends_at: from then on it takes no edit.
    """

    effects: Effects
    trouble: str = "ok"
    threads: dict[str, list[Message]] = field(default_factory=dict)
    next_id: int = 0
    calls: int = 0
    ends_at: datetime | None = None

    vocabulary = Vocabulary()

    async def check(self) -> None:
        return

    def limits(self, thread: Thread, call: ChatCall) -> tuple[Limit, ...]:
        kind = "edit" if call is ChatCall.EDIT else "post"
        return (Limit(key=f"{kind}:{thread.partition('/')[0]}", pace=MessageRate(burst=3, every_s=1.0)),)

    def parent(self, thread: Thread) -> Thread | None:
        return Thread(thread.partition("/")[0]) if "/" in thread else None

    async def link(self, thread: Thread) -> str | None:
        return None

    def edits_end(self, thread: Thread) -> datetime | None:
        return self.ends_at

    async def follow_up(self, place: Thread) -> Thread | None:
        return None

    async def remove(self, thread: Thread, message: MessageId) -> None:
        await self._arrive(thread)
        self.threads[thread] = [m for m in self.threads[thread] if m.id != message]
        await self.effects.happened()

    def _new(self, thread: str, key: UUID, card: Card, *, has_file: bool = False) -> str:
        if self.trouble == "keyed" and (first := self._seen(Thread(thread), key)):
            return first
        self.next_id += 1
        message = Message(id=str(self.next_id), key=key, title=card.title, card=card, has_file=has_file)
        message.text, message.buttons = plain(card), tuple((str(b.label), _subject(b)) for b in card.buttons)
        self.threads.setdefault(thread, []).append(message)
        return message.id

    async def _arrive(self, thread: Thread) -> None:
        await asyncio.sleep(0)
        self.calls += 1
        if self.trouble == "gone" and "/" in thread:
            raise PlaceGone("archived")
        if self.trouble == "busy" and self.calls % 3 == 0:
            raise ChatBusy(retry_after_s=7.0)

    async def open_thread(self, place: Thread, card: Card, *, key: UUID, title: str, look_first: bool) -> Posted:
        await self._arrive(place)
        found = self._seen(place, key) if look_first else None
        message = found or MessageId(self._new(place, key, card))
        await self.effects.happened()
        return Posted(message=message, thread=Thread(f"{place}/{message}"))

    async def post(self, thread: Thread, card: Card, *, key: UUID) -> MessageId:
        await self._arrive(thread)
        message = self._new(thread, key, card)
        await self.effects.happened()
        return MessageId(message)

    async def edit(self, thread: Thread, message: MessageId, card: Card, *, key: UUID) -> None:
        await self._arrive(thread)
        edited = next((m for m in self.threads[thread] if m.id == message), None)
        if edited is None:
            raise EditRefused("it was deleted")
        edited.title, edited.card = card.title, card
        await self.effects.happened()

    async def upload(
        self, thread: Thread, clip: LocalClip, card: Card, *, key: UUID, memory: dict[str, str], look_first: bool
    ) -> AsyncIterator[dict[str, str]]:
        await self._arrive(thread)
        if look_first and (found := self._seen(thread, key)):
            yield {"message": found}
            return
        if self.trouble == "small":
            raise FileRefused(limit=100)
        yield {"stage": "completing"}
        message = self._new(thread, key, card, has_file=True)
        self.threads[thread][-1].is_veiled = clip.is_spoiler
        await self.effects.happened()
        yield {"message": message}

    async def find(self, thread: Thread, *, key: UUID) -> MessageId | None:
        await self._arrive(thread)
        return self._seen(thread, key)

    def _seen(self, thread: Thread, key: UUID) -> MessageId | None:
        found = next((m.id for m in self.threads.get(thread, []) if m.key == key), None)
        return MessageId(found) if found else None

    async def delete(self, thread: Thread, message: MessageId) -> None:
        await asyncio.sleep(0)
        self.threads[thread] = [m for m in self.threads.get(thread, []) if m.id != message]

    async def direct(self, place: Thread, user: UserId) -> Thread:
        await asyncio.sleep(0)
        return Thread(f"@{user}")

    async def aclose(self) -> None:
        return
