"""Our five models through fal's queue: one codec, and a table of endpoints in `fal_models`.

Facts of 2026-11-22. There is no failed state: a failure is COMPLETED, too, and only the result tells it. The addresses
in fal's answers are not used, because a key must not be sent where an answer points to: the adapter builds its own.
"""

import re
from datetime import datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import quote

from core.domain.errors import ErrorClass, ProviderError, provider_error
from core.domain.generations.remote_clip import RemoteClip
from core.domain.ids import ProviderName, RouteKey
from core.http.client import Http, HttpSettings
from core.http.loose import address
from core.http.responses import (
    Answer,
    Call,
    Many,
    Number,
    Text,
    VendorModel,
    Word,
    by_status,
    glean,
    lost,
    read,
    refusal,
    shown,
    task_id,
    unread,
    without_video,
)
from core.ports import Cancelled, Poll, RouteFacts, TaskFailed, TaskRunning, TaskSucceeded, VideoJob
from core.providers.adapter import Adapter, RouteConfig, holds, seed_of
from core.providers.fal_models import MODELS, makes_of

DEFAULTS = RouteConfig(
    base_url="https://queue.fal.run", max_in_flight=2, extra={"platform_url": "https://api.fal.ai/v1"}
)

CLOCKS_APART = timedelta(seconds=30)

ERRORS = {
    "bad_request": ErrorClass.INVALID_REQUEST,
    "content_policy_violation": ErrorClass.CONTENT_POLICY,
    "concurrent_requests_limit": ErrorClass.RATE_LIMITED,
    "client_disconnected": ErrorClass.TRANSIENT_SERVER,
    "client_cancelled": ErrorClass.TRANSIENT_SERVER,
    "internal_server_error": ErrorClass.TRANSIENT_SERVER,
    "internal_error": ErrorClass.TRANSIENT_SERVER,
    "runner_server_error": ErrorClass.TRANSIENT_SERVER,
    "runner_incomplete_response": ErrorClass.TRANSIENT_SERVER,
    "runner_scheduling_failure": ErrorClass.CAPACITY,
    "runner_connection_timeout": ErrorClass.TRANSIENT_SERVER,
    "runner_disconnected": ErrorClass.TRANSIENT_SERVER,
    "runner_connection_refused": ErrorClass.TRANSIENT_SERVER,
    "runner_connection_error": ErrorClass.TRANSIENT_SERVER,
    "request_timeout": ErrorClass.CAPACITY,
    "startup_timeout": ErrorClass.CAPACITY,
    "generation_timeout": ErrorClass.CAPACITY,
    "downstream_service_error": ErrorClass.TRANSIENT_SERVER,
    "downstream_service_unavailable": ErrorClass.TRANSIENT_SERVER,
}
_REFUSED = re.compile(r"safety|harmful|sensitive", re.IGNORECASE)
_BALANCE = re.compile(r"balance|locked", re.IGNORECASE)
_NOT_YET = re.compile(r"in progress", re.IGNORECASE)
_NAME = re.compile(r"[\w\-]{1,200}", re.ASCII)
_ASK_AGAIN = frozenset({401, 403, 404, 408, 429})
"""Statuses that say nothing about the job when they answer the request for its result."""


class _Problem(VendorModel):
    lone: ClassVar[str] = "msg"
    type: Text = ""
    msg: Text = ""


class _Refusal(VendorModel):
    """An error. `detail` is a text about the request, or a list of problems of the model's input."""

    detail: Many[_Problem] = ()
    error_type: Text = ""

    @property
    def kind(self) -> str:
        return self.error_type or next((problem.type for problem in self.detail if problem.type), "")

    @property
    def words(self) -> str:
        return " ".join(problem.msg for problem in self.detail)


class _Status(VendorModel):
    status: Word = ""
    request_id: Text = ""
    queue_position: Number = None
    error: Text = ""
    error_type: Text = ""


class _Result(VendorModel):
    """The result of an endpoint; at all of ours the video is under `video`."""

    lone: ClassVar[str] = "url"
    video: Any = None
    videos: Any = None
    url: Any = None
    output: Any = None
    data: Any = None


class _Sent(VendorModel):
    """A request in the platform's list."""

    request_id: Text = ""
    json_input: Any = None


class _Page(VendorModel):
    items: Many[_Sent]


def error_class(status: int, kind: str, words: str) -> ErrorClass:
    """The class of an error: by its type, else by its words, else by the status."""
    if kind in ERRORS:
        return ERRORS[kind]
    match status:
        case 422 if _REFUSED.search(words):
            return ErrorClass.CONTENT_POLICY
        case 403 if _BALANCE.search(words):
            return ErrorClass.QUOTA_EXHAUSTED
        case 404 | 405 if words:
            return ErrorClass.MODEL_GONE
        case _:
            return by_status(status)


def _failed(status: int, kind: str, words: str) -> TaskFailed:
    """The error of a completed request without a video."""
    found = ErrorClass.CANCELLED if kind == "client_cancelled" else error_class(status, kind, words)
    return TaskFailed(provider_error(found, words, vendor_code=kind))


def error_of(answer: Answer) -> ProviderError:
    body = glean(answer, _Refusal)
    return refusal(answer, error_class(answer.status, body.kind, body.words), code=body.kind, detail=body.words)


