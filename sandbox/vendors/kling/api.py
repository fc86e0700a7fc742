"""Kling's new API: the model in the path, a plain key, tasks looked up by either id at /tasks."""

import secrets
import time
from typing import Any, Literal

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from sandbox.render import Clip
from sandbox.vendors.all_vendors import Vendors
from sandbox.vendors.callbacks import compact
from sandbox.vendors.cdn import CDN_PATH
from sandbox.vendors.kling import wire
from sandbox.vendors.kling.frames import Frames, FrameSource, read_frames
from sandbox.vendors.kling.legacy import KlingLegacy
from sandbox.vendors.kling.lists import TaskLists
from sandbox.vendors.kling.models import MODELS, MOTION, OMNI, Model, units
from sandbox.vendors.middleware import ALL_METHODS, Accepted, VendorMiddleware, WireError, base_url, json_object
from sandbox.vendors.shapes import StrictBody, fitted, pixels
from sandbox.vendors.signing import signed
from sandbox.vendors.task_store import Refusal
from sandbox.vendors.tasks import End, Phase, Task

STATUS = {
    Phase.QUEUED: "submitted",
    Phase.RUNNING: "processing",
    Phase.SUCCEEDED: "succeeded",
    Phase.FAILED: "failed",
    Phase.REFUSED: "failed",
    Phase.EXPIRED: "failed",
    Phase.CANCELLED: "failed",
}
MESSAGE = {Phase.FAILED: "Task execution failed, please try again", Phase.REFUSED: wire.RISK_CONTROL}


class Watermark(StrictBody):
    enabled: bool = False


class Options(StrictBody):
    callback_url: str = ""
    external_task_id: str = ""
    watermark_info: Watermark = Watermark()


class Shape(StrictBody):
    multi_shot: bool | None = None
    audio: Literal["off", "native"] | None = None
    resolution: Literal["720p", "1080p", "4k"] = "720p"
    aspect_ratio: Literal["16:9", "9:16", "1:1", "21:9"] | None = None
    duration: int = 5


class TextJob(StrictBody):
    """The body of a text-to-video create."""

    prompt: str = Field(min_length=1)
    settings: Shape = Shape()
    options: Options = Options()


class ImageJob(StrictBody):
    """The body of an image-to-video create, and of the omni and motion kinds."""

    contents: list[FrameSource] = Field(min_length=1)
    settings: Shape = Shape()
    options: Options = Options()


