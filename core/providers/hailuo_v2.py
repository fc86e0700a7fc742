"""MiniMax-H3 through MiniMax's V2 API: what takes over when Hailuo 2.3 is gone. The price to people stays Hailuo's.

Known in outline only (facts of 2026-11-22: paths, states, HTTP errors, resolutions, seconds). Field names that the
outline does not give follow Ark's, after which the API is shaped; both shapes of an error are read. The list names
neither prompt nor seed: a lost submit is adopted only if exactly one task of this model began in its moment.
"""

import re
from datetime import datetime
from urllib.parse import quote

from core.domain.errors import ErrorClass, ProviderError, provider_error
from core.domain.ids import RouteKey
from core.domain.requests.pricing import Capabilities, Mode, Sound
from core.domain.requests.request import Aspect
from core.domain.requests.tiers import HAILUO
from core.http.client import HttpSettings
from core.http.responses import (
    Answer,
    Call,
    Number,
    Text,
    VendorModel,
    after,
    by_status,
    glean,
    lost,
    read,
    refusal,
    task_id,
)
from core.ports import Cancelled, Poll, RemoteClip, RouteFacts, TaskFailed, TaskRunning, TaskSucceeded, VideoJob
from core.providers.adapter import Adapter, RouteConfig, link
from core.providers.hailuo import ERRORS, LINK_HOURS, NO_SUCH_MODEL, SUCCESSOR, BaseResp

DEFAULTS = RouteConfig(base_url="https://api.minimax.io", model=SUCCESSOR, submits_per_min=20)
CN_DEFAULTS = RouteConfig(base_url="https://api.minimaxi.com", model=SUCCESSOR, submits_per_min=20)
FIND_BEFORE_S, FIND_AFTER_S = 3.0, 30.0

MAKES = Capabilities(
    modes=tuple(Mode(lines=lines, durations_s=tuple(range(4, 16))) for lines in (768, 1080)),
    aspects=tuple(Aspect),
    sound=Sound.NEVER,
    prompt_max=2000,
    first_frame=True,
    last_frame=True,
)
_RESOLUTION = {768: "768P", 1080: "2K"}
"""There is no 1080P: who was promised it gets more, at 0.13 USD a second to the operator in place of 0.08."""
_NO_SUCH_TASK = re.compile(r"task.{0,40}not (?:found|exist)|no such task|unknown task", re.IGNORECASE)


class _Error(VendorModel):
    code: Text = ""
    message: Text = ""


class _Refusal(VendorModel):
    """Ark's shape, or the one of V1."""

    error: _Error = _Error()
    base_resp: BaseResp = BaseResp()


class _Content(VendorModel):
    video_url: Text = ""


class _Task(VendorModel):
    id: Text = ""
    task_id: Text = ""
    model: Text = ""
    status: Text = ""
    content: _Content | None = None
    error: _Error | None = None
    created_at: Number = None
    updated_at: Number = None

    @property
    def name(self) -> str:
        return self.id or self.task_id


class _Page(VendorModel):
    items: tuple[_Task, ...]
    total: Number = None


def error_of(answer: Answer) -> ProviderError:
    """An error answer: by MiniMax's own code, which V1 documents, else by its HTTP status."""
    body = glean(answer, _Refusal)
    code = body.error.code or body.base_resp.status_code
    words = body.error.message or body.base_resp.status_msg
    error_class = ERRORS.get(code, by_status(answer.status))
    is_bad = error_class is ErrorClass.INVALID_REQUEST
    if (answer.status == 404 and words) or (is_bad and NO_SUCH_MODEL.search(words)):
        error_class = ErrorClass.MODEL_GONE
    elif is_bad and answer.call is Call.ASK and _NO_SUCH_TASK.search(words):
        error_class = ErrorClass.TASK_GONE
    return refusal(answer, error_class, code=code, detail=words)


