"""The base of every adapter: a route's configuration, its facts, and defaults for what its vendor lacks."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from core.domain.errors import ErrorClass, WontWork
from core.domain.generations.remote_clip import RemoteClip
from core.domain.generations.seeds import own_seed
from core.domain.requests.pricing import Fitted, Sound, few_references
from core.http.client import Http, HttpSettings
from core.http.download import fetch
from core.ports import Cancelled, InputImage, RouteFacts, VideoJob
from core.providers.lifecycle import end_of


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteConfig:
    """One route's settings. A value that is None or absent is replaced by the adapter's default.

    Args:
        api_key: without it the route is not configured.
        model: the vendor's model id.
        allow_private: results may be at private addresses, as the sandbox's are.
        extra: settings that only this route has, by name in lower case.
    """

    api_key: str | None = field(default=None, repr=False)
    base_url: str | None = None
    model: str | None = None
    max_in_flight: int | None = None
    submits_per_min: int | None = None
    allow_private: bool = False
    extra: Mapping[str, str] = field(default_factory=dict, repr=False)

    def over(self, defaults: "RouteConfig") -> "RouteConfig":
        """These settings, completed with the defaults."""
        return replace(
            self,
            api_key=self.api_key or defaults.api_key,
            base_url=(self.base_url or defaults.base_url or "").rstrip("/"),
            model=self.model or defaults.model,
            max_in_flight=self.max_in_flight or defaults.max_in_flight,
            submits_per_min=self.submits_per_min or defaults.submits_per_min,
            allow_private=self.allow_private or defaults.allow_private,
            extra={**defaults.extra, **{name: value for name, value in self.extra.items() if value}},
        )


class Adapter:
    """The parts of a VideoRoute that most vendors share."""

    def __init__(self, facts: RouteFacts, config: RouteConfig, wiring: HttpSettings) -> None:
        self.config = config
        self.model = facts.model
        self.key = config.api_key or ""
        self.http = Http(config.base_url or "", wiring, facts.key)
        self._facts = replace(
            facts,
            max_in_flight=config.max_in_flight,
            submits_per_min=config.submits_per_min,
            announced_end=facts.announced_end or end_of(facts.model),
        )

    @property
    def facts(self) -> RouteFacts:
        return self._facts

    @property
    def bearer(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.key}"}

    async def find(self, job: VideoJob, *, sent_at: datetime) -> str | None:
        return None

    async def cancel(self, task_id: str) -> Cancelled:
        return Cancelled.UNSUPPORTED

    async def download(self, task_id: str, clip: RemoteClip, *, to: Path) -> None:
        if clip.url is None:
            raise WontWork(ErrorClass.TASK_GONE, "the vendor gave no link")
        await fetch(self.http, clip.url, to=to, allow_private=self.config.allow_private)

    async def aclose(self) -> None:
        await self.http.aclose()


def unfit(facts: RouteFacts, fitted: Fitted, *, first_frame: bool, last_frame: bool, references: int = 0) -> str | None:
    """Why a route cannot make what its provider's offer was fitted to; None where it can."""
    makes = facts.makes
    if makes is None:
        return None
    if not any(mode.lines == fitted.lines and fitted.duration_s in mode.durations_s for mode in makes.modes):
        return f"no {fitted.duration_s} s at {fitted.lines}p"
    if fitted.aspect not in makes.aspects and not first_frame:
        return f"no {fitted.aspect}"
    if fitted.audio and makes.sound is Sound.NEVER:
        return "no sound"
    if (first_frame and not makes.first_frame) or (last_frame and not makes.last_frame):
        return "no last frame" if makes.first_frame else "no first frame"
    return few_references(makes.references_max) if references > makes.references_max else None


def seed_of(job: VideoJob, *, below: int) -> int:
    """The person's seed, or one made from our attempt's id: where a vendor returns it, it identifies our task."""
    return (job.seed if job.seed is not None else own_seed(job.external_id)) % below


def holds(seen: object, asked: Mapping[str, object]) -> bool:
    """Whether a vendor's record of a request contains all that we asked for; it may contain defaults besides."""
    return isinstance(seen, dict) and all(seen.get(name) == value for name, value in asked.items())


def data_uri(image: InputImage) -> str:
    return f"data:{image.mime_type};base64,{base64.b64encode(image.data).decode()}"


def link(image: InputImage) -> str:
    """The signed address of a picture, or the picture itself where we have no public address."""
    return image.url or data_uri(image)
