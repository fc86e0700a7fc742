"""Our five models through Replicate's predictions: one codec, and a table of slugs in `replicate_models`.

Facts of 2026-11-22. Inputs and outputs of a prediction are removed about an hour after its end: a late poll may see a
success without a video, which is a lost file and not a failed job.
"""

import re
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import quote

from core.domain.errors import ErrorClass, ProviderError, provider_error
from core.domain.generations.remote_clip import RemoteClip
from core.domain.ids import ProviderName, RouteKey
from core.http.client import HttpSettings
from core.http.loose import address
from core.http.responses import (
    Answer,
    Call,
    Flag,
    Many,
    Text,
    VendorModel,
    Word,
    after,
    by_status,
    glean,
    read,
    refusal,
    shown,
    task_id,
    unread,
    without_video,
)
from core.ports import Cancelled, Poll, RouteFacts, TaskFailed, TaskRunning, TaskSucceeded, VideoJob
from core.providers.adapter import Adapter, RouteConfig, holds, seed_of
from core.providers.replicate_models import MODELS

DEFAULTS = RouteConfig(base_url="https://api.replicate.com/v1", submits_per_min=600)
LINK_HOURS = 1
CLOCKS_APART_S = 30.0
FIND_PAGES_MAX = 5

ERRORS = {
    "E1000": ErrorClass.TRANSIENT_SERVER,
    "E1001": ErrorClass.INVALID_REQUEST,
    "E4875": ErrorClass.INVALID_REQUEST,
    "E6716": ErrorClass.CAPACITY,
    "E004": ErrorClass.CAPACITY,
    "E005": ErrorClass.CONTENT_POLICY,
}
_CODE = re.compile(r"\bE\d{3,4}\b")
_REFUSED = re.compile(r"flagged as sensitive|safety|content polic", re.IGNORECASE)
_RESETS_IN = re.compile(r"resets in ~?(\d{1,5})\s*s", re.IGNORECASE)


class _Problem(VendorModel):
    lone: ClassVar[str] = "detail"
    title: Text = ""
    detail: Text = ""


class _Prediction(VendorModel):
    id: Text = ""
    model: Text = ""
    status: Word = ""
    output: Any = None
    error: Text = ""
    input: Any = None
    created_at: Text = ""
    completed_at: Text = ""
    data_removed: Flag = False

    @property
    def url(self) -> str:
        """The video: one string, at some models a list of them, or an object under `video` or `url`."""
        return address(self.output)


class _Page(VendorModel):
    results: Many[_Prediction]
    next: Text = ""


def error_of(answer: Answer) -> ProviderError:
    """The error of an answer. A throttled request may tell only in its message how long to wait."""
    problem = glean(answer, _Problem)
    words = problem.detail or problem.title
    error_class = by_status(answer.status)
    if answer.status == 404 and words:
        error_class = ErrorClass.MODEL_GONE
    error = refusal(answer, error_class, detail=words)
    if error.retry_after_s is None and answer.status == 429 and (told := _RESETS_IN.search(words)):
        error.retry_after_s = min(float(told[1]), 3600.0)
    return error


def error_class_of(words: str) -> tuple[ErrorClass, str]:
    """The class and the code of a failed prediction's text."""
    found = _CODE.search(words)
    code = found[0] if found else ""
    if code in ERRORS:
        return ERRORS[code], code
    if _REFUSED.search(words):
        return ErrorClass.CONTENT_POLICY, code
    if words.startswith("Input validation error"):
        return ErrorClass.INVALID_REQUEST, code
    return ErrorClass.TRANSIENT_SERVER, code