def request(job: VideoJob, model: str) -> dict[str, object]:
    """The body of a submit. With a picture the shape follows it."""
    content: list[dict[str, object]] = [{"type": "text", "text": job.prompt}]
    for image, role in ((job.first_frame, "first_frame"), (job.last_frame if job.first_frame else None, "last_frame")):
        if image is not None:
            content.append({"type": "image_url", "image_url": {"url": link(image)}, "role": role})
    body: dict[str, object] = {
        "model": model,
        "content": content,
        "duration": job.fitted.duration_s,
        "resolution": _RESOLUTION[job.fitted.lines],
        "ratio": "adaptive" if job.first_frame else job.fitted.aspect.value,
    }
    if job.callback_url:
        body["callback_url"] = job.callback_url
    return body


def outcome(task: _Task, *, now: float) -> Poll:
    match task.status.lower():
        case "succeeded":
            url = task.content.video_url if task.content else ""
            if not url:
                return TaskFailed(provider_error(ErrorClass.TRANSIENT_SERVER, "succeeded without a video"))
            return TaskSucceeded(clip=RemoteClip(url=url, expires_at=after(task.updated_at, hours=LINK_HOURS, now=now)))
        case "failed":
            error = task.error or _Error()
            error_class = ERRORS.get(error.code, ErrorClass.TRANSIENT_SERVER)
            return TaskFailed(provider_error(error_class, error.message or "failed", vendor_code=error.code))
        case "cancelled" | "canceled":
            return TaskFailed(provider_error(ErrorClass.CANCELLED, "cancelled"))
        case _:
            return TaskRunning()


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
            max_in_flight=config.max_in_flight,
            submits_per_min=config.submits_per_min,
            usual_s=240.0,
            timeout_max_s={None: 840.0},
            makes=MAKES,
        )
        super().__init__(facts, config, wiring)

    async def submit(self, job: VideoJob) -> str:
        answer = await self._ask(Call.SUBMIT, "POST", "/v2/video_generation", body=request(job, self.model))
        return task_id(answer, read(answer, _Task).name)

    async def _ask(self, call: Call, method: str, path: str, *, body: object = None) -> Answer:
        answer = await self.http.call(call, method, path, headers=self.bearer, body=body)
        if not answer.ok or glean(answer, _Refusal).base_resp.status_code not in {"", "0"}:
            raise error_of(answer)
        return answer

    async def _task(self, task_id: str) -> _Task:
        path = f"/v2/query/video_generation/{quote(task_id, safe='')}"
        task = read(await self._ask(Call.ASK, "GET", path), _Task)
        if not task.status:
            raise lost(Call.ASK, "a task without a state")
        return task

    async def find(self, job: VideoJob, *, sent_at: datetime) -> str | None:
        """The one task of this model that began when ours did; None as soon as two, or one that is not shown, could."""
        page = read(await self._ask(Call.ASK, "GET", "/v2/query/video_generation"), _Page)
        first, last = sent_at.timestamp() - FIND_BEFORE_S, sent_at.timestamp() + FIND_AFTER_S
        began = {task.name: task.created_at for task in page.items if task.name and task.model in {"", self.model}}
        found = [name for name, at in began.items() if at is not None and first <= at <= last]
        whole = page.total is None or page.total <= len(page.items) or any(at and at < first for at in began.values())
        return found[0] if len(found) == 1 and whole else None

    async def poll(self, task_id: str) -> Poll:
        return outcome(await self._task(task_id), now=self.http.wiring.clock())

    async def cancel(self, task_id: str) -> Cancelled:
        """Only what still waits; to delete a finished task may lose its video, so look first."""
        task = await self._task(task_id)
        if task.status == "cancelled":
            return Cancelled.YES
        if task.status != "queued":
            return Cancelled.TOO_LATE
        path = f"/v2/video_generation/{quote(task_id, safe='')}"
        try:
            await self._ask(Call.ASK, "DELETE", path)
        except ProviderError as error:
            if error.error_class is ErrorClass.INVALID_REQUEST:
                return Cancelled.TOO_LATE
            raise
        return Cancelled.YES

    async def check(self) -> None:
        await self._ask(Call.CHECK, "GET", "/v2/query/video_generation")
