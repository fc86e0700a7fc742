"""The part of a vendor's test file that describes the vendor: payloads from its documents, and their meaning."""

from collections.abc import Awaitable, Sequence
from typing import Any, ClassVar

from core.domain.errors import ErrorClass, ProviderError
from core.domain.generations.remote_clip import RemoteClip
from core.ports import Cancelled, TaskFailed, VideoJob, VideoRoute
from core.providers.adapter import RouteConfig
from tests.providers.harness import KEY, Reply, Step, Vendor, adapter, job, offer, ok

Row = tuple[int, Any, ErrorClass]


async def failure(asked: Awaitable[object]) -> ProviderError | None:
    """The error of an answer, raised or as the end of a task; None for a success."""
    try:
        answer = await asked
    except ProviderError as error:
        return error
    return answer.error if isinstance(answer, TaskFailed) else None


class Case:
    """One route. The class variables hold all that differs between vendors."""

    route: ClassVar[str]
    config: ClassVar[RouteConfig] = RouteConfig(api_key=KEY)
    created: ClassVar[Reply]
    """The answer to a submit, and `task_id` the id it gives."""
    task_id: ClassVar[str]
    refusals: ClassVar[Sequence[Row]]
    """Every row of the error table: HTTP status, body, class at submit, where a server's stumble is OUTCOME_UNKNOWN."""
    has_codes: ClassVar[bool] = True
    """Whether the vendor's errors have codes of their own, beside the HTTP status."""
    running: ClassVar[Sequence[Reply]]
    succeeded: ClassVar[Sequence[Reply]]
    """The answers to one poll of a finished task."""
    url: ClassVar[str | None]
    failures: ClassVar[Sequence[tuple[Any, ErrorClass]]]
    """Bodies of polls of failed tasks, and the class of the failure."""
    without_video: ClassVar[Sequence[Any]]
    strange_state: ClassVar[Any]
    gone: ClassVar[Sequence[Reply]] = ()
    """What a poll of an unknown task gets, if the vendor has a way of saying so."""
    alive: ClassVar[Sequence[Reply]]
    """Answers to `check` that mean that the key works."""
    listing: ClassVar[bool] = False
    """Whether lost submits can be found; then `found` makes the list's answers."""
    cancels: ClassVar[Sequence[tuple[list[Reply], Cancelled]]] = (([ok({})], Cancelled.UNSUPPORTED),)

    def found(self, job: VideoJob, *ids: str) -> Reply:
        """The list as it looks when these tasks are this job's."""
        raise NotImplementedError

    def foreign(self, job: VideoJob) -> Reply:
        """The list as it looks when it holds a task of someone else's in the same minute."""
        raise NotImplementedError

    def job(self, **changes: Any) -> VideoJob:
        return job(offer(self.route, self.config), **changes)

    def adapter(self, *steps: Step, **changes: Any) -> tuple[VideoRoute, Vendor]:
        vendor = Vendor(list(steps))
        return adapter(self.route, vendor, self.config, **changes), vendor

    def clip(self) -> RemoteClip:
        return RemoteClip(url="https://cdn.vendor.example/v.mp4?sig=1")
