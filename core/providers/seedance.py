"""Seedance on Ark: BytePlus outside China, Volcengine inside; one API, two hosts, two spellings of a model.

Facts of 2026-11-30. Seedance 1.5 pro is retired (BytePlus' page: 2026-11-11), and 2.0 mini is what the vendor names in
its place. The models of 2.x take no seed, and some accounts refuse a request with one. Audio is on by default and
doubles the price of 1.5, so the request always says on or off.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote

from core.domain.ids import RouteKey
from core.domain.requests.options import Option
from core.domain.requests.pricing import Capabilities, Fitted, Mode, Offer, Sound
from core.domain.requests.request import REFERENCES_MAX, Aspect
from core.domain.requests.tiers import SEEDANCE
from core.http.client import HttpSettings
from core.http.loose import number
from core.http.responses import Answer, Call, read, shown, task_id, unread
from core.ports import Cancelled, Poll, RouteFacts, VideoJob
from core.providers.adapter import Adapter, RouteConfig, link, seed_of
from core.providers.ark import ArkPage, ArkTask, judge, outcome

DEFAULTS = RouteConfig(
    base_url="https://ark.ap-southeast.bytepluses.com/api/v3",
    model="dreamina-seedance-2-0-mini-260615",
    max_in_flight=3,
    submits_per_min=60,
)
VOLC_DEFAULTS = RouteConfig(
    base_url="https://ark.cn-beijing.volces.com/api/v3",
    model="doubao-seedance-2-0-mini-260615",
    max_in_flight=3,
    submits_per_min=60,
)
FIND_PAGE, FIND_PAGES_MAX = 200, 5
CLOCKS_APART_S = 30.0
SUCCESSOR, VOLC_SUCCESSOR = "dreamina-seedance-2-0-260128", "doubao-seedance-2-0-260128"

_SIZES = {
    480: {Aspect.WIDE: (864, 496), Aspect.CLASSIC: (752, 560), Aspect.SQUARE: (640, 640), Aspect.CINEMA: (992, 432)},
    720: {Aspect.WIDE: (1280, 720), Aspect.CLASSIC: (1112, 834), Aspect.SQUARE: (960, 960), Aspect.CINEMA: (1470, 630)},
    1080: {
        Aspect.WIDE: (1920, 1080), Aspect.CLASSIC: (1664, 1248), Aspect.SQUARE: (1440, 1440), Aspect.CINEMA: (2206, 946)
    },
    2160: {
        Aspect.WIDE: (3840, 2160), Aspect.CLASSIC: (3328, 2496), Aspect.SQUARE: (2880, 2880),
        Aspect.CINEMA: (4412, 1892),
    },
}  # fmt: skip
_TURNED = {Aspect.TALL: Aspect.WIDE, Aspect.PORTRAIT: Aspect.CLASSIC}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Family:
    """A model's name for people, its durations and resolutions, and USD for a million tokens, silent and with sound."""

    label: str
    lines: tuple[int, ...]
    duration_s_max: int
    usd: tuple[float, float]
    usd_at: Mapping[int, float] = field(default_factory=dict)
    options: frozenset[Option] = frozenset()


_PRO_15 = _Family(
    label="Seedance 1.5 Pro",
    lines=(480, 720, 1080),
    duration_s_max=12,
    usd=(1.2, 2.4),
    options=frozenset({Option.SEED}),
)
_FAMILIES = {
    "seedance-2-0-fast": _Family(label="Seedance 2.0 Fast", lines=(480, 720), duration_s_max=15, usd=(5.6, 5.6)),
    "seedance-2-0-mini": _Family(label="Seedance 2.0 Mini", lines=(480, 720), duration_s_max=15, usd=(3.5, 3.5)),
    "seedance-2-0": _Family(
        label="Seedance 2.0",
        lines=(480, 720, 1080, 2160),
        duration_s_max=15,
        usd=(7.0, 7.0),
        usd_at={1080: 7.7, 2160: 4.0},
    ),
    "seedance-2-5": _Family(label="Seedance 2.5", lines=(480, 720, 1080), duration_s_max=30, usd=(10.7, 10.7)),
}


