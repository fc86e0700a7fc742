"""The interfaces that have several implementations: video routes, chats, storage. All other edges are concrete."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol, TypeVar, runtime_checkable
from uuid import UUID

from core.domain.chat.pacing import ChatCall, Limit
from core.domain.chat.vocabulary import Vocabulary
from core.domain.errors import ProviderError
from core.domain.generations.remote_clip import RemoteClip
from core.domain.ids import GenerationId, MessageId, ProviderName, RouteKey, Thread, UserId
from core.domain.requests.options import VendorOptions
from core.domain.requests.pictures import Sides
from core.domain.requests.pricing import Capabilities, Fitted


@dataclass(frozen=True, slots=True, kw_only=True)
class InputImage:
    """A picture that the person gave, as our storage keeps it.

    Args:
        url: a signed address for vendors that fetch; None when we have no public address.
    """

    data: bytes
    mime_type: str
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoJob(VendorOptions):
    """One attempt, as an adapter gets it, with the vendor options as the person chose them.

    The prompt is already cleaned and cut to the model's limit.
    """

    generation_id: GenerationId
    attempt: int
    external_id: UUID
    prompt: str
    fitted: Fitted
    first_frame: InputImage | None = None
    last_frame: InputImage | None = None
    references: tuple[InputImage, ...] = ()
    callback_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRunning:
    """The vendor works on it. `progress` is 0–1, `place` that in the vendor's queue, where the vendor tells them."""

    progress: float | None = None
    place: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSucceeded:
    """There is a video. `usd_micros`: the amount that the vendor billed, where it tells."""

    clip: RemoteClip
    usd_micros: int | None = None


@dataclass(frozen=True, slots=True)
class TaskFailed:
    """The task ended without a video. A status request that failed is not this: it is raised."""

    error: ProviderError


Poll = TaskRunning | TaskSucceeded | TaskFailed


class Cancelled(StrEnum):
    """A vendor's answer to a cancel."""

    YES = "yes"
    TOO_LATE = "too_late"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteFacts:
    """The facts that the engine needs about a route.

    Args:
        key, provider, model: the route's name, its provider, and the vendor's id of the model.
        configured: it has the settings to be called (a key); an unconfigured route is never planned.
        can_cancel: a task can be stopped.
        can_find: a submit whose reply was lost can be looked up.
        has_callbacks: the vendor reports the end of a task.
        find_lag_s: seconds by which the vendor's list may show a new task late.
        max_in_flight, submits_per_min: the vendor's limits, as configured; None is no limit.
        usual_s: the usual seconds for a clip, until there is history.
        timeout_max_s: seconds that one attempt may take at most, by duration of the clip; under None the default.
        late_s: seconds after its deadline in which a task's result can still be fetched.
        announced_end: the time at which the vendor switches the model off, where announced.
        makes: the capabilities of this route, where they are less than the provider's offer; None is all.
        picture: the pixels that the sides of a first or last picture may have.
        check_lacks: why `check` proves less than a read of our own data, where the vendor has no free read.
    """

    key: RouteKey
    provider: ProviderName
    model: str
    configured: bool
    can_cancel: bool
    can_find: bool
    has_callbacks: bool
    find_lag_s: float = 2.0
    max_in_flight: int | None = None
    submits_per_min: int | None = None
    usual_s: float = 90.0
    timeout_max_s: dict[int | None, float] = field(default_factory=lambda: {None: 600.0})
    late_s: float = 1800.0
    announced_end: datetime | None = None
    makes: Capabilities | None = None
    picture: Sides = field(default_factory=Sides)
    check_lacks: str | None = None


class VideoRoute(Protocol):
    """One route to one provider's model. Every method raises only ProviderError, and every request has a timeout."""

    @property
    def facts(self) -> RouteFacts: ...

    async def submit(self, job: VideoJob) -> str:
        """Start a task and return the vendor's id of it.

        Raises:
            OutcomeUnknown: the request may have arrived, and no verdict came back.
            ProviderError: the vendor said no.
        """

    async def find(self, job: VideoJob, *, sent_at: datetime) -> str | None:
        """The id of the task that a submit with a lost reply has started; None if no task, or more than one, fits."""

    async def poll(self, task_id: str) -> Poll:
        """The state of the task. A ProviderError means that the request failed, not that the task did."""

    async def cancel(self, task_id: str) -> Cancelled: ...

    async def download(self, task_id: str, clip: RemoteClip, *, to: Path) -> None:
        """Stream the video into a file. Raises ProviderError(TASK_GONE) when the address has expired."""

    async def check(self) -> None:
        """An authenticated request that costs nothing; returns when the route is alive."""

    async def aclose(self) -> None: ...


