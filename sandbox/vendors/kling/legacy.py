"""Kling's legacy API: /v1/videos/…, the model in the body, a JWT or the key, and its own spelling of states."""

import secrets
import time
from typing import Any, Literal

from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from sandbox.render import Clip
from sandbox.vendors import pictures
from sandbox.vendors.all_vendors import DAY_S, Vendors
from sandbox.vendors.callbacks import compact
from sandbox.vendors.cdn import Cdn
from sandbox.vendors.kling import wire
from sandbox.vendors.kling.models import LEGACY_NOW, LEGACY_RETIRED, MODELS, units
from sandbox.vendors.middleware import Accepted, VendorMiddleware, WireError, base_url, json_object
from sandbox.vendors.pictures import BadPictureError, Picture, Rules
from sandbox.vendors.shapes import StrictBody, fitted, pixels
from sandbox.vendors.signing import signed
from sandbox.vendors.task_store import Refusal
from sandbox.vendors.tasks import End, Phase, Task

KINDS = ("text2video", "image2video", "multi-image2video", "motion-control", "omni-video")
RULES = Rules(formats=frozenset({"JPEG", "PNG"}), bytes_max=10 * 1024 * 1024, side_min=300, ratio_max=2.5)
RESOLUTION = {"std": "720p", "pro": "1080p", "4k": "4k"}
STATUS = {
    Phase.QUEUED: "submitted",
    Phase.RUNNING: "processing",
    Phase.SUCCEEDED: "succeed",
    Phase.FAILED: "failed",
    Phase.REFUSED: "failed",
    Phase.EXPIRED: "failed",
    Phase.CANCELLED: "failed",
}


class Shot(StrictBody):
    index: int
    prompt: str
    duration: str


class Job(StrictBody):
    """The body of a create, of every kind."""

    model_name: str = "kling-v3"
    prompt: str = Field(default="", max_length=2500)
    negative_prompt: str = Field(default="", max_length=2500)
    image: str = ""
    image_tail: str = ""
    image_list: list[dict[str, str]] | None = None
    video_list: list[dict[str, str]] | None = None
    image_url: str = ""
    video_url: str = ""
    character_orientation: str = ""
    keep_original_sound: str = ""
    mode: Literal["std", "pro", "4k"] = "std"
    duration: str = "5"
    aspect_ratio: Literal["16:9", "9:16", "1:1"] = "16:9"
    sound: Literal["on", "off"] = "off"
    cfg_scale: float | int | None = Field(default=None, ge=0, le=1)
    camera_control: dict[str, Any] | None = None
    static_mask: str | None = None
    dynamic_masks: list[dict[str, Any]] | None = None
    element_list: list[dict[str, Any]] | None = None
    voice_list: list[dict[str, Any]] | None = None
    watermark_info: dict[str, Any] | None = None
    multi_shot: bool = False
    shot_type: Literal["customize", "intelligence"] | None = None
    multi_prompt: list[Shot] | None = None
    callback_url: str = ""
    external_task_id: str = ""