class Kling:
    """Kling's host."""

    def __init__(self, vendors: Vendors) -> None:
        self._store = vendors.stores["kling"]
        self._cdn = vendors.cdn("kling")
        self._callbacks = vendors.callbacks
        self._secrets = [vendors.settings.kling_webhook_secret] if vendors.settings.kling_webhook_secret else []
        self._middleware = VendorMiddleware(self._store, down=wire.down, broken=wire.broken)
        self._legacy = KlingLegacy(vendors, self._cdn, self._middleware)
        self._lists = TaskLists(self._store, self._drawn)

    def routes(self) -> list[BaseRoute]:
        """Everything that Kling's host answers, from its root on."""
        route = self._middleware.route
        return [
            route("/text-to-video/{model}", self._text, methods=["POST"]),
            route("/image-to-video/{model}", self._image, methods=["POST"]),
            route("/omni-video/{model}", self._omni, methods=["POST"]),
            route("/motion-control/{model}", self._motion, methods=["POST"]),
            route("/tasks", self._lists.look_up),
            route("/tasks", self._lists.page, methods=["POST"]),
            route("/account/costs", self._lists.costs),
            *self._legacy.routes(),
            route(CDN_PATH, self._cdn.fetch),
            route("/{path:path}", self._nowhere, methods=ALL_METHODS),
        ]

    async def _text(self, request: Request) -> Response:
        model = self._enter(request, MODELS)
        job = wire.read(TextJob, await json_object(request, otherwise=wire.not_a_body))
        _check(model, job.settings, prompt=job.prompt)
        size = pixels(job.settings.aspect_ratio or "16:9", job.settings.resolution)
        return self._take(request, job, model=model, prompt=job.prompt, size=size, product="text_to_video")

    async def _image(self, request: Request) -> Response:
        return await self._from_contents(request, MODELS, product="image_to_video")

    async def _omni(self, request: Request) -> Response:
        return await self._from_contents(request, OMNI, product="omni_video")

    async def _motion(self, request: Request) -> Response:
        return await self._from_contents(request, MOTION, product="motion_control")

    async def _from_contents(self, request: Request, models: dict[str, Model], *, product: str) -> Response:
        model = self._enter(request, models)
        job = wire.read(ImageJob, await json_object(request, otherwise=wire.not_a_body))
        _check(model, job.settings)
        if product == "image_to_video" and job.settings.aspect_ratio:
            raise WireError(wire.bad_field("settings.aspect_ratio", "not supported for image to video", ""))
        frames = await read_frames(job.contents, last_frame=model.last_frame, resolution=job.settings.resolution)
        if product == "image_to_video" and frames.first is None:
            raise WireError(wire.bad_field("contents", "first_frame is required", ""))
        size = pixels(job.settings.aspect_ratio or "16:9", job.settings.resolution)
        if frames.first is not None:
            size = fitted(frames.first.width, frames.first.height, job.settings.resolution)
        return self._take(request, job, model=model, prompt=frames.prompt, size=size, product=product, frames=frames)

    def _enter(self, request: Request, models: dict[str, Model]) -> Model:
        key = wire.identify(request, jwt_allowed=False)
        name = request.path_params["model"]
        wire.admit(self._store, key=key, model=name)
        if name not in models:
            raise WireError(wire.no(1203, f"The requested resource does not exist: model {name}"))
        return models[name]

    def _take(
        self,
        request: Request,
        job: TextJob | ImageJob,
        *,
        model: Model,
        prompt: str,
        size: tuple[int, int],
        product: str,
        frames: Frames | None = None,
    ) -> Response:
        refusal = self._store.refusal(prompt)
        if refusal is Refusal.AT_SUBMIT:
            raise WireError(wire.no(1301, "Trigger strategy: content safety"))
        audio = job.settings.audio == "native"
        task = self._store.accept(
            str(secrets.randbelow(10**18) + 8 * 10**17),
            clip=Clip(
                prompt=prompt,
                vendor="Kling",
                model=request.path_params["model"],
                seconds=job.settings.duration,
                width=size[0],
                height=size[1],
                audio=audio,
                first=frames.first.data if frames and frames.first else b"",
                last=frames.last.data if frames and frames.last else b"",
            ),
            end=End.REFUSE if refusal else None,
            external_id=job.options.external_task_id,
            callback_url=job.options.callback_url,
            wire={
                "product": product,
                "watermark": job.options.watermark_info.enabled,
                "base": base_url(request),
                "units": units(model, resolution=job.settings.resolution, seconds=job.settings.duration, audio=audio),
            },
            on_change=self._call_back,
        )
        return Accepted(wire.reply(self._drawn(task, Phase.QUEUED)))

    def _drawn(self, task: Task, phase: Phase | None = None) -> dict[str, Any]:
        """The task object, as lookups, lists and callbacks show it."""
        now = self._store.now()
        phase = phase or task.phase(now)
        drawn: dict[str, Any] = {
            "id": task.id,
            "status": STATUS[phase],
            "message": MESSAGE.get(phase, "") if task.end is not End.MUTE else "",
            "external_id": task.external_id,
            "create_time": int(task.times.created * 1000),
            "update_time": int(task.changed_at(now) * 1000),
        }
        if phase is Phase.SUCCEEDED and task.end is not End.EMPTY:
            url = self._cdn.address(task.wire["base"], task)
            video = {"type": "video", "id": f"v{task.id}", "url": url, "duration": f"{task.clip.seconds:.3f}"}
            if task.wire["watermark"]:
                video["watermark_url"] = url
            drawn["outputs"] = [video]
            charge = {"charge_type": "unit", "amount": task.wire["units"], "package_type": "video"}
            drawn["billing"] = [charge]
        return drawn

    def _call_back(self, task: Task, phase: Phase) -> None:
        if task.callback_url:
            body = compact(self._drawn(task, phase))
            self._callbacks.send(task.callback_url, body, headers=signed(self._secrets, body, now=time.time()))

    async def _nowhere(self, request: Request) -> Response:
        return wire.no(1202, "The requested method is invalid")


def _check(model: Model, shape: Shape, *, prompt: str = "") -> None:
    """Hold the settings against what the model can do."""
    wrong = ""
    if shape.resolution not in model.resolutions:
        wrong = f"settings.resolution: {shape.resolution} is not supported by this model"
    elif shape.duration not in model.seconds:
        wrong = f"settings.duration: {shape.duration} is not supported by this model"
    elif shape.aspect_ratio is not None and shape.aspect_ratio not in model.ratios:
        wrong = f"settings.aspect_ratio: {shape.aspect_ratio} is not supported by this model"
    elif shape.audio is not None and not model.audio:
        wrong = "settings.audio: not supported by this model"
    elif shape.multi_shot is not None and not model.multi_shot:
        wrong = "settings.multi_shot: not supported by this model"
    elif len(prompt) > model.prompt_max:
        wrong = f"prompt: longer than {model.prompt_max} characters"
    if wrong:
        raise WireError(wire.no(1201, f"Invalid parameters: {wrong}"))
