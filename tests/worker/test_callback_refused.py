"""A vendor that refuses our callback's address is asked once more without one, and nothing else is asked twice."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from core.domain.errors import ErrorClass, OutcomeUnknown, ProviderError, provider_error
from core.domain.generations.remote_clip import RemoteClip
from core.domain.ids import RouteKey, external_id
from core.domain.requests.pricing import Fitted
from core.domain.requests.request import Aspect
from core.domain.requests.tiers import HAILUO
from core.ports import Cancelled, Poll, RouteFacts, TaskRunning, VideoJob
from tests.core.rows import ID
from worker.steps.attempt import _send

JOB = VideoJob(
    generation_id=ID,
    attempt=1,
    external_id=external_id(ID, 1),
    prompt="a fox",
    fitted=Fitted(duration_s=6, lines=768, aspect=Aspect.WIDE, audio=False),
    callback_url="https://films.example/callbacks/hailuo.minimax/token",
)


class Vendor:
    """Answers each submit with what it was told, in order, and remembers what it was asked."""

    def __init__(self, *answers: str | ProviderError) -> None:
        self.answers, self.asked = list(answers), list[VideoJob]()

    @property
    def facts(self) -> RouteFacts:
        return RouteFacts(
            key=RouteKey("hailuo.minimax"),
            provider=HAILUO,
            model="m",
            configured=True,
            can_cancel=False,
            can_find=False,
            has_callbacks=True,
        )

    async def submit(self, job: VideoJob) -> str:
        self.asked.append(job)
        answer = self.answers.pop(0)
        if isinstance(answer, ProviderError):
            raise answer
        return answer

    async def find(self, job: VideoJob, *, sent_at: datetime) -> str | None:
        return None

    async def poll(self, task_id: str) -> Poll:
        return TaskRunning()

    async def cancel(self, task_id: str) -> Cancelled:
        return Cancelled.UNSUPPORTED

    async def download(self, task_id: str, clip: RemoteClip, *, to: Path) -> None:
        return

    async def check(self) -> None:
        return

    async def aclose(self) -> None:
        return


REFUSED = provider_error(ErrorClass.INVALID_REQUEST, "callback_url cannot be reached")


async def test_a_refused_address_is_left_out_and_the_request_goes_through() -> None:
    vendor = Vendor(REFUSED, "task-1")
    assert await _send(JOB, vendor) == "task-1"
    assert [job.callback_url for job in vendor.asked] == [JOB.callback_url, None]
    assert vendor.asked[1] == replace(JOB, callback_url=None), "it is the same request otherwise"


async def test_what_is_refused_without_an_address_too_is_refused() -> None:
    vendor = Vendor(REFUSED, provider_error(ErrorClass.INVALID_REQUEST, "no"))
    with pytest.raises(ProviderError):
        await _send(JOB, vendor)
    assert len(vendor.asked) == 2


@pytest.mark.parametrize(
    "error",
    [
        provider_error(ErrorClass.CAPACITY, "full"),
        provider_error(ErrorClass.CONTENT_POLICY, "no"),
        OutcomeUnknown(ErrorClass.OUTCOME_UNKNOWN, "broken connection"),
    ],
)
async def test_nothing_else_is_asked_a_second_time(error: ProviderError) -> None:
    vendor = Vendor(error, "task-1")
    with pytest.raises(ProviderError):
        await _send(JOB, vendor)
    assert len(vendor.asked) == 1


async def test_a_request_without_an_address_is_asked_once() -> None:
    vendor = Vendor(REFUSED, "task-1")
    with pytest.raises(ProviderError):
        await _send(replace(JOB, callback_url=None), vendor)
    assert len(vendor.asked) == 1
