"""MiniMax's V1 video API: create, query, and the files that hold the results; callbacks begin with a challenge."""

import secrets
import unicodedata
from typing import Any, Literal

from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from sandbox.render import Clip
from sandbox.vendors import pictures
from sandbox.vendors.all_vendors import Vendors
from sandbox.vendors.callbacks import compact
from sandbox.vendors.cdn import CDN_PATH
from sandbox.vendors.middleware import ALL_METHODS, Accepted, VendorMiddleware, WireError, base_url, json_object
from sandbox.vendors.minimax import wire
from sandbox.vendors.minimax.challenge import Challenges
from sandbox.vendors.minimax.models import MODELS, SECONDS, SIZES, Model
from sandbox.vendors.minimax.v2 import MiniMaxV2
from sandbox.vendors.pictures import BadPictureError, Picture, Rules
from sandbox.vendors.shapes import StrictBody, fitted, parse
from sandbox.vendors.task_store import Refusal
from sandbox.vendors.tasks import End, Phase, Task

PICTURES = Rules(formats=frozenset({"JPEG", "PNG", "WEBP"}), bytes_max=20 * 1024 * 1024, side_min=301, ratio_max=2.5)
INVISIBLE_MAX = 0.1
TASK_PREFIX, FILE_PREFIX = "106", "205"
STATUS = {
    Phase.QUEUED: "Queueing",
    Phase.RUNNING: "Processing",
    Phase.SUCCEEDED: "Success",
    Phase.FAILED: "Fail",
    Phase.REFUSED: "Fail",
    Phase.EXPIRED: "Fail",
    Phase.CANCELLED: "Fail",
}
CALLBACK_STATUS = {"Success": "success", "Fail": "failed"}
"""Callbacks use other words than queries; everything else is `processing`."""


class Subject(StrictBody):
    type: Literal["character"]
    image: list[str] = Field(min_length=1)


class Job(StrictBody):
    """The body of a create."""

    model: str
    prompt: str = Field(default="", max_length=2000)
    prompt_optimizer: bool = True
    fast_pretreatment: bool | None = None
    duration: int | None = None
    resolution: Literal["512P", "720P", "768P", "1080P"] | None = None
    first_frame_image: str | None = None
    last_frame_image: str | None = None
    subject_reference: list[Subject] | None = None
    callback_url: str | None = None
    aigc_watermark: bool | None = None