CardT_contra = TypeVar("CardT_contra", contravariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A posted message. `thread` differs from the requested place when the message opened a thread."""

    message: MessageId
    thread: Thread


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalClip:
    """A finished video on this machine's disk, to be posted. `alt` describes it in words."""

    path: Path
    filename: str
    size: int
    width: int
    height: int
    duration_s: float
    alt: str
    is_spoiler: bool = False
    """Whether the platform hides it until a reader clicks on it, where it can."""


class Chat(Protocol[CardT_contra]):
    """One platform, as the worker uses it. Only the platform's own code reads the strings of threads.

    Every method raises only ChatErrors. A method that changes nothing never raises ChatUnclear: it can be repeated.
    """

    vocabulary: Vocabulary
    """The platform's words where they differ from others."""

    async def check(self) -> None:
        """Ask the platform whether it accepts our token. Raises AccessLost if it refuses for good; posts nothing."""

    def limits(self, thread: Thread, call: ChatCall) -> tuple[Limit, ...]:
        """The rate limits, shared by all processes, that such a call in this thread counts against."""

    async def open_thread(
        self, place: Thread, card: CardT_contra, *, key: UUID, title: str, look_first: bool
    ) -> Posted:
        """Post a root message in a place and open a thread under it.

        Args:
            look_first: an earlier try may have succeeded: look for its message before posting.
        """

    async def post(self, thread: Thread, card: CardT_contra, *, key: UUID) -> MessageId: ...
    async def edit(self, thread: Thread, message: MessageId, card: CardT_contra, *, key: UUID) -> None: ...

    def upload(
        self,
        thread: Thread,
        clip: LocalClip,
        card: CardT_contra,
        *,
        key: UUID,
        memory: dict[str, str],
        look_first: bool,
    ) -> AsyncIterator[dict[str, str]]:
        """Post a video with its card.

        Yields the facts to store before each step that cannot be repeated; the last yield has "message". `memory` is
        what an earlier, interrupted run yielded last.
        """

    async def find(self, thread: Thread, *, key: UUID) -> MessageId | None:
        """The message that an earlier, interrupted `post` with this key may have left, or None."""

    async def delete(self, thread: Thread, message: MessageId) -> None:
        """Delete one of our messages; a message that does not exist is no error."""

    def parent(self, thread: Thread) -> Thread | None:
        """The channel of a thread, to post outside the thread; None where there is no channel."""

    def edits_end(self, thread: Thread) -> datetime | None:
        """When our messages in this thread can be changed no longer, as far as is known before; None: never."""

    async def follow_up(self, place: Thread) -> Thread | None:
        """The place for answers to the command itself; None where the platform accepts none, or no longer."""

    async def link(self, thread: Thread) -> str | None:
        """The address at which people open this thread; None where the platform gives none now."""

    async def direct(self, place: Thread, user: UserId) -> Thread:
        """The place for direct messages to this person, for when the original place is gone."""

    async def aclose(self) -> None: ...


@runtime_checkable
class StepAnswers(Protocol):
    """A platform whose workflows can wait for a video. Methods raise only ChatErrors, and may be repeated."""

    async def step_done(self, place: Thread, reference: str, *, link: str | None, credits_paid: int) -> None:
        """Tell the step that its video is ready: the address to watch it, and its price."""

    async def step_failed(self, place: Thread, reference: str, *, why: str) -> None:
        """Tell the step that it gets no video."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A finished file in our storage."""

    key: str
    sha256: str
    size: int


class Storage(Protocol):
    """The store of clips and input pictures. Every failure is `NotStored` or `StorageAway`."""

    async def put(self, key: str, path: Path, *, content_type: str) -> Stored:
        """Store a file under a key; the same bytes twice are no harm, half a file is never visible."""

    async def fetch(self, key: str, *, to: Path) -> None: ...
    async def read(self, key: str) -> bytes: ...

    async def open_range(self, key: str, *, start: int, end: int) -> AsyncIterator[bytes]:
        """The bytes from `start` up to but without `end`, piece by piece. Raises NotStored before the first of them."""

    async def sign(self, key: str, *, for_s: float) -> str | None:
        """The store's own address of a file, good for so long; None where the store has none to give."""

    def older(self, folder: str, *, than: datetime) -> AsyncIterator[list[str]]:
        """The keys in a folder that were stored before then, some at a time."""

    async def delete(self, key: str) -> None: ...
    async def delete_below(self, folder: str) -> None: ...
