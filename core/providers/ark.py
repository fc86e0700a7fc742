"""The answers of Ark: its tasks and its many error codes. Facts of 2026-11-22."""

import re
from typing import Any, ClassVar

from core.domain.errors import ErrorClass, provider_error
from core.domain.generations.remote_clip import RemoteClip
from core.http.loose import address
from core.http.responses import (
    Answer,
    Many,
    Number,
    Text,
    VendorModel,
    Word,
    after,
    by_prefix,
    by_status,
    glean,
    refusal,
    without_video,
)
from core.ports import Poll, TaskFailed, TaskRunning, TaskSucceeded

LINK_HOURS = 24

_ERRORS = {
    "MissingParameter": ErrorClass.INVALID_REQUEST,
    "InvalidParameter": ErrorClass.INVALID_REQUEST,
    "InvalidImageURL": ErrorClass.INVALID_REQUEST,
    "InvalidEndpoint.ClosedEndpoint": ErrorClass.CAPACITY,
    "ContentSecurityDetectionError": ErrorClass.TRANSIENT_SERVER,
    "InvalidSubscription": ErrorClass.QUOTA_EXHAUSTED,
    "AuthenticationError": ErrorClass.AUTH,
    "InvalidAccountStatus": ErrorClass.AUTH,
    "AccessDenied": ErrorClass.AUTH,
    "OperationDenied": ErrorClass.AUTH,
    "OperationDenied.ServiceOverdue": ErrorClass.QUOTA_EXHAUSTED,
    "AccountOverdueError": ErrorClass.QUOTA_EXHAUSTED,
    "InvalidEndpointOrModel": ErrorClass.MODEL_GONE,
    "ModelNotOpen": ErrorClass.MODEL_GONE,
    "UnsupportedModel": ErrorClass.MODEL_GONE,
    "NotFound": ErrorClass.MODEL_GONE,
    "TaskRunningCannotCancel": ErrorClass.INVALID_REQUEST,
    "RateLimitExceeded": ErrorClass.RATE_LIMITED,
    "RequestBurstTooFast": ErrorClass.RATE_LIMITED,
    "InflightBatchsizeExceeded": ErrorClass.CAPACITY,
    "ServerOverloaded": ErrorClass.CAPACITY,
    "ModelLoadingError": ErrorClass.CAPACITY,
    "SetLimitExceeded": ErrorClass.QUOTA_EXHAUSTED,
    "InternalServiceError": ErrorClass.TRANSIENT_SERVER,
}
_REFUSED = re.compile(r"SensitiveContentDetected|PrivacyInformation|PolicyViolation|RiskDetection")
_PLAN_USED_UP = re.compile(r"trial|5-?hour|weekly|monthly", re.IGNORECASE)


class Error(VendorModel):
    """An error: an object, or only its message."""

    lone: ClassVar[str] = "message"
    code: Text = ""
    message: Text = ""


class _Refusal(VendorModel):
    inner: ClassVar[str] = "error"
    error: Error = Error()


class _Usage(VendorModel):
    completion_tokens: Number = None


class ArkTask(VendorModel):
    """A task; every field but the id may be missing."""

    id: Text = ""
    model: Text = ""
    status: Word = ""
    content: Any = None
    video_url: Any = None
    error: Error = Error()
    seed: Number = None
    safety_identifier: Text = ""
    usage: _Usage = _Usage()
    resolution: Text = ""
    generate_audio: bool | None = None
    created_at: Number = None
    updated_at: Number = None

    @property
    def lines(self) -> int:
        return {"480p": 480, "720p": 720, "1080p": 1080, "4k": 2160}.get(self.resolution.lower(), 720)


class ArkPage(VendorModel):
    items: Many[ArkTask]


def error_class(code: str, message: str) -> ErrorClass | None:
    """The class of Ark's code; None for an unknown one. Two meanings of `QuotaExceeded` differ only in their words."""
    if code == "QuotaExceeded":
        return ErrorClass.QUOTA_EXHAUSTED if _PLAN_USED_UP.search(message) else ErrorClass.CAPACITY
    if _REFUSED.search(code or message):
        return ErrorClass.CONTENT_POLICY
    if code.endswith("RateLimitExceeded"):
        return ErrorClass.RATE_LIMITED
    return by_prefix(code, _ERRORS)


def judge(answer: Answer) -> None:
    """Raises the error that an answer stands for. A 404 without a code is a wrong address, not a lost model or task."""
    if answer.ok:
        return
    error = glean(answer, _Refusal).error
    known = error_class(error.code, error.message)
    raise refusal(answer, known or by_status(answer.status), code=error.code, detail=error.message)


def outcome(task: ArkTask, *, usd_per_million: float, now: float) -> Poll:
    """The state of a task; an unknown state counts as running, until the engine's deadline."""
    match task.status:
        case "succeeded" | "completed":
            url = address(task.content, task.video_url)
            if not url:
                return without_video("succeeded without a video")
            counted = task.usage.completion_tokens
            return TaskSucceeded(
                clip=RemoteClip(url=url, expires_at=after(task.updated_at, hours=LINK_HOURS, now=now)),
                usd_micros=round(counted * usd_per_million) if counted else None,
            )
        case "failed":
            error = task.error
            known = error_class(error.code, error.message) or ErrorClass.TRANSIENT_SERVER
            return TaskFailed(provider_error(known, error.message or "failed without a reason", vendor_code=error.code))
        case "cancelled" | "canceled":
            return TaskFailed(provider_error(ErrorClass.CANCELLED, "cancelled"))
        case "expired":
            return TaskFailed(provider_error(ErrorClass.TIMEOUT, "expired at the vendor"))
        case _:
            return TaskRunning()
