"""What the edges must offer: video providers, chats, storage. Everything else that touches the world is concrete."""

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
    """The vendor is at it. `progress` is 0–1 where the vendor tells, `place` the place in its own queue."""

    progress: float | None = None
    place: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSucceeded:
    """There is a video: `usd_micros` is what the vendor says it billed, where it says so."""

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
    """What the engine must know of a route, besides how to call it.

    Args:
        configured: it has what it needs to be called (a key); an unconfigured route is never planned.
        can_find: a submit whose reply was lost can be looked up.
        find_lag_s: how late the vendor's list may show a new task, in seconds.
        max_in_flight, submits_per_min: the vendor's limits, as configured; None is no limit.
        usual_s: how long a clip usually takes, in seconds, until history knows better.
        timeout_max_s: the ceiling for one attempt, in seconds, by duration of the clip; the default is under None.
        late_s: how long after its deadline a task's result may still be had, in seconds.
        makes: what this way of reaching the model can do, where that is less than the provider's offer; None is all.
        picture: how many pixels the sides of a picture may have that a video begins or ends with.
        check_lacks: why `check` is less than a read of something of ours, where the vendor has no such read for free.
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
        """The id of the task that a submit with a lost reply has started, or None. Never guesses between two."""

    async def poll(self, task_id: str) -> Poll:
        """How the task stands. A ProviderError says that the question failed, not that the task did."""

    async def cancel(self, task_id: str) -> Cancelled: ...

    async def download(self, task_id: str, clip: RemoteClip, *, to: Path) -> None:
        """Stream the video into a file. Raises ProviderError(TASK_GONE) when the address has expired."""

    async def check(self) -> None:
        """An authenticated request that costs nothing; returns when the route is alive."""

    async def aclose(self) -> None: ...


CardT_contra = TypeVar("CardT_contra", contravariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A message that is up. `thread` differs from the one asked for when the message opened it."""

    message: MessageId
    thread: Thread


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalClip:
    """A finished video on this machine's disk, on its way into a thread. `alt` says what is to be seen."""

    path: Path
    filename: str
    size: int
    width: int
    height: int
    duration_s: float
    alt: str
    is_spoiler: bool = False
    """Whoever looks at it has to want that, where the platform has such a veil."""


class Chat(Protocol[CardT_contra]):
    """One platform, for the worker: what a bot opened, it goes on with. Threads are opaque to everyone else.

    Every method raises only ChatErrors. One that changes nothing raises no ChatUnclear: what it asked is asked again.
    """

    vocabulary: Vocabulary
    """What the platform says otherwise."""

    async def check(self) -> None:
        """Ask the platform whether it takes our token. Raises AccessLost when it never will; posts nothing."""

    def limits(self, thread: Thread, call: ChatCall) -> tuple[Limit, ...]:
        """Which of the platform's limits such a call in this thread counts against, as all processes share them."""

    async def open_thread(
        self, place: Thread, card: CardT_contra, *, key: UUID, title: str, look_first: bool
    ) -> Posted:
        """Post a root message in a place and open a thread under it.

        Args:
            look_first: an earlier try may have got through: look for its message before posting.
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

        Yields what must be remembered before each step that cannot be repeated; the last one has "message". `memory`
        is what an earlier, interrupted run has yielded last.
        """

    async def find(self, thread: Thread, *, key: UUID) -> MessageId | None:
        """The message that an earlier, interrupted `post` with this key may have left, or None."""

    async def delete(self, thread: Thread, message: MessageId) -> None:
        """Take one of our messages away; one that is gone already is no error."""

    def parent(self, thread: Thread) -> Thread | None:
        """The channel that a thread is in, to post beside it; None where the thread is all there is."""

    async def follow_up(self, place: Thread) -> Thread | None:
        """Where the command itself can still be answered; None where that is over, or there is no such thing."""

    async def link(self, thread: Thread) -> str | None:
        """The address at which people open this thread; None where the platform gives none now."""

    async def direct(self, place: Thread, user: UserId) -> Thread:
        """Where to write to this person when the place is gone."""

    async def aclose(self) -> None: ...


@runtime_checkable
class StepAnswers(Protocol):
    """A platform whose workflows can wait for a video. Every method raises only ChatErrors, and may be repeated."""

    async def step_done(self, place: Thread, reference: str, *, link: str | None, credits_paid: int) -> None:
        """The step has its video: where it can be watched, and what it cost."""

    async def step_failed(self, place: Thread, reference: str, *, why: str) -> None:
        """The step gets none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A finished file in our storage."""

    key: str
    sha256: str
    size: int


class Storage(Protocol):
    """Where clips and input pictures are kept. Whatever goes wrong is `NotStored` or `StorageAway`."""

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
