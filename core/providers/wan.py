"""Wan 2.2 on DashScope (Alibaba Model Studio), in Singapore and in Beijing.

Facts of 2026-08-27 to 2026-11-22. A submit is not checked: a wrong size is accepted and the task fails later, so sizes
and durations come from tables here. The task list names neither prompt nor seed: a lost submit is adopted only if
exactly one task of this model began in its moment.
"""

from datetime import datetime
from urllib.parse import quote

from core.domain.errors import ErrorClass, provider_error
from core.domain.ids import RouteKey
from core.domain.requests.pictures import Sides
from core.domain.requests.pricing import Capabilities, Fitted, Mode, Offer, Sound
from core.domain.requests.request import Aspect
from core.domain.requests.tiers import WAN
from core.http.client import HttpSettings
from core.http.responses import Call, lost, read, task_id
from core.ports import Cancelled, Poll, RouteFacts, VideoJob
from core.providers.adapter import Adapter, RouteConfig, link, seed_of
from core.providers.dashscope import DashscopeTask, One, judge, listed, outcome, when

DEFAULTS = RouteConfig(
    base_url="https://dashscope-intl.aliyuncs.com/api/v1",
    model="wan2.2-t2v-plus",
    max_in_flight=2,
    submits_per_min=120,
    extra={"model_image": "wan2.2-i2v-plus"},
)
BEIJING_DEFAULTS = RouteConfig(
    base_url="https://dashscope.aliyuncs.com/api/v1",
    model="wan2.2-t2v-plus",
    max_in_flight=2,
    submits_per_min=120,
    extra={"model_image": "wan2.2-i2v-plus"},
)
FIND_BEFORE_S, FIND_AFTER_S = 3.0, 30.0
FIND_PAGE, FIND_PAGES_MAX = 100, 10

_SIZES = {
    480: {Aspect.WIDE: "832*480", Aspect.TALL: "480*832", Aspect.SQUARE: "624*624"},
    1080: {Aspect.WIDE: "1920*1080", Aspect.TALL: "1080*1920", Aspect.SQUARE: "1440*1440"},
}
_USD_MICROS_PER_S = {480: 20_000, 1080: 100_000}


def usd_micros(fitted: Fitted) -> int:
    """Price of the plus models by the second: 0.02 USD at 480p, 0.10 at 1080p.

    Believed for Singapore and derived from Beijing's list (0.14 and 0.70 CNY, 2026); not confirmed.
    """
    return _USD_MICROS_PER_S[fitted.lines] * fitted.duration_s


def offer(config: RouteConfig) -> Offer:
    return Offer(
        provider=WAN,
        label="Wan 2.2",
        capabilities=Capabilities(
            modes=(Mode(lines=480, durations_s=(5,)), Mode(lines=1080, durations_s=(5,))),
            aspects=(Aspect.WIDE, Aspect.TALL, Aspect.SQUARE),
            sound=Sound.NEVER,
            prompt_max=800,
            negative=True,
            seed=True,
            first_frame=True,
        ),
        usd_micros=usd_micros,
    )


def request(job: VideoJob, config: RouteConfig) -> dict[str, object]:
    """The body of a submit. Text wants a size, a picture wants a resolution and gives its own shape."""
    inputs: dict[str, object] = {"prompt": job.prompt}
    if job.negative:
        inputs["negative_prompt"] = job.negative[:500]
    asked: dict[str, object] = {
        "duration": job.fitted.duration_s,
        "prompt_extend": True,
        "watermark": False,
        "seed": seed_of(job, below=2**31),
    }
    if job.first_frame is None:
        asked["size"] = _SIZES[job.fitted.lines][job.fitted.aspect]
        return {"model": config.model, "input": inputs, "parameters": asked}
    inputs["img_url"] = link(job.first_frame)
    asked["resolution"] = f"{job.fitted.lines}P"
    return {"model": config.extra["model_image"], "input": inputs, "parameters": asked}


class Wan(Adapter):
    """One client for every region; key, model and host belong to one of them."""

    def __init__(self, config: RouteConfig, wiring: HttpSettings, *, key: str) -> None:
        facts = RouteFacts(
            key=RouteKey(key),
            provider=WAN,
            model=config.model or "",
            configured=bool(config.api_key),
            can_cancel=True,
            can_find=True,
            has_callbacks=False,
            find_lag_s=5.0,
            usual_s=90.0,
            picture=Sides(least=360, most=2000),
            max_in_flight=config.max_in_flight,
            submits_per_min=config.submits_per_min,
        )
        super().__init__(facts, config, wiring)

    async def submit(self, job: VideoJob) -> str:
        path = "/services/aigc/video-generation/video-synthesis"
        headers = self.bearer | {"x-dashscope-async": "enable"}
        answer = await self.http.call(Call.SUBMIT, "POST", path, headers=headers, body=request(job, self.config))
        judge(answer)
        return task_id(answer, read(answer, One).output.task_id)

    async def _list(self, call: Call, query: dict[str, str | int]) -> tuple[DashscopeTask, ...]:
        answer = await self.http.call(call, "GET", "/tasks", headers=self.bearer, query=query)
        return listed(answer)

    async def find(self, job: VideoJob, *, sent_at: datetime) -> str | None:
        """The one task of this model that began when ours did; None as soon as two could be meant."""
        model = str(request(job, self.config)["model"])
        first, last = sent_at.timestamp() - FIND_BEFORE_S, sent_at.timestamp() + FIND_AFTER_S
        found: set[str] = set()
        for page_no in range(1, FIND_PAGES_MAX + 1):
            query: dict[str, str | int] = {"page_no": page_no, "page_size": FIND_PAGE, "model_name": model}
            tasks = await self._list(Call.ASK, query)
            for task in tasks:
                began = when(task.gmt_create) or when(task.submit_time) or when(task.start_time)
                if task.task_id and task.model_name in {"", model} and began is not None and first <= began <= last:
                    found.add(task.task_id)
            if len(tasks) < FIND_PAGE:
                break
        else:
            return None
        return found.pop() if len(found) == 1 else None

    async def poll(self, task_id: str) -> Poll:
        answer = await self.http.call(Call.ASK, "GET", f"/tasks/{quote(task_id, safe='')}", headers=self.bearer)
        judge(answer)
        task = read(answer, One).output
        if task.task_status == "UNKNOWN":
            raise provider_error(ErrorClass.TASK_GONE, "DashScope knows no such task", vendor_code="UNKNOWN")
        if not task.task_status:
            raise lost(Call.ASK, "a task without a state")
        return outcome(task, now=self.http.wiring.clock())

    async def cancel(self, task_id: str) -> Cancelled:
        """Only what is still pending can be cancelled; a refusal for any other reason is an error."""
        path = f"/tasks/{quote(task_id, safe='')}/cancel"
        answer = await self.http.call(Call.ASK, "POST", path, headers=self.bearer)
        if answer.status in {400, 404, 409}:
            return Cancelled.TOO_LATE
        judge(answer)
        return Cancelled.YES

    async def check(self) -> None:
        await self._list(Call.CHECK, {"page_no": 1, "page_size": 1})
