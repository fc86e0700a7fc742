"""Kling 3.0 through the older API: the model in the body, seconds as strings, and tokens that we sign ourselves.

Facts of 2026-08-26 to 2026-11-22. The key is Kling's API key, or, with the setting `access_key`, the secret key that
belongs to it. A task's address has its kind, so the kind is a part of our task id: `text2video/8890001`.
"""

from datetime import datetime
from typing import Any
from urllib.parse import quote

import jwt

from core.domain.errors import ErrorClass, ProviderError, provider_error
from core.domain.generations.remote_clip import RemoteClip
from core.domain.ids import RouteKey
from core.domain.requests.tiers import KLING
from core.http.client import HttpSettings
from core.http.loose import address
from core.http.responses import (
    Answer,
    Call,
    Number,
    Text,
    VendorModel,
    Word,
    after,
    read,
    shown,
    task_id,
    unread,
    without_video,
)
from core.ports import Poll, RouteFacts, TaskRunning, TaskSucceeded, VideoJob
from core.providers.adapter import Adapter, RouteConfig
from core.providers.kling import LINK_HOURS, UNIT_USD_MICROS, Reply, failed, judge, picture

DEFAULTS = RouteConfig(base_url="https://api-singapore.klingai.com", model="kling-v3", max_in_flight=20)

TOKEN_S, CLOCKS_APART_S = 1800, 5
_MODES = {720: "std", 1080: "pro", 2160: "4k"}
_KINDS = ("text2video", "image2video")


class _Info(VendorModel):
    external_task_id: Text = ""


class _Task(VendorModel):
    task_id: Text = ""
    task_status: Word = ""
    task_status_msg: Text = ""
    task_info: _Info = _Info()
    task_result: Any = None
    updated_at: Number = None
    final_unit_deduction: Number = None


class _One(Reply):
    data: _Task = _Task()


def kind(job: VideoJob) -> str:
    return _KINDS[job.first_frame is not None]


def request(job: VideoJob, model: str) -> dict[str, object]:
    """The body of a submit. Resolution goes by the name of a mode."""
    body: dict[str, object] = {
        "model_name": model,
        "prompt": job.prompt,
        "mode": _MODES[job.fitted.lines],
        "duration": str(job.fitted.duration_s),
        "sound": "on" if job.fitted.audio else "off",
        "multi_shot": False,
        "external_task_id": str(job.external_id),
    }
    if job.negative:
        body["negative_prompt"] = job.negative
    if job.callback_url:
        body["callback_url"] = job.callback_url
    if job.first_frame is None:
        return body | {"aspect_ratio": job.fitted.aspect.value}
    body["image"] = picture(job.first_frame)
    if job.last_frame is not None:
        body["image_tail"] = picture(job.last_frame)
    return body


def outcome(task: _Task, *, now: float) -> Poll:
    match task.task_status:
        case "succeed" | "succeeded":
            url = address(task.task_result)
            if not url:
                return without_video("succeeded without a video")
            made_at = task.updated_at / 1000 if task.updated_at else None
            units = task.final_unit_deduction
            return TaskSucceeded(
                clip=RemoteClip(url=url, expires_at=after(made_at, hours=LINK_HOURS, now=now)),
                usd_micros=round(units * UNIT_USD_MICROS) if units else None,
            )
        case "failed":
            return failed(task.task_status_msg)
        case _:
            return TaskRunning()


class KlingLegacy(Adapter):
    """A second way to the same vendor, for accounts that only have an access key and a secret."""

    def __init__(self, config: RouteConfig, wiring: HttpSettings) -> None:
        facts = RouteFacts(
            key=RouteKey("kling.legacy"),
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

    def _headers(self) -> dict[str, str]:
        """A fresh token for every request, because a token is valid for half an hour only."""
        access_key = self.config.extra.get("access_key")
        if not access_key:
            return self.bearer
        now = int(self.http.wiring.clock())
        claims = {"iss": access_key, "exp": now + TOKEN_S, "nbf": now - CLOCKS_APART_S}
        return {"authorization": f"Bearer {jwt.encode(claims, self.key, 'HS256')}"}

    async def submit(self, job: VideoJob) -> str:
        path = f"/v1/videos/{kind(job)}"
        body = request(job, self.model)
        answer = await self.http.call(Call.SUBMIT, "POST", path, headers=self._headers(), body=body)
        judge(answer)
        return f"{kind(job)}/{task_id(answer, read(answer, _One).data.task_id)}"

    async def _ask(self, call: Call, kind: str, name: str) -> Answer:
        path = f"/v1/videos/{kind}/{quote(name, safe='')}"
        answer = await self.http.call(call, "GET", path, headers=self._headers())
        judge(answer)
        return answer

    async def find(self, job: VideoJob, *, sent_at: datetime) -> str | None:
        """Find the task by our own id, which Kling accepts in place of its own."""
        ours = str(job.external_id)
        try:
            answer = await self._ask(Call.ASK, kind(job), ours)
        except ProviderError as error:
            if error.error_class is ErrorClass.TASK_GONE:
                return None
            raise
        task = read(answer, _One).data
        if not task.task_id:
            raise unread(answer, "a task without an id")
        return f"{kind(job)}/{task.task_id}" if task.task_info.external_task_id == ours else None

    async def poll(self, task_id: str) -> Poll:
        kind, _, name = task_id.partition("/")
        if kind not in _KINDS or not name:
            raise provider_error(ErrorClass.TASK_GONE, "no task id of this route")
        answer = await self._ask(Call.ASK, kind, name)
        task = read(answer, _One).data
        if not task.task_status:
            raise unread(answer, "a task without a state")
        return shown(answer, outcome(task, now=self.http.wiring.clock()))

    async def check(self) -> None:
        """Read a page with one task: queries are free."""
        query: dict[str, str | int] = {"pageNum": 1, "pageSize": 1}
        path = "/v1/videos/text2video"
        judge(await self.http.call(Call.CHECK, "GET", path, headers=self._headers(), query=query))
