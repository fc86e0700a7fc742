"""MiniMax-H3 and H3-Max through MiniMax's V2 API, which take over when Hailuo 2.3 is gone.

Facts of 2026-11-30, from the API's own description and two clients: a task is under `task` in its own answer and flat
in the list, errors have their code in brackets at the end of the message, an unknown task is a server error, sound is
always on. The list has neither prompt nor seed, so a lost submit is adopted only if exactly one task of this model
began at its time. The price to people stays Hailuo's.
"""

import re
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import quote

from core.domain.errors import ErrorClass, ProviderError, provider_error
from core.domain.generations.remote_clip import RemoteClip
from core.domain.ids import RouteKey
from core.domain.requests.pricing import Capabilities, Mode, Sound
from core.domain.requests.request import Aspect
from core.domain.requests.tiers import HAILUO
from core.http.client import HttpSettings
from core.http.loose import address
from core.http.responses import (
    Answer,
    Call,
    Many,
    Number,
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
from core.providers.adapter import Adapter, RouteConfig, link
from core.providers.hailuo import ERRORS, LINK_HOURS, NO_SUCH_MODEL, SUCCESSOR, BaseResp

DEFAULTS = RouteConfig(base_url="https://api.minimax.io", model=SUCCESSOR, submits_per_min=20)
CN_DEFAULTS = RouteConfig(base_url="https://api.minimaxi.com", model=SUCCESSOR, submits_per_min=20)
FIND_BEFORE_S, FIND_AFTER_S = 3.0, 30.0
FIND_PAGE, FIND_PAGES_MAX = 100, 3
_SECONDS = tuple(range(4, 16))
"""One of MiniMax's pages begins at 5."""

_RESOLUTIONS = {
    "MiniMax-H3": {768: "768P", 1080: "2K"},
    "MiniMax-H3-Max": {480: "480P", 768: "768P"},
}
"""H3 has no 1080P: a request for it gets the next larger resolution."""
_USD_MICROS_PER_S = {
    ("MiniMax-H3", "768P"): 80_000, ("MiniMax-H3", "2K"): 130_000,
    ("MiniMax-H3-Max", "480P"): 50_000, ("MiniMax-H3-Max", "768P"): 80_000,
}  # fmt: skip
"""List prices of 2026-11, for the operator's bill."""
_CODE = re.compile(r"\((\d{3,5})\)\s*$")
_NO_SUCH_TASK = re.compile(
    r"record not found|invalid task.?id|task.{0,40}not (?:found|exist)|no such task|unknown task", re.IGNORECASE
)


class _Error(VendorModel):
    """An error. Its code is a number at the end of the message, or a field of its own in a failed task."""

    lone: ClassVar[str] = "message"
    code: Text = ""
    message: Text = ""
    http_code: Text = ""

    @property
    def number(self) -> str:
        found = _CODE.search(self.message)
        return self.code if self.code in ERRORS else found[1] if found else self.code


class _Refusal(VendorModel):
    """An error's answer; the gateway in front of the API answers in the form of V1."""

    inner: ClassVar[str] = "error"
    error: _Error = _Error()
    base_resp: BaseResp = BaseResp()
    status_code: Text = ""

    @property
    def older_code(self) -> str:
        return self.base_resp.status_code or self.status_code


class _Usage(VendorModel):
    output_seconds: Number = None


class _Task(VendorModel):
    id: Text = ""
    task_id: Text = ""
    model: Text = ""
    status: Word = ""
    content: Any = None
    error: _Error = _Error()
    created_at: Number = None
    updated_at: Number = None
    resolution: Text = ""
    usage: _Usage = _Usage()

    @property
    def name(self) -> str:
        return self.id or self.task_id


class _One(VendorModel):
    inner: ClassVar[str] = "task"
    task: _Task = _Task()


class _Page(VendorModel):
    items: Many[_Task]
    total: Number = None


def error_of(answer: Answer) -> ProviderError:
    """An error answer: by MiniMax's own code, else by its HTTP status."""
    body = glean(answer, _Refusal)
    code = body.error.number or body.older_code
    words = body.error.message or body.base_resp.status_msg
    error_class = ERRORS.get(code, by_status(answer.status))
    is_bad = error_class is ErrorClass.INVALID_REQUEST
    if answer.call is not Call.SUBMIT and _NO_SUCH_TASK.search(words):
        error_class = ErrorClass.TASK_GONE
    elif (answer.status == 404 and words) or (is_bad and NO_SUCH_MODEL.search(words)):
        error_class = ErrorClass.MODEL_GONE
    return refusal(answer, error_class, code=code, detail=words)


def makes(model: str) -> Capabilities:
    """The capabilities of a model; an unknown one counts as H3."""
    resolutions = _RESOLUTIONS.get(model, _RESOLUTIONS[SUCCESSOR])
    return Capabilities(
        modes=tuple(Mode(lines=lines, durations_s=_SECONDS) for lines in resolutions),
        aspects=tuple(Aspect),
        sound=Sound.ALWAYS,
        prompt_max=7000,
        first_frame=True,
        last_frame=True,
    )


def request(job: VideoJob, model: str) -> dict[str, object]:
    """The body of a submit. A request without a picture needs a ratio; otherwise the picture decides the shape."""
    content: list[dict[str, object]] = [{"type": "text", "text": job.prompt}]
    for image, role in ((job.first_frame, "first_frame"), (job.last_frame if job.first_frame else None, "last_frame")):
        if image is not None:
            content.append({"type": "image_url", "image_url": {"url": link(image)}, "role": role})
    body: dict[str, object] = {
        "model": model,
        "content": content,
        "duration": job.fitted.duration_s,
        "resolution": _RESOLUTIONS.get(model, _RESOLUTIONS[SUCCESSOR])[job.fitted.lines],
    }
    if job.first_frame is None:
        body["ratio"] = job.fitted.aspect.value
    if job.callback_url:
        body["callback_url"] = job.callback_url
    return body


def outcome(task: _Task, *, now: float) -> Poll:
    match task.status:
        case "succeeded" | "success" | "completed":
            url = address(task.content)
            if not url:
                return without_video("succeeded without a video")
            clip = RemoteClip(url=url, expires_at=after(None, hours=LINK_HOURS, now=now))
            return TaskSucceeded(clip=clip, usd_micros=billed(task))
        case "failed" | "fail":
            code = task.error.number
            error_class = ERRORS.get(code, ErrorClass.TRANSIENT_SERVER)
            return TaskFailed(provider_error(error_class, task.error.message or "failed", vendor_code=code))
        case "cancelled" | "canceled":
            return TaskFailed(provider_error(ErrorClass.CANCELLED, "cancelled"))
        case "expired":
            return TaskFailed(provider_error(ErrorClass.TIMEOUT, "expired at the vendor"))
        case _:
            return TaskRunning()


def billed(task: _Task) -> int | None:
    """The list price of the seconds that MiniMax counted."""
    seconds = task.usage.output_seconds
    per_s = _USD_MICROS_PER_S.get((task.model, task.resolution))
    return round(seconds * per_s) if seconds and per_s else None


class HailuoV2(Adapter):
    """One client for both hosts."""

    def __init__(self, config: RouteConfig, wiring: HttpSettings, *, key: str) -> None:
        facts = RouteFacts(
            key=RouteKey(key),
            provider=HAILUO,
            model=config.model or "",
            configured=bool(config.api_key),
            can_cancel=True,
            can_find=True,
            has_callbacks=True,
            find_lag_s=5.0,
            usual_s=240.0,
            timeout_max_s={None: 840.0},
            makes=makes(config.model or ""),
        )
        super().__init__(facts, config, wiring)

    async def submit(self, job: VideoJob) -> str:
        answer = await self._ask(Call.SUBMIT, "POST", "/v2/video_generation", body=request(job, self.model))
        return task_id(answer, read(answer, _One).task.name)

    async def _ask(
        self, call: Call, method: str, path: str, *, query: dict[str, str | int] | None = None, body: object = None
    ) -> Answer:
        answer = await self.http.call(call, method, path, headers=self.bearer, query=query, body=body)
        if not answer.ok or glean(answer, _Refusal).older_code not in {"", "0"}:
            raise error_of(answer)
        return answer

    async def _task(self, task_id: str) -> tuple[Answer, _Task]:
        answer = await self._ask(Call.ASK, "GET", f"/v2/query/video_generation/{quote(task_id, safe='')}")
        task = read(answer, _One).task
        if not task.status:
            raise unread(answer, "a task without a state")
        return answer, task

    async def find(self, job: VideoJob, *, sent_at: datetime) -> str | None:
        """The only task of this model that began when ours did; None if there are two, or one may be hidden."""
        first, last = sent_at.timestamp() - FIND_BEFORE_S, sent_at.timestamp() + FIND_AFTER_S
        began: dict[str, float | None] = {}
        seen = 0
        for page_num in range(1, FIND_PAGES_MAX + 1):
            query: dict[str, str | int] = {"page_num": page_num, "page_size": FIND_PAGE}
            page = read(await self._ask(Call.ASK, "GET", "/v2/query/video_generation", query=query), _Page)
            began |= {task.name: task.created_at for task in page.items if task.name and task.model in {"", self.model}}
            seen += len(page.items)
            reaches_back = any(task.created_at and task.created_at < first for task in page.items)
            if reaches_back or not page.items or (page.total is not None and page.total <= seen):
                found = [name for name, at in began.items() if at is not None and first <= at <= last]
                return found[0] if len(found) == 1 else None
        return None

    async def poll(self, task_id: str) -> Poll:
        answer, task = await self._task(task_id)
        return shown(answer, outcome(task, now=self.http.wiring.clock()))

    async def cancel(self, task_id: str) -> Cancelled:
        """Cancel a task that still waits. Deleting a finished task may lose its video, so look first."""
        _, task = await self._task(task_id)
        if task.status in {"cancelled", "canceled"}:
            return Cancelled.YES
        if task.status != "queued":
            return Cancelled.TOO_LATE
        path = f"/v2/video_generation/{quote(task_id, safe='')}"
        try:
            answer = await self._ask(Call.ASK, "DELETE", path)
        except ProviderError as error:
            if error.error_class is ErrorClass.INVALID_REQUEST:
                return Cancelled.TOO_LATE
            raise
        return Cancelled.YES if glean(answer, _Task).status in {"", "cancelled", "canceled"} else Cancelled.TOO_LATE

    async def check(self) -> None:
        await self._ask(Call.CHECK, "GET", "/v2/query/video_generation", query={"page_num": 1, "page_size": 1})
