"""Kling 3.0 through the API of 2026: the model in the path, a plain key, tasks found by an id of our own.

Facts of 2026-08-26 to 2026-11-22. Our id sent twice makes two paid tasks, so a lost submit is looked up and never sent
again. A failed task is HTTP 200 with code 0 and "SUCCEED": only the task's own state tells the failure.
"""

import base64
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from core.domain.errors import ErrorClass, ProviderError, provider_error
from core.domain.generations.remote_clip import RemoteClip
from core.domain.ids import RouteKey
from core.domain.requests.pricing import MICROS, Capabilities, Fitted, Mode, Offer, Sound
from core.domain.requests.request import Aspect
from core.domain.requests.tiers import KLING
from core.http.client import HttpSettings
from core.http.loose import address, number
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
from core.ports import InputImage, Poll, RouteFacts, TaskFailed, TaskRunning, TaskSucceeded, VideoJob
from core.providers.adapter import Adapter, RouteConfig

DEFAULTS = RouteConfig(base_url="https://api-singapore.klingai.com", model="kling-3.0", max_in_flight=20)

CAPABILITIES = Capabilities(
    modes=tuple(Mode(lines=lines, durations_s=tuple(range(3, 16))) for lines in (720, 1080, 2160)),
    aspects=(Aspect.WIDE, Aspect.TALL, Aspect.SQUARE),
    sound=Sound.CHOICE,
    prompt_max=2500,
    first_frame=True,
    last_frame=True,
)
RESOLUTION = {720: "720p", 1080: "1080p", 2160: "4k"}
_USD_MICROS_PER_S = {
    (720, False): 84_000, (1080, False): 112_000, (2160, False): 420_000,
    (720, True): 126_000, (1080, True): 168_000, (2160, True): 630_000,
}  # fmt: skip
UNIT_USD_MICROS = 140_000
LINK_HOURS = 30 * 24


def offer(config: RouteConfig) -> Offer:
    """The offer of 3.0.

    Prices: Kling's list by the second, 2026-10-04. That of 4K with sound is not published: 0.63 USD, by the others'
    ratio, unless the setting `usd_4k_audio` says otherwise.
    """
    stated = number(config.extra.get("usd_4k_audio", ""))
    dearest = round(stated * MICROS) if stated else _USD_MICROS_PER_S[2160, True]
    per_s = {**_USD_MICROS_PER_S, (2160, True): dearest}

    def usd_micros(fitted: Fitted) -> int:
        return per_s[fitted.lines, fitted.audio] * fitted.duration_s

    return Offer(provider=KLING, label="Kling 3.0", capabilities=CAPABILITIES, usd_micros=usd_micros)


ERRORS = {
    "1000": ErrorClass.AUTH,
    "1001": ErrorClass.AUTH,
    "1002": ErrorClass.AUTH,
    "1003": ErrorClass.AUTH,
    "1004": ErrorClass.AUTH,
    "1100": ErrorClass.AUTH,
    "1101": ErrorClass.QUOTA_EXHAUSTED,
    "1102": ErrorClass.QUOTA_EXHAUSTED,
    "1103": ErrorClass.AUTH,
    "1200": ErrorClass.INVALID_REQUEST,
    "1201": ErrorClass.INVALID_REQUEST,
    "1202": ErrorClass.INVALID_REQUEST,
    "1203": ErrorClass.MODEL_GONE,
    "1300": ErrorClass.CONTENT_POLICY,
    "1301": ErrorClass.CONTENT_POLICY,
    "1302": ErrorClass.RATE_LIMITED,
    "1303": ErrorClass.CAPACITY,
    "1304": ErrorClass.AUTH,
    "5000": ErrorClass.TRANSIENT_SERVER,
    "5001": ErrorClass.CAPACITY,
    "5002": ErrorClass.TRANSIENT_SERVER,
}
_REFUSED_WORDS = ("risk", "polic", "sensitive", "safety", "violat", "prohibit", "moderation")
"""Kling's words for a late refusal are not documented, so they are matched loosely."""
_TAKEN_BEFORE = "already exist"


class Reply(VendorModel):
    """The part of every answer that tells whether the request itself succeeded."""

    code: Text = ""
    message: Text = ""


class _Bill(VendorModel):
    charge_type: Text = ""
    amount: Number = None
    currency: Text = ""


class _Task(VendorModel):
    id: Text = ""
    status: Word = ""
    message: Text = ""
    external_id: Text = ""
    update_time: Number = None
    outputs: Any = None
    billing: Many[_Bill] = ()


class _One(Reply):
    data: _Task = _Task()


class _List(Reply):
    data: Many[_Task]


def judge(answer: Answer) -> None:
    """Raises the error that an answer stands for; a code other than 0 is one on HTTP 200 too.

    "Already exists" means that a submit with our id was accepted before (`kling-api` 2.0, live, 2026-09-20; others saw
    two paid tasks, 2026-09-29): the task can be found, so the outcome is unknown instead of refused.
    """
    reply = glean(answer, Reply)
    if answer.ok and reply.code in {"", "0"}:
        return
    if answer.call is Call.SUBMIT and reply.code == "1201" and _TAKEN_BEFORE in reply.message.lower():
        raise refusal(answer, ErrorClass.OUTCOME_UNKNOWN, code=reply.code, detail=reply.message)
    fallback = ErrorClass.TRANSIENT_SERVER if answer.ok else by_status(answer.status)
    raise refusal(answer, ERRORS.get(reply.code, fallback), code=reply.code, detail=reply.message)


def failed(message: str) -> TaskFailed:
    """The error of a task that ended without a video, from its message."""
    refused = any(word in message.lower() for word in _REFUSED_WORDS)
    return TaskFailed(provider_error(ErrorClass.CONTENT_POLICY if refused else ErrorClass.TRANSIENT_SERVER, message))