class MiniMax:
    """MiniMax's host."""

    def __init__(self, vendors: Vendors) -> None:
        self._store = vendors.stores["hailuo"]
        self._cdn = vendors.cdn("hailuo")
        self._callbacks = vendors.callbacks
        self._middleware = VendorMiddleware(self._store, down=wire.down, broken=wire.broken)
        self._challenges = Challenges(vendors.callbacks)
        self._v2 = MiniMaxV2(vendors, self._cdn, self._challenges)

    def routes(self) -> list[BaseRoute]:
        """Everything that MiniMax's host answers, from its root on."""
        route = self._middleware.route
        return [
            route("/v1/video_generation", self._create, methods=["POST"]),
            route("/v1/query/video_generation", self._query),
            route("/v1/files/retrieve", self._file),
            route("/v1/files/retrieve_content", self._content),
            route("/v1/files/delete", self._delete, methods=["POST"]),
            *self._v2.routes(),
            route(CDN_PATH, self._cdn.fetch),
            route("/{path:path}", self._nowhere, methods=ALL_METHODS),
        ]

    async def _create(self, request: Request) -> Response:
        key = wire.identify(request)
        body = await json_object(request, otherwise=wire.not_a_body)
        wire.admit(self._store, key=key)
        job = parse(Job, body, otherwise=wire.bad_field)
        if job.model not in MODELS:
            raise WireError(wire.no_task(wire.BAD_PARAMETERS, f"invalid params, model {job.model} is not supported"))
        if self._store.gone(job.model):  # how a retired model reads is unconfirmed
            raise WireError(wire.no_task(2061, f"your current token plan not support model, {job.model}"))
        model = MODELS[job.model]
        seconds, resolution = _check(job, model)
        first, last = await _pictures(job)
        refusal = self._store.refusal(job.prompt)
        if refusal is Refusal.AT_SUBMIT:
            raise WireError(wire.no_task(wire.INPUT_REFUSED))
        if not await self._challenges.passes(job.callback_url or ""):
            raise WireError(
                wire.no_task(wire.BAD_PARAMETERS, "invalid params, callback_url did not echo the challenge")
            )
        size = fitted(first.width, first.height, resolution.lower()) if first else SIZES[resolution]
        number = f"{secrets.randbelow(10**12):012}"
        task = self._store.accept(
            TASK_PREFIX + number,
            clip=Clip(
                prompt=job.prompt,
                vendor="Hailuo",
                model=job.model,
                seconds=seconds,
                width=size[0],
                height=size[1],
                first=first.data if first else b"",
                last=last.data if last else b"",
            ),
            end=End.REFUSE if refusal else None,
            callback_url=job.callback_url or "",
            wire={"v": 1, "file_id": FILE_PREFIX + number},
            on_change=self._call_back,
        )
        return Accepted(wire.reply({"task_id": task.id}), headers=wire.trace())

    async def _query(self, request: Request) -> Response:
        wire.identify(request)
        self._store.polls += 1
        task = self._store.find(request.query_params.get("task_id", ""))
        if task is None or task.wire.get("v") != 1:
            raise WireError(wire.no_task(wire.BAD_PARAMETERS, "invalid params, task_id is not found"))
        return JSONResponse(self._drawn(task), headers=wire.trace())

    async def _file(self, request: Request) -> Response:
        wire.identify(request)
        task = self._task_of_file(request.query_params.get("file_id", ""))
        now = self._store.now()
        drawn = {
            "file_id": int(task.wire["file_id"]),
            "bytes": 0,
            "created_at": int(task.times.finishes_at),
            "filename": "output_aigc.mp4",
            "purpose": "video_generation",
            "download_url": self._cdn.address(base_url(request), task, since=now),
        }
        return JSONResponse(wire.reply({"file": drawn}), headers=wire.trace())

    async def _content(self, request: Request) -> Response:
        wire.identify(request)
        task = self._task_of_file(request.query_params.get("file_id", ""))
        return await self._cdn.deliver(request, task.clip)

    async def _delete(self, request: Request) -> Response:
        wire.identify(request)
        body = await json_object(request, otherwise=wire.not_a_body)
        task = self._task_of_file(str(body.get("file_id", "")))
        if body.get("purpose") != "video_generation":
            raise WireError(wire.no(wire.BAD_PARAMETERS, "invalid params, purpose"))
        task.wire["deleted"] = True
        return JSONResponse(wire.reply({"file_id": int(task.wire["file_id"])}), headers=wire.trace())

    async def _nowhere(self, request: Request) -> Response:
        return Response("404 page not found", status_code=404, media_type="text/plain")

    def _task_of_file(self, file_id: str) -> Task:
        task = self._store.find(TASK_PREFIX + file_id.removeprefix(FILE_PREFIX))
        if task is None or task.wire.get("deleted") or self._store.phase(task) is not Phase.SUCCEEDED:
            raise WireError(wire.no(wire.BAD_PARAMETERS, "invalid params, file_id is not found"))
        return task

    def _drawn(self, task: Task, phase: Phase | None = None) -> dict[str, Any]:
        """The answer to a query."""
        phase = phase or self._store.phase(task)
        made = phase is Phase.SUCCEEDED and task.end is not End.EMPTY
        verdict = wire.verdict()
        if phase is Phase.REFUSED:
            verdict = wire.verdict(wire.OUTPUT_REFUSED)
        elif phase is Phase.FAILED and task.end is not End.MUTE:
            verdict = wire.verdict(1033)
        return {
            "task_id": task.id,
            "status": STATUS[phase],
            "file_id": task.wire["file_id"] if made else "",
            "video_width": task.clip.width if made else 0,
            "video_height": task.clip.height if made else 0,
            "base_resp": verdict,
        }

    def _call_back(self, task: Task, phase: Phase) -> None:
        if task.callback_url:
            drawn = self._drawn(task, phase)
            drawn["status"] = CALLBACK_STATUS.get(drawn["status"], "processing")
            self._callbacks.send(task.callback_url, compact(drawn))


def _check(job: Job, model: Model) -> tuple[int, str]:
    """Hold the body against the model; gives seconds and resolution."""
    resolution = job.resolution or ("768P" if "768P" in model.resolutions else "720P")
    seconds = job.duration if job.duration is not None else 6
    framed = bool(job.first_frame_image)
    rules = (
        (model.plain and (job.duration or job.resolution), f"{job.model} takes neither duration nor resolution"),
        (resolution not in model.resolutions, f"resolution {resolution} is not supported by {job.model}"),
        (resolution == "512P" and not framed, "resolution 512P needs first_frame_image"),
        (seconds not in SECONDS[resolution], f"duration {seconds} is not supported at {resolution}"),
        (job.fast_pretreatment is not None and not model.pretreatment, "fast_pretreatment is not supported"),
        (framed and not model.first, f"first_frame_image is not supported by {job.model}"),
        (job.last_frame_image and (not model.last or resolution == "512P"), "last_frame_image is not supported here"),
        (bool(job.subject_reference) != model.subject, "subject_reference does not fit the model"),
        (model.first and not model.text and not framed, "first_frame_image is required"),
        (not job.prompt and not framed and not job.last_frame_image, "prompt is required"),
    )
    for broken, text in rules:
        if broken:
            raise WireError(wire.no_task(wire.BAD_PARAMETERS, f"invalid params, {text}"))
    invisible = sum(unicodedata.category(character) in {"Cc", "Cf", "Co", "Cn"} for character in job.prompt)
    if invisible > INVISIBLE_MAX * max(1, len(job.prompt)):
        raise WireError(wire.no_task(1042, "the proportion of invisible characters exceeds 10%"))
    return seconds, resolution


async def _pictures(job: Job) -> tuple[Picture | None, Picture | None]:
    found: list[Picture | None] = []
    for name in ("first_frame_image", "last_frame_image"):
        source = getattr(job, name)
        try:
            found.append(await pictures.from_source(source, PICTURES) if source else None)
        except BadPictureError as error:
            raise WireError(wire.bad_field(name, str(error), "")) from error
    return found[0], found[1]