class KlingLegacy:
    """The legacy paths, on the same task store and CDN as the new ones."""

    def __init__(self, vendors: Vendors, cdn: Cdn, middleware: VendorMiddleware) -> None:
        self._store = vendors.stores["kling"]
        self._callbacks = vendors.callbacks
        self._secrets = [vendors.settings.kling_webhook_secret] if vendors.settings.kling_webhook_secret else []
        self._cdn = cdn
        self._middleware = middleware

    def routes(self) -> list[BaseRoute]:
        """Create, list and look up, for every kind."""
        route = self._middleware.route
        return [
            route("/v1/videos/{kind}", self._create, methods=["POST"]),
            route("/v1/videos/{kind}", self._page),
            route("/v1/videos/{kind}/{task_id}", self._one),
        ]

    async def _create(self, request: Request) -> Response:
        key = wire.identify(request, jwt_allowed=True)
        kind = _kind(request)
        body = await json_object(request, otherwise=wire.not_a_body)
        job = wire.read(Job, body)
        wire.admit(self._store, key=key, model=job.model_name)
        seconds = _check(job, kind)
        first, last = await self._pictures(job, kind)
        refusal = self._store.refusal(job.prompt)
        if refusal is Refusal.AT_SUBMIT:
            raise WireError(wire.no(1301, "Trigger strategy: content safety"))
        resolution = RESOLUTION[job.mode]
        size = fitted(first.width, first.height, resolution) if first else pixels(job.aspect_ratio, resolution)
        task = self._store.accept(
            str(secrets.randbelow(10**18) + 8 * 10**17),
            clip=Clip(
                prompt=job.prompt or " / ".join(shot.prompt for shot in job.multi_prompt or []),
                vendor="Kling",
                model=job.model_name,
                seconds=seconds,
                width=size[0],
                height=size[1],
                audio=job.sound == "on",
                first=first.data if first else b"",
                last=last.data if last else b"",
            ),
            end=End.REFUSE if refusal else None,
            external_id=job.external_task_id,
            callback_url=job.callback_url,
            wire={
                "kind": kind,
                "base": base_url(request),
                "units": units(MODELS["kling-3.0"], resolution=resolution, seconds=seconds, audio=job.sound == "on"),
            },
            on_change=self._call_back,
        )
        drawn = self._drawn(task, Phase.QUEUED)
        del drawn["task_status_msg"]
        return Accepted(wire.reply(drawn))

    async def _pictures(self, job: Job, kind: str) -> tuple[Picture | None, Picture | None]:
        if kind != "image2video":
            return None, None
        if not job.image and not job.image_tail:
            raise WireError(wire.bad_field("image", "image or image_tail is required", ""))
        found: list[Picture | None] = []
        for name, source in (("image", job.image), ("image_tail", job.image_tail)):
            if source.startswith("data:"):  # documented: bare base64, no prefix
                raise WireError(wire.bad_field(name, "base64 must not have a data: prefix", ""))
            try:
                found.append(await pictures.from_source(source, RULES) if source else None)
            except BadPictureError as error:
                raise WireError(wire.bad_field(name, str(error), "")) from error
        return found[0], found[1]

    async def _one(self, request: Request) -> Response:
        wire.identify(request, jwt_allowed=True)
        self._store.polls += 1
        wanted = request.path_params["task_id"]
        task = self._store.find(wanted) or next(iter(self._store.find_external(wanted)), None)
        if task is None or task.wire.get("kind") != _kind(request):
            raise WireError(wire.no(1203, "The requested resource does not exist: task not found"))
        return JSONResponse(wire.reply(self._drawn(task)))

    async def _page(self, request: Request) -> Response:
        wire.identify(request, jwt_allowed=True)
        kind = _kind(request)
        number, size = _int(request, "pageNum", default=1, most=1000), _int(request, "pageSize", default=30, most=500)
        tasks = [task for task in self._store.newest(within_s=30 * DAY_S) if task.wire.get("kind") == kind]
        return JSONResponse(wire.reply([self._drawn(task) for task in tasks[(number - 1) * size : number * size]]))

    def _drawn(self, task: Task, phase: Phase | None = None) -> dict[str, Any]:
        now = self._store.now()
        phase = phase or task.phase(now)
        drawn: dict[str, Any] = {
            "task_id": task.id,
            "task_status": STATUS[phase],
            "task_status_msg": "",
            "task_info": {"external_task_id": task.external_id},
            "created_at": int(task.times.created * 1000),
            "updated_at": int(task.changed_at(now) * 1000),
        }
        if phase is Phase.REFUSED:
            drawn["task_status_msg"] = wire.RISK_CONTROL
        elif phase is Phase.FAILED and task.end is not End.MUTE:
            drawn["task_status_msg"] = "Task execution failed, please try again"
        elif phase is Phase.SUCCEEDED and task.end is not End.EMPTY:
            url = self._cdn.address(task.wire["base"], task)
            drawn["task_result"] = {"videos": [{"id": f"v{task.id}", "url": url, "duration": f"{task.clip.seconds:g}"}]}
            drawn["final_unit_deduction"] = task.wire["units"]
        return drawn

    def _call_back(self, task: Task, phase: Phase) -> None:
        if task.callback_url:
            body = compact(self._drawn(task, phase))
            self._callbacks.send(task.callback_url, body, headers=signed(self._secrets, body, now=time.time()))


def _kind(request: Request) -> str:
    kind = str(request.path_params["kind"])
    if kind not in KINDS:
        raise WireError(wire.no(1202, "The requested method is invalid"))
    return kind


def _check(job: Job, kind: str) -> int:
    """Hold the body against its model; gives the seconds."""
    if job.model_name in LEGACY_RETIRED:
        raise WireError(wire.no(1203, f"The model {job.model_name} has been retired"))
    if job.model_name not in LEGACY_NOW:
        raise WireError(wire.bad_field("model_name", f"{job.model_name} is not supported", ""))
    v3 = job.model_name.startswith("kling-v3")
    allowed = [str(seconds) for seconds in range(3, 16)] if v3 else ["5", "10"]
    if job.duration not in allowed:
        raise WireError(wire.bad_field("duration", f"{job.duration} is not one of {', '.join(allowed)}", ""))
    if job.cfg_scale is not None and job.model_name.startswith("kling-v2"):
        raise WireError(wire.bad_field("cfg_scale", "not supported by this model", ""))
    if job.sound == "on" and job.model_name == "kling-v2-5-turbo":
        raise WireError(wire.bad_field("sound", "not supported by this model", ""))
    if job.multi_shot and not v3:
        raise WireError(wire.bad_field("multi_shot", "not supported by this model", ""))
    if kind == "text2video" and not job.prompt and not job.multi_prompt:
        raise WireError(wire.bad_field("prompt", "required", ""))
    return int(job.duration)


def _int(request: Request, name: str, *, default: int, most: int) -> int:
    text = request.query_params.get(name, str(default))
    if not text.isdecimal() or not 1 <= int(text) <= most:
        raise WireError(wire.bad_field(name, f"must be between 1 and {most}", ""))
    return int(text)