class Fal(Adapter):
    """One of our models at fal. A task's id is the part of its path that names it: `fal-ai/veo3.1/requests/0c1f…`."""

    def __init__(self, config: RouteConfig, wiring: HttpSettings, *, provider: ProviderName) -> None:
        self._table = MODELS[provider]
        facts = RouteFacts(
            key=RouteKey(f"{provider}.fal"),
            provider=provider,
            model=config.model or self._table.family,
            configured=bool(config.api_key),
            can_cancel=True,
            can_find=True,
            has_callbacks=True,
            find_lag_s=10.0,
            usual_s=self._table.usual_s,
            timeout_max_s={None: self._table.timeout_max_s},
            makes=makes_of(config.model or self._table.family, self._table),
            check_lacks="fal has no free read: it was asked for a task that is not there, and let the key in",
        )
        super().__init__(facts, config, wiring)
        self._platform = Http(config.extra["platform_url"].rstrip("/"), wiring)
        self._headers = {"authorization": f"Key {self.key}"}

    def _endpoint(self, job: VideoJob) -> str:
        """The endpoint in the configured family, such as `fal-ai/veo3.1/fast` in place of `fal-ai/veo3.1`."""
        return self._table.endpoint(job).replace(self._table.family, self.model, 1)

    async def submit(self, job: VideoJob) -> str:
        endpoint = self._endpoint(job)
        query: dict[str, str | int] | None = {"fal_webhook": job.callback_url} if job.callback_url else None
        body = self._table.inputs(job, seed_of(job, below=2**31))
        answer = await self.http.call(
            Call.SUBMIT, "POST", f"/{endpoint}", headers=self._headers, query=query, body=body
        )
        if not answer.ok:
            raise error_of(answer)
        name = task_id(answer, read(answer, _Status).request_id)
        if not _NAME.fullmatch(name):
            raise lost(Call.SUBMIT, "a request's id that is none")
        return f"{_app(endpoint)}/requests/{name}"

    async def poll(self, task_id: str) -> Poll:
        status = await self._status(task_id)
        if status.status != "completed":
            place = status.queue_position if status.status == "in_queue" else None
            return TaskRunning(place=int(place) if place is not None and 0 <= place < 1e6 else None)
        answer = await self.http.call(Call.ASK, "GET", _path(task_id), headers=self._headers)
        if answer.ok:
            made = read(answer, _Result)
            url = address(made.video, made.videos, made.url, made.output, made.data)
            if url:
                return TaskSucceeded(clip=RemoteClip(url=url))
            return shown(answer, without_video("completed without a video"))
        body = glean(answer, _Refusal)
        if status.error or status.error_type:
            return _failed(answer.status, status.error_type or body.kind, body.words or status.error)
        if answer.status in _ASK_AGAIN or answer.status >= 500 or _NOT_YET.search(body.words or "in progress"):
            raise lost(Call.ASK, f"HTTP {answer.status} for the result: {body.words}")
        return _failed(answer.status, body.kind, body.words)

    async def _status(self, task_id: str) -> _Status:
        answer = await self.http.call(Call.ASK, "GET", f"{_path(task_id)}/status", headers=self._headers)
        if not answer.ok:
            raise error_of(answer)
        status = read(answer, _Status)
        if not status.status:
            raise unread(answer, "a request without a state")
        return status

    async def find(self, job: VideoJob, *, sent_at: datetime) -> str | None:
        """The only request of this minute with exactly our input, in fal's list of the last day."""
        endpoint = self._endpoint(job)
        asked = self._table.inputs(job, seed_of(job, below=2**31))
        since = sent_at - CLOCKS_APART
        query: dict[str, str | int] = {
            "endpoint_id": endpoint, "start": since.isoformat(), "expand": "payloads", "limit": 100,
        }  # fmt: skip
        path = "/models/requests/by-endpoint"
        answer = await self._platform.call(Call.ASK, "GET", path, headers=self._headers, query=query)
        if not answer.ok:
            raise error_of(answer)
        same = (item.request_id for item in read(answer, _Page).items if holds(item.json_input, asked))
        found = {name for name in same if _NAME.fullmatch(name)}
        return f"{_app(endpoint)}/requests/{found.pop()}" if len(found) == 1 else None

    async def cancel(self, task_id: str) -> Cancelled:
        """Cancel a request that still waits. A running one may finish all the same, and is billed then."""
        if (await self._status(task_id)).status != "in_queue":
            return Cancelled.TOO_LATE
        answer = await self.http.call(Call.ASK, "PUT", f"{_path(task_id)}/cancel", headers=self._headers)
        if answer.ok:
            return Cancelled.YES
        if answer.status in {400, 404}:
            return Cancelled.TOO_LATE
        raise error_of(answer)

    async def check(self) -> None:
        """Ask for a request that does not exist: only a valid key gets this answer."""
        path = f"/{_app(self.model)}/requests/00000000-0000-4000-8000-000000000000/status"
        answer = await self.http.call(Call.CHECK, "GET", path, headers=self._headers)
        if not answer.ok and (error := error_of(answer)).error_class is not ErrorClass.MODEL_GONE:
            raise error

    async def aclose(self) -> None:
        await super().aclose()
        await self._platform.aclose()


def _app(endpoint: str) -> str:
    """The part of an endpoint in a request's addresses: its first two segments."""
    return "/".join(endpoint.split("/")[:2])


def _path(task_id: str) -> str:
    return f"/{quote(task_id, safe='/')}"