def outcome(prediction: _Prediction, *, now: float) -> Poll:
    match prediction.status:
        case "succeeded" if prediction.url:
            ended = when(prediction.completed_at)
            clip = RemoteClip(url=prediction.url, expires_at=after(ended, hours=LINK_HOURS, now=now))
            return TaskSucceeded(clip=clip)
        case "succeeded" if prediction.data_removed:
            return TaskFailed(provider_error(ErrorClass.TASK_GONE, "the video has been removed"))
        case "succeeded":
            return without_video("succeeded without a video")
        case "failed":
            error_class, code = error_class_of(prediction.error)
            words = prediction.error or "failed without a reason"
            return TaskFailed(provider_error(error_class, words, vendor_code=code))
        case "canceled" | "aborted" as status:
            return TaskFailed(provider_error(ErrorClass.CANCELLED, status))
        case _:
            return TaskRunning()


def when(text: str) -> float | None:
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):
        return None


class Replicate(Adapter):
    """One of our models at Replicate."""

    def __init__(self, config: RouteConfig, wiring: HttpSettings, *, provider: ProviderName) -> None:
        self._table = MODELS[provider]
        facts = RouteFacts(
            key=RouteKey(f"{provider}.replicate"),
            provider=provider,
            model=config.model or self._table.slug,
            configured=bool(config.api_key),
            can_cancel=True,
            can_find=True,
            has_callbacks=True,
            usual_s=self._table.usual_s,
            timeout_max_s={None: self._table.timeout_max_s},
            late_s=1500.0,
            makes=self._table.makes,
        )
        super().__init__(facts, config, wiring)

    def _slug(self, job: VideoJob) -> str:
        return self._table.slug_of(job) or self.model

    async def submit(self, job: VideoJob) -> str:
        body: dict[str, object] = {"input": self._table.inputs(job, seed_of(job, below=2**31))}
        if job.callback_url:
            body |= {"webhook": job.callback_url, "webhook_events_filter": ["completed"]}
        path = f"/models/{self._slug(job)}/predictions"
        answer = await self.http.call(Call.SUBMIT, "POST", path, headers=self.bearer, body=body)
        if not answer.ok:
            raise error_of(answer)
        return task_id(answer, read(answer, _Prediction).id)

    async def _ask(self, call: Call, method: str, path: str) -> Answer:
        answer = await self.http.call(call, method, f"/predictions{path}", headers=self.bearer)
        if not answer.ok:
            raise error_of(answer)
        return answer

    async def find(self, job: VideoJob, *, sent_at: datetime) -> str | None:
        """The only prediction of this minute with our model and exactly our input, among the newest."""
        slug, asked = self._slug(job), self._table.inputs(job, seed_of(job, below=2**31))
        since, found, page = sent_at.timestamp() - CLOCKS_APART_S, set[str](), ""
        for _ in range(FIND_PAGES_MAX):
            listed = read(await self._ask(Call.ASK, "GET", page), _Page)
            for each in listed.results:
                fresh = (when(each.created_at) or 0.0) >= since
                if fresh and each.id and each.model == slug and holds(each.input, asked):
                    found.add(each.id)
            oldest = min((when(each.created_at) or 0.0 for each in listed.results), default=0.0)
            cursor = re.search(r"[?&]cursor=([^&#]+)", listed.next)
            if cursor is None or oldest < since:
                break
            page = f"?cursor={cursor[1]}"
        return found.pop() if len(found) == 1 else None

    async def poll(self, task_id: str) -> Poll:
        answer = await self._ask(Call.ASK, "GET", f"/{quote(task_id, safe='')}")
        prediction = read(answer, _Prediction)
        if not prediction.status:
            raise unread(answer, "a prediction without a state")
        return shown(answer, outcome(prediction, now=self.http.wiring.clock()))

    async def cancel(self, task_id: str) -> Cancelled:
        """Cancel a prediction. A running one can be stopped, too, and is billed for the time that it ran."""
        answer = await self._ask(Call.ASK, "POST", f"/{quote(task_id, safe='')}/cancel")
        stopped = read(answer, _Prediction).status in {"canceled", "aborted"}
        return Cancelled.YES if stopped else Cancelled.TOO_LATE

    async def check(self) -> None:
        await self._ask(Call.CHECK, "GET", "")
