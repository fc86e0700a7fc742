"""The answers of DashScope: its tasks, its list of tasks, and its errors. Facts of 2026-08-27 to 2026-11-22."""

import re
from datetime import datetime, timedelta, timezone
from typing import Any, ClassVar

from core.domain.errors import ErrorClass, provider_error
from core.domain.generations.remote_clip import RemoteClip
from core.http.loose import address
from core.http.responses import (
    Answer,
    Many,
    Text,
    VendorModel,
    Word,
    after,
    by_prefix,
    by_status,
    glean,
    read,
    refusal,
    unread,
    without_video,
)
from core.ports import Poll, TaskFailed, TaskRunning, TaskSucceeded

LINK_HOURS = 24
CHINA = timezone(timedelta(hours=8))
"""DashScope writes times without a zone, in China's time."""

ERRORS = {
    "Arrearage": ErrorClass.QUOTA_EXHAUSTED,
    "isv.OUT_OF_SERVICE": ErrorClass.QUOTA_EXHAUSTED,
    "AllocationQuota.FreeTierOnly": ErrorClass.QUOTA_EXHAUSTED,
    "CommodityNotPurchased": ErrorClass.QUOTA_EXHAUSTED,
    "PrepaidBillOverdue": ErrorClass.QUOTA_EXHAUSTED,
    "PostpaidBillOverdue": ErrorClass.QUOTA_EXHAUSTED,
    "Throttling": ErrorClass.RATE_LIMITED,
    "LimitRequests": ErrorClass.RATE_LIMITED,
    "insufficient_quota": ErrorClass.RATE_LIMITED,
    "DataInspectionFailed": ErrorClass.CONTENT_POLICY,
    "data_inspection_failed": ErrorClass.CONTENT_POLICY,
    "IPInfringementSuspect": ErrorClass.CONTENT_POLICY,
    "InvalidParameter": ErrorClass.INVALID_REQUEST,
    "invalid_request_error": ErrorClass.INVALID_REQUEST,
    "InvalidApiKey": ErrorClass.AUTH,
    "invalid_api_key": ErrorClass.AUTH,
    "AccessDenied": ErrorClass.AUTH,
    "Model.AccessDenied": ErrorClass.AUTH,
    "Workspace.AccessDenied": ErrorClass.AUTH,
    "ModelNotFound": ErrorClass.MODEL_GONE,
    "Model.NotExist": ErrorClass.MODEL_GONE,
    "WorkSpaceNotFound": ErrorClass.MODEL_GONE,
    "NotFound": ErrorClass.MODEL_GONE,
    "InternalError": ErrorClass.TRANSIENT_SERVER,
    "SystemError": ErrorClass.TRANSIENT_SERVER,
    "ModelServiceFailed": ErrorClass.TRANSIENT_SERVER,
    "RequestTimeOut": ErrorClass.TRANSIENT_SERVER,
    "GatewayTimeout": ErrorClass.TRANSIENT_SERVER,
    "ModelUnavailable": ErrorClass.CAPACITY,
    "ServiceUnavailable": ErrorClass.CAPACITY,
}


class _Error(VendorModel):
    lone: ClassVar[str] = "message"
    code: Text = ""
    type: Text = ""
    message: Text = ""


class _Refusal(_Error):
    """An error: flat at DashScope itself, under `error` at some gateways."""

    error: _Error = _Error()


class DashscopeTask(VendorModel):
    """A task, in its own answer or in the list. The list's elements are not documented, so both spellings are read."""

    task_id: Text = ""
    task_status: Word = ""
    status: Word = ""
    code: Text = ""
    message: Text = ""
    video_url: Any = None
    results: Any = None
    submit_time: Text = ""
    gmt_create: Text = ""
    start_time: Text = ""
    end_time: Text = ""
    model_name: Text = ""


class One(VendorModel):
    """A task's own answer. Its code and message have been seen beside the output as well as in it."""

    output: DashscopeTask = DashscopeTask()
    code: Text = ""
    message: Text = ""


class _Inner(VendorModel):
    data: Many[DashscopeTask] = ()
    tasks: Many[DashscopeTask] = ()


class DashscopePage(_Inner):
    output: _Inner = _Inner()

    def all(self) -> tuple[DashscopeTask, ...] | None:
        """The elements of the list, at any level; None if there is no list."""
        places = ((self, "data"), (self, "tasks"), (self.output, "data"), (self.output, "tasks"))
        found = (getattr(part, name) for part, name in places if name in part.model_fields_set)
        return next(found, None)


def error_class(code: str, status: int | None) -> ErrorClass:
    """The class of a code by its longest known prefix, else of the HTTP status, else a failure of the server."""
    if code.startswith("BadRequest"):  # BadRequest.TooLong, BadRequestException
        return ErrorClass.INVALID_REQUEST
    return by_prefix(code, ERRORS) or (by_status(status) if status else ErrorClass.TRANSIENT_SERVER)


def judge(answer: Answer) -> None:
    if answer.ok:
        return
    body = glean(answer, _Refusal)
    code = body.code or body.error.code or body.error.type
    message = body.message or body.error.message
    raise refusal(answer, error_class(code, answer.status), code=code, detail=message)


def when(text: str) -> float | None:
    """Seconds since 1970, of any of DashScope's forms: milliseconds, seconds, or China's clock without a zone."""
    if re.fullmatch(r"\d{10}(\d{3})?", text, re.ASCII):
        return int(text) / (1000 if len(text) == 13 else 1)
    try:
        return datetime.fromisoformat(text).replace(tzinfo=CHINA).timestamp()
    except (ValueError, OverflowError):
        return None


def outcome(one: One, *, now: float) -> Poll:
    task = one.output
    match task.task_status or task.status:
        case "succeeded":
            url = address(task.video_url, task.results)
            if not url:
                return without_video("succeeded without a video")
            expires_at = after(when(task.end_time), hours=LINK_HOURS, now=now)
            return TaskSucceeded(clip=RemoteClip(url=url, expires_at=expires_at))
        case "failed":
            words, code = task.message or one.message or "failed without a reason", task.code or one.code
            return TaskFailed(provider_error(error_class(code, None), words, vendor_code=code))
        case "canceled" | "cancelled":
            return TaskFailed(provider_error(ErrorClass.CANCELLED, "cancelled"))
        case _:
            return TaskRunning()


def listed(answer: Answer) -> tuple[DashscopeTask, ...]:
    """The tasks of a list; raises for an answer without a list."""
    judge(answer)
    tasks = read(answer, DashscopePage).all()
    if tasks is None:
        raise unread(answer, "a list that is none")
    return tasks
