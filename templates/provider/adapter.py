"""Aurora, as its documents had it on the day that is named beside each fact.

Written by `make provider`. Put the vendor's own addresses, words, prices and limits in the place of these.
"""

from urllib.parse import quote

from core.domain.errors import ErrorClass, provider_error
from core.domain.generations.remote_clip import RemoteClip
from core.domain.ids import ProviderName, RouteKey
from core.domain.requests.pricing import Capabilities, Fitted, Mode, Offer, Sound
from core.domain.requests.request import Aspect
from core.http.client import HttpSettings
from core.http.responses import Answer, Call, Text, VendorModel, by_status, glean, lost, read, refusal, task_id
from core.ports import Poll, RouteFacts, TaskFailed, TaskRunning, TaskSucceeded, VideoJob
from core.providers.adapter import Adapter, RouteConfig, link

AURORA = ProviderName("aurora")
DEFAULTS = RouteConfig(base_url="https://api.aurora.example", model="aurora-1")
ERRORS = {
    "no_credit": ErrorClass.QUOTA_EXHAUSTED,
    "unsafe": ErrorClass.CONTENT_POLICY,
    "no_model": ErrorClass.MODEL_GONE,
    "no_task": ErrorClass.MODEL_GONE,
    "full": ErrorClass.CAPACITY,
}
_CAPABILITIES = Capabilities(
    modes=(Mode(lines=720, durations_s=(4, 8)),), aspects=(Aspect.WIDE,), sound=Sound.NEVER, prompt_max=500,
    first_frame=True,
)  # fmt: skip


def usd_micros(fitted: Fitted) -> int:
    """List price: 0.05 USD a second."""
    return 50_000 * fitted.duration_s


def offer(config: RouteConfig) -> Offer:
    return Offer(provider=AURORA, label="Aurora", capabilities=_CAPABILITIES, usd_micros=usd_micros)


class _Error(VendorModel):
    code: Text = ""
    message: Text = ""


class _Refusal(VendorModel):
    error: _Error = _Error()


class _Task(VendorModel):
    id: Text = ""
    state: Text = ""
    video: Text = ""
    error: _Error | None = None


def judge(answer: Answer) -> None:
    if not answer.ok:
        error = glean(answer, _Refusal).error
        raise refusal(answer, ERRORS.get(error.code, by_status(answer.status)), code=error.code, detail=error.message)


class Aurora(Adapter):
    def __init__(self, config: RouteConfig, wiring: HttpSettings) -> None:
        facts = RouteFacts(
            key=RouteKey("aurora.api"), provider=AURORA,
            model=config.model or "", configured=bool(config.api_key),
            can_cancel=False, can_find=False, has_callbacks=False,
        )  # fmt: skip
        super().__init__(facts, config, wiring)

    async def _call(self, call: Call, method: str, path: str, body: object = None) -> Answer:
        answer = await self.http.call(call, method, path, headers=self.bearer, body=body)
        judge(answer)
        return answer

    async def submit(self, job: VideoJob) -> str:
        body = {"model": self.model, "prompt": job.prompt, "seconds": job.fitted.duration_s}
        if job.first_frame is not None:
            body["picture"] = link(job.first_frame)
        answer = await self._call(Call.SUBMIT, "POST", "/videos", body)
        return task_id(answer, read(answer, _Task).id)

    async def poll(self, task_id: str) -> Poll:
        task = read(await self._call(Call.ASK, "GET", f"/videos/{quote(task_id, safe='')}"), _Task)
        match task.state:
            case "":
                raise lost(Call.ASK, "a task without a state")
            case "ready" if task.video:
                return TaskSucceeded(clip=RemoteClip(url=task.video))
            case "ready" | "failed":
                error = task.error or _Error()
                error_class = ERRORS.get(error.code, ErrorClass.TRANSIENT_SERVER)
                return TaskFailed(provider_error(error_class, error.message or "no video", vendor_code=error.code))
            case _:
                return TaskRunning()

    async def check(self) -> None:
        await self._call(Call.CHECK, "GET", "/videos")