def _family(model: str) -> _Family:
    """The family of a model id; an endpoint id (`ep-…`) does not tell it and counts as 1.5 pro."""
    return next((family for name, family in _FAMILIES.items() if name in model), _PRO_15)


def tokens(fitted: Fitted) -> float:
    """The tokens that Ark counts: pixels times frames, divided by 1024.

    Sides in whole blocks of 16 and one frame more than 24 a second are inferred from published counts (108,900 and
    246,840 for 5 s).
    """
    width, height = _SIZES[fitted.lines][_TURNED.get(fitted.aspect, fitted.aspect)]
    pixels = (-(-width // 16) * 16) * (-(-height // 16) * 16)
    return pixels * (24 * fitted.duration_s + 1) / 1024


def _usd(family: _Family, *, lines: int, audio: bool) -> float:
    if lines in family.usd_at:
        return family.usd_at[lines]
    silent, sounding = family.usd
    return sounding if audio else silent


def offer(config: RouteConfig) -> Offer:
    """The offer of the configured model.

    Prices: BytePlus list of 2026-06 in USD a million tokens: 1.5 pro 2.40 with sound and 1.20 without, 2.0 7.00 (1080p
    7.70, 4K 4.00), 2.0 fast 5.60; 2.0 mini 3.50 and 2.5 10.70 from another list of the same months.
    """
    family = _family(config.model or "")

    def usd_micros(fitted: Fitted) -> int:
        return math.ceil(tokens(fitted) * _usd(family, lines=fitted.lines, audio=fitted.audio))

    return Offer(provider=SEEDANCE, label=family.label, capabilities=capabilities(config), usd_micros=usd_micros)


def capabilities(config: RouteConfig) -> Capabilities:
    """What the configured model makes. How many references one takes is not documented: REFERENCES_MAX says it."""
    family = _family(config.model or "")
    most = number(config.extra.get("references_max", ""))
    durations_s = tuple(range(4, family.duration_s_max + 1))
    return Capabilities(
        modes=tuple(Mode(lines=lines, durations_s=durations_s) for lines in family.lines),
        aspects=(Aspect.WIDE, Aspect.TALL, Aspect.SQUARE, Aspect.CLASSIC, Aspect.PORTRAIT, Aspect.CINEMA),
        sound=Sound.CHOICE,
        prompt_max=2500,
        options=family.options,
        first_frame=True,
        last_frame=True,
        references_max=0 if family is _PRO_15 else REFERENCES_MAX if most is None else int(most),
    )


def request(job: VideoJob, model: str) -> dict[str, object]:
    """The body of a submit. A first picture decides the shape: newer models refuse any ratio but `adaptive` then."""
    content: list[dict[str, object]] = [{"type": "text", "text": job.prompt}]
    frames = ((job.first_frame, "first_frame"), (job.last_frame if job.first_frame else None, "last_frame"))
    references = ((each, "reference_image") for each in (() if job.first_frame else job.references))
    for image, role in (*frames, *references):
        if image is not None:
            content.append({"type": "image_url", "image_url": {"url": link(image)}, "role": role})
    body: dict[str, object] = {
        "model": model,
        "content": content,
        "resolution": "4k" if job.fitted.lines == 2160 else f"{job.fitted.lines}p",
        "ratio": "adaptive" if job.first_frame else job.fitted.aspect.value,
        "duration": job.fitted.duration_s,
        "watermark": False,
        "generate_audio": job.fitted.audio,
        "safety_identifier": job.external_id.hex,
    }
    if Option.SEED in _family(model).options:
        body["seed"] = seed_of(job, below=2**31)
    if job.callback_url:
        body["callback_url"] = job.callback_url
    return body


def ours(task: ArkTask, job: VideoJob, *, sent_at: datetime, has_seed: bool) -> bool:
    """Whether a task in the list is the one that this job started.

    Its `safety_identifier` proves it; where Ark does not return that, our own seed does. A seed that a person chose
    may be in use elsewhere and proves nothing, and the models of 2.x get none (`has_seed`).
    """
    if task.created_at is not None and task.created_at < sent_at.timestamp() - CLOCKS_APART_S:
        return False
    if task.safety_identifier:
        return task.safety_identifier == job.external_id.hex
    return has_seed and job.seed is None and task.created_at is not None and task.seed == seed_of(job, below=2**31)


class Seedance(Adapter):
    """One client for every Ark host."""

    def __init__(self, config: RouteConfig, wiring: HttpSettings, *, key: str) -> None:
        facts = RouteFacts(
            key=RouteKey(key),
            provider=SEEDANCE,
            model=config.model or "",
            configured=bool(config.api_key),
            can_cancel=True,
            can_find=True,
            has_callbacks=True,
            find_lag_s=5.0,
            usual_s=80.0,
            makes=capabilities(config),
        )
        super().__init__(facts, config, wiring)
        self._family = _family(self.model)
        self._has_seed = Option.SEED in self._family.options

    async def submit(self, job: VideoJob) -> str:
        answer = await self._call(Call.SUBMIT, "POST", body=request(job, self.model))
        return task_id(answer, read(answer, ArkTask).id)

    async def _call(
        self, call: Call, method: str, path: str = "", *, query: dict[str, str | int] | None = None, body: object = None
    ) -> Answer:
        path = f"/contents/generations/tasks{path}"
        answer = await self.http.call(call, method, path, headers=self.bearer, query=query, body=body)
        judge(answer)
        return answer

    async def find(self, job: VideoJob, *, sent_at: datetime) -> str | None:
        """Search the list, newest first. It is not filtered by model: some accounts have to filter by endpoint id."""
        found: set[str] = set()
        for page_num in range(1, FIND_PAGES_MAX + 1):
            query: dict[str, str | int] = {"page_num": page_num, "page_size": FIND_PAGE}
            tasks = read(await self._call(Call.ASK, "GET", query=query), ArkPage).items
            found |= {
                task.id for task in tasks if task.id and ours(task, job, sent_at=sent_at, has_seed=self._has_seed)
            }
            oldest = min((task.created_at for task in tasks if task.created_at is not None), default=0.0)
            if len(tasks) < FIND_PAGE or oldest < sent_at.timestamp() - CLOCKS_APART_S:
                break
        return found.pop() if len(found) == 1 else None

    async def poll(self, task_id: str) -> Poll:
        answer = await self._call(Call.ASK, "GET", f"/{quote(task_id, safe='')}")
        task = read(answer, ArkTask)
        if not task.status:
            raise unread(answer, "a task without a state")
        usd = _usd(self._family, lines=task.lines, audio=task.generate_audio is not False)
        return shown(answer, outcome(task, usd_per_million=usd, now=self.http.wiring.clock()))

    async def cancel(self, task_id: str) -> Cancelled:
        """Cancel a task that still waits. Deleting a finished task would lose its video, so look first."""
        path = f"/{quote(task_id, safe='')}"
        state = read(await self._call(Call.ASK, "GET", path), ArkTask).status
        if state == "cancelled":
            return Cancelled.YES
        if state != "queued":
            return Cancelled.TOO_LATE
        answer = await self.http.call(Call.ASK, "DELETE", f"/contents/generations/tasks{path}", headers=self.bearer)
        if answer.status == 409:
            return Cancelled.TOO_LATE
        judge(answer)
        return Cancelled.YES

    async def check(self) -> None:
        await self._call(Call.CHECK, "GET", query={"page_num": 1, "page_size": 1})