def picture(image: InputImage) -> str:
    """An address, or base64 without the `data:` prefix: Kling's documents know no other form."""
    return image.url or base64.b64encode(image.data).decode()


def request(job: VideoJob, model: str) -> tuple[str, dict[str, object]]:
    """Path and body of a submit. `multi_shot` is on by default at Kling and would cut one clip into shots."""
    settings: dict[str, object] = {
        "multi_shot": False,
        "audio": "native" if job.fitted.audio else "off",
        "resolution": RESOLUTION[job.fitted.lines],
        "duration": job.fitted.duration_s,
    }
    options: dict[str, object] = {
        "external_task_id": str(job.external_id),
        "watermark_info": {"enabled": False},
    }
    if job.callback_url:
        options["callback_url"] = job.callback_url
    if job.first_frame is None:
        settings["aspect_ratio"] = job.fitted.aspect.value
        return f"/text-to-video/{model}", {"prompt": job.prompt, "settings": settings, "options": options}
    contents = [
        {"type": "prompt", "text": job.prompt},
        {"type": "first_frame", "url": picture(job.first_frame)},
    ]
    if job.last_frame is not None:
        contents.append({"type": "last_frame", "url": picture(job.last_frame)})
    return f"/image-to-video/{model}", {"contents": contents, "settings": settings, "options": options}


def outcome(task: _Task, *, now: float) -> Poll:
    match task.status:
        case "succeeded" | "succeed":
            url = address(task.outputs)
            if not url:
                return without_video("succeeded without a video")
            made_at = task.update_time / 1000 if task.update_time else None
            clip = RemoteClip(url=url, expires_at=after(made_at, hours=LINK_HOURS, now=now))
            return TaskSucceeded(clip=clip, usd_micros=billed(task.billing))
        case "failed":
            return failed(task.message)
        case _:
            return TaskRunning()


def _unknown() -> ProviderError:
    return provider_error(ErrorClass.TASK_GONE, "Kling knows no such task")


def billed(bills: Sequence[_Bill]) -> int | None:
    """The amount that Kling billed: units of a pack at their list price, or dollars."""
    total = 0.0
    for bill in bills:
        if bill.amount is None:
            continue
        unit = bill.charge_type == "unit"
        total += bill.amount * (UNIT_USD_MICROS if unit else MICROS if bill.currency in {"", "USD"} else 0)
    return round(total) or None


POLLS_AT_ONCE = 20
"""Tasks in one `task_ids` list. The documents name no limit; 21 are refused with 400 and 1201 (seen live by the client
`kling-api` 2.0, 2026-09-20)."""


class Kling(Adapter):
    """One client for the current API; the older one is in `kling_legacy`."""

    polls_at_once = POLLS_AT_ONCE

    def __init__(self, config: RouteConfig, wiring: HttpSettings) -> None:
        facts = RouteFacts(
            key=RouteKey("kling.api"),
            provider=KLING,
            model=config.model or "",
            configured=bool(config.api_key),
            can_cancel=False,
            can_find=True,
            has_callbacks=True,
            find_lag_s=5.0,
            usual_s=120.0,
        )
        super().__init__(facts, config, wiring)

    async def submit(self, job: VideoJob) -> str:
        path, body = request(job, self.model)
        answer = await self.http.call(Call.SUBMIT, "POST", path, headers=self.bearer, body=body)
        judge(answer)
        return task_id(answer, read(answer, _One).data.id)

    async def _tasks(self, call: Call, query: dict[str, str | int]) -> tuple[Answer, tuple[_Task, ...]]:
        answer = await self.http.call(call, "GET", "/tasks", headers=self.bearer, query=query)
        judge(answer)
        return answer, read(answer, _List).data

    async def find(self, job: VideoJob, *, sent_at: datetime) -> str | None:
        """Find the task by our own id, which Kling stores. It is compared here again, in case the filter is ignored."""
        ours = str(job.external_id)
        _, tasks = await self._tasks(Call.ASK, {"external_task_ids": ours})
        found = [task.id for task in tasks if task.external_id == ours]
        return found[0] if len(found) == 1 and found[0] else None

    async def poll(self, task_id: str) -> Poll:
        answer, tasks = await self._tasks(Call.ASK, {"task_ids": task_id})
        mine = next((task for task in tasks if task.id == task_id), None)
        if mine is None and len(tasks) == 1 and not tasks[0].id:
            mine = tasks[0]
        if mine is None:
            raise _unknown()
        return self._outcome(answer, mine)

    async def poll_many(self, task_ids: Sequence[str]) -> Mapping[str, Poll | ProviderError]:
        """The states of several tasks by one request. Kling does not know a task that it leaves out."""
        if len(task_ids) == 1:
            return {task_ids[0]: await self.poll(task_ids[0])}
        answer, tasks = await self._tasks(Call.ASK, {"task_ids": ",".join(task_ids)})
        found = {task.id: task for task in tasks}
        told: dict[str, Poll | ProviderError] = {}
        for name in task_ids:
            try:
                told[name] = self._outcome(answer, found[name]) if name in found else _unknown()
            except ProviderError as error:
                told[name] = error
        return told

    def _outcome(self, answer: Answer, task: _Task) -> Poll:
        if not task.status:
            raise unread(answer, "a task without a state")
        return shown(answer, outcome(task, now=self.http.wiring.clock()))

    async def check(self) -> None:
        """Look for a task that does not exist: queries are free, and only a valid key gets the empty list."""
        await self._tasks(Call.CHECK, {"external_task_ids": "neverdark-check"})
