"""Hailuo 2.3 through MiniMax's V1 API, on its global and its Chinese host.

Facts of 2026-07-10 to 2026-11-22. Errors come as HTTP 200 with a `base_resp`; a finished task gives a file id, and a
second request gives the link. There is no list, cancel, seed or aspect, so a lost submit cannot be found. MiniMax calls
the model legacy since 2026-10; the successor, MiniMax-H3, has another API (`hailuo_v2`).
"""

import re
from typing import Any, ClassVar, TypeVar

from core.domain.errors import ErrorClass, ProviderError, provider_error
from core.domain.generations.remote_clip import RemoteClip
from core.domain.ids import RouteKey
from core.domain.requests.pricing import Capabilities, Fitted, Mode, Offer, Sound
from core.domain.requests.request import Aspect
from core.domain.requests.tiers import HAILUO
from core.http.client import HttpSettings
from core.http.loose import address
from core.http.responses import (
    Answer,
    Call,
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
from core.ports import Poll, RouteFacts, TaskFailed, TaskRunning, TaskSucceeded, VideoJob
from core.providers.adapter import Adapter, RouteConfig, link

DEFAULTS = RouteConfig(base_url="https://api.minimax.io", model="MiniMax-Hailuo-2.3", submits_per_min=20)
CN_DEFAULTS = RouteConfig(base_url="https://api.minimaxi.com", model="MiniMax-Hailuo-2.3", submits_per_min=20)
SUCCESSOR = "MiniMax-H3"
LINK_HOURS = 1
"""The documents disagree between one hour and nine."""

_USD_MICROS = {(768, 6): 280_000, (768, 10): 560_000, (1080, 6): 490_000}
_LAST_FRAME_MODEL = "MiniMax-Hailuo-02"


def usd_micros(fitted: Fitted) -> int:
    """List price of one clip of 2.3 or 02, 2026-07-10."""
    return _USD_MICROS[fitted.lines, fitted.duration_s]


def offer(config: RouteConfig) -> Offer:
    return Offer(
        provider=HAILUO,
        label="Hailuo 2.3",
        capabilities=Capabilities(
            modes=(Mode(lines=768, durations_s=(6, 10)), Mode(lines=1080, durations_s=(6,))),
            aspects=(Aspect.WIDE,),
            sound=Sound.NEVER,
            prompt_max=2000,
            first_frame=True,
            last_frame=True,
        ),
        usd_micros=usd_micros,
    )


ERRORS = {
    "1000": ErrorClass.TRANSIENT_SERVER,
    "1001": ErrorClass.TRANSIENT_SERVER,
    "1002": ErrorClass.RATE_LIMITED,
    "1004": ErrorClass.AUTH,
    "1008": ErrorClass.QUOTA_EXHAUSTED,
    "1013": ErrorClass.TRANSIENT_SERVER,
    "1024": ErrorClass.TRANSIENT_SERVER,
    "1026": ErrorClass.CONTENT_POLICY,
    "1027": ErrorClass.CONTENT_POLICY,
    "1028": ErrorClass.QUOTA_EXHAUSTED,
    "1030": ErrorClass.QUOTA_EXHAUSTED,
    "1033": ErrorClass.TRANSIENT_SERVER,
    "1039": ErrorClass.RATE_LIMITED,
    "1041": ErrorClass.CAPACITY,
    "1042": ErrorClass.INVALID_REQUEST,
    "2013": ErrorClass.INVALID_REQUEST,
    "2038": ErrorClass.AUTH,
    "2045": ErrorClass.RATE_LIMITED,
    "2049": ErrorClass.AUTH,
    "2056": ErrorClass.QUOTA_EXHAUSTED,
    "2061": ErrorClass.AUTH,
}


# No code of MiniMax's means that a model is gone; we recognize it by these words in "bad parameters".
NO_SUCH_MODEL = re.compile(
    r"(unknown|invalid) model|model.{0,40}(not exist|not found|no longer|offline|retired|deprecated)", re.IGNORECASE
)


class BaseResp(VendorModel):
    lone: ClassVar[str] = "status_msg"
    status_code: Text = ""
    status_msg: Text = ""


class _Reply(VendorModel):
    base_resp: BaseResp = BaseResp()


class _Created(_Reply):
    task_id: Text = ""


class _Queried(_Reply):
    """`file_id` is a string here and a number in the file's own answer (a client broke on it).

    Some answers have the address at once; most have only the file's id.
    """

    status: Word = ""
    file_id: Text = ""
    video_url: Any = None


class _Retrieved(_Reply):
    file: Any = None
    download_url: Any = None


ReplyT = TypeVar("ReplyT", bound=_Reply)


def refused(answer: Answer, base: BaseResp) -> ProviderError:
    """The error of an answer: by MiniMax's own code, else by its HTTP status."""
    unknown = ErrorClass.TRANSIENT_SERVER if answer.ok else by_status(answer.status)
    error_class = ERRORS.get(base.status_code, unknown)
    if error_class is ErrorClass.INVALID_REQUEST and NO_SUCH_MODEL.search(base.status_msg):
        error_class = ErrorClass.MODEL_GONE
    return refusal(answer, error_class, code=base.status_code, detail=base.status_msg)


def judged(answer: Answer, model: type[ReplyT]) -> ReplyT:
    """The body of a good answer; an HTTP error without a readable body is judged by its status."""
    if not answer.ok:
        raise refused(answer, glean(answer, _Reply).base_resp)
    reply = read(answer, model)
    if reply.base_resp.status_code not in {"", "0"}:
        raise refused(answer, reply.base_resp)
    return reply


def request(job: VideoJob, model: str) -> dict[str, object]:
    """The body of a submit. A first picture decides the shape; only the older model 02 takes a last frame."""
    body: dict[str, object] = {
        "model": model,
        "prompt": job.prompt,
        "prompt_optimizer": True,
        "duration": job.fitted.duration_s,
        "resolution": f"{job.fitted.lines}P",
    }
    if job.first_frame is not None:
        body["first_frame_image"] = link(job.first_frame)
        if job.last_frame is not None:
            body |= {"model": _LAST_FRAME_MODEL, "last_frame_image": link(job.last_frame)}
    if job.callback_url:
        body["callback_url"] = job.callback_url
    return body


class Hailuo(Adapter):
    """One client for both hosts."""

    def __init__(self, config: RouteConfig, wiring: HttpSettings, *, key: str) -> None:
        facts = RouteFacts(
            key=RouteKey(key),
            provider=HAILUO,
            model=config.model or "",
            configured=bool(config.api_key),
            can_cancel=False,
            can_find=False,
            has_callbacks=True,
            usual_s=240.0,
            timeout_max_s={None: 600.0, 10: 840.0},
            check_lacks="MiniMax has no free read: asked for a task that is not there, it did not refuse the key",
        )
        super().__init__(facts, config, wiring)

    async def submit(self, job: VideoJob) -> str:
        body = request(job, self.model)
        answer = await self.http.call(Call.SUBMIT, "POST", "/v1/video_generation", headers=self.bearer, body=body)
        return task_id(answer, judged(answer, _Created).task_id)

    async def _query(self, call: Call, task_id: str) -> Answer:
        path = "/v1/query/video_generation"
        return await self.http.call(call, "GET", path, headers=self.bearer, query={"task_id": task_id})

    async def poll(self, task_id: str) -> Poll:
        answer = await self._query(Call.ASK, task_id)
        if not answer.ok:
            judged(answer, _Queried)
        task = read(answer, _Queried)
        base = task.base_resp
        if task.status in {"fail", "failed"} or ERRORS.get(base.status_code) is ErrorClass.CONTENT_POLICY:
            error_class = ERRORS.get(base.status_code, ErrorClass.TRANSIENT_SERVER)
            return TaskFailed(provider_error(error_class, base.status_msg or "failed", vendor_code=base.status_code))
        judged(answer, _Queried)
        if not task.status:
            raise unread(answer, "a task without a state")
        if task.status not in {"success", "succeeded"}:
            return TaskRunning()
        if task.file_id not in {"", "0"}:
            return TaskSucceeded(clip=await self._link(task.file_id))
        if url := address(task.video_url):
            return TaskSucceeded(clip=self._clip(url))
        return shown(answer, without_video("success without a file"))

    async def _link(self, file_id: str) -> RemoteClip:
        """A fresh link to a file. Without one, the request failed and not the task, so it is repeated."""
        path = "/v1/files/retrieve"
        answer = await self.http.call(Call.ASK, "GET", path, headers=self.bearer, query={"file_id": file_id})
        found = judged(answer, _Retrieved)
        url = address(found.file, found.download_url)
        if not url:
            raise unread(answer, "a file without a link")
        return self._clip(url)

    def _clip(self, url: str) -> RemoteClip:
        return RemoteClip(url=url, expires_at=after(None, hours=LINK_HOURS, now=self.http.wiring.clock()))

    async def check(self) -> None:
        """Ask for a task that cannot exist. MiniMax has no free read: any answer but a refused key means alive."""
        try:
            judged(await self._query(Call.CHECK, "0"), _Queried)
        except ProviderError as error:
            if error.error_class not in {ErrorClass.INVALID_REQUEST, ErrorClass.MODEL_GONE}:
                raise
