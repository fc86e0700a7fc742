"""Wan on DashScope (Alibaba Model Studio), in Singapore and in Beijing: 2.2, and 2.7 and 3.0 after it.

Facts of 2026-08-27 to 2026-11-30. A submit is not checked: a wrong size is accepted and the task fails later, so sizes
and durations come from tables here. The task list has neither prompt nor seed, so a lost submit is adopted only if
exactly one task of this model began at its time.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from core.domain.errors import ErrorClass, provider_error
from core.domain.ids import RouteKey
from core.domain.requests.options import Option
from core.domain.requests.pictures import Sides
from core.domain.requests.pricing import Capabilities, Fitted, Mode, Offer, Sound
from core.domain.requests.request import Aspect
from core.domain.requests.tiers import WAN
from core.http.client import HttpSettings
from core.http.responses import Call, read, shown, task_id, unread
from core.ports import Cancelled, Poll, RouteFacts, VideoJob
from core.providers.adapter import Adapter, RouteConfig, link, seed_of
from core.providers.dashscope import DashscopeTask, One, judge, listed, outcome, when

DEFAULTS = RouteConfig(
    base_url="https://dashscope-intl.aliyuncs.com/api/v1",
    model="wan2.2-t2v-plus",
    max_in_flight=2,
    submits_per_min=120,
)
BEIJING_DEFAULTS = RouteConfig(
    base_url="https://dashscope.aliyuncs.com/api/v1",
    model="wan2.2-t2v-plus",
    max_in_flight=2,
    submits_per_min=120,
)
FIND_BEFORE_S, FIND_AFTER_S = 3.0, 30.0
FIND_PAGE, FIND_PAGES_MAX = 100, 10

SUCCESSOR = "wan2.7-t2v"

_SIZES = {
    480: {Aspect.WIDE: "832*480", Aspect.TALL: "480*832", Aspect.SQUARE: "624*624"},
    1080: {Aspect.WIDE: "1920*1080", Aspect.TALL: "1080*1920", Aspect.SQUARE: "1440*1440"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """One generation of Wan: its name for people, what it makes, and USD micros a second by short edge.

    Args:
        image_model: the model that takes pictures; empty where one model does both.
        has_media: pictures are in a list, the shape is a ratio, and sizes are words; otherwise the form of 2.2 is used.
        tiers: the word for each short edge. 2.7 has no 480P, so a request for it gets 720P.
    """

    label: str
    usd_micros_per_s: Mapping[int, int]
    durations_s: tuple[int, ...]
    tiers: Mapping[int, str]
    image_model: str = ""
    has_media: bool = True
    sound: Sound = Sound.NEVER
    aspects: tuple[Aspect, ...] = (Aspect.WIDE, Aspect.TALL, Aspect.SQUARE)


_WAN_22 = Family(
    label="Wan 2.2", usd_micros_per_s={480: 20_000, 1080: 100_000}, durations_s=(5,),
    tiers={480: "480P", 1080: "1080P"}, image_model="wan2.2-i2v-plus", has_media=False,
)  # fmt: skip
_FAMILIES = {
    "wan2.7": Family(
        label="Wan 2.7", usd_micros_per_s={480: 100_000, 720: 100_000, 1080: 150_000}, durations_s=(5, 10),
        tiers={480: "720P", 720: "720P", 1080: "1080P"}, image_model="wan2.7-i2v", sound=Sound.ALWAYS,
    ),
    "wan3.0": Family(
        label="Wan 3.0", usd_micros_per_s={480: 50_000, 720: 100_000, 1080: 200_000},
        durations_s=tuple(range(2, 31)), tiers={480: "480P", 720: "720P", 1080: "1080P"}, sound=Sound.CHOICE,
    ),
}  # fmt: skip
"""Prices for Singapore, 2026-11. Those of 2.2 are believed and derived from Beijing's list (0.14 and 0.70 CNY), not
confirmed; seconds of 2.7 are those that all pages have."""


def family(model: str) -> Family:
    """The family of a model id; an unknown one counts as 2.2."""
    return next((found for name, found in _FAMILIES.items() if model.startswith(name)), _WAN_22)


def capabilities(model: str) -> Capabilities:
    made = family(model)
    return Capabilities(
        modes=tuple(Mode(lines=lines, durations_s=made.durations_s) for lines in made.tiers),
        aspects=made.aspects,
        sound=made.sound,
        prompt_max=800,
        options=frozenset({Option.NEGATIVE, Option.SEED}),
        first_frame=True,
        last_frame=made.has_media,
    )


def offer(config: RouteConfig) -> Offer:
    """The offer of the configured model: the price that people pay follows it."""
    made = family(config.model or "")

    def usd_micros(fitted: Fitted) -> int:
        return made.usd_micros_per_s[fitted.lines] * fitted.duration_s

    return Offer(provider=WAN, label=made.label, capabilities=capabilities(config.model or ""), usd_micros=usd_micros)


def request(job: VideoJob, config: RouteConfig) -> dict[str, object]:
    """The body of a submit."""
    model = config.model or ""
    made = family(model)
    if job.first_frame is not None:
        model = config.extra.get("model_image") or made.image_model or model
    inputs: dict[str, object] = {"prompt": job.prompt}
    if job.negative:
        inputs["negative_prompt"] = job.negative[:500]
    asked: dict[str, object] = {
        "duration": job.fitted.duration_s,
        "prompt_extend": True,
        "watermark": False,
        "seed": seed_of(job, below=2**31),
    }
    if made.has_media:
        asked |= {"resolution": made.tiers[job.fitted.lines]} | _shape(job, made)
        if media := _media(job):
            inputs["media"] = media
    elif job.first_frame is None:
        # Text needs a size; a picture needs a resolution, and decides the shape itself.
        asked["size"] = _SIZES[job.fitted.lines][job.fitted.aspect]
    else:
        inputs["img_url"] = link(job.first_frame)
        asked["resolution"] = made.tiers[job.fitted.lines]
    return {"model": model, "input": inputs, "parameters": asked}


def _shape(job: VideoJob, made: Family) -> dict[str, object]:
    """Shape and sound of the newer models. With a picture, 3.0 needs the ratio `adaptive`, and 2.7 takes none."""
    said: dict[str, object] = {}
    if made.sound is Sound.CHOICE:
        said["audio"] = job.fitted.audio
    if job.first_frame is None:
        said["ratio"] = job.fitted.aspect.value
    elif not made.image_model:
        said["ratio"] = "adaptive"
    return said


def _media(job: VideoJob) -> list[dict[str, str]]:
    frames = (("first_frame", job.first_frame), ("last_frame", job.last_frame if job.first_frame else None))
    return [{"type": kind, "url": link(frame)} for kind, frame in frames if frame is not None]


class Wan(Adapter):
    """One client for every region; key, model and host belong to one of them."""

    def __init__(self, config: RouteConfig, wiring: HttpSettings, *, key: str) -> None:
        model = config.model or ""
        facts = RouteFacts(
            key=RouteKey(key),
            provider=WAN,
            model=model,
            configured=bool(config.api_key),
            can_cancel=True,
            can_find=True,
            has_callbacks=False,
            find_lag_s=5.0,
            usual_s=90.0,
            picture=Sides(least=360, most=2000),
            makes=capabilities(model) if family(model) is not _WAN_22 else None,
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
        """The only task of this model that began when ours did; None if there are two."""
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
        one = read(answer, One)
        state = one.output.task_status or one.output.status
        if state == "unknown":
            raise provider_error(ErrorClass.TASK_GONE, "DashScope knows no such task", vendor_code="UNKNOWN")
        if not state:
            raise unread(answer, "a task without a state")
        return shown(answer, outcome(one, now=self.http.wiring.clock()))

    async def cancel(self, task_id: str) -> Cancelled:
        """Cancel a task that is still pending; a refusal for any other reason is an error."""
        path = f"/tasks/{quote(task_id, safe='')}/cancel"
        answer = await self.http.call(Call.ASK, "POST", path, headers=self.bearer)
        if answer.status in {400, 404, 409}:
            return Cancelled.TOO_LATE
        judge(answer)
        return Cancelled.YES

    async def check(self) -> None:
        await self._list(Call.CHECK, {"page_no": 1, "page_size": 1})
